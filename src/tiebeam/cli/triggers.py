"""Verbs about triggers: see what starts by itself, pause and resume it, fire it, and make up for what was missed."""

from __future__ import annotations

from datetime import UTC, datetime
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
    say,
    workspace_option,
)

_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.group(cls=Group)
def triggers() -> None:
    """Triggers: schedules and events that start recipes by themselves."""


@triggers.command("list")
@workspace_option
@person_option
@json_option
@asks("intent.view", "intent")
def list_(workspace: Path | None, person: str | None, as_json: bool) -> None:
    """List the triggers of adopted recipes, with their next moment (UTC) and what they started last."""
    from tiebeam.workflow.triggers import last_starts

    with calling(workspace, person) as caller:
        intents = caller.intents()
        with caller.app.store.read() as conn:
            rows = caller.app.triggering.triggers.list(conn, intents=intents)
            last = last_starts(conn, frozenset(one.id for one in rows))
    if as_json:
        print_json({"rows": rows, "last": last})
        return
    table = [
        (
            one.id,
            one.event or f"{one.cron} {one.timezone}",
            "paused" if one.paused_at else "runs" if one.in_service else "out of service",
            f"{one.next[0]:%Y-%m-%d %H:%M}" if one.next else "",
            "" if (start := last.get(one.id)) is None else f"{start.state.value} {start.made_at:%Y-%m-%d %H:%M}",
        )
        for one in rows
    ]
    print_table(("trigger", "starts by", "state", "next (UTC)", "last"), table)


@triggers.command("starts")
@click.argument("trigger")
@limit_option
@workspace_option
@person_option
@json_option
@asks("intent.view", "trigger", "trigger")
def starts(trigger: str, limit: int, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """What TRIGGER started, and what it could not start and why, newest first."""
    from tiebeam.workflow.triggers import list_starts

    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        rows = list_starts(conn, frozenset({trigger}), limit=limit)
    if as_json:
        print_json({"rows": rows})
        return
    table = [(f"{one.at:%Y-%m-%d %H:%M:%S}", one.state.value, one.run_id, one.event_id, one.detail) for one in rows]
    print_table(("for (UTC)", "state", "run", "event", "why"), table)


@triggers.command("pause")
@click.argument("trigger")
@click.option("--reason", required=True, help="Why, in a sentence.")
@workspace_option
@person_option
@json_option
@asks("trigger.pause", "trigger", "trigger", inside=True)
def pause(trigger: str, reason: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Have TRIGGER start nothing until it is resumed."""
    with calling(workspace, person) as caller:
        caller.app.triggering.triggers.pause(caller.principal, trigger, reason=reason)
    if as_json:
        print_json({"trigger": trigger, "paused": True})
    else:
        say(f"{trigger} is paused")


@triggers.command("resume")
@click.argument("trigger")
@workspace_option
@person_option
@json_option
@asks("trigger.pause", "trigger", "trigger", inside=True)
def resume(trigger: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Have TRIGGER start again, from now on; moments of the pause are made up for by 'tiebeam triggers backfill'."""
    with calling(workspace, person) as caller:
        caller.app.triggering.triggers.resume(caller.principal, trigger)
    if as_json:
        print_json({"trigger": trigger, "paused": False})
    else:
        say(f"{trigger} starts again")


@triggers.command("fire")
@click.argument("trigger")
@click.option("--event", "event_id", default=None, help="The event to start a run for, where events start it.")
@workspace_option
@person_option
@json_option
@asks("trigger.fire", "trigger", "trigger", inside=True)
def fire(trigger: str, event_id: str | None, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Start a run by TRIGGER now, or for an event that came before. A worker carries it out."""
    with calling(workspace, person) as caller:
        fired = caller.app.triggering.triggers.fire(caller.principal, trigger, event_id=event_id)
    if as_json:
        print_json(fired)
    else:
        say(f"run {fired.run_id} is {fired.state.value}")


@triggers.command("backfill")
@click.argument("trigger")
@click.option("--from", "start", type=_MOMENT, required=True, help="The first moment; UTC unless it says otherwise.")
@click.option("--to", "end", type=_MOMENT, required=True, help="The last moment, included.")
@click.option("--dry", is_flag=True, help="Say what would start, and start nothing.")
@workspace_option
@person_option
@json_option
@asks("trigger.fire", "trigger", "trigger", inside=True)
def backfill(
    trigger: str, start: datetime, end: datetime, dry: bool, workspace: Path | None, person: str | None, as_json: bool
) -> None:
    """Start a run for every moment of TRIGGER's schedule in a time, for which none was started."""
    with calling(workspace, person) as caller:
        made = caller.app.triggering.triggers.backfill(
            caller.principal, trigger, start=_aware(start), end=_aware(end), dry=dry
        )
    if as_json:
        print_json(made)
        return
    for one in made.started:
        say(f"{one.slot}: {one.state.value} {one.run_id or one.detail or ''}")
    for moment in made.moments if dry else ():
        say(f"{moment:%Y-%m-%d %H:%M}")
    say(f"{len(made.moments)} moments, {len(made.started)} started now")


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
