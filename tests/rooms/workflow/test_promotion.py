"""Promotion: every gate is asked, shut gates hold, overrides are named, reasoned and run out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.builders.workspaces import INTENT, opened
from tiebeam.app import App
from tiebeam.errors import Invalid
from tiebeam.graph import init_workspace
from tiebeam.kit import FixedClock
from tiebeam.spec import UnitEconomics
from tiebeam.store import search_journal
from tiebeam.workflow.promotion import Gate, GatesShut, NotAdopted, Promotion, Stage
from tiebeam.workflow.promotion.gates import GateCase, GateResult, accountable_owner, recipe_complete


@dataclass
class House:
    app: App
    clock: FixedClock

    @property
    def promotion(self) -> Promotion:
        return self.app.promotion

    def gates(self) -> dict[str, GateResult]:
        with self.app.store.read() as conn:
            return {gate.gate: gate for gate in self.promotion.ask_gates(conn, INTENT)}

    def stage(self) -> Stage:
        with self.app.store.read() as conn:
            return self.promotion.standing(conn, INTENT).stage


@pytest.fixture
def house(tmp_path: Path, database_url: str) -> Iterator[House]:
    init_workspace(tmp_path / "company", example="harbour-tools")
    clock = FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    with opened(tmp_path / "company", url=database_url, clock=clock) as app:
        yield House(app, clock)


# ids: B16, EC-14, D4
def test_going_up_asks_every_gate_and_journals_the_answers(house: House) -> None:
    with pytest.raises(GatesShut, match="not evaluated in this version") as shut:
        house.promotion.promote(INTENT, to=Stage.PILOT, actor="person:ada")
    assert {gate["gate"] for gate in shut.value.data["gates"]} == set(house.gates())
    assert house.stage() is Stage.DRAFT
    house.app.evaluate(INTENT, actor="person:ada")
    record = house.promotion.promote(INTENT, to=Stage.PILOT, actor="person:ada")
    assert all(gate.passed for gate in record.gates)
    assert house.stage() is Stage.PILOT
    with house.app.store.read() as conn:
        kinds = [entry.kind for entry in search_journal(conn, stream_prefix="workspace")]
    assert "promotion.refused" in kinds
    assert "promoted" in kinds


def test_production_is_not_reached_from_a_draft_in_one_step(house: House) -> None:
    with pytest.raises(Invalid, match="from there it can go to"):
        house.promotion.promote(INTENT, to=Stage.PRODUCTION, actor="person:ada")


# ids: WF-10, C7
def test_without_one_accountable_owner_the_gate_is_shut(house: House) -> None:
    graph = house.app.graph()
    _, adoption, recipe = house.promotion.adopted(INTENT)
    with house.app.store.read() as conn:
        case = GateCase(conn, INTENT, recipe, adoption, None, None)
        passed, reason = accountable_owner(case)
        assert not passed
        assert "name one owner" in reason
        owned = replace(case, owner=graph.people[adoption.owner])
        assert accountable_owner(owned) == (True, accountable_owner(owned)[1])


# ids: WF-04, B18
@pytest.mark.parametrize("part", ["evaluation", "training_track", "integration", "escalation", "instrumentation"])
def test_a_recipe_that_lacks_one_of_its_six_parts_is_held_back(house: House, part: str) -> None:
    _, adoption, recipe = house.promotion.adopted(INTENT)
    empty = () if part in {"integration", "escalation"} else None
    with house.app.store.read() as conn:
        lacking = GateCase(conn, INTENT, recipe.model_copy(update={part: empty}), adoption, None, None)
        passed, reason = recipe_complete(lacking)
    assert not passed
    assert "lacks its" in reason


# ids: EC-14, EC-15, D4
def test_unit_economics_that_lose_money_shut_the_gate(house: House) -> None:
    _, adoption, recipe = house.promotion.adopted(INTENT)
    assert recipe.unit_economics is not None
    stated = recipe.unit_economics.model_dump()
    stated["value"][0]["formula"] = "0.01"
    del stated["assumptions"]["baseline_minutes_per_unit"]
    poor = UnitEconomics.model_validate(stated)
    with house.app.store.read() as conn:
        case = GateCase(conn, INTENT, recipe, adoption.model_copy(update={"unit_economics": poor}), None, None)
        answers = {gate.id: gate.ask(case) for gate in house.promotion.gates}
    assert not answers["unit-economics"].passed
    assert "loses money" in answers["unit-economics"].reason


def test_other_rooms_register_gates_that_really_shut(house: House) -> None:
    house.app.evaluate(INTENT, actor="person:ada")
    house.promotion.register_gate(Gate("audit", "Data audit", lambda _case: (False, "the audit is open")))
    with pytest.raises(GatesShut, match="the audit is open"):
        house.promotion.promote(INTENT, to=Stage.PILOT, actor="person:ada")


def test_an_override_needs_reason_and_date_is_on_the_record_and_runs_out(house: House) -> None:
    with pytest.raises(Invalid, match="needs a reason and a last day"):
        house.promotion.promote(INTENT, to=Stage.PILOT, actor="person:ada", override="  ", until=date(2026, 3, 9))
    with pytest.raises(Invalid, match="has passed"):
        house.promotion.promote(INTENT, to=Stage.PILOT, actor="person:ada", override="pilot", until=date(2026, 3, 1))
    record = house.promotion.promote(
        INTENT, to=Stage.PILOT, actor="person:ada", override="board decision", until=date(2026, 3, 9)
    )
    assert record.override_reason == "board decision"
    assert house.stage() is Stage.PILOT
    house.clock.advance(days=8)
    assert house.stage() is Stage.DRAFT
    with house.app.store.read() as conn:
        standing = house.promotion.standing(conn, INTENT)
    assert standing.override_expired


def test_a_workflow_nobody_adopted_says_how_to_adopt_it(house: House) -> None:
    with house.app.store.read() as conn, pytest.raises(NotAdopted, match="add adoptions/"):
        house.promotion.standing(conn, "finance.nothing")
