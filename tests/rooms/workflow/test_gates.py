"""What each gate looks at: real evaluations, known kinds of owner, unit economics that are there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.builders.workspaces import INTENT, opened
from tiebeam.app import App
from tiebeam.graph import init_workspace
from tiebeam.spec import Adoption
from tiebeam.workflow.evaluations import evaluate
from tiebeam.workflow.promotion import Gate, GateCase, GatesShut, Stage, first_gates

ACTOR = "person:ada"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    init_workspace(tmp_path / "company", example="harbour-tools")
    with opened(tmp_path / "company", url=f"sqlite:///{tmp_path / 'gates.sqlite'}") as app:
        yield app


@pytest.fixture
def case(app: App) -> Iterator[GateCase]:
    graph = app.graph()
    _, adoption, recipe = app.promotion.adopted(INTENT)
    assert recipe.evaluation is not None
    with app.store.read() as conn:
        owner, cases = graph.people[adoption.owner], graph.evaluations[recipe.evaluation.set]
        yield GateCase(conn, INTENT, recipe, adoption, owner, cases)


def gate(name: str) -> Gate:
    def no_forecast(_: object) -> Any:
        raise AssertionError("there is nothing to forecast from")

    return next(one for one in first_gates(no_forecast) if one.id == name)


# ids: B16, B15
def test_a_failed_evaluation_blocks_the_way_and_names_its_cases(app: App, case: GateCase) -> None:
    assert case.evaluation_set is not None
    wrong = evaluate(app.store, case.recipe, case.evaluation_set, scorer=lambda _: {"decision": "?"}, actor=ACTOR)
    assert wrong.passed_cases == 0
    with pytest.raises(GatesShut, match=case.evaluation_set.case[0].id):
        app.promotion.promote(INTENT, to=Stage.PILOT, actor=ACTOR)
    app.evaluate(INTENT, actor=ACTOR)
    assert app.promotion.promote(INTENT, to=Stage.PILOT, actor=ACTOR).to_state is Stage.PILOT


# ids: EC-14, D4
def test_a_recipe_without_unit_economics_does_not_go_up(case: GateCase) -> None:
    without: dict[str, object] = {"unit_economics": None}
    bare = replace(
        case,
        recipe=case.recipe.model_copy(update=without),
        adoption=case.adoption.model_copy(update=without),
    )
    answer = gate("unit-economics").ask(bare)
    assert not answer.passed
    assert "[unit_economics]" in answer.reason


# ids: WF-10, C7
def test_an_owner_is_of_one_of_four_kinds(case: GateCase) -> None:
    data = case.adoption.model_dump(mode="json")
    for kind in ("internal-process-owner", "partner-team", "vendor-forward-deployed-group", "hybrid-squad"):
        answer = gate("accountable-owner").ask(
            replace(case, adoption=Adoption.model_validate({**data, "owner_kind": kind}))
        )
        assert answer.passed
        assert kind.replace("-", " ") in answer.reason.replace("-", " ")
    with pytest.raises(ValidationError):
        Adoption.model_validate({**data, "owner_kind": "everybody"})
