"""Audit, beyond the list: whether the journal is whole, its anchors, exports, one entry and what is removed of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.errors import Conflict, Invalid, NotFound
from tiebeam.http import EVERYTHING, FORMATS, Ask, evidence_file, journal_file, journal_object
from tiebeam.store import AnchorTarget, JournalEntry, read_journal, redact, search_journal
from tiebeam.verifier import RECORDS, REDACTED
from tiebeam.web.views import AnchorsView, EntryField, EntryView, Pill, PlaceLine, ProofView, Removal
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import moment, sentence
from tiebeam.workflow.evidence import Selection

_MOST_BREAKS = 50
_MOST_RECORDS = 2000
_LISTED = Ask("journal.view", "journal")


def sees_all(visit: Visit, verb: str = "journal.view") -> bool:
    """Whether this person may do `verb` with the whole journal, not just with the streams of their workflows."""
    with visit.app.store.read() as conn:
        return visit.allows(verb, journal_object(visit.app, conn, EVERYTHING))


def verify(visit: Visit) -> Response:
    with visit.app.store.read() as conn:
        visit.caller.require("journal.view", journal_object(visit.app, conn, EVERYTHING))
    return visit.page("pages/audit_proof.html", proof=_proof(visit))


def _proof(visit: Visit) -> ProofView:
    found = visit.app.anchoring.verify()
    report = found.report
    findings = report["findings"]
    return ProofView(
        headline=_headline(report),
        is_sound=report["sound"],
        proof=_reach(visit, report, found.place),
        breaks=tuple(_in_words(one) for one in findings[:_MOST_BREAKS]),
        more=max(0, report["counts"]["findings"] - _MOST_BREAKS),
        removals=tuple(_removal(visit, one) for one in report["redactions"]),
        may_export=sees_all(visit, "journal.export"),
    )


def _headline(report: Mapping[str, Any]) -> str:
    counts = report["counts"]
    if report["sound"]:
        return f"Sound. {counts['entries']:,} entries in {counts['streams']:,} streams; every hash was recomputed now."
    first = _in_words(report["findings"][0])
    return f"Broken. {first}. Keep this database as it is, and compare an export with the anchors kept elsewhere."


def _in_words(finding: Mapping[str, str]) -> str:
    stream, mark, seq = finding["where"].rpartition(" #")
    where = f"No. {seq} of {stream}" if mark else finding["where"]
    return f"{where}: {finding['problem']}"


def _reach(visit: Visit, report: Mapping[str, Any], place: str | None) -> str:
    by = report["proven_by"]
    if by is None:
        return (
            "It was compared with no anchors kept elsewhere, so this tells only that the journal agrees with itself: "
            "who administers the database could have rewritten all of it."
        )
    covered, entries = report["counts"]["anchored_entries"], report["counts"]["entries"]
    return f"Anchor {by['number']}, which lies in {place}, proves {covered:,} of {entries:,} entries."


def _removal(visit: Visit, record: Mapping[str, Any]) -> Removal:
    return Removal(
        stream=record["stream"],
        seq=record["seq"],
        field=str(record["field"]).removeprefix("payload."),
        at=str(record.get("at", ""))[:19].replace("T", " "),
        who=visit.names.actor(str(record.get("actor") or "")),
        reason=str(record.get("reason") or "no record tells why"),
    )


def anchors(visit: Visit) -> Response:
    return visit.page("pages/audit_anchors.html", anchors=_anchors(visit))


def anchor(visit: Visit) -> Response:
    made = visit.app.anchoring.anchor()
    state = visit.app.anchoring.state()
    failed = sum(1 for place in state.places if place.error)
    said = "Nothing was added since the last anchor." if made is None else f"Anchor {made.number} is made."
    places = "1 place" if failed == 1 else f"{failed} places"
    return visit.back_to(
        "/audit/anchors", saying=f"{said} {places} did not take it; see why below." if failed else said
    )


def _anchors(visit: Visit) -> AnchorsView:
    state = visit.app.anchoring.state()
    last = state.last
    number = 0 if last is None else last.number
    with visit.app.store.read() as conn:
        may_anchor = visit.allows("journal.anchor", journal_object(visit.app, conn, "*"))
    return AnchorsView(
        number=number,
        at=None if last is None else last.at,
        streams=0 if last is None else last.leaves,
        hash="" if last is None else last.hash,
        has_more=state.has_more,
        places=tuple(_place(place, number) for place in state.places),
        may_anchor=may_anchor,
    )


def _place(place: AnchorTarget, newest: int) -> PlaceLine:
    behind = max(0, newest - place.number)
    pill = Pill("Up to date", "ok") if not behind else Pill(f"{behind} behind", "warn")
    return PlaceLine(
        name=place.target,
        number=place.number,
        behind=behind,
        written_at=place.written_at,
        failures=place.failures,
        error=place.error or "",
        next_at=place.next_at,
        state=Pill("Fails", "bad") if place.error else pill,
    )


def export(visit: Visit) -> Response:
    """The journal as a download, with the fields the form names withheld."""
    kind = visit.said("format")
    if kind not in FORMATS:
        raise Invalid("choose lines for the verifier or a table")
    wanted = Selection.read(
        since=visit.said("since") or None,
        until=visit.said("until") or None,
        stream=visit.said("stream")[:200],
        withhold=[name for name in visit.said("withhold")[:1000].replace(",", " ").split() if name],
    )
    return journal_file(visit.caller, wanted, kind=kind)


def evidence_of_run(visit: Visit) -> Response:
    return evidence_file(visit.caller, visit.path("run"))


def evidence_of_decision(visit: Visit) -> Response:
    return evidence_file(visit.caller, visit.path("task"))


def entry(visit: Visit) -> Response:
    return visit.page("pages/audit_entry.html", fact=_entry(visit, visit.params))


def entry_place(stream: str, seq: int) -> str:
    return f"/audit/entry?{urlencode({'stream': stream, 'seq': seq})}"


def remove(visit: Visit) -> Response:
    """Remove one field for good; a refused form comes back with what was typed."""
    typed = {"stream": visit.said("stream")[:200], "seq": visit.said("seq")}
    stream, seq, reason = typed["stream"], _number(typed["seq"]), visit.said("reason")[:2000]
    try:
        with visit.app.store.unit() as unit:
            visit.caller.require("journal.redact", journal_object(visit.app, unit.conn, stream), {"reason": reason})
            if len(reason) < 10:
                raise Invalid("say in ten letters or more why it is removed; it stays on the record")
            fields = [visit.said("field")]
            redact(unit, stream, seq, fields=fields, reason=reason, actor=visit.principal.actor)
    except (Invalid, Conflict) as wrong:
        view = _entry(visit, typed, typed=reason, problem=wrong.message[:1].upper() + wrong.message[1:])
        return visit.page("pages/audit_entry.html", status=wrong.status, fact=view)
    return visit.back_to(entry_place(stream, seq), saying=f"{visit.said('field')} is removed, on the record.")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10):
        raise NotFound(f"the journal has no entry {text[:20]!r}")
    return int(text)


def _entry(visit: Visit, named: Mapping[str, str], *, typed: str = "", problem: str = "") -> EntryView:
    stream, seq = named.get("stream", "")[:200], _number(named.get("seq", ""))
    with visit.app.store.read() as conn:
        obj = journal_object(visit.app, conn, stream)
        visit.caller.require("journal.view", obj)
        found = read_journal(conn, stream, after_seq=seq - 1, limit=1)
        if not found or found[0].seq != seq:
            raise NotFound(f"the journal has no entry {seq} of {stream!r}")
        records = search_journal(conn, stream_prefix=RECORDS, kind=REDACTED, limit=_MOST_RECORDS)
    one = found[0]
    may_remove = (
        visit.caller.may("journal.redact", obj, {"reason": "asked by the page"}).allowed
        and one.format > 1
        and (one.stream, one.kind) != (RECORDS, REDACTED)
    )
    return EntryView(
        stream=one.stream,
        seq=one.seq,
        at=one.at,
        kind=sentence(one.kind.replace(".", " ")),
        who="" if "actor" in one.redacted else visit.names.actor(one.actor),
        hash=one.hash,
        previous_hash=one.previous_hash,
        fields=_fields(visit, one, records),
        removable=_left(one) if may_remove else (),
        typed=typed,
        problem=problem,
    )


def _left(one: JournalEntry) -> tuple[str, ...]:
    return (*sorted(one.payload), *(() if "actor" in one.redacted else ("actor",)))


def _fields(visit: Visit, one: JournalEntry, records: list[JournalEntry]) -> tuple[EntryField, ...]:
    there = [EntryField(name, _text(value)) for name, value in one.payload.items()]
    gone = [EntryField(name, "", _removed(visit, one, name, records)) for name in one.redacted]
    return tuple(sorted((*there, *gone), key=lambda field: field.name))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False, default=str)


def _removed(visit: Visit, one: JournalEntry, name: str, records: list[JournalEntry]) -> str:
    label = "actor" if name == "actor" else f"payload.{name}"
    for record in records:
        said = record.payload
        if (said.get("stream"), said.get("seq")) == (one.stream, one.seq) and label in said.get("fields", {}):
            who, when = visit.names.actor(record.actor), moment(record.at, visit.zone, visit.now)
            return f"Removed by {who}, {when}: {said.get('reason', '')}"
    return "Removed; its record is not among those that can be shown"


def routes(console: Console) -> list[Route]:
    post = ("POST",)
    return [
        route(console, "/audit/verify", verify, asks=_LISTED),
        route(console, "/audit/anchors", anchors, asks=_LISTED),
        route(console, "/audit/anchors", anchor, asks=Ask("journal.anchor", "journal"), methods=post),
        route(console, "/audit/export", export, asks=Ask("journal.export", "journal"), methods=post),
        route(console, "/audit/entry", entry, asks=_LISTED),
        # Whether it may be removed depends on the reason, and is asked where that is known.
        route(console, "/audit/redact", remove, asks=_LISTED, methods=post),
        route(
            console,
            "/runs/{run}/evidence",
            evidence_of_run,
            asks=Ask("evidence.export", "evidence", "run"),
            methods=post,
        ),
        route(
            console,
            "/inbox/{task}/evidence",
            evidence_of_decision,
            asks=Ask("evidence.export", "evidence", "task"),
            methods=post,
        ),
    ]
