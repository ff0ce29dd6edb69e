"""Verbs about what may be spent on models: how budgets stand, what a call counts against, and asking for more."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import Figure, Group, json_option, person_option, print_json, print_table, say, workspace_option

if TYPE_CHECKING:
    from tiebeam.economics.spending import BudgetLine

_HEAD = ("budget", "level", "ceiling", "spent", "held", "left", "used", "begins anew", "owner")


@click.group(cls=Group)
def budgets() -> None:
    """Ceilings of what is spent on models, from the organisation down to a key."""


@budgets.command("show")
@asks("budget.view", "budget")
@workspace_option
@person_option
@json_option
def show(workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Every budget and every key with a cap: its ceiling, what is held by open calls, and what is spent."""
    from tiebeam.economics.spending import budget_form
    from tiebeam.http import seen_budgets

    with calling(workspace, person) as caller:
        app = caller.app
        with app.store.read() as conn:
            lines = seen_budgets(caller, conn, app.budgets.view(conn, at=app.store.clock.now()))
    if as_json:
        print_json([budget_form(line) for line in lines])
    elif lines:
        print_table(_HEAD, [_row(line) for line in lines])
    else:
        click.echo("no budgets yet; write one in budgets/, and until then no call is let through")


@budgets.command("check")
@click.argument("team")
@click.argument("workflow")
@click.option("--usd", type=Figure(), default=None, help="Whether a call that may cost so much would fit.")
@click.option("--key", "key_id", default="", help="With the cap of this key, by its id.")
@click.option("--execution", default="", help="With what this execution has spent already.")
@workspace_option
@person_option
@json_option
@asks("budget.view", "budget")
def check(
    team: str,
    workflow: str,
    usd: Decimal | None,
    key_id: str,
    execution: str,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """What a call of TEAM for WORKFLOW counts against, the nearest ceiling first.

    Exits with 1 when nothing covers it, or a hard ceiling has no room.
    """
    from tiebeam.economics.spending import budget_form
    from tiebeam.http import seen_budgets

    with calling(workspace, person) as caller:
        app = caller.app
        with app.store.read() as conn:
            found = app.budgets.covering(
                conn, team=team, workflow=workflow, at=app.store.clock.now(), key_id=key_id, execution=execution
            )
            lines = seen_budgets(caller, conn, found)
    if usd is not None and not (usd.is_finite() and usd >= 0):
        raise click.BadParameter(f"{usd} is no amount of US dollars", param_hint="'--usd'")
    wanted = Decimal(0) if usd is None else usd
    full = [line for line in lines if line.hard and (line.left_usd < wanted or line.left_usd <= 0)]
    if as_json:
        print_json(
            {"fits": not full, "refused_by": [line.id for line in full], "path": [budget_form(line) for line in lines]}
        )
        return 1 if full else 0
    print_table(_HEAD, [_row(line) for line in lines])
    for line in full:
        say(f"{line.id} has no room: {line.left_usd:,.2f} USD are left; ask for more with 'tiebeam budgets ask'")
    return 1 if full else 0


@budgets.command("ask")
@click.argument("budget")
@click.option("--usd", type=Figure(), required=True, help="The ceiling you need, not what is missing.")
@click.option("--reason", required=True, help="What for; the owner reads it.")
@workspace_option
@person_option
@json_option
@asks("budget.ask", "budget", "budget")
def ask(budget: str, usd: Decimal, reason: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Ask the owner of BUDGET for a higher ceiling, until it begins anew."""
    with calling(workspace, person) as caller:
        asked = caller.app.asking.ask(caller.principal, budget, usd=usd, reason=reason)
    if as_json:
        print_json(asked)
        return
    say(f"asked {asked.role!r} for a ceiling of {asked.usd} USD: task {asked.task_id}")


@budgets.command("leases")
@asks("budget.view", "budget")
@workspace_option
@person_option
@json_option
def leases(workspace: Path | None, person: str | None, as_json: bool) -> None:
    """What each process has debited and not yet booked, the longest silent first."""
    from tiebeam.economics.spending import process_leases

    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        found = process_leases(conn, at=caller.app.store.clock.now())
    if as_json:
        print_json(found)
    elif found:
        rows = [
            (one.process, f"{one.unbooked_usd:,.2f}", one.ceilings, "silent" if one.is_overdue else "alive")
            for one in found
        ]
        print_table(("process", "not booked", "ceilings", "state"), rows)
    else:
        click.echo("no process has leased anything")


@budgets.command("release")
@click.argument("process")
@click.option("--reason", required=True, help="Why its machine will not come back; kept in the journal.")
@workspace_option
@person_option
@asks("workspace.apply", "workspace")
def release(process: str, reason: str, workspace: Path | None, person: str | None) -> None:
    """Give back what PROCESS leased, when its machine is lost and with it its journal of charges.

    What it spent and never booked is then missing until the provider's bill is reconciled.
    """
    from tiebeam.economics.spending import release_leases

    with calling(workspace, person) as caller, caller.app.store.unit() as unit:
        found = release_leases(unit, process, by=caller.principal.actor, reason=reason)
    say(f"released {found.process}: {found.unbooked_usd:,.2f} USD were not booked")


def _row(line: BudgetLine) -> list[str]:
    share = line.used_share
    return [
        line.id,
        line.level.value,
        f"{line.cap_usd:,.2f}{'' if line.hard else ' (tells only)'}",
        f"{line.spent_usd:,.2f}",
        f"{line.held_usd:,.2f}",
        f"{line.left_usd:,.2f}",
        "" if share is None else f"{share:.0%}",
        "never" if line.resets_at is None else f"{line.resets_at:%Y-%m-%d %H:%M} UTC",
        "" if line.owner is None else line.owner.role,
    ]
