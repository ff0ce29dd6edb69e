"""Verbs about the journal: read and verify it."""

from __future__ import annotations

from pathlib import Path

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    Group,
    json_option,
    limit_option,
    person_option,
    print_json,
    print_table,
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
@click.argument("stream", required=False)
@workspace_option
@person_option
@json_option
def verify(stream: str | None, workspace: Path | None, person: str | None, as_json: bool) -> int:
    """Recompute every hash of STREAM, or of all streams. Exits with 1 when a chain is broken."""
    from tiebeam.http import EVERYTHING, journal_object
    from tiebeam.store import verify_journal

    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        caller.require("journal.view", journal_object(caller.app, conn, stream or EVERYTHING))
        breaks = verify_journal(conn, stream)
    if as_json:
        print_json({"sound": not breaks, "breaks": breaks})
    elif breaks:
        for item in breaks:
            click.echo(f"{item.stream} at {item.seq}: {item.problem}")
    else:
        click.echo("every chain is sound")
    return 1 if breaks else 0
