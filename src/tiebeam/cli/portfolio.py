"""The verb about all workflows at once: which model and hosting serve each, ranked by what they earn."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import check_output, json_option, person_option, print_json, print_table, workspace_option

if TYPE_CHECKING:
    from tiebeam.economics.portfolio import Portfolio


@click.command()
@asks("intent.view", "catalogue")
@click.option("--library", is_flag=True, help="Recipes nobody has adopted as well.")
@click.option("--any-class", is_flag=True, help="Models of a class below the stated one as well.")
@click.option("--busy-share", default="0.5", show_default=True, help="The share of its hours rented hardware works.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**32), help="Of the draws.")
@click.option("--draws", default=2000, show_default=True, type=int, help="How many draws: 100 to 20,000.")
@click.option("--at", default=None, type=click.DateTime(formats=["%Y-%m-%d"]), help="At the prices of this day.")
@click.option("--csv", "as_csv", is_flag=True, help="Every place as comma-separated rows.")
@click.option(
    "--xlsx",
    default=None,
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write a spreadsheet here whose totals are live formulas.",
)
@workspace_option
@person_option
@json_option
def portfolio(
    library: bool,
    any_class: bool,
    busy_share: str,
    seed: int,
    draws: int,
    at: datetime | None,
    as_csv: bool,
    xlsx: Path | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """All workflows with every able model and hosting: cost, margin, risk of a loss, payback; the best first."""
    from tiebeam.economics import workbook
    from tiebeam.economics.portfolio import HEAD, portfolio_form, portfolio_rows, portfolio_sheet, work_out_portfolio
    from tiebeam.kit import csv_text
    from tiebeam.workflow import portfolio_candidates

    check_output(xlsx)
    with calling(workspace, person) as caller:
        app, graph = caller.app, caller.app.graph()
        found = work_out_portfolio(
            graph,
            app.economics.prices,
            list(portfolio_candidates(graph, sees=caller.sees, library=library)),
            at=app.store.clock.now() if at is None else at.replace(tzinfo=UTC),
            seed=seed,
            draws=draws,
            busy_share=_number(busy_share),
            any_class=any_class,
        )
    if xlsx is not None:
        xlsx.write_bytes(workbook(portfolio_sheet(found)))
    if as_json:
        print_json(portfolio_form(found))
    elif as_csv:
        click.echo(csv_text(HEAD, portfolio_rows(found)), nl=False)
    else:
        _print(found)
    return 0


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as problem:
        raise click.UsageError(f"--busy-share wants a number like 0.5, not {text[:40]!r}") from problem


def _print(found: Portfolio) -> None:
    rows: list[tuple[Any, ...]] = []
    for rank, line in enumerate(found.lines, start=1):
        best = line.best
        if best is None:
            said = "no way is able" if line.problem is None else line.problem.message
            rows.append((rank, line.of.workflow, said[:60], "", "", "", ""))
            continue
        payback = "never" if best.payback_months is None else f"{best.payback_months:,.1f}"
        figures = (f"{best.cost.p50:,.4f}", f"{best.margin.p50:,.2f}", f"{best.loss:.0%}", payback)
        rows.append((rank, line.of.workflow, best.way.title, *figures))
    print_table(("", "workflow", "served best by", "an outcome", "a month", "loss", "payback"), rows)
    click.echo(
        f"\n{found.margin_per_month:,.2f} {found.currency} a month at the best places, "
        f"{found.stated_margin_per_month:,.2f} as stated; {found.places:,} places, {found.draws:,} draws, "
        f"prices of {found.at.date()}"
    )
    for gap in found.gaps[:5]:
        click.echo(f"no price: {gap.id}: {gap.message}")
