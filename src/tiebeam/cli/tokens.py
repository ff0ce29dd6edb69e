"""Verbs about API tokens: create, list, revoke."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
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
from tiebeam.errors import Invalid

_SHOWN_ONCE = "Keep it now: it is shown this once. Send it as 'Authorization: Bearer …', or set TIEBEAM_TOKEN."
_DAYS = re.compile(r"(\d{1,4})d")


@click.group(cls=Group)
def tokens() -> None:
    """API tokens of people, service accounts and agents."""


@tokens.command("create")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="A verb such as run.start, run.*, or read.")
@click.option(
    "--for",
    "holder",
    default=None,
    metavar="HOLDER",
    help="service:ID or agent:ID of a declared record [default: yourself].",
)
@click.option("--expires", default=None, metavar="WHEN", help="A date, a time with its offset, or days such as 90d.")
@workspace_option
@person_option
@json_option
@asks("token.create", "token", inside=True)
def create(
    name: str,
    scopes: tuple[str, ...],
    holder: str | None,
    expires: str | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Make a token called NAME and print its secret, this once.

    Your own tokens need --expires, at most 366 days ahead. Decisions must be named: --scope task.decide.
    """
    with calling(workspace, person) as caller:
        made = caller.app.workforce.access.create_token(
            caller.principal,
            holder=holder or caller.principal.actor,
            name=name,
            scopes=scopes,
            expires_at=None if expires is None else moment_of(expires, now=caller.app.store.clock.now()),
        )
    if as_json:
        print_json({"id": made.token.id, "secret": made.secret, "token": made.token, "warnings": made.warnings})
        return
    click.echo(made.secret)
    click.echo(_SHOWN_ONCE, err=True)
    for warning in made.warnings:
        click.echo(f"warning: {warning}", err=True)


@tokens.command("list")
@click.option("--of", "holder", default=None, metavar="HOLDER", help="Of one holder, such as service:erp-feed.")
@limit_option
@workspace_option
@person_option
@json_option
@asks("token.view", "token", inside=True)
def listing(holder: str | None, limit: int, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Your tokens and those of machines you manage, newest first; never their secrets."""
    from tiebeam.kit import iso

    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        rows = caller.app.workforce.access.tokens(conn, caller.principal, holder=holder, limit=limit)
    if as_json:
        print_json({"rows": rows})
        return
    print_table(
        ("token", "name", "holder", "state", "expires", "last used", "for"),
        [
            (
                row.id,
                row.name,
                row.holder,
                row.state,
                "never" if row.expires_at is None else iso(row.expires_at)[:16],
                "never" if row.last_used_at is None else iso(row.last_used_at)[:16],
                ", ".join(row.scopes),
            )
            for row in rows
        ],
    )


@tokens.command("revoke")
@click.argument("token")
@workspace_option
@person_option
@json_option
@asks("token.revoke", "token", inside=True)
def revoke(token: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """End TOKEN (its public id, such as tb_p_k3j9x0aa) at once."""
    with calling(workspace, person) as caller:
        caller.app.workforce.access.revoke_token(caller.principal, token)
    if as_json:
        print_json({"revoked": token})
    else:
        click.echo(f"revoked: {token}")


def moment_of(text: str, *, now: datetime) -> datetime:
    """`90d` from now, the end of a date in UTC, or a time with its offset. Raises Invalid."""
    days = _DAYS.fullmatch(text)
    if days is not None:
        return now + timedelta(days=int(days[1]))
    from tiebeam.kit import parse_iso

    try:
        if len(text) == len("2027-01-31"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), tzinfo=UTC)
        return parse_iso(text)
    except (ValueError, OverflowError) as wrong:
        raise Invalid(
            f"{text[:80]!r} is no time; write a date such as 2027-01-31, a time with its offset, or days such as 90d"
        ) from wrong
