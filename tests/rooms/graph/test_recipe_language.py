"""Everything a recipe can say is checked when it is loaded: what is wrong, on which line, and what to write instead.

ids: WF-01, WF-04, WF-07, WF-08, WF-09, WF-14, HO-01
"""

# ruff: noqa: E501 - snippets of recipes are read as they stand
from __future__ import annotations

from pathlib import Path

import pytest
from tests.builders.declared import edit, write_library, write_records, write_workspace

from tiebeam.graph import Kind, Problem, Severity, check, load
from tiebeam.spec import Effect

RECIPE = "recipes/finance/pay/by-rule.toml"
HERE = "# here"
KNOWN = {
    "demo.look": Effect.PURE,
    "demo.act": Effect.DB,
    "demo.send": Effect.IDEMPOTENT,
    "demo.pay": Effect.AT_MOST_ONCE,
    "demo.unpay": Effect.IDEMPOTENT,
}
STEP = '[[step]]\ntitle = "T"\npattern = "sorting"\n'
WITH_MAP = f'{STEP}id = "each"\nkind = "map"\nafter = ["look"]\nmap = {{ over = "input.lines" }}\n'
BODY = f'{STEP}id = "one"\ninside = "each"\nuses = "demo.look"\n'
WITH_LOOP = f'{STEP}id = "again"\nkind = "loop"\nafter = ["look"]\nloop = {{ until = "steps.turn.outcome == \'ok\'", most = 5 }}\n'
TURN = f'{STEP}id = "turn"\ninside = "again"\nuses = "demo.look"\n'
SEND = f'{STEP}id = "send"\nuses = "demo.send"\nafter = ["ask"]\neffect = "idempotent"\nevidence = ["id"]\n'
PAY = f'{STEP}id = "pay"\nuses = "demo.pay"\nafter = ["ask"]\neffect = "at_most_once"\nevidence = ["id"]\n'


class Written:
    """A library with one recipe, to which steps and tables are added."""

    def __init__(self, root: Path) -> None:
        self.library = write_library(root / "library")
        self.workspace = write_workspace(root / "workspace")
        self.path = self.library / RECIPE

    def add(self, text: str) -> int:
        """Add steps, triggers and limits; gives the line of the mark in them."""
        edit(self.path, "[evaluation]", f"{text}\n[evaluation]")
        return self.line_of(HERE)

    def line_of(self, mark: str) -> int:
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return next((number for number, line in enumerate(lines, 1) if mark in line), 0)

    def errors(self) -> list[Problem]:
        found = check(self.workspace, library=self.library, known_steps=KNOWN)
        return [problem for problem in found if problem.severity is Severity.ERROR]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


RIGHT = {
    "a map whose items are checked and asked about": WITH_MAP
    + f'{BODY}when = "item.amount > 100 && index < 50"\n'
    + f'{STEP}id = "tell"\ninside = "each"\nkind = "review"\nafter = ["one"]\nwhen = "steps.one.outcome != item.kind"\n'
    + 'review = { handoff = "finance.unclear", role = "\'clerk\'" }\n',
    "a loop that looks at its former turn": WITH_LOOP
    + f"{TURN}when = \"index == 0 || previous.turn.outcome != 'bad'\"\n",
    "a loop inside a map": WITH_MAP
    + f'{STEP}id = "again"\nkind = "loop"\ninside = "each"\nloop = {{ until = "steps.turn.outcome == item.want", most = 3 }}\n'
    + f'{TURN}when = "index < 3 && item.ok"\n',
    "a map inside a loop that looks at the former turn": WITH_LOOP
    + f'{TURN}{STEP}id = "each"\nkind = "map"\ninside = "again"\nafter = ["turn"]\nmap = {{ over = "steps.turn.output.lines" }}\n'
    + f"{BODY}when = \"previous.turn.outcome != item.kind && steps.turn.outcome == 'x'\"\n",
    "branches side by side and their join": f'{STEP}id = "left"\nuses = "demo.look"\nafter = ["look"]\n'
    + f'{STEP}id = "right"\nkind = "timer"\nafter = ["look"]\ntimer = {{ after_hours = 24, hours = "working" }}\n'
    + f'{STEP}id = "first"\nuses = "demo.look"\nafter = ["left", "right"]\njoin = "any"\nwhen = "steps.right.outcome != \'x\'"\n',
    "an event with a schema and a timeout": f'{STEP}id = "hear"\nkind = "event"\nafter = ["look"]\n'
    + 'event = { name = "bank.paid", key = "run.id + input.id", timeout_hours = 48, on_timeout = "late", '
    + 'payload = { type = "object", required = ["amount"], properties = { amount = { type = "string" } } } }\n',
    "an effect that is tried again and can be undone": PAY
    + 'timeout_seconds = 20\nretry = { times = 3, on = ["step_busy"] }\nundo = { uses = "demo.unpay" }\n',
    "triggers and limits": '[[trigger]]\nid = "monday"\ncron = "30 7 * * mon"\ntimezone = "Europe/Budapest"\nmissed = "skip"\n'
    + "input = { bill = \"'weekly'\" }\n"
    + '[[trigger]]\nid = "mail"\nevent = "mail.bill"\nmode = "stateful"\nkey = "event.payload.supplier"\n'
    + 'when = "event.payload.total > 10"\ninput = { bill = "event.payload.file" }\n'
    + '[limits]\ndeadline_hours = 40\nhours = "working"\nat_deadline = "stop"\npriority = 2\n',
    "a wait until a moment": f'{STEP}id = "until"\nkind = "timer"\nafter = ["look"]\ntimer = {{ until = "steps.look.output.due" }}\n',
}


@pytest.mark.parametrize("what", RIGHT)
def test_the_language_can_say(written: Written, what: str) -> None:
    written.add(RIGHT[what])
    assert written.errors() == []


WRONG = {
    "uses of a timer": (
        f'{STEP}id = "t"\nkind = "timer"\nuses = "demo.look" {HERE}\ntimer = {{ after_hours = 1 }}\n',
        "shape",
        "runs no code",
        "remove `uses`",
    ),
    "retry of a review": (
        f'{STEP}id = "t"\nkind = "review"\nreview = {{}}\nretry = {{ times = 2 }} {HERE}\n',
        "shape",
        "runs no code",
        "remove `retry`",
    ),
    "a timer of code": (
        f'{STEP}id = "t"\nuses = "demo.look"\ntimer = {{ after_hours = 1 }} {HERE}\n',
        "shape",
        "runs code and has a timer",
        "its own step",
    ),
    "a map without a list": (
        f'[[step]] {HERE}\ntitle = "T"\npattern = "sorting"\nid = "each"\nkind = "map"\n{BODY}',
        "shape",
        "does not say which",
        "map = {",
    ),
    "a join of one": (
        f'{STEP}id = "t"\nuses = "demo.look"\nafter = ["look"]\njoin = "any" {HERE}\n',
        "shape",
        "fewer than two",
        "`after`",
    ),
    "a timer that says nothing": (
        f'{STEP}id = "t"\nkind = "timer"\ntimer = {{}} {HERE}\n',
        "shape",
        "neither of `after_hours` and `until`",
        "exactly one",
    ),
    "a moment in business hours": (
        f'{STEP}id = "t"\nkind = "timer"\ntimer = {{ until = "input.due", hours = "working" }} {HERE}\n',
        "shape",
        "no business hours move",
        "after_hours",
    ),
    "a timeout without an outcome": (
        f'{STEP}id = "t"\nkind = "event"\nevent = {{ name = "a.b", key = "run.id", timeout_hours = 2 }} {HERE}\n',
        "shape",
        "with which outcome",
        "on_timeout",
    ),
    "an outcome without a timeout": (
        f'{STEP}id = "t"\nkind = "event"\nevent = {{ name = "a.b", key = "run.id", on_timeout = "late" }} {HERE}\n',
        "shape",
        "never times out",
        "timeout_hours",
    ),
    "a payload that is no schema": (
        f'{STEP}id = "t"\nkind = "event"\nevent = {{ name = "a.b", key = "run.id", payload = {{ type = "objekt" }} }} {HERE}\n',
        "json-schema",
        "objekt",
        "correct",
    ),
    "an answer that is no schema": (
        f'{STEP}id = "t"\nkind = "review"\n[step.review]\nanswer = {{ required = "amount" }} {HERE}\n',
        "json-schema",
        "'t'",
        "correct",
    ),
    "a timeout of nothing": (
        f'{STEP}id = "t"\nuses = "demo.look"\ntimeout_seconds = 3 {HERE}\n',
        "shape",
        "nobody outside",
        "remove",
    ),
    "retrying everything that happens at most once": (
        f"{PAY}retry = {{ times = 3 }} {HERE}\n",
        "retry",
        "at most once",
        "step_busy",
    ),
    "retrying what is unclear": (
        f'{PAY}retry = {{ times = 3, on = ["step_busy", "effect_unclear"] }} {HERE}\n',
        "retry",
        "twice",
        "a person",
    ),
    "waiting longer first than at most": (
        f"{SEND}retry = {{ times = 3, first_seconds = 60, most_seconds = 5 }} {HERE}\n",
        "shape",
        "at most 5",
        "raise",
    ),
    "undoing what changed nothing": (
        f'{STEP}id = "t"\nuses = "demo.look"\nundo = {{ uses = "demo.unpay" }} {HERE}\n',
        "undo",
        "nothing to take back",
        "remove",
    ),
    "undoing without an effect": (
        f'{SEND}undo = {{ uses = "demo.look", effect = "pure" }} {HERE}\n',
        "undo",
        "itself",
        "idempotent",
    ),
    "undoing by unknown code": (
        f'{SEND}undo = {{ uses = "demo.unpai" }} {HERE}\n',
        "uses",
        "'demo.unpai'",
        "'demo.unpay'",
    ),
    "an effect that is another": (
        f'{STEP}id = "t"\nuses = "demo.pay"\nafter = ["ask"]\neffect = "idempotent" {HERE}\nevidence = ["x"]\n',
        "effect",
        "at_most_once",
        'effect = "at_most_once"',
    ),
    "an empty container": (
        f'[[step]] {HERE}\ntitle = "T"\npattern = "sorting"\nid = "e"\nkind = "map"\nmap = {{ over = "input.x" }}\n',
        "step-order",
        "nothing is inside",
        'inside = "e"',
    ),
    "being inside nothing": (
        f'{STEP}id = "t"\nuses = "demo.look"\ninside = "eech" {HERE}\n',
        "step-order",
        "'eech'",
        "none",
    ),
    "being inside a step": (
        f'{STEP}id = "t"\nuses = "demo.look"\ninside = "look" {HERE}\n',
        "step-order",
        "repeats nothing",
        "loop",
    ),
    "standing above its container": (
        f'{STEP}id = "one"\ninside = "each" {HERE}\nuses = "demo.look"\n{WITH_MAP}',
        "step-order",
        "stands below it",
        "circles",
    ),
    "being inside itself": (
        f'{STEP}id = "t"\nkind = "map"\ninside = "t" {HERE}\nmap = {{ over = "input.x" }}\n',
        "step-order",
        "stands below it",
        "circles",
    ),
    "coming after the container around it": (
        f'{WITH_MAP}{BODY}after = ["each"] {HERE}\n',
        "step-order",
        "not in the same body",
        "begins with it",
    ),
    "coming from inside after something outside": (
        f'{WITH_MAP}{BODY}after = ["look"] {HERE}\n',
        "step-order",
        "not in the same body",
        "let 'each' come after it",
    ),
    "coming after something inside": (
        f'{WITH_MAP}{BODY}{STEP}id = "t"\nuses = "demo.look"\nafter = ["one"] {HERE}\n',
        "step-order",
        "not in the same body",
        "come after 'each'",
    ),
    "coming twice after the same": (
        f'{STEP}id = "t"\nuses = "demo.look"\nafter = ["look", "look"] {HERE}\n',
        "step-order",
        "twice",
        "once",
    ),
    "other eyes than one of many": (
        WITH_MAP
        + f'{STEP}id = "seen"\nkind = "review"\ninside = "each"\n'
        + f'{STEP}id = "t"\nkind = "review"\nafter = ["each"]\nreview = {{ four_eyes_with = ["seen"] }} {HERE}\n',
        "step-order",
        "once for each item",
        "inside 'each'",
    ),
    "an item outside a map": (
        f'{STEP}id = "t"\nuses = "demo.look"\nwhen = "item.x == 1" {HERE}\n',
        "condition",
        "'item'",
        "correct",
    ),
    "an item of a loop": (f'{WITH_LOOP}{TURN}when = "item.x == 1" {HERE}\n', "condition", "'item'", "correct"),
    "a former turn of a map": (
        f"{WITH_MAP}{BODY}when = \"previous.one.outcome == 'x'\" {HERE}\n",
        "condition",
        "'previous'",
        "correct",
    ),
    "a step inside, from outside": (
        f'{WITH_MAP}{BODY}{STEP}id = "t"\nuses = "demo.look"\nafter = ["each"]\nwhen = "steps.one.outcome == \'x\'" {HERE}\n',
        "condition",
        "'steps.one'",
        "correct",
    ),
    "a list that is none": (
        f'{STEP}id = "e"\nkind = "map"\nmap = {{ over = "\'a,b\'" }} {HERE}\n{STEP}id = "one"\ninside = "e"\nuses = "demo.look"\n',
        "condition",
        "a list is needed",
        "single quotes",
    ),
    "a condition that is text": (
        f'{STEP}id = "t"\nuses = "demo.look"\nwhen = "\'true\'" {HERE}\n',
        "condition",
        "true or false is needed",
        "correct",
    ),
    "a role that nobody declared": (
        f'{STEP}id = "t"\nkind = "review"\nreview = {{ role = "\'clark\'" }} {HERE}\n',
        "WF-07",
        "no role is called 'clark'",
        "'clerk'",
    ),
    "a person that nobody declared": (
        f'{STEP}id = "t"\nkind = "review"\nreview = {{ person = "\'anne\'" }} {HERE}\n',
        "WF-07",
        "no person is called 'anne'",
        "'ann'",
    ),
    "a trigger of two": (
        f'[[trigger]] {HERE}\nid = "x"\ncron = "0 8 * * *"\nevent = "a.b"\ninput = {{ bill = "\'x\'" }}\n',
        "trigger",
        "both of `cron` and `event`",
        "exactly one",
    ),
    "a schedule that is none": (
        f'[[trigger]]\nid = "x"\ncron = "0 25 * * *" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "trigger",
        "bad hour",
        "weekday",
    ),
    "a schedule of seconds": (
        f'[[trigger]]\nid = "x"\ncron = "* * * * * *" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "trigger",
        "6 fields",
        "weekday",
    ),
    "a zone that is none": (
        f'[[trigger]]\nid = "x"\ncron = "0 8 * * *"\ntimezone = "Europe/Budapesht" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "trigger",
        "Budapesht",
        "'Europe/Budapest'",
    ),
    "missed events": (
        f'[[trigger]]\nid = "x"\nevent = "a.b"\nmissed = "all" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "trigger",
        "comes when it comes",
        "remove `missed`",
    ),
    "a stateful trigger without a key": (
        f'[[trigger]]\nid = "x"\nevent = "a.b"\nmode = "stateful" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "WF-14",
        "which run",
        "event.key",
    ),
    "an event in a schedule": (
        f'[[trigger]]\nid = "x"\ncron = "0 8 * * *"\nwhen = "event.key == \'1\'" {HERE}\ninput = {{ bill = "\'x\'" }}\n',
        "condition",
        "'event'",
        "correct",
    ),
    "input that the intent does not ask for": (
        f'[[trigger]]\nid = "x"\ncron = "0 8 * * *"\n[trigger.input]\nbill = "\'x\'"\nbil = "\'x\'" {HERE}\n',
        "WF-01",
        "'bil'",
        "'bill'",
    ),
    "input that is missing": (
        f'[[trigger]] {HERE}\nid = "x"\ncron = "0 8 * * *"\n',
        "WF-01",
        "without 'bill'",
        "`bill = …`",
    ),
    "a recipe that runs itself": (
        f'{STEP}id = "t"\nkind = "recipe"\nafter = ["ask"]\nrecipe = {{ id = "finance.pay/by-rule", input = {{ bill = "input.bill" }} }} {HERE}\n',
        "recursion",
        "by-rule → finance.pay/by-rule",
        "loop",
    ),
    "a recipe that is none": (
        f'{STEP}id = "t"\nkind = "recipe"\nrecipe = {{ id = "finance.pay/by-rules" }} {HERE}\n',
        "reference",
        "by-rules",
        "by-rule",
    ),
    "a deadline that is none": (f'[limits]\nat_deadline = "stop" {HERE}\n', "shape", "no deadline", "deadline_hours"),
    "a prompt that reads a later step": (
        f'{STEP}id = "t"\nuses = "demo.look"\n{STEP}id = "u"\nuses = "model.complete"\nafter = ["ask"]\neffect = "idempotent"\nevidence = ["c"]\n'
        f'[step.params]\nmodel = "m"\nprompt = "{{{{steps.t.output.x}}}}" {HERE}\n',
        "condition",
        "'steps.t.output.x'",
        "steps.",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_recipe_is_refused_for(written: Written, what: str) -> None:
    text, rule, says, fix = WRONG[what]
    line = written.add(text)
    lineless = [one for one in written.errors() if one.rule != "uses" or rule == "uses"]
    found = [one for one in lineless if one.rule == rule and one.line == line]
    assert found, [str(one) for one in lineless]
    assert says in found[0].message
    assert fix in found[0].fix


def test_recipes_that_run_one_another_are_refused(written: Written) -> None:
    second = written.library / "recipes/finance/pay/second.toml"
    text = written.path.read_text(encoding="utf-8")
    call = f'{STEP}id = "call"\nkind = "recipe"\nafter = ["ask"]\n'
    second.write_text(
        text.replace(
            "[evaluation]",
            f'{call}recipe = {{ id = "finance.pay/by-rule", input = {{ bill = "input.bill" }} }}\n\n[evaluation]',
            1,
        ),
        encoding="utf-8",
    )
    assert written.errors() == []
    written.add(f'{call}recipe = {{ id = "finance.pay/second", input = {{ bill = "input.bill" }} }}\n')
    assert [(one.rule, "→" in one.message) for one in written.errors()] == [("recursion", True), ("recursion", True)]


def test_a_recipe_that_another_runs_is_its_lineage(written: Written) -> None:
    second = written.library / "recipes/finance/pay/second.toml"
    second.write_text(written.path.read_text(encoding="utf-8"), encoding="utf-8")
    written.add(
        f'{STEP}id = "call"\nkind = "recipe"\nafter = ["ask"]\nrecipe = {{ id = "finance.pay/second", input = {{ bill = "input.bill" }} }}\n'
    )
    graph = load(written.workspace, library=written.library, known_steps=KNOWN)
    assert (Kind.RECIPES, "finance.pay/second") in graph.depends_on(Kind.RECIPES, "finance.pay/by-rule")


def test_two_rules_of_one_name_are_refused(written: Written) -> None:
    written.add('[[stop]]\nid = "never-twice"\nwhen = "false"\nreason = "r"\n')
    (problem,) = written.errors()
    lines = written.path.read_text(encoding="utf-8").splitlines()
    second = [number for number, line in enumerate(lines, 1) if "never-twice" in line][1]
    assert (problem.rule, problem.line) == ("shape", second)


def test_records_of_the_library_keep_all_of_it() -> None:
    assert [str(one) for one in check(None) if one.severity is Severity.ERROR] == []


def test_records_in_another_folder_are_checked_too(written: Written) -> None:
    own = written.path.read_text(encoding="utf-8").split("[meta]")[0].replace('join = "all"', "")
    write_records(written.workspace, {RECIPE: own.replace('effect = "db"', 'effect = "pure"')})
    assert [(one.rule, one.file.endswith(RECIPE)) for one in written.errors()] == [("effect", True)]
