"""Verbs about the ledger: what workflows cost and return. Those about model use are in `ledger_use`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.ledger_books import close, duplicates, export, import_, imports, months, query, reconcile
from tiebeam.cli.ledger_statements import anomalies, issue, issued, statement
from tiebeam.cli.ledger_use import lines, totals
from tiebeam.cli.shared import (
    Group,
    json_option,
    person_option,
    print_json,
    print_table,
    workspace_option,
)

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group(cls=Group)
def ledger() -> None:
    """Minutes, tokens, charges, outcomes and value, as recorded while work was done."""


@ledger.command("summary")
@asks("ledger.view", "ledger")
@click.option("--since", type=_DAY, default=None, help="First day [default: 30 days ago].")
@click.option("--until", type=_DAY, default=None, help="Last day [default: today].")
@workspace_option
@person_option
@json_option
def summary(
    since: datetime | None, until: datetime | None, workspace: Path | None, person: str | None, as_json: bool
) -> None:
    """Per workflow: units, accepted, cost per accepted unit, value against the baseline."""

    with calling(workspace, person) as caller:
        app, intents = caller.app, caller.visible("ledger.view").intents
        first, last = _days(since, until, today=app.store.clock.now().date())
        with app.store.read() as conn:
            found = app.economics.summaries(conn, since=first, until=last, intents=intents)
    if as_json:
        print_json([{**_shown(item), "intent": item.intent} for item in found])
        return
    if not found:
        click.echo("no lines in these days; run a workflow to fill the ledger")
        return
    for item in found:
        click.echo(item.intent)
        print_table(("", ""), [(name.replace("_", " "), _short(value)) for name, value in _shown(item).items()])


def _shown(item: object) -> dict[str, object]:
    names = (
        "currency",
        "units",
        "accepted",
        "touchless_share",
        "exception_share",
        "review_minutes",
        "total_cost",
        "cost_per_accepted",
        "baseline_cost",
        "value",
    )
    return {name: getattr(item, name) for name in names}


def _short(value: object) -> object:
    """Shares and means without the digits nobody reads; --json keeps them."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, Decimal) else value


@ledger.command("served")
@asks("ledger.view", "ledger")
@click.option("--since", type=_DAY, default=None, help="First day [default: of this month].")
@click.option("--until", type=_DAY, default=None, help="Last day [default: of this month].")
@click.option("--production", is_flag=True, help="Only workflows in production.")
@workspace_option
@person_option
@json_option
def served(
    since: datetime | None,
    until: datetime | None,
    production: bool,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Cost to serve against value of every workflow, and what a million tokens really cost it."""
    from tiebeam.workflow import served as served_by
    from tiebeam.workflow.promotion import Stage

    with calling(workspace, person) as caller:
        app, intents = caller.app, caller.visible("ledger.view").intents
        with app.store.read() as conn:
            found = served_by(
                conn,
                forecasting=app.forecasting,
                promotion=app.promotion,
                since=None if since is None else since.date(),
                until=None if until is None else until.date(),
                intents=intents,
            )
    found = [one for one in found if not production or one.stage is Stage.PRODUCTION]
    if as_json:
        print_json(found)
        return
    names = ("workflow", "stage", "accepted", "cost_to_serve", "value", "margin", "cost_per_accepted", "usd_per_mtok")
    rows = [["unknown" if (value := getattr(one, name)) is None else _short(value) for name in names] for one in found]
    print_table([name.replace("_", " ") for name in names], rows)


@ledger.command("daily")
@asks("ledger.view", "ledger")
@click.option("--intent", default=None, help="Only this workflow's, by its intent [default: all together].")
@click.option("--since", type=_DAY, default=None, help="First day [default: 30 days ago].")
@click.option("--until", type=_DAY, default=None, help="Last day [default: today].")
@workspace_option
@person_option
@json_option
def daily(
    intent: str | None,
    since: datetime | None,
    until: datetime | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """One line for every day, quiet days included."""

    with calling(workspace, person) as caller:
        app, intents = caller.app, caller.visible("ledger.view").intents
        first, last = _days(since, until, today=app.store.clock.now().date())
        with app.store.read() as conn:
            found = app.economics.daily(conn, intent, first, last, intents=intents)
    if as_json:
        print_json(found)
        return
    names = ("day", "units", "accepted", "touchless", "exceptions", "review_minutes", "total_cost")
    print_table(
        [name.replace("_", " ") for name in names], [[_short(getattr(line, name)) for name in names] for line in found]
    )


@ledger.command("check")
@asks("ledger.view", "ledger")
@workspace_option
@person_option
@json_option
def check(workspace: Path | None, person: str | None, as_json: bool) -> int:
    """Compare every daily sum, and what every budget spent, with its rows. Exits with 1 where they differ."""
    from tiebeam.economics.metering import check_usage
    from tiebeam.http import EVERYTHING, ledger_object

    with calling(workspace, person) as caller, caller.app.store.read() as conn:
        caller.require("ledger.view", ledger_object(caller.app, conn, EVERYTHING))
        wrong = [*caller.app.economics.check_ledger(conn), *check_usage(conn)]
    if as_json:
        print_json({"true": not wrong, "differences": wrong})
    else:
        click.echo("\n".join(wrong) or "the books are true")
    return 1 if wrong else 0


def _days(since: datetime | None, until: datetime | None, *, today: date) -> tuple[date, date]:
    last = today if until is None else until.date()
    first = date.fromordinal(max(1, last.toordinal() - 30)) if since is None else since.date()
    if first > last or (last - first).days > 3660:
        raise click.UsageError(f"from {first} to {last} is no span of days; at most ten years, the earlier day first")
    return first, last


for command in (
    *(totals, lines, statement, issue, issued, anomalies),
    *(export, import_, imports, duplicates, reconcile, close, months, query),
):
    ledger.add_command(command)
