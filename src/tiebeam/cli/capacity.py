"""The verb about dedicated capacity: bought by the hour in whole units, or tokens by the million."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    check_output,
    json_option,
    person_option,
    print_json,
    print_table,
    workspace_option,
    xlsx_option,
)

if TYPE_CHECKING:
    from tiebeam.economics.capacity import CapacityPlan

_HELP = {
    "tokens": "Tokens of the first month, read and written together.",
    "price": "A price record of the workspace with [[capacity]].",
    "commitment": "Months one commits to at a time; 0 is by the hour.",
    "usd-per-hour": "The price of one unit for an hour, without a price record.",
    "tokens-per-minute": "What one unit can do, without a price record.",
    "model": "The model whose metered price is compared [default: the price record's].",
    "provider": "Its provider.",
    "input-share": "Share of the tokens that are read [default: 0.75].",
    "metered": "The metered price in USD per million tokens, instead of a model's.",
    "units": "So many whole units [default: the cheapest number].",
    "months": "How far ahead, up to 60 [default: 12].",
    "growth": "How much more each month than the one before, such as 0.05.",
    "price-fall": "How much the metered price falls in a year, such as 0.3.",
    "busy-share": "Share of all hours in which the work comes [default: 1].",
}


def _figures(function: Callable[..., Any]) -> Callable[..., Any]:
    for name, text in reversed(_HELP.items()):
        function = click.option(f"--{name}", default=None, required=name == "tokens", help=text)(function)
    return function


@click.command()
@asks("intent.view", "catalogue")
@_figures
@click.option("--at", default=None, type=click.DateTime(formats=["%Y-%m-%d"]), help="At the prices of this day.")
@xlsx_option
@workspace_option
@person_option
@json_option
def capacity(
    *,
    at: datetime | None,
    xlsx: Path | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
    **said: str | None,
) -> None:
    """Dedicated capacity in whole units against the same tokens metered: cost of both, utilisation, break-even."""
    from tiebeam.economics import workbook
    from tiebeam.economics.capacity import Known, capacity_sheet, plan_capacity, read_question

    check_output(xlsx)
    with calling(workspace, person) as caller:
        graph, book = caller.app.graph(), caller.app.economics.prices
        day = caller.app.store.clock.now() if at is None else at.replace(tzinfo=UTC)
        texts = {name: text for name, text in said.items() if text is not None}
        plan = plan_capacity(read_question(texts, Known(graph.prices, graph.models, book, day)))
    if xlsx is not None:
        xlsx.write_bytes(workbook(capacity_sheet(plan)))
    if as_json:
        print_json(plan.form())
    else:
        _print(plan)


def _print(plan: CapacityPlan) -> None:
    asked, found = plan.question, plan.lines
    better = "dedicated capacity" if plan.is_dedicated_cheaper else "metered tokens"
    click.echo(f"{better} cost less over {asked.months} months, money in USD\n")
    rows = [
        (
            one.units or "metered",
            *(f"{usd:,.2f}" for usd in (one.fixed_usd, one.overflow_usd, one.total_usd, one.saved_usd)),
            f"{one.utilisation:.1%}",
            "◄" if one.units == plan.units else "",
        )
        for one in plan.options
    ]
    print_table(("units", "capacity", "metered beyond", "together", "saved", "used", ""), rows)
    break_even = plan.break_even_tokens_per_month
    said = "never: a unit cannot do as many" if break_even is None else f"{break_even:,.0f} tokens a month"
    click.echo(f"\na unit pays from {said} ({found['break_even_utilisation']:.1%} of what it can do)")
    click.echo(f"metered at {asked.metered.usd_per_mtok:,.4f} a million tokens: {asked.metered.source}")
    click.echo(f"capacity at {asked.capacity.usd_per_hour:,} an hour: {asked.capacity.source}")
    for _, text in plan.warnings:
        click.echo(f"note: {text}")
