"""Verbs about sessions: list, revoke."""

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
def sessions() -> None:
    """Who is signed in where, and how to end it."""


@sessions.command("list")
@click.option("--of", "whose", default=None, metavar="PERSON", help="Of one person [default: all you may see].")
@click.option("--ended", is_flag=True, help="Also those that are over.")
@limit_option
@workspace_option
@person_option
@json_option
@asks("session.view", "session", inside=True)
def listing(
    whose: str | None, ended: bool, limit: int, workspace: Path | None, person: str | None, as_json: bool
) -> None:
    """Your sessions, or everybody's if you are an administrator; '*' marks the one this command acts in."""
    from tiebeam.kit import iso

    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        mine = caller.principal.session_id
        rows = caller.app.workforce.access.sessions(
            conn, caller.principal, person_id=whose, only_open=not ended, limit=limit
        )
    if as_json:
        print_json({"rows": rows, "current": mine})
        return
    head = ("", "session", "person", "by", "from", "last seen", "ends", "state", "program")
    print_table(
        head,
        [
            (
                "*" if row.id == mine else "",
                row.id,
                row.person_id if row.vouched_by is None else f"{row.person_id} (opened by {row.vouched_by})",
                row.method,
                row.origin,
                iso(row.last_seen_at)[:16],
                iso(row.expires_at)[:16],
                row.ended_because or row.state,
                row.user_agent[:60],
            )
            for row in rows
        ],
    )


@sessions.command("revoke")
@click.argument("session", required=False)
@click.option("--all", "everything", is_flag=True, help="All sessions of --of but the one this command acts in.")
@click.option("--of", "whose", default=None, metavar="PERSON", help="Whose, with --all [default: yours].")
@workspace_option
@person_option
@json_option
@asks("session.revoke", "session", inside=True)
def revoke(
    session: str | None,
    everything: bool,
    whose: str | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """End SESSION at once, or with --all every session and unused link of a person."""
    if (session is None) != everything:
        raise click.UsageError("give the id of a session ('tiebeam sessions list' shows them), or --all")
    with calling(workspace, person) as caller:
        access, count = caller.app.workforce.access, 1
        if session is not None:
            access.revoke_session(caller.principal, session)
        else:
            principal = caller.principal
            count = access.revoke_sessions(principal, whose or principal.person_id, keep=principal.session_id)
    if as_json:
        print_json({"ended": count})
    else:
        click.echo(f"ended: {count}")
