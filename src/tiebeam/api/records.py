"""The journal over HTTP: read, verify, anchor, export and redact it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse, Response
from pydantic import Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.http import EVERYTHING, Caller, journal_file, journal_object
from tiebeam.kit import plain
from tiebeam.store import breaks_of, redact, search_journal, verify_journal
from tiebeam.workflow.evidence import Selection


class Export(Body):
    """Days or moments in UTC; `stream` is a stream or its beginning; `withhold` names fields that are left out."""

    since: str | None = Field(None, max_length=40)
    until: str | None = Field(None, max_length=40)
    stream: str = Field("", max_length=200)
    withhold: list[Annotated[str, Field(max_length=80)]] = Field(default_factory=list[str], max_length=50)
    format: Literal["jsonl", "csv"] = "jsonl"


class Redaction(Body):
    """`fields` are names of the payload, or `actor`."""

    stream: str = Field(min_length=1, max_length=200)
    seq: int = Field(ge=1, le=2**31 - 1)
    fields: list[Annotated[str, Field(max_length=80)]] = Field(min_length=1, max_length=50)
    reason: str = Field(max_length=2000)


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["journal"])
    _reading(app, routes)
    _anchors(app, routes)
    _changing(app, routes)
    return routes


def _reading(app: App, routes: APIRouter) -> None:
    read = asks(app, "journal.view", "journal")

    @routes.get("/journal")
    def listing(
        caller: Caller = Depends(read),
        stream: Annotated[str, Query(max_length=200)] = "",
        actor: Annotated[str | None, Query(max_length=200)] = None,
        kind: Annotated[str | None, Query(max_length=80)] = None,
        before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[dict[str, Any]]:
        """Entries of the streams you may see, newest first; `redacted` names fields that were removed."""
        streams = caller.streams()
        with app.store.read() as conn:
            found = search_journal(
                conn, stream_prefix=stream, actor=actor, kind=kind, before=before, limit=limit, streams=streams
            )
            return plain(found)

    @routes.get("/journal/verify")
    def verify(
        caller: Caller = Depends(read), stream: Annotated[str | None, Query(max_length=200)] = None
    ) -> dict[str, Any]:
        """Recompute the hashes of one stream; or of all with their anchors, beside those in a file of this machine.

        Who administers this machine is found out only by verifying an export elsewhere, with anchors kept there.
        """
        with app.store.read() as conn:
            caller.require("journal.view", journal_object(app, conn, stream or EVERYTHING))
            if stream:
                breaks = verify_journal(conn, stream)
                return {"sound": not breaks, "breaks": plain(breaks)}
        found = app.anchoring.verify()
        report = {name: found.report[name] for name in ("sound", "counts", "proven_by", "redactions")}
        return {**report, "breaks": plain(breaks_of(found.report["findings"])), "compared_with": found.place}

    @routes.post("/journal/export", response_class=FileResponse)
    def export(body: Export, caller: Caller = Depends(changes(app, "journal.export", "journal"))) -> Response:
        """The journal, or a part of it with proofs, for the verifier; or a table. The export goes on the record."""
        wanted = Selection.read(since=body.since, until=body.until, stream=body.stream, withhold=body.withhold)
        return journal_file(caller, wanted, kind=body.format)


def _anchors(app: App, routes: APIRouter) -> None:
    @routes.get("/journal/anchors")
    def state(_caller: Caller = Depends(asks(app, "journal.view", "journal"))) -> dict[str, Any]:
        """The last anchor, whether anything came after it, and how far each place has come, with its error."""
        return plain(app.anchoring.state())

    @routes.post("/journal/anchors")
    def anchor(_caller: Caller = Depends(changes(app, "journal.anchor", "journal"))) -> dict[str, Any]:
        """Make an anchor now and bring it to every place. A place that failed says so in its `error`."""
        app.anchoring.anchor()
        return plain(app.anchoring.state())


def _changing(app: App, routes: APIRouter) -> None:
    # Whether it may be removed depends on the reason, and is asked below where that is known.
    @routes.post("/journal/redactions", status_code=201)
    def remove(body: Redaction, caller: Caller = Depends(changes(app, "journal.view", "journal"))) -> dict[str, Any]:
        """Remove fields of an entry for good. The chain stays verifiable, and the removal is on the record."""
        with app.store.unit() as unit:
            subject = journal_object(app, unit.conn, body.stream)
            caller.require("journal.redact", subject, {"reason": body.reason.strip()})
            record = redact(
                unit,
                body.stream,
                body.seq,
                fields=body.fields,
                reason=body.reason.strip(),
                actor=caller.principal.actor,
            )
        return {"stream": record.stream, "seq": record.seq, "removed": sorted(record.payload["fields"])}
