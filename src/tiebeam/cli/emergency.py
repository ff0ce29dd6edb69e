"""Verbs about emergency access: open, list, close, review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import Group, json_option, person_option, print_json, print_table, say, workspace_option

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.workforce import Emergency


@click.group(cls=Group)
def emergency() -> None:
    """A role taken for minutes, with a reason, an alarm, and a review by somebody else."""


@emergency.command("open")
@click.option("--role", required=True, help="The role you need.")
@click.option("--minutes", required=True, type=click.IntRange(1, 240), help="For how long.")
@click.option("--reason", required=True, help="Why, in ten letters or more; everybody concerned reads it.")
@workspace_option
@person_option
@json_option
@asks("emergency.open", "emergency", inside=True)
def open_one(role: str, minutes: int, reason: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Take a role. Administrators and the role's holders are told; limits and separation of duties still hold."""
    with calling(workspace, person) as caller:
        made = caller.app.workforce.emergencies.open(caller.principal, role=role, minutes=minutes, reason=reason)
        now = caller.app.store.clock.now()
    if as_json:
        print_json(_told(made, now))
    else:
        say(f"{made.id}: you act as {made.role} until {made.expires_at:%H:%M} UTC; somebody else reviews what you do")


@emergency.command("list")
@click.option("--reviewed", is_flag=True, help="The reviewed ones too.")
@workspace_option
@person_option
@json_option
@asks("emergency.view", "emergency", inside=True)
def listing(reviewed: bool, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Emergency access that is open or waits for a review, as far as you may see it. Newest first."""
    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        found = caller.app.workforce.emergencies.find(conn, caller.principal, with_reviewed=reviewed)
        now = caller.app.store.clock.now()
    if as_json:
        print_json({"rows": [_told(one, now) for one in found]})
        return
    print_table(
        ("emergency", "state", "person", "role", "opened", "until", "uses", "reason"),
        [
            (
                one.id,
                one.state(now),
                one.person_id,
                one.role,
                f"{one.opened_at:%Y-%m-%d %H:%M}",
                f"{one.closed_at or one.expires_at:%H:%M}",
                len(one.uses),
                one.reason,
            )
            for one in found
        ],
    )


@emergency.command("close")
@click.argument("emergency_id", metavar="EMERGENCY")
@workspace_option
@person_option
@json_option
@asks("emergency.review", "emergency", inside=True)
def close(emergency_id: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """End EMERGENCY before it expires: your own, or one you may review."""
    with calling(workspace, person) as caller:
        ended = caller.app.workforce.emergencies.close(caller.principal, emergency_id)
        now = caller.app.store.clock.now()
    if as_json:
        print_json(_told(ended, now))
    else:
        say(f"closed: {ended.id}; it waits for a review by somebody else")


@emergency.command("review")
@click.argument("emergency_id", metavar="EMERGENCY")
@click.option(
    "--finding", required=True, type=click.Choice(["justified", "not-justified"]), help="What you find of it."
)
@click.option("--note", required=True, help="What you looked at and found, in ten letters or more.")
@workspace_option
@person_option
@json_option
@asks("emergency.review", "emergency", inside=True)
def review(
    emergency_id: str, finding: str, note: str, workspace: Path | None, person: str | None, as_json: bool
) -> None:
    """Judge what somebody else did in EMERGENCY, once."""
    from tiebeam.workforce import Finding

    with calling(workspace, person) as caller:
        judged = caller.app.workforce.emergencies.review(
            caller.principal, emergency_id, finding=Finding(finding), note=note
        )
        now = caller.app.store.clock.now()
    if as_json:
        print_json(_told(judged, now))
    else:
        say(f"reviewed: {judged.id} was {finding}")


def _told(one: Emergency, now: datetime) -> dict[str, Any]:
    from tiebeam.kit import plain

    return {**plain(one), "state": one.state(now)}
