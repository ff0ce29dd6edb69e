"""Accepting documents: from here on nothing is lost. Each gets its place in the order of arrival, and its own run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tiebeam.connect.documents import Reader
from tiebeam.engine import Engine
from tiebeam.errors import Invalid
from tiebeam.spec import Recipe
from tiebeam.store import Store, Unit
from tiebeam.workflow.intake.archive import Archive, Kept
from tiebeam.workflow.intake.arrivals import Arrival
from tiebeam.workflow.intake.tables import batch, document
from tiebeam.workflow.intake.unpacking import Unpacking
from tiebeam.workflow.runs import RunRow, insert_run, pin_recipe

_CHUNK = 500

# Built once: putting a statement together costs more than running it.
_INSERT_DOCUMENT = sa.insert(document)


class NothingToDo(Invalid):
    """The path holds no documents."""

    code = "nothing_to_do"


class DocumentUnopenable(Invalid):
    """The bytes of a document cannot be had, so there is nothing to take in yet."""

    code = "document_unopenable"


@dataclass(frozen=True, slots=True)
class Order:
    """What to do with the documents: the adopted recipe, for a team, with the facts every run starts from."""

    recipe: Recipe
    team: str
    run_input: Mapping[str, Any]
    source: str
    import_dataset: Callable[[Unit], str]
    """Writes the reference data of the runs and returns its digest, in the unit that accepts the documents."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch while its documents are written."""

    id: str
    order: Order
    recipe_hash: str
    dataset: str
    actor: str


@dataclass(frozen=True, slots=True)
class AcceptedBatch:
    """The run of each given document, in the given order; one that was given twice has one run.

    `known` counts those that had been accepted before, `new` the others.
    """

    batch_id: str | None
    run_ids: tuple[str, ...]
    new: int
    known: int


class Intake:
    def __init__(self, store: Store, *, engine: Engine, archive: Archive, reader: Callable[[], Reader]) -> None:
        self._store = store
        self._engine = engine
        self.archive = archive
        self._unpacking = Unpacking(reader=reader, archive=archive)

    def accept(self, arrivals: Sequence[Arrival], order: Order, *, actor: str) -> AcceptedBatch:
        """Accept documents in the given order; the same content from the same place is not taken in twice.

        Of a ZIP archive each document is accepted by itself. Raises NothingToDo without documents, DocumentUnopenable
        and ReaderUnavailable before anything is taken in.
        """
        if not arrivals:
            raise NothingToDo(f"{order.source!r} holds no documents; put invoices (XML or PDF) there")
        arrivals = self._unpacking.opened(arrivals)
        kept = [self._keep(item) for item in arrivals]
        first = _first_places(arrivals, kept)
        with self._store.unit() as unit:
            _lock_arrivals(unit)
            known = _known_runs(unit.conn, arrivals, kept)
            fresh = [place for place in sorted(set(first)) if place not in known]
            batch_id = self._insert(unit, [(arrivals[i], kept[i]) for i in fresh], order, actor) if fresh else None
            runs = {} if batch_id is None else dict(zip(fresh, _run_ids(unit.conn, batch_id), strict=True))
        ordered = tuple(known.get(place) or runs[place] for place in first)
        return AcceptedBatch(batch_id, ordered, len(fresh), len(set(first)) - len(fresh))

    def _keep(self, item: Arrival) -> Kept:
        if item.path is None:
            return self.archive.keep_bytes(item.data or b"")
        try:
            return self.archive.keep_file(item.path)
        except OSError as problem:
            raise DocumentUnopenable(
                f"{str(item.path)!r} cannot be opened: {problem.strerror}; make it readable or take it away. "
                "Nothing was taken in.",
                path=str(item.path),
            ) from problem

    def _insert(self, unit: Unit, items: Sequence[tuple[Arrival, Kept]], order: Order, actor: str) -> str:
        made = _Batch(
            id=unit.store.ids.new("batch"),
            order=order,
            recipe_hash=pin_recipe(unit, order.recipe),
            dataset=order.import_dataset(unit),
            actor=actor,
        )
        unit.conn.execute(
            sa.insert(batch).values(
                id=made.id,
                intent=order.recipe.intent,
                recipe_hash=made.recipe_hash,
                source=order.source,
                state="accepted",
                total=len(items),
                dataset=made.dataset,
                accepted_by=actor,
                accepted_at=unit.now,
            )
        )
        first = int(unit.conn.execute(sa.select(sa.func.coalesce(sa.func.max(document.c.arrival), 0))).scalar_one()) + 1
        for arrival, (item, kept) in enumerate(items, start=first):
            _insert_document(unit, item, kept, made, arrival=arrival)
        unit.journal(
            f"batch:{made.id}", "batch.accepted", actor=actor, payload={"documents": len(items), "source": order.source}
        )
        self._engine.enqueue(unit, kind="intake", key=made.id, seq=0, queue="intake", team=order.team)
        return made.id

    def read_again(self, unit: Unit, row: RunRow, *, seq: int) -> bool:
        """Enqueue the reading of a run's document that nobody managed to take in; False when it was read."""
        waiting = (document.c.run_id == row.id, document.c.state.in_(("accepted", "failed")))
        again = sa.update(document).where(*waiting).values(state="accepted").returning(document.c.batch_id)
        batch_id = unit.conn.execute(again).scalar_one_or_none()
        if batch_id is None:
            return False
        self._engine.enqueue(unit, kind="intake", key=f"{batch_id}|{row.id}", seq=seq, queue="intake", team=row.team)
        return True


def _lock_arrivals(unit: Unit) -> None:
    """One batch is accepted at a time, as it gives out places. SQLite's write lock does this already."""
    if unit.conn.dialect.name == "postgresql":
        unit.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(7_241_905_532)))


def _insert_document(unit: Unit, item: Arrival, kept: Kept, made: _Batch, *, arrival: int) -> None:
    run_id = unit.store.ids.new("run")
    document_id = unit.store.ids.new("doc")
    received = None if item.received_at is None else item.received_at.isoformat()
    values = {
        "id": document_id,
        "batch_id": made.id,
        "run_id": run_id,
        "arrival": arrival,
        "name": item.name,
        "source": item.source or f"upload:{document_id}{item.inside and ':'}{item.inside}",
        "channel": item.channel,
        "received_at": received,
        "sha256": kept.sha256,
        "size": kept.size,
        "archived": kept.is_archived,
        "state": "accepted",
    }
    unit.conn.execute(_INSERT_DOCUMENT, values)
    run_input = {
        **made.order.run_input,
        "document_id": document_id,
        "document": item.stem,
        "sha256": kept.sha256,
        "arrival": arrival,
        "received_at": received or unit.now.date().isoformat(),
        "dataset": made.dataset,
        "source": item.name,
    }
    insert_run(
        unit,
        run_id=run_id,
        recipe=made.order.recipe,
        recipe_hash=made.recipe_hash,
        team=made.order.team,
        subject=item.name,
        run_input=run_input,
        document_id=document_id,
        batch_id=made.id,
        actor=made.actor,
    )


def _first_places(arrivals: Sequence[Arrival], kept: Sequence[Kept]) -> list[int]:
    """For each place, the first place with the same content from the same source; uploads have no source."""
    seen: dict[tuple[str, str], int] = {}
    return [
        seen.setdefault((item.source, keep.sha256), place) if item.source else place
        for place, (item, keep) in enumerate(zip(arrivals, kept, strict=True))
    ]


def _known_runs(conn: sa.Connection, arrivals: Sequence[Arrival], kept: Sequence[Kept]) -> dict[int, str]:
    """{first place: run} of what was accepted before."""
    wanted: dict[tuple[str, str], int] = {}
    for place, (item, keep) in enumerate(zip(arrivals, kept, strict=True)):
        wanted.setdefault((item.source, keep.sha256), place)
    sources = [source for source, _ in wanted if source]
    found: dict[int, str] = {}
    for start in range(0, len(sources), _CHUNK):
        rows = conn.execute(
            sa.select(document.c.source, document.c.sha256, document.c.run_id).where(
                document.c.source.in_(sources[start : start + _CHUNK])
            )
        )
        for row in rows:
            place = wanted.get((row.source, row.sha256))
            if place is not None:
                found[place] = row.run_id
    return found


def _run_ids(conn: sa.Connection, batch_id: str) -> list[str]:
    rows = conn.execute(
        sa.select(document.c.run_id).where(document.c.batch_id == batch_id).order_by(document.c.arrival)
    )
    return [row.run_id for row in rows]
