"""Verbs about keys of the gateway: create, list, rotate, revoke."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    Figure,
    Group,
    json_option,
    limit_option,
    person_option,
    print_json,
    print_table,
    say,
    workspace_option,
)

if TYPE_CHECKING:
    from tiebeam.economics.keys import KeyLine, NewKey

_SHOWN_ONCE = "Keep it now: it is shown this once. Clients send it as their API key, or 'Authorization: Bearer …'."
_SPAN = re.compile(r"(\d{1,4})([hd])")
_WINDOWS = ("day", "week", "month", "quarter", "year", "ever")


@click.group(cls=Group)
def keys() -> None:
    """Keys of the gateway: whose calls they carry, what they may call, and how much."""


@keys.command("create")
@click.option("--team", required=True, help="The team that pays.")
@click.option("--workflow", required=True, help="What the calls are for; '*' where each call says so itself.")
@click.option("--name", default="", help="What uses the key [default: its team and workflow].")
@click.option("--agent", default="", help="The agent or tool that calls.")
@click.option("--environment", default="", help="Such as production.")
@click.option("--endpoint", "endpoints", multiple=True, help="Such as chat/completions [default: all].")
@click.option("--model", "models", multiple=True, help="A name clients may ask for; '*' is any letters [default: all].")
@click.option("--cap-usd", type=Figure(), default=None, help="A ceiling of its own, in US dollars.")
@click.option(
    "--cap-window", type=click.Choice(_WINDOWS), default="month", show_default=True, help="How long the ceiling holds."
)
@click.option("--requests-per-minute", type=int, default=None, help="The most in any sixty seconds.")
@click.option("--concurrent", type=int, default=None, help="Requests at once.")
@click.option("--expires", default=None, metavar="WHEN", help="A date, a time with its offset, or days such as 90d.")
@workspace_option
@person_option
@json_option
@asks("key.create", "key", inside=True)
def create(workspace: Path | None, person: str | None, as_json: bool, expires: str | None, **said: Any) -> None:
    """Make a key and print it, this once."""
    from tiebeam.cli.tokens import moment_of
    from tiebeam.economics.keys import KeyWish
    from tiebeam.spec import BudgetWindow

    with calling(workspace, person) as caller:
        ends = None if expires is None else moment_of(expires, now=caller.app.store.clock.now())
        window = BudgetWindow(said.pop("cap_window"))
        made = caller.app.keys.create(caller.principal, KeyWish(**said, cap_window=window, expires_at=ends))
        _let_all_know()
    _tell(made, as_json)


@keys.command("list")
@click.option("--team", default=None, help="Of one team.")
@click.option("--ended", is_flag=True, help="Those that are revoked or have expired too.")
@limit_option
@workspace_option
@person_option
@json_option
@asks("key.view", "key")
def listing(
    team: str | None, ended: bool, limit: int, workspace: Path | None, person: str | None, as_json: bool
) -> None:
    """The keys there are, newest first; never their secrets."""
    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        rows = caller.app.keys.list(conn, caller.principal, team=team, with_ended=ended, limit=limit)
    if as_json:
        print_json({"rows": rows})
        return
    head = ("key", "name", "team", "workflow", "cap", "limits", "state", "expires", "last used")
    print_table(head, [_row(one) for one in rows])


@keys.command("rotate")
@click.argument("key")
@click.option("--overlap", default=None, metavar="SPAN", help="The former secret works so long, such as 24h or 7d.")
@workspace_option
@person_option
@json_option
@asks("key.rotate", "key", inside=True)
def rotate(key: str, overlap: str | None, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Give KEY (its public id, such as tb_k_k3j9x0aa) a new secret; its budget and limits go on."""
    span = timedelta() if overlap is None else _span_of(overlap)
    with calling(workspace, person) as caller:
        made = caller.app.keys.rotate(caller.principal, key, overlap=span)
        _let_all_know()
    _tell(made, as_json)


@keys.command("revoke")
@click.argument("key")
@workspace_option
@person_option
@json_option
@asks("key.revoke", "key", inside=True)
def revoke(key: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """End KEY: every gateway of the workspace refuses it within a second."""
    with calling(workspace, person) as caller:
        ended = caller.app.keys.revoke(caller.principal, key)
        _let_all_know()
    if as_json:
        print_json({"revoked": key, "details": ended})
    else:
        say(f"revoked: {key}")


def _let_all_know() -> None:
    """A script goes on with what it just made or ended: every running gateway has read it by then."""
    from tiebeam.economics.keys import ALL_KNOW_SECONDS

    time.sleep(ALL_KNOW_SECONDS)


def _tell(made: NewKey, as_json: bool) -> None:
    if as_json:
        print_json({"key": made.secret, "id": made.key.id, "details": made.key, "warnings": made.warnings})
        return
    click.echo(made.secret)
    say(_SHOWN_ONCE, err=True)
    for warning in made.warnings:
        say(f"warning: {warning}", err=True)


def _row(one: KeyLine) -> tuple[Any, ...]:
    limits = [f"{one.requests_per_minute}/min"] if one.requests_per_minute is not None else []
    limits += [f"{one.concurrent} at once"] if one.concurrent is not None else []
    return (
        one.id,
        one.name,
        one.team,
        one.workflow,
        "" if one.cap_usd is None else f"{one.cap_usd:f} USD a {one.cap_window}",
        ", ".join(limits),
        one.state.value,
        "never" if one.expires_at is None else one.expires_at.date(),
        one.last_used_on or "never",
    )


def _span_of(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text[:40]!r} is no span; write hours or days, such as 24h or 7d")
    return timedelta(hours=int(found[1])) if found[2] == "h" else timedelta(days=int(found[1]))
