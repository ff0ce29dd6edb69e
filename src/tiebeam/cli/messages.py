"""Verbs about messages told outside the console: list them, try one again, send one for a test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
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
    from tiebeam.workflow.telling import Message


@click.group(cls=Group)
def messages() -> None:
    """Messages to webhooks and mail: budgets near their ceiling, use out of the ordinary."""


@messages.command("list")
@limit_option
@workspace_option
@person_option
@json_option
@asks("settings.view", "settings")
def listing(limit: int, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """The newest first, with what became of each delivery."""
    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        rows = caller.app.telling.messages(conn, limit=limit)
    if as_json:
        print_json({"rows": rows})
        return
    print_table(("message", "at", "kind", "subject", "delivered"), [_row(one) for one in rows])


@messages.command("again")
@click.argument("message")
@workspace_option
@person_option
@json_option
@asks("workspace.apply", "workspace")
def again(message: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Try MESSAGE anew at every place that has not taken it."""
    with calling(workspace, person) as caller, caller.app.store.unit() as unit:
        count = caller.app.telling.again(unit, message, actor=caller.principal.actor)
    if as_json:
        print_json({"message": message, "deliveries": count})
    else:
        say(f"{message}: {count} deliveries are tried again; a server or worker of this workspace brings them")


@messages.command("test")
@workspace_option
@person_option
@json_option
@asks("workspace.apply", "workspace")
def test(workspace: Path | None, person: str | None, as_json: bool) -> int:
    """Send a message to every place of [notify] now, and say what became of it. Exits with 1 where one failed."""
    with calling(workspace, person) as caller:
        made = caller.app.telling.try_out(actor=caller.principal.actor)
    if as_json:
        print_json(made)
    elif not made.deliveries:
        say("[notify] in tiebeam.toml names no webhook and no smtp_host, so nobody outside the console is told")
    else:
        print_table(
            ("place", "state", "error"), [(one.place, one.state.value, one.error or "") for one in made.deliveries]
        )
    return 0 if made.deliveries and all(one.state.value == "told" for one in made.deliveries) else 1


def _row(one: Message) -> tuple[object, ...]:
    delivered = ", ".join(f"{it.place} {it.state.value}" for it in one.deliveries) or "console only"
    return one.told.id, one.told.at, one.told.kind, one.told.subject, delivered
