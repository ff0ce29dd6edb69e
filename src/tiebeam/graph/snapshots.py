"""Applying a graph: workers read the applied snapshot, never the files somebody may be editing."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from tiebeam.errors import Conflict
from tiebeam.graph.graph import Graph, Node, graph_from_content
from tiebeam.graph.layout import PLACES
from tiebeam.graph.tables import graph_snapshot
from tiebeam.kit import digest_of
from tiebeam.store import Unit

_LOCK = 7_241_905_531


class SnapshotBroken(Conflict):
    """A stored snapshot no longer has the digest it was stored under."""

    code = "snapshot_broken"


def apply(unit: Unit, graph: Graph, *, actor: str) -> str:
    """Store the graph as the one in force and journal it on stream `workspace`. Returns its digest.

    Applying what is in force already changes nothing. Rows are only ever added.
    """
    if unit.store.dialect == "postgresql":
        # Two processes that start together would otherwise take the same number.
        unit.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    latest = _latest(unit.conn)
    if latest is not None and latest.digest == graph.digest:
        return graph.digest
    unit.conn.execute(
        sa.insert(graph_snapshot).values(
            seq=1 if latest is None else latest.seq + 1,
            digest=graph.digest,
            applied_at=unit.now,
            actor=actor,
            content=graph.content(),
            files=[[kind, record_id, file] for (kind, record_id), file in sorted(graph.files.items())],
        )
    )
    unit.journal(
        "workspace",
        "graph.applied",
        actor=actor,
        payload={
            "digest": graph.digest,
            "previous": None if latest is None else latest.digest,
            "records": {place.kind.value: len(graph.records(place.kind)) for place in PLACES},
        },
    )
    return graph.digest


def applied(conn: sa.Connection) -> Graph | None:
    """The graph in force, rebuilt from its snapshot alone; None before the first apply. Raises SnapshotBroken."""
    latest = _latest(conn)
    if latest is None:
        return None
    row = conn.execute(
        sa.select(graph_snapshot.c.content, graph_snapshot.c.files).where(graph_snapshot.c.seq == latest.seq)
    ).one()
    shown: dict[Node, str] = {(kind, record_id): file for kind, record_id, file in row.files}
    # The stored content is looked at, not the rebuilt graph: a newer version may know fields that it did not have.
    if digest_of(row.content) != latest.digest:
        raise SnapshotBroken(
            f"the applied snapshot {latest.digest[:12]!r} does not match its content; run `tiebeam apply` again",
            digest=latest.digest,
        )
    return graph_from_content(row.content, files=shown)


def applied_digest(conn: sa.Connection) -> str | None:
    """The digest in force, without reading the content."""
    latest = _latest(conn)
    return None if latest is None else latest.digest


@dataclass(frozen=True, slots=True)
class _Latest:
    seq: int
    digest: str


def _latest(conn: sa.Connection) -> _Latest | None:
    found = conn.execute(
        sa.select(graph_snapshot.c.seq, graph_snapshot.c.digest).order_by(graph_snapshot.c.seq.desc()).limit(1)
    ).one_or_none()
    return None if found is None else _Latest(found.seq, found.digest)
