"""Verbs about the journal: read, verify, export, anchor and redact it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    Group,
    check_output,
    json_option,
    limit_option,
    person_option,
    print_json,
    print_table,
    say,
    workspace_option,
)


@click.group(cls=Group)
def journal() -> None:
    """The record of who did what, as chains of hashes."""


@journal.command("list")
@asks("journal.view", "journal")
@click.option("--stream", default=None, help="A stream or its beginning, such as run: or workspace.")
@click.option("--actor", default=None, help="Only what this one did, for example person:ada.")
@click.option("--kind", default=None, help="Only entries of this kind, for example task.decided.")
@limit_option
@workspace_option
@person_option
@json_option
def list_(
    stream: str | None,
    actor: str | None,
    kind: str | None,
    limit: int,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """List entries, newest first."""
    from tiebeam.store import search_journal

    with calling(workspace, person) as caller:
        streams = caller.streams()
        with caller.app.store.read() as conn:
            entries = search_journal(
                conn, stream_prefix=stream or "", actor=actor, kind=kind, limit=limit, streams=streams
            )
    if as_json:
        print_json(entries)
        return
    print_table(
        ("at (UTC)", "stream", "seq", "kind", "actor"),
        [(f"{e.at:%Y-%m-%d %H:%M:%S}", e.stream, e.seq, e.kind, e.actor) for e in entries],
    )


@journal.command("verify")
@asks("journal.view", "journal")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--anchors", type=click.Path(path_type=Path), help="The anchors that were kept elsewhere.")
@click.option("--until", default=None, help="For a FILE: when it was asked for; later anchors are no concern.")
@workspace_option
@person_option
@json_option
def verify(
    file: Path | None,
    anchors: Path | None,
    until: str | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Verify the journal of this workspace, or an exported FILE, which needs none.

    Without --anchors it can only be seen whether the journal agrees with itself: who administers the database can
    rewrite all of it. Exits with 0 when sound, 1 when not, 2 when a file cannot be read.
    """
    from tiebeam.verifier import Unreadable, main, read_anchors

    if file is not None:
        options = [*(("--anchors", str(anchors)) if anchors else ()), *(("--until", until) if until else ())]
        return main([str(file), *options, *(("--json",) if as_json else ())])
    try:
        external = None
        if anchors is not None:
            with anchors.open("rb") as kept:
                external = read_anchors(kept)
    except (Unreadable, OSError) as problem:
        return _told({"sound": False, "unreadable": str(problem)}, as_json=as_json)
    return _told(_live(workspace, person, external), as_json=as_json)


def _live(workspace: Path | None, person: str | None, external: Any) -> dict[str, Any]:
    from tiebeam.http import EVERYTHING, journal_object
    from tiebeam.store import journal_report

    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        caller.require("journal.view", journal_object(caller.app, conn, EVERYTHING))
        return journal_report(conn, external=external, exported_at=caller.app.store.clock.now())


def _told(report: dict[str, Any], *, as_json: bool) -> int:
    from tiebeam.verifier import exit_code, in_words

    if as_json:
        print_json(report)
    else:
        say(in_words(report).rstrip("\n"))
    return exit_code(report)


@journal.command("export")
@asks("journal.export", "journal")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "since", default=None, help="The first day or moment, in UTC: 2026-03-01.")
@click.option("--to", "until", default=None, help="The last one; a day is meant whole.")
@click.option("--stream", default="", help="A stream or its beginning, such as run: or workspace.")
@click.option("--withhold", multiple=True, help="A field to leave out: actor, or a name of the payload. Repeatable.")
@workspace_option
@person_option
@json_option
def export(
    out: Path,
    since: str | None,
    until: str | None,
    stream: str,
    withhold: tuple[str, ...],
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Write the journal to OUT for 'journal verify OUT', or as a table when OUT ends in .csv.

    A field that is withheld leaves its commitment behind, so that the chain can be verified without its value.
    """
    from tiebeam.http import EVERYTHING, journal_object
    from tiebeam.workflow.evidence import Selection, write_export

    check_output(out)
    with calling(workspace, person) as caller:
        with caller.app.store.read() as conn:
            caller.require("journal.export", journal_object(caller.app, conn, EVERYTHING))
        wanted = Selection.read(since=since, until=until, stream=stream, withhold=withhold)
        done = write_export(caller.app.store, out, wanted, actor=caller.principal.actor)
    if as_json:
        print_json(done)
    else:
        say(f"{done['lines']} lines written to {out}, sha256 {done['sha256']}")


@journal.command("anchor")
@asks("journal.anchor", "journal")
@workspace_option
@person_option
@json_option
def anchor(workspace: Path | None, person: str | None, as_json: bool) -> int:
    """Make an anchor now and bring it to the places named in [anchors]. Exits with 1 when a place fails."""
    with calling(workspace, person) as caller:
        caller.app.anchoring.anchor()
        state = caller.app.anchoring.state()
    return _print_state(state, as_json=as_json)


@journal.command("anchors")
@asks("journal.view", "journal")
@workspace_option
@person_option
@json_option
def anchors(workspace: Path | None, person: str | None, as_json: bool) -> int:
    """Show the last anchor and the places it was brought to. Exits with 1 when a place fails."""
    with calling(workspace, person) as caller:
        state = caller.app.anchoring.state()
    return _print_state(state, as_json=as_json)


def _print_state(state: Any, *, as_json: bool) -> int:
    if as_json:
        print_json(state)
    elif state.last is None:
        say("there is no anchor yet; a worker makes one while work goes on, 'tiebeam journal anchor' makes one now")
    else:
        more = "; entries came after it" if state.has_more else ""
        say(f"anchor {state.last.number} of {state.last.at:%Y-%m-%d %H:%M:%S} UTC, {state.last.hash[:16]}…{more}")
        rows = [(place.target, place.number, place.failures, place.error or "") for place in state.places]
        print_table(("place", "has", "failures", "error"), rows)
    return 1 if any(place.error for place in state.places) else 0


# Whether it may be removed depends on the reason, and is asked below where that is known.
@journal.command("redact")
@asks("journal.view", "journal")
@click.argument("stream")
@click.argument("seq", type=click.IntRange(1, 2**31 - 1))
@click.option("--field", "fields", multiple=True, required=True, help="A name of the payload, or actor. Repeatable.")
@click.option("--reason", required=True, help="Why; it stays on the record.")
@workspace_option
@person_option
@json_option
def redact(
    stream: str,
    seq: int,
    fields: tuple[str, ...],
    reason: str,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Remove fields of entry SEQ of STREAM for good. The chain stays verifiable, and the removal is on the record."""
    from tiebeam.http import journal_object
    from tiebeam.store import redact as redact_entry

    with calling(workspace, person) as caller:
        app = caller.app
        with app.store.unit() as unit:
            caller.require("journal.redact", journal_object(app, unit.conn, stream), {"reason": reason})
            record = redact_entry(unit, stream, seq, fields=fields, reason=reason, actor=caller.principal.actor)
    if as_json:
        print_json({"stream": record.stream, "seq": record.seq, "removed": sorted(record.payload["fields"])})
    else:
        say(f"removed {', '.join(fields)} of {stream} #{seq}; entry {record.seq} of {record.stream!r} records it")
