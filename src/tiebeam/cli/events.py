"""Verbs about events: send one, and see which came and what became of them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

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
    shown_path,
    workspace_option,
)

_LARGEST = 1024 * 1024


@click.group(cls=Group)
def events() -> None:
    """Events: what steps wait for and triggers start by."""


@events.command("send")
@click.argument("name")
@click.option("--key", required=True, help="What it is about, such as an order's number.")
@click.option(
    "--payload",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
    default=None,
    help="A file with a JSON object; '-' reads standard input.",
)
@click.option("--id", "source_id", default=None, help="Your own id for it: the same event is taken once.")
@workspace_option
@person_option
@json_option
@asks("event.send", "event", inside=True)
def send(
    name: str,
    key: str,
    payload: Path | None,
    source_id: str | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Send the event NAME to whoever waits for it, or to the triggers that start by it; else it is kept for a while."""
    given = {} if payload is None else _read(payload)
    with calling(workspace, person) as caller:
        received = caller.app.triggering.events.send(
            caller.principal, name, key=key, payload=given, source_id=source_id
        )
    if as_json:
        print_json(received)
        return
    again = ", taken before" if received.repeated else ""
    say(f"event {received.event_id} is {received.state.value}{again}")
    for run in received.runs:
        say(f"run {run}")


@events.command("list")
@click.option("--state", default=None, help="delivered, kept, expired, left, refused or sent.")
@click.option("--key", default=None, help="Those with this key.")
@limit_option
@workspace_option
@person_option
@json_option
@asks("event.view", "event")
def list_(
    state: str | None, key: str | None, limit: int, workspace: Path | None, person: str | None, as_json: bool
) -> None:
    """List events, newest first."""
    from tiebeam.http import seen_events
    from tiebeam.workflow.triggers import EventState, list_events

    try:
        wanted = None if state is None else EventState(state)
    except ValueError as wrong:
        raise click.UsageError(f"--state is one of {', '.join(EventState)}") from wrong
    with calling(workspace, person) as caller:
        names = seen_events(caller)
        with caller.app.store.read() as conn:
            rows = list_events(conn, names=names, state=wanted, key=key, limit=limit)
    if as_json:
        print_json({"rows": rows})
        return
    table = [(one.id, _at(one.received_at), one.name, one.key, one.state.value, one.source) for one in rows]
    print_table(("event", "received (UTC)", "name", "key", "state", "from"), table)


@events.command("show")
@click.argument("event")
@workspace_option
@person_option
@json_option
@asks("event.view", "event", "event")
def show(event: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Show EVENT with its payload and the runs that took it."""
    from tiebeam.workflow.triggers import event_view

    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        view = event_view(conn, event)
    if as_json:
        print_json(view)
        return
    item = view.item
    facts = [("event", item.id), ("name", item.name), ("key", item.key), ("state", item.state.value)]
    facts += [("from", item.source), ("its id there", view.source_id), ("received (UTC)", _at(item.received_at))]
    print_table(("", ""), facts + ([] if item.detail is None else [("why", item.detail)]))
    for taken in view.taken:
        say(f"run {taken.run_id}: {f'step {taken.step}' if taken.step else 'started by it'}")
    say(json.dumps(view.payload, ensure_ascii=False, indent=2))


@events.command("refused")
@limit_option
@workspace_option
@person_option
@json_option
@asks("settings.view", "settings")
def refused(limit: int, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """How often signed messages of other programs were refused, and what was wrong the last time."""
    from tiebeam.workflow.triggers import list_refused

    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        rows = list_refused(conn, limit=limit)
    if as_json:
        print_json({"rows": rows})
        return
    table = [(one.day, one.source, one.reason, one.times, one.detail) for one in rows]
    print_table(("day", "source", "reason", "times", "the last time"), table)


def _read(path: Path) -> dict[str, Any]:
    """Raises UsageError where it is no JSON object."""
    with click.open_file(str(path), encoding="utf-8") as source:
        try:
            text = source.read(_LARGEST + 1)
            if len(text) > _LARGEST:
                raise click.UsageError(
                    f"--payload {shown_path(path)} is larger than an event may be; send less, or a reference to it"
                )
            value = json.loads(text)
        except (ValueError, RecursionError) as problem:
            raise click.UsageError(f"--payload {shown_path(path)} is no JSON: {problem}") from problem
    if not isinstance(value, dict):
        raise click.UsageError(f"--payload {shown_path(path)} holds no JSON object")
    return value


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
