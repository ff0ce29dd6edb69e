"""Verbs of `tiebeam ledger` about model use: sums of it, and the lines behind them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import json_option, limit_option, person_option, print_json, print_table, say, workspace_option

if TYPE_CHECKING:
    from tiebeam.economics.totals import Call, ChargeFilters, Span, UseFilters
    from tiebeam.http import Caller

Command = TypeVar("Command", bound=Callable[..., Any])

BY = ("team", "workflow", "model", "key", "agent", "environment", "provider", "upstream", "source", "day")
_FILTERS = {
    "team": "Only this team's.",
    "workflow": "Only this workflow's.",
    "model": "Only this model's, by the provider's name of it.",
    "key": "Only what came with this key.",
    "agent": "Only this agent's.",
    "environment": "Only in this environment.",
    "provider": "Only at this provider.",
    "upstream": "Only at this upstream.",
    "source": "Only from here: gateway, step, or import:NAME.",
}
_OF_RUNS = frozenset({"team", "workflow", "model", "since", "until"})
_OPTION_NAMES = {"since": "from", "until": "to", "task_class": "class"}
_DAY = click.DateTime(formats=["%Y-%m-%d"])


def span_options(command: Command) -> Command:
    """`--from` and `--to`, UTC days, both included."""
    first = click.option("--from", "since", type=_DAY, default=None, help="First day (UTC) [default: the first kept].")
    last = click.option("--to", "until", type=_DAY, default=None, help="Last day (UTC) [default: the last kept].")
    return first(last(command))


def use_options(command: Command) -> Command:
    """Filters by whatever the daily sums know."""
    for name, text in reversed(_FILTERS.items()):
        command = click.option(f"--{name}", default=None, help=text)(command)
    return command


def span_of(since: datetime | None, until: datetime | None) -> Span:
    """Raises UsageError where the days stand the wrong way round."""
    from tiebeam.economics.totals import Span
    from tiebeam.errors import Invalid

    try:
        return Span(_day(since), _day(until))
    except Invalid as wrong:
        raise click.UsageError(wrong.message) from wrong


def use_of(given: dict[str, Any]) -> UseFilters:
    from tiebeam.economics.totals import UseFilters

    return UseFilters(**{name: given[name] for name in _FILTERS})


@click.command("totals")
@asks("ledger.view", "ledger")
@click.option("--by", "by", type=click.Choice(BY), default="team", show_default=True, help="What to add up by.")
@span_options
@use_options
@workspace_option
@person_option
@json_option
def totals(
    *,
    by: str,
    since: datetime | None,
    until: datetime | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Calls, tokens and dollars of model use, added up; exact to the nano-dollar."""
    from tiebeam.economics import totals as use
    from tiebeam.http import seen_use

    span, filters = span_of(since, until), use_of(given)
    with calling(workspace, person) as caller:
        scope = seen_use(caller)
        with caller.app.store.read() as conn:
            found = use.totals(conn, by=use.By(by), span=span, filters=filters, scope=scope)
    if as_json:
        print_json([one.form() for one in found])
        return
    if not found:
        click.echo("no model use that you may see; 'tiebeam gateway' and imports fill the ledger")
        return
    names = ("key", "requests", "input_tokens", "cached_input_tokens", "output_tokens", "cost_usd")
    print_table([by, *(name.replace("_", " ") for name in names[1:])], [_cells(one.form(), names) for one in found])


@click.command("lines")
@asks("ledger.view", "ledger")
@click.option(
    "--of",
    "of",
    type=click.Choice(("runs", "use")),
    default=None,
    help="Lines of runs, or of model use [default: use when anything but --run filters them, else runs].",
)
@click.option("--run", "run_id", default=None, help="Only this run.")
@click.option("--call", default=None, help="One call: every attempt, its corrections and prices.")
@click.option("--execution", default=None, help="Only this execution, a run of ours or what a client calls its own.")
@click.option("--class", "task_class", default=None, help="Only this class of task.")
@click.option("--corrections", is_flag=True, help="Only corrections.")
@click.option("--before", default=None, help="Continue a list of model use after its last page.")
@span_options
@use_options
@limit_option
@workspace_option
@person_option
@json_option
def lines(
    *,
    of: str | None,
    run_id: str | None,
    limit: int,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """The rows of truth, newest first: of runs, or of model use with a line for every attempt at a provider."""
    with calling(workspace, person) as caller:
        if of == "use" or (of is None and any(given.values())):
            _use_lines(caller, run_id, limit, given, as_json=as_json)
        else:
            _run_lines(caller, run_id, limit, given, as_json=as_json)


def _run_lines(caller: Caller, run_id: str | None, limit: int, given: dict[str, Any], *, as_json: bool) -> None:
    from tiebeam.economics import LedgerFilters

    if foreign := sorted(name for name, value in given.items() if value and name not in _OF_RUNS):
        options = ", ".join(f"--{_OPTION_NAMES.get(name, name)}" for name in foreign)
        raise click.UsageError(f"{options} are about model use; leave them out, or say --of use")
    span = span_of(given["since"], given["until"])
    app, intents = caller.app, caller.visible("ledger.view").intents
    filters = LedgerFilters(
        run_id=run_id,
        intent=given["workflow"],
        team=given["team"],
        model=given["model"],
        since=span.since,
        until=span.until,
        intents=intents,
    )
    with app.store.read() as conn:
        page = app.economics.ledger_lines(conn, filters, limit=limit)
    if as_json:
        print_json(page)
        return
    names = ("at", "kind", "run_id", "step_id", "quantity", "amount", "currency", "person")
    print_table(names, [[line[name] for name in names] for line in page.lines])


def _use_lines(caller: Caller, run_id: str | None, limit: int, given: dict[str, Any], *, as_json: bool) -> None:
    from tiebeam.economics.totals import charge_form, charges, read_call
    from tiebeam.http import seen_use

    scope, filters = seen_use(caller), _charge_filters(run_id, given)
    if given["call"] is not None:
        with caller.app.store.read() as conn:
            call = read_call(conn, given["call"], scope=scope)
        _print_call(call, as_json=as_json)
        return
    with caller.app.store.read() as conn:
        page = charges(conn, filters, limit=limit, before=given["before"], scope=scope)
    rows = [charge_form(one) for one in page.charges]
    if as_json:
        print_json({"lines": rows, "before": page.before})
        return
    _print_charges(rows)
    if page.before is not None:
        say(f"more with --before {page.before}")


def _charge_filters(run_id: str | None, given: dict[str, Any]) -> ChargeFilters:
    from tiebeam.economics.totals import ChargeFilters

    return ChargeFilters(
        use=use_of(given),
        span=span_of(given["since"], given["until"]),
        execution=given["execution"] or run_id,
        task_class=given["task_class"],
        corrections=True if given["corrections"] else None,
    )


def _print_call(call: Call, *, as_json: bool) -> None:
    form = call.form()
    if as_json:
        print_json(form)
        return
    say(f"call {call.call_id} of {call.team} / {call.workflow}: ${form['cost_usd']}")
    if call.execution:
        say(f"execution {call.execution}" + (f", step {call.step_id}" if call.step_id else ""))
    _print_charges([*form["attempts"], *form["corrections"]])


def _print_charges(rows: list[dict[str, Any]]) -> None:
    names = ("at", "team", "workflow", "model", "ended", "input_tokens", "output_tokens", "cost_usd", "call_id")
    print_table([name.replace("_", " ") for name in names], [_cells(row, names) for row in rows])


def _cells(row: dict[str, Any], names: tuple[str, ...]) -> list[Any]:
    return [row[name] for name in names]


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()
