"""Verbs that pass review tasks on without deciding them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import Group, json_option, person_option, print_json, workspace_option

if TYPE_CHECKING:
    from tiebeam.workforce import Task


@click.group(cls=Group)
def tasks() -> None:
    """Claim, release, reassign or put off review tasks. 'tiebeam inbox' lists them, 'tiebeam decide' decides."""


@tasks.command("claim")
@asks("task.claim", "task", "task", inside=True)
@click.argument("task")
@workspace_option
@person_option
@json_option
def claim(task: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Take TASK, so that colleagues see it is being worked on."""
    with calling(workspace, person) as caller:
        _tell(caller.app.workforce.claim(caller.principal, task), as_json=as_json)


@tasks.command("release")
@asks("task.release", "task", "task", inside=True)
@click.argument("task")
@workspace_option
@person_option
@json_option
def release(task: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Give the claimed TASK back to its role."""
    with calling(workspace, person) as caller:
        _tell(caller.app.workforce.release(caller.principal, task), as_json=as_json)


@tasks.command("reassign")
@asks("task.reassign", "task", "task", inside=True)
@click.argument("task")
@click.option("--role", default=None, help="The role it goes to.")
@click.option("--to", "to_person", default=None, help="The person it goes to, by the id of their record.")
@click.option("--reason", default="", help="Why, in a sentence.")
@workspace_option
@person_option
@json_option
def reassign(
    task: str,
    role: str | None,
    to_person: str | None,
    reason: str,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Pass TASK to another role or person; its due time is counted anew."""
    with calling(workspace, person) as caller:
        moved = caller.app.workforce.reassign(caller.principal, task, role=role, person=to_person, reason=reason)
        _tell(moved, as_json=as_json)


@tasks.command("snooze")
@asks("task.snooze", "task", "task", inside=True)
@click.argument("task")
@click.option(
    "--until",
    required=True,
    type=click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="The moment it comes back, in UTC. Its deadline stays.",
)
@workspace_option
@person_option
@json_option
def snooze(task: str, until: datetime, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Put TASK aside until a moment before it is due."""
    with calling(workspace, person) as caller:
        put_off = caller.app.workforce.snooze(caller.principal, task, until=until.replace(tzinfo=UTC))
        _tell(put_off, as_json=as_json)


def _tell(task: Task, *, as_json: bool) -> None:
    if as_json:
        print_json(task)
        return
    claimed = f", claimed by {task.claimed_by}" if task.claimed_by else ""
    click.echo(f"task {task.id} is {task.state.value} with {task.role}{claimed}, due {task.due_at:%Y-%m-%d %H:%M} UTC")
