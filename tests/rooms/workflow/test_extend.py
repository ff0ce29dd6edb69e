"""Steps, connectors, scorers and gates of installed packages: found, checked, and never able to break the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from tests.builders import contributed_code as acme
from tiebeam.connect.connectors import Connection
from tiebeam.spec import Meta, System
from tiebeam.workflow.extend import (
    ArgumentMissing,
    EffectUnclear,
    Extensions,
    GateCase,
    StepBroken,
    StepCall,
    StepCode,
    StepFailed,
    StepResult,
    find_extensions,
    step,
)
from tiebeam.workflow.promotion import GATE_IDS, first_gates
from tiebeam.workflow.steps import RunInfo, Services

# ids: CA-01, B16

CODE = "tests.builders.contributed_code"
TODAY = datetime(2026, 11, 21, tzinfo=UTC)


def _found(*points: tuple[str, str, str], allowed: str = "all") -> Extensions:
    return find_extensions(
        taken_steps={"invoices.match"},
        taken_scorers={"invoices.decision"},
        taken_gates=GATE_IDS,
        points=[EntryPoint(name, f"{CODE}:{attribute}", f"tiebeam.{group}") for group, name, attribute in points],
        allowed=allowed,
    )


def _problems(found: Extensions) -> list[str]:
    return [one.problem for package in found.found for one in package.provides if one.problem]


def _call(params: dict[str, Any] | None = None) -> StepCall:
    return StepCall(
        run=RunInfo("run_1", "finance.x", "finance.x/y", "payables", None),
        step_id="act",
        inputs={"read-it": {"outcome": "done", "output": {"lines": [1, 2]}}},
        input={"name": "Acme"},
        params=params or {},
        services=Services(workspace=Path(), erp=None, payments=None, mail=None, debtor={}),
        now=TODAY,
        key="run_1:act",
        conn=cast("sa.Connection", None),
    )


def _run(code: StepCode, **args: str) -> StepResult:
    return code.run(_call({"args": args}))


def test_each_group_adds_what_it_is_for() -> None:
    found = _found(
        ("steps", "all", "STEPS"),
        ("scorers", "acme.length", "score"),
        ("gates", "council", "council"),
        ("connectors", "crm", "crm"),
    )
    assert [code.uses for code in found.steps] == ["acme.add", "acme.shout"]
    assert [name for name, _ in found.scorers] == ["acme.length"]
    assert [gate.id for gate in found.gates] == ["works-council"]
    assert [connector.kind for connector in found.connectors] == ["acme-crm"]
    assert _problems(found) == []


@pytest.mark.parametrize(
    ("group", "attribute", "said"),
    [
        ("steps", "gone", "AttributeError"),
        ("steps", "NOT_A_STEP", "decorate the function"),
        ("steps", "usurper", "'invoices.match' is taken already"),
        ("connectors", "council", "is no Connector"),
        ("scorers", "NOT_A_STEP", "is no function"),
        ("gates", "crm", "is no Gate"),
    ],
)
def test_what_does_not_fit_is_named_and_the_rest_works(group: str, attribute: str, said: str) -> None:
    found = _found((group, "broken", attribute), ("steps", "good", "add"))
    assert [code.uses for code in found.steps] == ["acme.add"]
    (problem,) = _problems(found)
    assert said in problem


def test_the_same_name_twice_goes_to_one_of_them() -> None:
    found = _found(("steps", "a", "add"), ("steps", "b", "add"))
    assert len(found.steps) == 1
    assert "taken already" in _problems(found)[0]


@pytest.mark.parametrize("allowed", ["none", "another-package", ""])
def test_packages_nobody_allows_are_not_even_imported(allowed: str) -> None:
    assert _found(("steps", "broken", "gone"), allowed=allowed) == Extensions()


def test_the_first_gates_keep_their_names() -> None:
    assert {gate.id for gate in first_gates(lambda intent, assumed: cast("Any", None))} == GATE_IDS


def test_a_gate_that_breaks_is_shut() -> None:
    case = cast("GateCase", object())
    assert acme.broken_gate.ask(case).passed is False
    assert "the registry is away" in acme.broken_gate.ask(case).reason


def test_a_connector_gets_its_system_with_secrets_by_reference(tmp_path: Path) -> None:
    meta = Meta.model_validate({"since": "2026-11-21", "reviewed": "2026-11-21"})
    (tmp_path / "place").write_text("https://crm.example\n", encoding="utf-8")
    (tmp_path / "place").chmod(0o600)
    system = System(id="crm", meta=meta, title="CRM", kind="acme-crm", location="file:place", settings={"depth": 3})
    assert acme.crm.open(Connection(system, tmp_path)) == {"at": "https://crm.example", "depth": 3}


def test_arguments_are_expressions_over_what_the_run_knows() -> None:
    result = _run(acme.add, left="steps.read_it.output.lines.size()", right="40")
    assert (result.outcome, result.output) == ("added", {"sum": 42})
    assert result.evidence == {"sum": 42}


def test_an_argument_called_call_gets_the_run_and_a_bare_result_is_a_value() -> None:
    assert _run(acme.shout, text="input.name").output == {"value": "ACME in run_1"}


def test_an_argument_may_be_the_run() -> None:
    assert _run(acme.shout, text="run.id").output == {"value": "RUN_1 in run_1"}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "gives no 'left'"),
        ({"left": "1", "middle": "2"}, "gives 'middle'; the function takes left, right"),
        ({"left": "input.nobody"}, "argument 'left' of step 'act'"),
        ({"left": "steps.other.output"}, "which is not there"),
        ({"left": "1 +"}, "is not CEL"),
    ],
)
def test_arguments_that_do_not_fit_go_to_a_person(args: dict[str, str], said: str) -> None:
    with pytest.raises(ArgumentMissing, match=said):
        _run(acme.add, **args)


def test_arguments_must_be_a_table() -> None:
    with pytest.raises(ArgumentMissing, match="no table of expressions"):
        acme.add.run(_call({"args": ["left"]}))


@pytest.mark.parametrize("what", ["error", "outcome", "object"])
def test_an_error_of_the_function_goes_to_a_person(what: str) -> None:
    with pytest.raises(StepBroken):
        _run(acme.burst, what=f"'{what}'")


def test_its_own_refusal_is_passed_on() -> None:
    with pytest.raises(StepFailed, match="not on a Sunday"):
        _run(acme.refuse)


def test_an_error_of_an_at_most_once_effect_leaves_doubt() -> None:
    with pytest.raises(EffectUnclear, match="TimeoutError"):
        _run(acme.send, text="'x'")


def test_the_arguments_are_journalled_before_a_call_outside() -> None:
    assert acme.send.request is not None
    assert acme.send.request(_call({"args": {"text": "input.name"}})) == {"args": {"text": "Acme"}}
    assert acme.add.request is None


def test_arguments_without_names_are_refused_when_the_package_loads() -> None:
    with pytest.raises(TypeError, match="give every argument a name"):
        step("acme.loose")(lambda *values: values)
