"""Moving open runs to the applied version of their recipe: looked at first, then done in bounded batches."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from tiebeam.authority import Obj, Principal
from tiebeam.engine import Enqueued
from tiebeam.errors import TiebeamError
from tiebeam.spec import Recipe, fingerprint
from tiebeam.store import Unit
from tiebeam.workflow.operating.comparing import Fit, compare
from tiebeam.workflow.operating.desk import Desk, said
from tiebeam.workflow.runs import (
    OpenRun,
    RunState,
    StepState,
    open_runs,
    open_versions,
    pin_recipe,
    pinned,
    repin,
    states_of,
    take_seq,
)

BATCH = 100
"""Runs moved in one unit of work."""
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class RunFit:
    """One open run and how it would go on. `version` is the one it is pinned to."""

    run: str
    subject: str
    state: RunState
    version: str
    fit: Fit


@dataclass(frozen=True, slots=True)
class MigrationPreview:
    """`open` counts all open runs of the recipe by version; `runs` is one page of those on another one than `version`.

    `fits` counts those of the page that would be moved. `refusal`: why the applied version takes no runs at all.
    `after` goes on where the page ended; empty at the end.
    """

    recipe: str
    version: str
    open: dict[str, int]
    runs: tuple[RunFit, ...]
    after: str
    refusal: str

    @property
    def fits(self) -> int:
        return sum(one.fit.fits for one in self.runs)

    @property
    def elsewhere(self) -> int:
        """How many open runs are on another version."""
        return sum(count for version, count in self.open.items() if version != self.version)


@dataclass(slots=True)
class Migrated:
    """What was moved, and what was left where it is and why."""

    recipe: str
    version: str
    moved: list[str] = field(default_factory=list[str])
    left: list[RunFit] = field(default_factory=list[RunFit])
    batches: int = 0


def preview_migration(
    desk: Desk,
    principal: Principal,
    conn: sa.Connection,
    recipe: str,
    *,
    runs: Collection[str] | None = None,
    after: str = "",
) -> MigrationPreview:
    """Raises Refused, and NotFound for a recipe that is not applied."""
    target = _applied(desk, recipe)
    desk.authority.require(principal, "run.migrate", Obj("run", recipe, desk.facts(target.intent)))
    digest = fingerprint(target)
    found = open_runs(conn, recipe, beside=digest, only=runs, after=after, limit=_SHOWN)
    refusal = ""
    try:
        desk.promotion.require_in_service(conn, recipe)
    except TiebeamError as shut:
        refusal = shut.message
    return MigrationPreview(
        recipe=recipe,
        version=digest,
        open=open_versions(conn, recipe),
        runs=tuple(_Fitting(conn, target).of(found)),
        after=found[-1].id if len(found) == _SHOWN else "",
        refusal=refusal,
    )


def migrate(
    desk: Desk, principal: Principal, recipe: str, *, reason: str, runs: Collection[str] | None = None
) -> Migrated:
    """Pin open runs to the applied version, a hundred in one unit of work; whatever does not fit stays where it is.

    Raises Refused, NotFound, NotInService, and Invalid without a reason.
    """
    why = said(reason, doing="moving runs to another version")
    target = _applied(desk, recipe)
    done = Migrated(recipe, fingerprint(target))
    after = ""
    while True:
        with desk.store.unit() as unit:
            desk.promotion.require_in_service(unit.conn, recipe)
            batch = open_runs(unit.conn, recipe, beside=done.version, only=runs, after=after, limit=BATCH, lock=True)
            if not batch:
                break
            _ask(desk, principal, batch)
            pin_recipe(unit, target)
            fits = _Fitting(unit.conn, target).of(batch)
            _move(desk, unit, batch, fits, target=target, digest=done.version, actor=principal.actor, reason=why)
        done.batches += 1
        done.moved += [one.run for one in fits if one.fit.fits]
        done.left += [one for one in fits if not one.fit.fits]
        after = batch[-1].id
    return done


def _applied(desk: Desk, recipe: str) -> Recipe:
    graph = desk.graph()
    graph.of("recipes", recipe)
    return graph.recipes[recipe]


def _ask(desk: Desk, principal: Principal, batch: Sequence[OpenRun]) -> None:
    for one in batch:
        seen = {"started_by": one.started_by, "team": one.team, "state": str(one.state)}
        desk.authority.require(principal, "run.migrate", Obj("run", one.id, {**desk.facts(one.intent), **seen}))


def _move(
    desk: Desk,
    unit: Unit,
    batch: Sequence[OpenRun],
    fits: Sequence[RunFit],
    *,
    target: Recipe,
    digest: str,
    actor: str,
    reason: str,
) -> None:
    following: list[Enqueued] = []
    pins = desk.interpreter.pins_of(unit, target)
    limits = {version: pinned(unit.conn, version).limits for version in {one.recipe_hash for one in batch}}
    for row, one in zip(batch, fits, strict=True):
        if not one.fit.fits:
            continue
        repin(unit, row.id, target, digest=digest, pins=pins, forgets=one.fit.forgets)
        if limits[row.recipe_hash] != target.limits:
            desk.interpreter.set_deadline(unit, row.id, target)
        unit.journal(
            f"run:{row.id}",
            "run.migrated",
            actor=actor,
            payload={
                "from": row.recipe_hash,
                "to": digest,
                "reason": reason,
                "forgets": list(one.fit.forgets),
                "notes": list(one.fit.notes),
            },
        )
        # Its new number tells whoever has the run in hand to read it anew. What only waits has nothing to do now: the
        # segment its wait brings goes by the new version.
        seq = take_seq(unit, row.id)
        if row.state is not RunState.PAUSED and (one.fit.next or one.fit.ends):
            following.append(Enqueued("run", row.id, seq, "work", row.team, target.limits.priority))
    if following:
        desk.engine.enqueue_many(unit, following)


class _Fitting:
    """Compares each way in which runs stand once, however many stand that way."""

    def __init__(self, conn: sa.Connection, target: Recipe) -> None:
        self._conn = conn
        self._target = target
        self._versions: dict[str, Recipe] = {}
        self._known: dict[tuple[str, tuple[tuple[str, str], ...]], Fit] = {}

    def of(self, runs: Sequence[OpenRun]) -> list[RunFit]:
        states = states_of(self._conn, [one.id for one in runs])
        return [RunFit(one.id, one.subject, one.state, one.recipe_hash, self._fit(one, states[one.id])) for one in runs]

    def _fit(self, one: OpenRun, states: dict[str, StepState]) -> Fit:
        if one.ends_as is not None:
            return _not_now("its effects are being taken back")
        if one.held_by is not None:
            return _not_now("a call to another system is under way; try again in a moment")
        stands = (one.recipe_hash, tuple((name, str(state.phase)) for name, state in states.items()))
        if stands not in self._known:
            if one.recipe_hash not in self._versions:
                self._versions[one.recipe_hash] = pinned(self._conn, one.recipe_hash)
            self._known[stands] = compare(self._versions[one.recipe_hash], self._target, states)
        return self._known[stands]


def _not_now(reason: str) -> Fit:
    return Fit(reasons=(reason,), notes=(), forgets=(), next=(), waits=())
