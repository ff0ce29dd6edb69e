"""The journal: every fact with its actor, newest first, and whether a chain is whole."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.http import Ask, journal_object
from tiebeam.store import JournalEntry, read_journal, search_journal, verify_journal
from tiebeam.web.pages.exports import table_file
from tiebeam.web.pages.proving import entry_place, sees_all
from tiebeam.web.table import Cell, Column, Empty, Filter, Row, Table, TableQuery
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import sentence

_SIZE = 40
_EXPORT = 1000
_COLUMNS = (
    Column("at", "When", is_sortable=False),
    Column("actor", "Who", is_sortable=False),
    Column("kind", "What", is_sortable=False),
    Column("stream", "Where", is_sortable=False),
    Column("seq", "No.", is_number=True, is_sortable=False),
    Column("payload", "Content", is_sortable=False),
    Column("hash", "Hash", is_sortable=False),
)
_EMPTY = Empty("Nothing recorded", "Decisions, promotions, effects and sign-ins are written here as they happen.")
_STREAMS = (("run:", "Runs"), ("workspace", "Workspace"), ("person:", "People"), ("batch:", "Batches"))
_SHOWN_LETTERS = 120


def audit(visit: Visit) -> Response:
    entries = _entries(visit, _SIZE + 1)
    shown = entries[:_SIZE]
    return visit.page(
        "pages/audit.html",
        table=_table(visit, shown),
        older=shown[-1].position if len(entries) > _SIZE else None,
        check=_check(visit),
        sees_all=sees_all(visit),
    )


def export(visit: Visit) -> Response:
    return table_file(_table(visit, _entries(visit, _EXPORT)), visit.path("format"), name="audit")


def _entries(visit: Visit, limit: int) -> list[JournalEntry]:
    before = visit.params.get("before", "")
    streams = visit.caller.streams()
    with visit.app.store.read() as conn:
        return search_journal(
            conn,
            stream_prefix=visit.params.get("stream", "")[:200],
            actor=visit.params.get("actor") or None,
            kind=visit.params.get("kind") or None,
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 15 else None,
            limit=limit,
            streams=streams,
        )


def _table(visit: Visit, entries: list[JournalEntry]) -> Table:
    rows = tuple(_row(visit, entry) for entry in entries)
    stream = visit.params.get("stream", "")
    known = dict(_STREAMS)
    choices = _STREAMS if stream in known or not stream else (*_STREAMS, (stream, stream))
    actors = [(f"person:{one}", person.name) for one, person in visit.graph.people.items()]
    filters = (
        Filter("stream", "Where", choices, stream),
        Filter("actor", "Who", tuple(actors), visit.params.get("actor", "")),
    )
    query = TableQuery(filters={})
    return Table(
        "audit-table",
        _COLUMNS,
        rows,
        len(rows),
        _EMPTY,
        query=query,
        filters=filters,
        is_searchable=False,
        page_size=_EXPORT,
    )


def _row(visit: Visit, entry: JournalEntry) -> Row:
    kind, _, name = entry.stream.partition(":")
    content = json.dumps(entry.payload, ensure_ascii=False, default=str)
    href = f"/runs/{name}" if kind == "run" else ""
    cells = (
        Cell(when=entry.at),
        Cell(visit.names.actor(entry.actor) if entry.actor else "Removed", raw=entry.actor),
        Cell(sentence(entry.kind.replace(".", " ")), raw=entry.kind),
        Cell(entry.stream, href, is_mono=True),
        Cell(str(entry.seq), entry_place(entry.stream, entry.seq), raw=entry.seq),
        Cell(
            content if len(content) <= _SHOWN_LETTERS else f"{content[:_SHOWN_LETTERS]}…",
            sub=f"Removed: {', '.join(entry.redacted)}" if entry.redacted else "",
            is_mono=True,
            is_soft=True,
            is_long=True,
            raw=content,
        ),
        Cell(entry.hash[:12], is_mono=True, is_soft=True, raw=entry.hash),
    )
    return Row(str(entry.position), cells)


def _check(visit: Visit) -> dict[str, Any] | None:
    """Recompute the chain of the one stream that is looked at; None when several are."""
    stream = visit.params.get("stream", "")
    if not stream or stream.endswith(":"):
        return None
    with visit.app.store.read() as conn:
        if not visit.allows("journal.view", journal_object(visit.app, conn, stream)):
            return None
        if not read_journal(conn, stream, limit=1):
            return None
        breaks = verify_journal(conn, stream)
    return {"stream": stream, "breaks": [f"No. {one.seq}: {one.problem}" for one in breaks]}


def routes(console: Console) -> list[Route]:
    ask = Ask("journal.view", "journal")
    return [route(console, "/audit", audit, asks=ask), route(console, "/audit.{format}", export, asks=ask)]
