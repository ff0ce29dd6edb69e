"""Verbs about what months will cost: forecast, alerts, and how good the forecasts were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    Group,
    check_output,
    json_option,
    person_option,
    print_json,
    print_table,
    workspace_option,
)

if TYPE_CHECKING:
    from tiebeam.economics.forecast import Accuracy, Forecast, Miss, Outlook, Reconciled

_month_option = click.option("--month", default=None, metavar="YYYY-MM", help="The month [default: this one].")


class WithShow(Group):
    """A group whose command `show` is meant where none is named, so that a workflow can be named at once."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if first not in self.commands and first not in {"--help", "-h"}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=WithShow)
def forecast() -> None:
    """What a month will cost, before its bill comes: `tiebeam forecast [WORKFLOW] [--month YYYY-MM]`."""


@forecast.command("show")
@asks("ledger.view", "ledger")
@click.argument("workflow", required=False)
@_month_option
@click.option(
    "--xlsx",
    default=None,
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the WORKFLOW's forecast as a spreadsheet with live formulas.",
)
@workspace_option
@person_option
@json_option
def show(
    workflow: str | None,
    month: str | None,
    xlsx: Path | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Plan, ledger so far and projection of every adopted workflow, or of WORKFLOW. Exits with 1 on an alert."""
    from tiebeam.economics import workbook
    from tiebeam.economics.forecast import Level, Month, NotForecast, forecast_form, forecast_sheet

    check_output(xlsx)
    if xlsx is not None and workflow is None:
        raise click.UsageError("--xlsx wants a WORKFLOW")
    with calling(workspace, person) as caller:
        app, intents = caller.app, caller.visible("ledger.view").intents
        asked = None if month is None else Month.read(month)
        with app.store.read() as conn:
            found = app.forecasting.forecasts(conn, asked, intents=intents)
    if workflow is not None:
        found = [one for one in found if workflow in (one.intent, one.recipe)]
        if not found:
            raise NotForecast(f"no recipe that you may see is adopted as {workflow!r}; 'tiebeam workflows' lists yours")
    if xlsx is not None:
        xlsx.write_bytes(workbook(forecast_sheet(found[0])))
    if as_json:
        print_json([forecast_form(one) for one in found] if workflow is None else forecast_form(found[0]))
    elif workflow is None:
        _print_all(found)
    else:
        _print_one(found[0])
    return 1 if any(one.level is Level.ALERT for one in found) else 0


def _print_all(found: list[Forecast]) -> None:
    if not found:
        click.echo("no workflow is adopted that you may see; nothing is forecast")
        return
    head = ("workflow", "month", "planned", "so far", "at its end", "variance", "level")
    print_table(head, [(one.intent, one.month, *_figures(one.total), one.level.value) for one in found])
    for one in found:
        if one.because:
            click.echo(f"\n{one.level.value}: {one.intent}: {one.because}. {one.owner} answers for it.")
        if one.problem is not None:
            click.echo(f"\n{one.intent}: {one.problem.message} [{one.problem.code}]")


def _print_one(found: Forecast) -> None:
    from tiebeam.economics.forecast import per_accepted, reasoning

    click.echo(f"{found.intent}, {found.month}: {found.level.value}, money in {found.currency}")
    if found.problem is not None:
        click.echo(f"{found.problem.message} [{found.problem.code}]")
    if found.because:
        click.echo(f"{found.because}. {found.owner} answers for it.")
    click.echo(f"\n{reasoning(found)}\n")
    rows = [
        (one.title, *_figures(one)) for one in (*found.parts, found.total, found.units, found.accepted, found.value)
    ]
    print_table(("", "planned", "so far", "at its end", "variance"), rows)
    each = per_accepted(found)
    click.echo(f"\ncost of an accepted outcome: {', '.join(f'{name} {_money(one)}' for name, one in each.items())}")
    if found.low is not None and found.high is not None:
        click.echo(f"end of the month at the plan's P10 and P90: {found.low:,.2f} to {found.high:,.2f}")
    if found.plan is not None:
        kept = f"kept since {found.plan.made_at:%Y-%m-%d %H:%M} UTC" if found.is_kept else "made now, not kept"
        late = "; made late, so it counts for no forecast error" if found.is_kept and found.plan.is_late else ""
        click.echo(f"plan {kept}{late}; prices: {found.plan.price_source}")


def _figures(one: Outlook) -> tuple[str, str, str, str]:
    share = "" if one.share is None else f" ({one.share:+.0%})"
    variance = "" if one.variance is None else f"{one.variance:+,.2f}{share}"
    return _money(one.planned), f"{one.actual:,.2f}", _money(one.projected), variance


def _money(value: Any) -> str:
    return "unknown" if value is None else f"{value:,.2f}"


@forecast.command("reconcile")
@asks("ledger.view", "ledger")
@click.argument("workflow", required=False)
@click.option("--month", default=None, metavar="YYYY-MM", help="The last month [default: the last that is over].")
@click.option("--months", default=12, show_default=True, type=click.IntRange(1, 36), help="How many months.")
@workspace_option
@person_option
@json_option
def reconcile(
    workflow: str | None,
    month: str | None,
    months: int,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Months that are over: the plan as it was kept against the ledger, and the forecast error of each workflow."""
    from tiebeam.economics.forecast import Month, accuracy_form, accuracy_of, reconciled_form

    with calling(workspace, person) as caller:
        app, intents = caller.app, caller.visible("ledger.view").intents
        last = None if month is None else Month.read(month)
        with app.store.read() as conn:
            found = app.forecasting.reconciled(conn, until=last, months=months, intents=intents)
    found = [one for one in found if workflow in (None, one.intent)]
    accuracy = [
        accuracy_of(name, [one for one in found if one.intent == name])
        for name in dict.fromkeys(one.intent for one in found)
    ]
    if as_json:
        forms = [accuracy_form(one) for one in accuracy]
        print_json({"months": [reconciled_form(one) for one in found], "accuracy": forms})
        return
    if not found:
        click.echo("no month with a plan or with lines in the ledger is over")
        return
    _print_reconciled(found)
    _print_accuracy(accuracy)


def _print_reconciled(found: list[Reconciled]) -> None:
    rows: list[tuple[Any, ...]] = []
    for one in found:
        note = one.problem.message if one.problem else "late plan, not counted" if one.is_late else ""
        rows.append((one.month, one.intent, "total", *_miss(one.total), note))
        rows += [("", "", part.title.lower(), *_miss(part), "") for part in one.parts if part.forecast or part.ledger]
    print_table(("month", "workflow", "part", "forecast", "ledger", "error", ""), rows)


def _print_accuracy(accuracy: list[Accuracy]) -> None:
    click.echo("\nforecast error: mean absolute share of the ledger, and bias (above zero: planned too dear)")
    rows = [
        (one.intent, one.months, _share(one.absolute_share), _share(one.bias_share), one.left_out) for one in accuracy
    ]
    print_table(("workflow", "months", "error", "bias", "left out"), rows)


def _miss(one: Miss | None) -> tuple[str, str, str]:
    if one is None:
        return "", "", ""
    share = "" if one.share is None else f" ({one.share:.0%})"
    return f"{one.forecast:,.2f}", f"{one.ledger:,.2f}", f"{one.error:+,.2f}{share}"


def _share(value: Any) -> str:
    return "unknown" if value is None else f"{value:.1%}"


@forecast.command("alerts")
@asks("ledger.view", "ledger")
@click.option("--since", default=None, metavar="YYYY-MM", help="From this month on [default: this one].")
@workspace_option
@person_option
@json_option
def alerts(since: str | None, workspace: Path | None, person: str | None, as_json: bool) -> int:
    """Alerts as they were raised, newest first. Exits with 1 when there is one."""
    from tiebeam.economics.forecast import Month, alert_form

    with calling(workspace, person) as caller:
        app, intents = caller.app, caller.visible("ledger.view").intents
        first = None if since is None else Month.read(since)
        with app.store.read() as conn:
            found = app.forecasting.alerts(conn, since=first, intents=intents)
    if as_json:
        print_json([alert_form(one) for one in found])
    else:
        rows = [
            (f"{one.raised_at:%Y-%m-%d %H:%M}", one.level.value, one.intent, one.owner, one.because) for one in found
        ]
        print_table(("raised", "level", "workflow", "answers for it", "because"), rows)
    return 1 if found else 0
