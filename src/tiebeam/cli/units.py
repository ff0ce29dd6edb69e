"""The verb about unit economics: what an accepted outcome costs and is worth, before anything is built."""

from __future__ import annotations

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
    from tiebeam.economics import UnitAnswer
    from tiebeam.economics.units import Prefilled

_BAR = 28


@click.command()
@asks("intent.view", "catalogue")
@click.argument("workflow")
@click.option("--volume-factor", default=None, metavar="N", help="So many times the stated volume, for example 10.")
@click.option("--set", "said", multiple=True, metavar="NAME=VALUE", help="Set a figure for this question; repeatable.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**32), help="Of the draws.")
@click.option("--draws", default=2000, show_default=True, type=int, help="How many draws: 100 to 10,000,000.")
@click.option("--at", default=None, type=click.DateTime(formats=["%Y-%m-%d"]), help="At the prices of this day.")
@click.option("--model", default=None, metavar="NAME", help="With another model than the stated one.")
@click.option("--provider", default=None, metavar="NAME", help="Who sells that model.")
@click.option("--from-ledger", is_flag=True, help="With the figures the ledger measured over the last 90 days.")
@xlsx_option
@workspace_option
@person_option
@json_option
def units(
    workflow: str,
    volume_factor: str | None,
    said: tuple[str, ...],
    seed: int,
    draws: int,
    at: datetime | None,
    model: str | None,
    provider: str | None,
    from_ledger: bool,
    xlsx: Path | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Cost and worth of one accepted outcome of WORKFLOW: P10, P50 and P90, parts, break-even price, verdict, tornado.

    WORKFLOW is an adopted intent or any recipe. Exits with 1 when it loses money at the median.
    """
    from tiebeam.economics import Verdict, assess, workbook
    from tiebeam.economics.units import from_ledger as with_measured
    from tiebeam.economics.units import read_changes, unit_sheet
    from tiebeam.http import measured
    from tiebeam.workflow import unit_case

    check_output(xlsx)
    texts = dict(_pair(one) for one in said)
    if volume_factor is not None:
        texts["volume_factor"] = volume_factor
    with calling(workspace, person) as caller:
        app = caller.app
        day = None if at is None else at.replace(tzinfo=UTC)
        changes = read_changes(texts)
        case = unit_case(
            app.graph(),
            app.economics.prices,
            workflow,
            may_see=caller.see,
            changes=changes,
            at=day,
            model=model,
            provider=provider,
        )
        seen = measured(caller, workflow) if from_ledger else None
        case = case if seen is None else with_measured(case, seen)
        answer = assess(case, seed=seed, draws=draws)
    if xlsx is not None:
        xlsx.write_bytes(workbook(unit_sheet(case, answer)))
    _tell(answer, seen, as_json=as_json)
    return 1 if answer.verdict is Verdict.LOSES else 0


def _tell(answer: UnitAnswer, seen: Prefilled | None, *, as_json: bool) -> None:
    if as_json:
        print_json(answer.form() if seen is None else {**answer.form(), "measured": seen})
        return
    _print(answer)
    if seen is not None:
        _print_measured(seen)


def _print_measured(seen: Prefilled) -> None:
    click.echo("\nfigures the ledger measured; eight of ten lie between low and high")
    rows = [
        (one.name, one.value, "" if one.low is None else one.low, one.high or "", one.source) for one in seen.figures
    ]
    print_table(("", "value", "low", "high", "source"), rows)
    for name, reason in seen.left_out:
        click.echo(f"{name}: as stated, {reason}")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise click.UsageError(f"--set wants NAME=VALUE, not {text!r}")
    return name.strip(), value


def _print(answer: UnitAnswer) -> None:
    spread = answer.simulation.spreads
    click.echo(f"{answer.workflow}: {answer.verdict.value}, money in {answer.currency}\n")
    rows: list[tuple[Any, ...]] = [
        (title, f"{spread[name].p10:,.2f}", f"{spread[name].p50:,.2f}", f"{spread[name].p90:,.2f}")
        for name, title in (
            ("cost_per_accepted", "cost of an accepted outcome"),
            ("margin_per_accepted", "margin of an accepted outcome"),
            ("cost_per_month", "cost of a month"),
            ("margin_per_month", "margin of a month"),
            ("net_present_value", "present value"),
        )
    ]
    print_table(("", "P10", "P50", "P90"), rows)
    click.echo(
        f"\nearns more than it costs in {answer.simulation.share_positive:.0%} of {answer.simulation.draws} draws"
    )
    click.echo(f"worth of an accepted outcome: {answer.value_per_accepted:,.2f}")
    if answer.break_even_per_mtok is not None and answer.break_even_per_mtok <= 0:
        click.echo("no price of tokens is low enough: without any an outcome costs more than it is worth")
    elif answer.break_even_per_mtok is not None:
        click.echo(f"breaks even at {answer.break_even_per_mtok:,.2f} per million tokens ({answer.price_source})")
    if answer.payback_months is not None:
        click.echo(f"one-off cost is back after {answer.payback_months:,.1f} months")
    click.echo("\nparts of the cost, at the most likely values")
    parts = [(name.replace("_", " "), f"{value:,.4f}") for name, value in answer.parts.items() if value]
    print_table(("", ""), parts)
    if answer.tornado and answer.tornado[0].swing:
        click.echo("\nwhat moves the cost most")
        widest = answer.tornado[0].swing
        moving = [bar for bar in answer.tornado if bar.swing][:8]
        bars = [(bar.name, f"{bar.swing:,.4f}", "█" * max(1, int(_BAR * bar.swing / widest))) for bar in moving]
        print_table(("", "swing", ""), bars)
