"""What faces show of documents and batches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.errors import NotFound
from tiebeam.workflow.intake.tables import batch, document


@dataclass(frozen=True, slots=True)
class DocumentView:
    id: str
    batch_id: str
    run_id: str
    arrival: int
    name: str
    source: str
    channel: str
    received_at: str | None
    sha256: str
    size: int
    archived: bool
    state: str
    syntax: str | None
    invoice: Mapping[str, Any] | None
    error: str | None
    error_code: str | None
    found: Mapping[str, str] | None
    evidence: Sequence[Mapping[str, str]] | None
    text: str | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class BatchView:
    """`read` of `total` documents are past reading."""

    id: str
    intent: str
    source: str
    state: str
    total: int
    read: int
    accepted_by: str
    accepted_at: datetime
    finished_at: datetime | None


def document_view(conn: sa.Connection, document_id: str) -> DocumentView:
    """Raises NotFound."""
    columns = [document.c[name] for name in DocumentView.__slots__]
    row = conn.execute(sa.select(*columns).where(document.c.id == document_id)).mappings().first()
    if row is None:
        raise NotFound(f"there is no document {document_id!r}", document=document_id)
    return DocumentView(**row)


def same_content(conn: sa.Connection, sha256: str, *, limit: int = 20) -> list[str]:
    """Ids of documents with exactly this content, oldest first."""
    rows = conn.execute(
        sa.select(document.c.id).where(document.c.sha256 == sha256).order_by(document.c.arrival).limit(limit)
    )
    return [row.id for row in rows]


def streams_of_batches(intents: Collection[str]) -> sa.Select[str]:
    """The journal streams of all batches of these intents, for those who filter the journal."""
    return sa.select(sa.literal("batch:").concat(batch.c.id)).where(batch.c.intent.in_(intents))


def batch_view(conn: sa.Connection, batch_id: str) -> BatchView:
    """Raises NotFound."""
    row = conn.execute(sa.select(batch).where(batch.c.id == batch_id)).mappings().first()
    if row is None:
        raise NotFound(f"there is no batch {batch_id!r}", batch=batch_id)
    read = conn.execute(
        sa.select(sa.func.count())
        .select_from(document)
        .where(document.c.batch_id == batch_id, document.c.state != "accepted")
    ).scalar_one()
    names = [name for name in BatchView.__slots__ if name != "read"]
    return BatchView(read=int(read), **{name: row[name] for name in names})
