"""Everything a recipe can say is checked when it is loaded: what is wrong, on which line, and what to write instead.

ids: WF-01, WF-04, WF-07, WF-08, WF-09, WF-14, HO-01
"""

# ruff: noqa: E501 - snippets of recipes are read as they stand
from __future__ import annotations

from pathlib import Path

import pytest
from tests.builders.declared import edit, write_library, write_records, write_workspace
from tests.rooms.graph.recipe_mistakes import BODY, HERE, KNOWN, PAY, RECIPE, STEP, TURN, WITH_LOOP, WITH_MAP, WRONG

from tiebeam.graph import Kind, Problem, Severity, check, load


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
