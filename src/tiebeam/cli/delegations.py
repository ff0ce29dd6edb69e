"""Verbs about delegations: create, list, revoke."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import Group, json_option, person_option, print_json, print_table, say, workspace_option

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group(cls=Group)
def delegations() -> None:
    """Roles given to a colleague for a time."""


@delegations.command("create")
@click.argument("role")
@click.option("--to", "receiver", required=True, metavar="PERSON", help="Who acts in the role.")
@click.option("--from", "giver", default=None, metavar="PERSON", help="Whose role it is [default: yourself].")
@click.option("--first", type=_DAY, default=None, help="The first day [default: today].")
@click.option("--last", type=_DAY, required=True, help="The last day, included; at most 92 days.")
@click.option("--reason", required=True, help="Why; it goes on the record.")
@workspace_option
@person_option
@json_option
@asks("delegation.create", "delegation", inside=True)
def create(
    role: str,
    receiver: str,
    giver: str | None,
    first: datetime | None,
    last: datetime,
    reason: str,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Let a colleague act in ROLE for you. What was given to you cannot be given on."""
    with calling(workspace, person) as caller:
        verbs = caller.app.workforce.delegations
        made = verbs.create(
            caller.principal,
            giver=giver,
            receiver=receiver,
            role=role,
            first=verbs.day_of(giver or caller.principal.person_id) if first is None else first.date(),
            last=last.date(),
            reason=reason,
        )
    if as_json:
        print_json(made)
    else:
        say(f"{made.id}: {made.receiver} acts as {made.role} for {made.giver} from {made.first} to {made.last}")


@delegations.command("list")
@click.option("--ended", is_flag=True, help="Those that are over or revoked too.")
@workspace_option
@person_option
@json_option
@asks("delegation.view", "delegation", inside=True)
def listing(ended: bool, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """What you gave and received; everybody's for an administrator. Newest first."""
    with calling(workspace, person) as caller:
        verbs = caller.app.workforce.delegations
        with caller.app.store.read() as conn:
            found = [
                (one, one.state(verbs.day_of(one.giver)))
                for one in verbs.find(conn, caller.principal, with_ended=ended)
            ]
    if as_json:
        from tiebeam.kit import plain

        print_json({"rows": [{**plain(one), "state": state} for one, state in found]})
        return
    print_table(
        ("delegation", "state", "role", "from", "to", "first", "last", "reason"),
        [(one.id, state, one.role, one.giver, one.receiver, one.first, one.last, one.reason) for one, state in found],
    )


@delegations.command("revoke")
@click.argument("delegation")
@workspace_option
@person_option
@json_option
@asks("delegation.revoke", "delegation", inside=True)
def revoke(delegation: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """End DELEGATION now."""
    with calling(workspace, person) as caller:
        ended = caller.app.workforce.delegations.revoke(caller.principal, delegation)
    if as_json:
        print_json(ended)
    else:
        say(f"revoked: {ended.id}")
