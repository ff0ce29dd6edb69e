"""Telling traces from the rows of runs: every worker tells what its segments ended, and none tells it twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from tiebeam.economics.totals import ChargeFilters, charges
from tiebeam.engine import Effects, Segment
from tiebeam.errors import NotFound, TiebeamError
from tiebeam.store import Store, Unit
from tiebeam.workflow.runs import RunFilter, RunView, StepPhase, ended_of, list_runs, load_run, parts_of, run_view
from tiebeam.workflow.tracing.spans import Span, chat_span, run_span, step_span
from tiebeam.workflow.tracing.tables import run_trace

_LOOK_SECONDS = 5.0
_SETTLED = timedelta(seconds=5)
"""How long after a run's end its charges may still be on their way into the ledger."""
_OVERLAP = timedelta(minutes=1)
"""Parts of a run may be committed in another order than that of their moments, at most this far apart."""
_AT_ONCE = 50
_DEEPEST = 20
_PAGE = 500
_log = logging.getLogger("tiebeam.tracing")

Export = Callable[[Sequence[Span]], None]


class Tracing:
    """`export` takes spans that ended and must not wait for anybody."""

    def __init__(self, store: Store, export: Export, *, effects: Effects) -> None:
        self._store = store
        self._export = export
        self._effects = effects

    def after(self, handler: Callable[[Segment], None]) -> Callable[[Segment], None]:
        """The handler of runs, followed by telling what ended in its segment. Work never fails because of its trace."""

        def told(segment: Segment) -> None:
            handler(segment)
            self._tell_all([segment.key])

        return told

    def after_batches(self, handler: Callable[[Segment], None]) -> Callable[[Segment], None]:
        """The handler of batches of documents, whose runs do their first steps in it."""

        def told(segment: Segment) -> None:
            handler(segment)
            batch = segment.key.partition("|")[0]
            page, more = 1, True
            while more:
                with self._store.read() as conn:
                    items = list_runs(conn, RunFilter(batch=batch), page=page, size=_PAGE).items
                    known = sa.select(run_trace.c.run_id).where(run_trace.c.run_id.in_([one.id for one in items]))
                    told_of = set(conn.execute(known).scalars())
                self._tell_all([one.id for one in items if one.id not in told_of])
                page, more = page + 1, len(items) == _PAGE

        return told

    def _tell_all(self, runs: Sequence[str]) -> None:
        for run_id in runs:
            try:
                self.tell(run_id)
            except (SQLAlchemyError, TiebeamError) as problem:
                _log.warning("what run %s did is told later: %s", run_id, problem)

    def tell(self, run_id: str) -> int:
        """Export the steps that ended and were not told yet; returns how many. The run's own span comes at its end."""
        with self._store.unit() as unit:
            try:
                spans = self._steps(unit, run_id)
            except NotFound:
                return 0
        self._export(spans)
        return len(spans)

    def work(self) -> float:
        """One turn of the worker's loop: runs that ended are told to the end. Returns the seconds until the next."""
        while self._finish():
            pass
        return _LOOK_SECONDS

    def _steps(self, unit: Unit, run_id: str) -> list[Span]:
        view = run_view(unit.conn, run_id)
        at = view.item.ended_at
        if at is not None and at + _SETTLED < unit.now and not self._is_open(unit.conn, run_id):
            # Its trace is told to the end.
            return []
        insert = postgresql.insert if unit.conn.dialect.name == "postgresql" else sqlite.insert
        first = insert(run_trace).values(run_id=run_id, told_until=view.item.started_at, told=[])
        unit.conn.execute(first.on_conflict_do_nothing())
        known = unit.conn.execute(sa.select(run_trace).where(run_trace.c.run_id == run_id).with_for_update()).one()
        since, told = known.told_until - _OVERLAP, set(known.told)
        ended = [step for step in view.steps if step.ended_at is not None and step.ended_at >= since]
        fresh = [step for step in ended if step.step_id not in told and step.state is not StepPhase.SKIPPED]
        if fresh:
            until = max(step.ended_at for step in fresh if step.ended_at is not None)
            until = max(until, known.told_until)
            names = [step.step_id for step in ended if step.ended_at is not None and step.ended_at >= until - _OVERLAP]
            here = run_trace.c.run_id == run_id
            unit.conn.execute(sa.update(run_trace).where(here).values(told_until=until, told=names))
        root = self._root(unit.conn, run_id)
        declared = {step.id: step for step in view.recipe.step}
        called = {one.step_id: one for one in self._effects.list(unit.conn, run_id)} if fresh else {}
        return [
            step_span(
                view.item,
                step,
                declared.get(parts_of(step.step_id)[0]),
                root=root,
                called=called.get(step.step_id),
            )
            for step in fresh
        ]

    def _finish(self) -> bool:
        """Tell the ends of some runs; True when there may be more."""
        before = self._store.clock.now() - _SETTLED
        with self._store.read() as conn:
            ended = ended_of(conn, sa.select(run_trace.c.run_id), before=before, limit=_AT_ONCE)
        for run_id in ended:
            here = run_trace.c.run_id == run_id
            with self._store.unit() as unit:
                # Several workers may look at once: the one that finds the row tells.
                if unit.conn.execute(sa.select(run_trace.c.run_id).where(here).with_for_update()).first() is None:
                    continue
                spans = [*self._steps(unit, run_id), *self._end(unit.conn, run_view(unit.conn, run_id))]
                unit.conn.execute(sa.delete(run_trace).where(here))
            self._export(spans)
        return len(ended) == _AT_ONCE

    def _end(self, conn: sa.Connection, view: RunView) -> list[Span]:
        run = view.item
        root = self._root(conn, run.id)
        row = load_run(conn, run.id)
        parent = None if row.parent_run_id is None else (row.parent_run_id, row.parent_step or "")
        found = charges(conn, ChargeFilters(execution=run.id), limit=1000).charges
        calls = [chat_span(one, run_id=run.id, root=root) for one in found if one["corrects"] is None]
        return [*calls, run_span(run, root=root, parent=parent)]

    def _is_open(self, conn: sa.Connection, run_id: str) -> bool:
        return conn.execute(sa.select(run_trace.c.run_id).where(run_trace.c.run_id == run_id)).first() is not None

    def _root(self, conn: sa.Connection, run_id: str) -> str:
        """The run at the head of those that wait for one another."""
        for _ in range(_DEEPEST):
            parent = load_run(conn, run_id).parent_run_id
            if parent is None:
                return run_id
            run_id = parent
        return run_id
