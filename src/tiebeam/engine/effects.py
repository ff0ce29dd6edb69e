"""Effects outside our database: an intent before the call, a confirmation after it, a person where neither is sure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.engine.tables import effect
from tiebeam.errors import Conflict, Invalid, NotFound
from tiebeam.kit import digest_of
from tiebeam.spec import Effect
from tiebeam.store import Prepared, Store, Unit

_ACTOR = "system:engine"


class UnknownEffect(NotFound):
    """No effect was begun for this step of this run."""

    code = "unknown_effect"


class EffectSettled(Conflict):
    """The effect is confirmed already, so there is nothing left to settle."""

    code = "effect_settled"


class EffectStatus(StrEnum):
    """What a step may do now: call out, use the result that is there, or hand over to a person."""

    NEW = "new"
    CONFIRMED = "confirmed"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class EffectState:
    """The answer to `begin`. `key` is the idempotency key of the first attempt and must be sent with every call."""

    state: EffectStatus
    key: str
    attempts: int
    result: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class EffectRecord:
    """One effect as stored. `state` is `intent`, `confirmed`, or `reset` when a person said that it never happened."""

    run_id: str
    step_id: str
    mode: Effect
    key: str
    request: dict[str, Any]
    state: str
    attempts: int
    begun_at: datetime
    confirmed_at: datetime | None
    result: dict[str, Any] | None


def _where(run_id: str, step_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(effect.c.run_id == run_id, effect.c.step_id == step_id)


_HERE = sa.and_(effect.c.run_id == sa.bindparam("of_run"), effect.c.step_id == sa.bindparam("of_step"))
_LOCKED = Prepared(sa.select(effect).where(_HERE).with_for_update())
_INSERT = {
    dialect: Prepared(insert(effect).on_conflict_do_nothing(index_elements=["run_id", "step_id"]))
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_CHANGE = Prepared(sa.update(effect).where(_HERE))
_CLOSE = Prepared(sa.delete(effect).where(_HERE))


def _unknown(run_id: str, step_id: str) -> UnknownEffect:
    return UnknownEffect(f"step {step_id!r} of run {run_id!r} has begun no effect: call begin before calling out")


def _record(row: Any) -> EffectRecord:
    return EffectRecord(
        run_id=row.run_id,
        step_id=row.step_id,
        mode=Effect(row.mode),
        key=row.key,
        request=row.request,
        state=row.state,
        attempts=row.attempts,
        begun_at=row.begun_at,
        confirmed_at=row.confirmed_at,
        result=row.result,
    )


def _intent(key: str, attempts: int, unit: Unit, *, mode: Effect, request: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "mode": mode.value,
        "key": key,
        "request": dict(request),
        "state": "intent",
        "attempts": attempts,
        "begun_at": unit.now,
    }


def _tell_intent(
    unit: Unit, state: EffectState, *, run_id: str, step_id: str, mode: Effect, request: Mapping[str, Any]
) -> None:
    payload = {
        "step": step_id,
        "mode": mode.value,
        "key": state.key,
        "attempt": state.attempts,
        "request_sha256": digest_of(dict(request)),
    }
    unit.journal(f"run:{run_id}", "effect.intended", actor=_ACTOR, payload=payload)


class Effects:
    """The record of every call that leaves this system."""

    def __init__(self, store: Store, observe: Callable[[str], None]) -> None:
        self._store = store
        self._observe = observe

    def begin(
        self,
        *,
        run_id: str,
        step_id: str,
        mode: Effect,
        key: str,
        request: Mapping[str, Any],
        before: Callable[[Unit], None] | None = None,
    ) -> EffectState:
        """Write down that the call is about to leave, before it does, in a unit of its own.

        `before` is asked first, in the same unit; what it raises keeps the call back. Raises Invalid for an effect
        that stays inside our database.
        """
        if mode not in (Effect.IDEMPOTENT, Effect.AT_MOST_ONCE):
            raise Invalid(f"effect {mode.value!r} of step {step_id!r} does not leave the database: commit it in a unit")
        with self._store.unit() as unit:
            if before is not None:
                before(unit)
            return self.intend(unit, run_id=run_id, step_id=step_id, mode=mode, key=key, request=request)

    def intend(
        self,
        unit: Unit,
        *,
        run_id: str,
        step_id: str,
        mode: Effect,
        key: str,
        request: Mapping[str, Any],
        journal: bool = True,
    ) -> EffectState:
        """`begin` in the caller's unit: the call may leave once that is committed.

        Without `journal` the fact is left to whoever records the consequences.
        """
        values = _intent(key, 1, unit, mode=mode, request=request)
        state = EffectState(EffectStatus.NEW, key, attempts=1)
        # Nearly always it is the first attempt, which one statement finds out and writes down.
        if not _INSERT[unit.conn.dialect.name].run(unit.conn, {"run_id": run_id, "step_id": step_id, **values}):
            row = _LOCKED.first(unit.conn, {"of_run": run_id, "of_step": step_id})
            if row is None:
                # It was taken back between the two statements.
                return self.intend(
                    unit, run_id=run_id, step_id=step_id, mode=mode, key=key, request=request, journal=journal
                )
            state = self._next(row, mode=mode, key=key)
            if state.state is not EffectStatus.NEW:
                return state
            values = _intent(state.key, state.attempts, unit, mode=mode, request=request) | {"result": None}
            _CHANGE.run(unit.conn, {"of_run": run_id, "of_step": step_id, **values})
        if journal:
            _tell_intent(unit, state, run_id=run_id, step_id=step_id, mode=mode, request=request)
        unit.after_commit(lambda: self._observe("effect:intent"))
        return state

    def confirm(
        self, unit: Unit, *, run_id: str, step_id: str, result: Mapping[str, Any], journal: bool = True
    ) -> None:
        """Record the answer of the call, in the commit that records its consequences. Raises UnknownEffect."""
        self._observe("effect:called")
        self._mark(unit, run_id=run_id, step_id=step_id, state="confirmed", result=result)
        if journal:
            payload = {"step": step_id, "result": dict(result)}
            unit.journal(f"run:{run_id}", "effect.confirmed", actor=_ACTOR, payload=payload)
        unit.after_commit(lambda: self._observe("effect:confirmed"))

    def close(self, unit: Unit, *, run_id: str, step_id: str) -> None:
        """The answer of an idempotent call is in its step's own row: its intent has served. Raises UnknownEffect."""
        self._observe("effect:called")
        if _CLOSE.run(unit.conn, {"of_run": run_id, "of_step": step_id}) == 0:
            raise _unknown(run_id, step_id)
        unit.after_commit(lambda: self._observe("effect:confirmed"))

    def settle(
        self, unit: Unit, *, run_id: str, step_id: str, happened: bool, result: Mapping[str, Any], actor: str
    ) -> None:
        """A person's answer to "did this leave?": it is confirmed with `result`, or may be tried again.

        Raises UnknownEffect, and EffectSettled when it was confirmed in the meantime.
        """
        row = unit.conn.execute(
            sa.select(effect.c.state).where(_where(run_id, step_id)).with_for_update()
        ).one_or_none()
        if row is not None and row.state == "confirmed":
            raise EffectSettled(f"effect of step {step_id!r} in run {run_id!r} is confirmed already: nothing to settle")
        state = "confirmed" if happened else "reset"
        self._mark(unit, run_id=run_id, step_id=step_id, state=state, result=result)
        payload = {"step": step_id, "happened": happened, "result": dict(result)}
        unit.journal(f"run:{run_id}", "effect.settled", actor=actor, payload=payload)

    def again(self, unit: Unit, *, run_id: str, step_id: str, actor: str) -> bool:
        """Let a confirmed effect be made again, with the same key; False when none was confirmed.

        For one that was taken back in the other system, or that the receiver takes once however often it is sent.
        """
        confirmed = sa.and_(_where(run_id, step_id), effect.c.state == "confirmed")
        if unit.conn.execute(sa.update(effect).where(confirmed).values(state="reset", confirmed_at=None)).rowcount == 0:
            return False
        unit.journal(f"run:{run_id}", "effect.again", actor=actor, payload={"step": step_id})
        return True

    def list(self, conn: sa.Connection, run_id: str) -> list[EffectRecord]:
        """A run's effects, oldest first."""
        statement = sa.select(effect).where(effect.c.run_id == run_id).order_by(effect.c.begun_at, effect.c.step_id)
        return [_record(row) for row in conn.execute(statement)]

    def _next(self, row: Any, *, mode: Effect, key: str) -> EffectState:
        if row.state == "confirmed":
            return EffectState(EffectStatus.CONFIRMED, row.key, row.attempts, row.result)
        if row.state == "intent" and mode is Effect.AT_MOST_ONCE:
            return EffectState(EffectStatus.AMBIGUOUS, row.key, row.attempts)
        return EffectState(EffectStatus.NEW, row.key, row.attempts + 1)

    def _mark(self, unit: Unit, *, run_id: str, step_id: str, state: str, result: Mapping[str, Any]) -> None:
        confirmed_at = unit.now if state == "confirmed" else None
        values = {"state": state, "result": dict(result), "confirmed_at": confirmed_at}
        if _CHANGE.run(unit.conn, {"of_run": run_id, "of_step": step_id, **values}) == 0:
            raise _unknown(run_id, step_id)
