"""Calls that leave the system are written down before and after (ids: B8)."""

from __future__ import annotations

import pytest

from tiebeam.engine import EffectSettled, EffectState, Engine, UnknownEffect
from tiebeam.errors import Invalid
from tiebeam.spec import Effect
from tiebeam.store import read_journal, verify_journal


def _begin(engine: Engine, mode: Effect = Effect.AT_MOST_ONCE, *, key: str = "run_1:pay") -> EffectState:
    return engine.effects.begin(run_id="run_1", step_id="pay", mode=mode, key=key, request={"amount": "12.50"})


def _confirm(engine: Engine) -> None:
    with engine.store.unit() as unit:
        engine.effects.confirm(unit, run_id="run_1", step_id="pay", result={"file": "pay.xml"})


def _settle(engine: Engine, *, happened: bool) -> None:
    with engine.store.unit() as unit:
        engine.effects.settle(
            unit, run_id="run_1", step_id="pay", happened=happened, result={"seen": "bank"}, actor="person:ann"
        )


def test_a_confirmed_effect_is_never_called_again(engine: Engine) -> None:
    assert _begin(engine).state == "new"
    _confirm(engine)
    again = _begin(engine)
    assert (again.state, again.result) == ("confirmed", {"file": "pay.xml"})


def test_an_idempotent_effect_is_repeated_with_the_first_key(engine: Engine) -> None:
    assert _begin(engine, Effect.IDEMPOTENT).key == "run_1:pay"
    again = _begin(engine, Effect.IDEMPOTENT, key="another")
    assert (again.state, again.key, again.attempts) == ("new", "run_1:pay", 2)


def test_an_unconfirmed_at_most_once_effect_goes_to_a_person(engine: Engine) -> None:
    _begin(engine)
    assert _begin(engine).state == "ambiguous"
    assert _begin(engine).state == "ambiguous"


def test_a_person_who_saw_it_happen_confirms_it(engine: Engine) -> None:
    _begin(engine)
    _settle(engine, happened=True)
    state = _begin(engine)
    assert (state.state, state.result) == ("confirmed", {"seen": "bank"})
    with pytest.raises(EffectSettled, match="confirmed already"):
        _settle(engine, happened=False)


def test_a_person_who_knows_it_did_not_happen_lets_it_be_tried_again(engine: Engine) -> None:
    _begin(engine)
    _settle(engine, happened=False)
    state = _begin(engine)
    assert (state.state, state.key, state.attempts) == ("new", "run_1:pay", 2)
    assert _begin(engine).state == "ambiguous"


def test_every_stage_is_in_the_runs_journal(engine: Engine) -> None:
    _begin(engine)
    _settle(engine, happened=False)
    _begin(engine)
    _confirm(engine)
    with engine.store.read() as conn:
        entries = read_journal(conn, "run:run_1")
        assert verify_journal(conn, "run:run_1") == []
    assert [entry.kind for entry in entries] == [
        "effect.intended",
        "effect.settled",
        "effect.intended",
        "effect.confirmed",
    ]
    assert entries[1].actor == "person:ann"
    assert entries[2].payload["attempt"] == 2


def test_the_effects_of_a_run_are_listed(engine: Engine) -> None:
    _begin(engine)
    with engine.store.read() as conn:
        (record,) = engine.effects.list(conn, "run_1")
        assert engine.effects.list(conn, "run_2") == []
    assert (record.state, record.mode, record.request) == ("intent", Effect.AT_MOST_ONCE, {"amount": "12.50"})


def test_confirming_what_never_began_is_refused(engine: Engine) -> None:
    with pytest.raises(UnknownEffect, match="call begin before"):
        _confirm(engine)


@pytest.mark.parametrize("mode", [Effect.PURE, Effect.DB])
def test_an_effect_inside_the_database_needs_no_intent(engine: Engine, mode: Effect) -> None:
    with pytest.raises(Invalid, match="does not leave the database"):
        _begin(engine, mode)


def test_a_confirmed_effect_that_was_taken_back_outside_may_be_made_again_with_its_key(engine: Engine) -> None:
    _begin(engine)
    with engine.store.unit() as unit:
        assert not engine.effects.again(unit, run_id="run_1", step_id="pay", actor="person:ann")
    _confirm(engine)

    with engine.store.unit() as unit:
        assert engine.effects.again(unit, run_id="run_1", step_id="pay", actor="person:ann")
    again = _begin(engine)

    assert (again.state, again.key, again.attempts) == ("new", "run_1:pay", 2)
    with engine.store.read() as conn:
        assert "effect.again" in {entry.kind for entry in read_journal(conn, "run:run_1")}
