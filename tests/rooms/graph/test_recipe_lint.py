"""Recipes that load and would disappoint are warned about, with the line and what to do.

ids: WF-07, WF-10, WF-14
"""

# ruff: noqa: E501 - snippets of recipes are read as they stand
from __future__ import annotations

from pathlib import Path

import pytest
from tests.builders.declared import edit
from tests.rooms.graph.test_recipe_language import (
    BODY,
    HERE,
    KNOWN,
    PAY,
    RECIPE,
    STEP,
    TURN,
    WITH_LOOP,
    WITH_MAP,
    Written,
)

from tiebeam.graph import Problem, Severity, check


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


def warnings(written: Written) -> list[Problem]:
    found = check(written.workspace, library=written.library, known_steps=KNOWN)
    assert [str(one) for one in found if one.severity is Severity.ERROR] == []
    return found


QUIET = {
    "a map whose body acts": WITH_MAP
    + BODY
    + f'{STEP}id = "put"\ninside = "each"\nafter = ["one"]\nuses = "demo.act"\neffect = "db"\nevidence = ["row"]\n',
    "a loop that can end": WITH_LOOP + TURN + f'{STEP}id = "last"\nuses = "demo.look"\nafter = ["again"]\n',
    "a branch that a rule reads": f'{STEP}id = "side"\nuses = "demo.look"\nafter = ["look"]\n{STEP}id = "last"\nuses = "demo.look"\nafter = ["act"]\nwhen = "steps.act.outcome == \'x\'"\n[[stop]]\nid = "s"\nwhen = "steps.side.outcome == \'bad\'"\nreason = "r"\n',
    "a reviewed effect that can be undone": PAY
    + 'undo = { uses = "demo.unpay" }\n[limits]\ndeadline_hours = 5\nat_deadline = "stop"\n',
    "known outcomes": f'{STEP}id = "t"\nuses = "demo.look"\nafter = ["ask", "act"]\nwhen = "steps.ask.outcome in [\'approve\', \'skipped\'] && steps.look.outcome != \'whatever\'"\n',
}


@pytest.mark.parametrize("what", QUIET)
def test_nothing_is_said_of(written: Written, what: str) -> None:
    before = {str(one).split(":", 2)[2] for one in warnings(written)}
    written.add(QUIET[what])
    assert {str(one).split(":", 2)[2] for one in warnings(written)} - before == set()


SAID = {
    "a step that never runs": (
        f'{STEP}id = "t"\nuses = "demo.look"\nafter = ["act"]\nwhen = "1 > 2" {HERE}\n',
        "never",
        "always false",
        "`when`",
    ),
    "an outcome no review has": (
        f'{STEP}id = "t"\nuses = "demo.look"\nafter = ["act"]\nwhen = "steps.ask.outcome == \'aprove\'" {HERE}\n',
        "never",
        "never 'aprove'",
        "'approve'",
    ),
    "an outcome among others": (
        f'{STEP}id = "t"\nuses = "demo.look"\nafter = ["act"]\nwhen = "steps.ask.outcome in [\'approve\', \'rejected\']" {HERE}\n',
        "never",
        "never 'rejected'",
        "'reject'",
    ),
    "an outcome no event has": (
        f'{STEP}id = "hear"\nkind = "event"\nafter = ["act"]\nevent = {{ name = "a.b", key = "run.id", timeout_hours = 1, on_timeout = "late" }}\n'
        f'{STEP}id = "t"\nuses = "demo.look"\nafter = ["hear"]\nwhen = "steps.hear.outcome == \'timeout\'" {HERE}\n',
        "never",
        "never 'timeout'",
        "late",
    ),
    "a stop rule that looks at nothing": (
        f'[[stop]]\nid = "x"\nwhen = "input.bad == true" {HERE}\nreason = "r"\n',
        "never",
        "never asked",
        "name in it",
    ),
    "an escalation rule below one that catches all": (
        f'[[escalation]]\nid = "early"\nwhen = "true"\nhandoff = "finance.unclear"\n[[escalation]]\nid = "special" \nwhen = "problem.kind == \'x\'" {HERE}\nhandoff = "finance.unclear"\n',
        "never",
        "'early' above it",
        "special to general",
    ),
    "a loop whose end nothing changes": (
        f'{STEP}id = "again"\nkind = "loop"\nloop = {{ until = "input.x == 1", most = 5 }} {HERE}\n{TURN}',
        "loop-endless",
        "can change",
        "steps.<id>",
    ),
    "a loop that never ends early": (
        f'{STEP}id = "again"\nkind = "loop"\nloop = {{ until = "false", most = 5 }} {HERE}\n{TURN}',
        "loop-endless",
        "can change",
        "steps.<id>",
    ),
    "a map of maps": (
        f'{STEP}id = "a"\nkind = "map"\nmap = {{ over = "input.x" }}\n[[step]] {HERE}\ntitle = "T"\npattern = "sorting"\nid = "b"\nkind = "map"\ninside = "a"\nmap = {{ over = "item.y" }}\n{STEP}id = "one"\ninside = "b"\nuses = "demo.look"\n',
        "many-instances",
        "1000000 times",
        "`most`",
    ),
    "a branch nobody waits for": (
        f'[[step]] {HERE}\ntitle = "T"\npattern = "sorting"\nid = "side"\nuses = "demo.look"\nafter = ["look"]\n{STEP}id = "last"\nuses = "demo.look"\nafter = ["act"]\n',
        "missing-join",
        "nothing waits for 'side'",
        "'last'",
    ),
    "a decision nobody heeds": (
        f'[[step]] {HERE}\ntitle = "T"\npattern = "sorting"\nid = "side"\nkind = "review"\nafter = ["look"]\n{STEP}id = "last"\nuses = "demo.look"\nafter = ["act"]\n',
        "missing-join",
        "'side'",
        "'last'",
    ),
    "an effect before any review": (
        PAY.replace("[[step]]", f"[[step]] {HERE}").replace('["ask"]', '["look"]'),
        "unreviewed",
        "no review comes before",
        "after the review",
    ),
    "an effect that stays after the deadline": (
        PAY.replace("[[step]]", f"[[step]] {HERE}") + '[limits]\ndeadline_hours = 5\nat_deadline = "stop"\n',
        "no-undo",
        "leaves what 'pay' did",
        "`undo`",
    ),
    "a wait longer than the run": (
        f'{STEP}id = "t"\nkind = "timer"\nafter = ["act"]\ntimer = {{ after_hours = 48 }} {HERE}\n[limits]\ndeadline_hours = 24\n',
        "past-deadline",
        "48 hours",
        "shorten",
    ),
    "a stateful trigger nobody hears": (
        f'[[trigger]]\nid = "x"\nevent = "a.b"\nmode = "stateful" {HERE}\nkey = "event.key"\ninput = {{ bill = "\'x\'" }}\n',
        "WF-14",
        "no step of it waits",
        'kind "event"',
    ),
}


@pytest.mark.parametrize("what", SAID)
def test_a_recipe_is_warned_about(written: Written, what: str) -> None:
    text, rule, says, fix = SAID[what]
    line = written.add(text)
    found = [
        one for one in warnings(written) if one.rule == rule and one.line == line and one.severity is Severity.WARNING
    ]
    assert found, [str(one) for one in warnings(written)]
    assert says in found[0].message
    assert fix in found[0].fix


# ids: WF-10
def test_work_that_nobody_answers_for_is_warned_about(written: Written) -> None:
    second = written.library / "recipes/finance/pay/second.toml"
    second.write_text(written.path.read_text(encoding="utf-8"), encoding="utf-8")
    role = (written.library / "roles/finance/clerk.toml").read_text(encoding="utf-8")
    (written.library / "roles/finance/chief.toml").write_text(role, encoding="utf-8")
    written.add(
        f'{STEP}id = "call"\nkind = "recipe"\nafter = ["act"]\nrecipe = {{ id = "finance.pay/second", input = {{ bill = "input.bill" }} }}\n'
        f'{STEP}id = "chief"\nkind = "review"\nafter = ["call"]\nreview = {{ role = "\'chief\'" }}\n'
    )
    found = {one.rule: one for one in warnings(written) if one.file.endswith("adoptions/finance/pay.toml")}
    assert "finance.pay/second" in found["WF-10"].message
    assert "'chief'" in found["role-empty"].message


# ids: WF-10
def test_a_trigger_of_ones_own_recipe_that_is_not_adopted_starts_nothing(written: Written) -> None:
    own = written.workspace / "recipes/finance/pay/own.toml"
    own.parent.mkdir(parents=True)
    own.write_text(written.path.read_text(encoding="utf-8"), encoding="utf-8")
    edit(own, "[evaluation]", '[[trigger]]\nid = "x"\ncron = "0 8 * * *"\ninput = { bill = "\'x\'" }\n\n[evaluation]')
    (problem,) = (one for one in warnings(written) if one.rule == "WF-10")
    assert "starts nothing" in problem.message
    edit(written.workspace / "adoptions/finance/pay.toml", "by-rule", "own")
    assert [one for one in warnings(written) if one.rule == "WF-10"] == []
    assert (written.library / RECIPE).is_file()
