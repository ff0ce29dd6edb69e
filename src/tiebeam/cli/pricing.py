"""Verbs about how a product is sold: by seats, by agent seats and by consumption."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

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
    xlsx_option,
)

if TYPE_CHECKING:
    from tiebeam.economics.pricing import PricingAnswer, PricingRow


@click.group(cls=Group)
def pricing() -> None:
    """Pricing models of the workspace's products: seats, agent seats and consumption. Prices of AI: 'prices'."""


@pricing.command("list")
@asks("intent.view", "catalogue")
@workspace_option
@person_option
@json_option
def list_(workspace: Path | None, person: str | None, as_json: bool) -> None:
    """The pricing models you may see, with revenue, margin and headless share."""
    from tiebeam.economics.pricing import pricing_rows

    with calling(workspace, person) as caller:
        seen = {
            name: one for name, one in caller.app.graph().pricing.items() if caller.sees("record", f"pricing/{name}")
        }
        rows = pricing_rows(seen, caller.app.economics.prices)
    if as_json:
        print_json([one.form() for one in rows])
        return
    head = ("model", "revenue", "margin", "headless by count", "by revenue", "")
    print_table(head, [_cells(one) for one in rows])
    click.echo(f"{len(rows)} pricing models, money of a month in {caller.app.economics.prices.currency}")


def _cells(row: PricingRow) -> tuple[str, ...]:
    if row.month is None:
        return (row.model, "", "", "", "", "" if row.problem is None else row.problem.message)
    shares = (row.month["headless_share_of_operations"], row.month["headless_share_of_revenue"])
    money = (row.month["revenue"], row.month["margin"])
    said = ", ".join(one.code for one in row.warnings if one.is_serious)
    return (row.model, *(f"{one:,.2f}" for one in money), *(f"{one:.1%}" for one in shares), said)


@pricing.command("design")
@asks("intent.view", "catalogue")
@click.argument("name")
@click.option("--set", "said", multiple=True, metavar="NAME=VALUE", help="Set a figure for this question; repeatable.")
@click.option("--headless-share", default=None, metavar="SHARE", help="The same work, so much of it headless: 0 to 1.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**32), help="Of the draws.")
@click.option("--draws", default=2000, show_default=True, type=int, help="How many draws: 100 to 100,000.")
@click.option("--at", default=None, type=click.DateTime(formats=["%Y-%m-%d"]), help="At the prices of this day.")
@xlsx_option
@workspace_option
@person_option
@json_option
def design(
    *,
    name: str,
    said: tuple[str, ...],
    headless_share: str | None,
    seed: int,
    draws: int,
    at: datetime | None,
    xlsx: Path | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Revenue, cost to serve and margin by stream, break-even, the curve over the headless share, warnings.

    Exits with 1 when the month loses money, or is sold in a way that is warned of.
    """
    from tiebeam.economics import workbook
    from tiebeam.economics.pricing import design as designed
    from tiebeam.economics.pricing import find_pricing, pricing_case, pricing_sheet, read_pricing_changes

    check_output(xlsx)
    day = None if at is None else at.replace(tzinfo=UTC)
    with calling(workspace, person) as caller:
        record = find_pricing(
            caller.app.graph().pricing, name, sees=lambda one: caller.sees("record", f"pricing/{one}")
        )
        case = pricing_case(record, caller.app.economics.prices, at=day)
        case = read_pricing_changes(case, said, headless_share=headless_share)
        answer = designed(case, seed=seed, draws=draws)
    if xlsx is not None:
        xlsx.write_bytes(workbook(pricing_sheet(case, answer)))
    if as_json:
        print_json(answer.form())
    else:
        _print(answer)
    return 1 if any(one.is_serious for one in answer.warnings) else 0


def _print(answer: PricingAnswer) -> None:
    found = answer.month
    click.echo(f"{answer.title}: money of a month in {answer.currency}\n")
    rows = [
        (
            one.title,
            f"{one.quantity:,.0f}",
            f"{one.operations:,.0f}",
            *(f"{money:,.2f}" for money in (one.revenue, one.cost_to_serve, one.margin)),
            f"{one.share_of_operations:.1%}",
            f"{one.share_of_revenue:.1%}",
        )
        for one in answer.streams
    ]
    print_table(("", "sold", "operations", "revenue", "to serve", "margin", "by count", "by revenue"), rows)
    click.echo(f"\nrevenue {found['revenue']:,.2f}, cost {found['cost']:,.2f}, margin {found['margin']:,.2f}")
    spread = answer.draws.margin
    click.echo(f"margin P10 {spread.p10:,.2f}, P50 {spread.p50:,.2f}, P90 {spread.p90:,.2f}")
    even = answer.break_even
    customers = "at no number of customers" if even.customers is None else f"at {even.customers:,} customers"
    click.echo(f"breaks even {customers}")
    if even.price_per_operation == 0:
        click.echo("seats alone carry the product: operations could be free")
    elif even.price_per_operation is not None:
        click.echo(f"breaks even at {even.price_per_operation:,.6f} for every charged operation")
    for one in even.headless_share:
        click.echo(f"loses {'below' if one.is_gained_above else 'above'} {one.headless_share:.1%} headless")
    if even.moved_operation_price is not None:
        click.echo(f"a seat that goes headless pays for itself at {even.moved_operation_price:,.6f} an operation")
    if answer.use_cases:
        click.echo("\nuse cases of agents")
        cases = [(one.id, one.billed, one.called_for, "" if one.agrees else "differs") for one in answer.use_cases]
        print_table(("", "charged by", "called for", ""), cases)
    for warning in answer.warnings:
        click.echo(f"{'warning' if warning.is_serious else 'note'} {warning.code}: {warning.text}")
