"""Verbs about total cost of ownership: the studies there are, and what one says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.shared import (
    Group,
    check_output,
    json_option,
    print_json,
    print_table,
    say,
    workspace_of,
    workspace_option,
    xlsx_option,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.economics.ownership import StudyAnswer
    from tiebeam.graph import Graph
    from tiebeam.spec import Study

_BAR = 28


@click.command()
@click.option("--study", required=True, help="The study's name; 'tiebeam studies list' shows them.")
@click.option("--users", default=None, metavar="N", help="So many users in the first month.")
@click.option("--set", "said", multiple=True, metavar="NAME=VALUE", help="Set a figure for this question; repeatable.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**32), help="Of the draws.")
@click.option("--draws", default=2000, show_default=True, type=int, help="How many draws: 100 to 100,000.")
@click.option("--at", default=None, type=click.DateTime(formats=["%Y-%m-%d"]), help="At the prices of this day.")
@xlsx_option
@workspace_option
@json_option
def tco(
    *,
    study: str,
    users: str | None,
    said: tuple[str, ...],
    seed: int,
    draws: int,
    at: datetime | None,
    xlsx: Path | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """What a study's sides cost over the years: API, rented, own; where they cross, how sure, what moves it.

    Reads the library and the workspace's files as they lie here. Money is in US dollars.
    """
    from datetime import UTC

    from tiebeam.economics import workbook
    from tiebeam.economics.ownership import (
        compare_sides,
        find_study,
        read_study_changes,
        study_case,
        study_sheet,
    )
    from tiebeam.economics.prices import Prices
    from tiebeam.economics.units import read_pairs
    from tiebeam.kit import SystemClock

    check_output(xlsx)
    graph, clock = _graph(workspace), SystemClock()
    case = study_case(
        graph,
        Prices(graph.prices, clock, currency="USD", listed=graph.models),
        find_study(graph, study),
        changes=read_study_changes(read_pairs(said), users=users),
        at=clock.now() if at is None else at.replace(tzinfo=UTC),
    )
    answer = compare_sides(case, seed=seed, draws=draws)
    if xlsx is not None:
        xlsx.write_bytes(workbook(study_sheet(answer)))
    if as_json:
        print_json(answer.form())
    else:
        _print(answer)


@click.group(cls=Group)
def studies() -> None:
    """Studies of total cost of ownership: the library's and the workspace's own."""


@studies.command("list")
@workspace_option
@json_option
def list_(workspace: Path | None, as_json: bool) -> None:
    """Every study with the question it answers."""
    from tiebeam.economics.ownership import study_line

    found = [study_line(one) for one in _graph(workspace).studies.values()]
    if as_json:
        print_json(found)
        return
    rows = [(one["id"], ", ".join(one["sides"]), "–".join(f"{n:,}" for n in one["users_range"])) for one in found]
    print_table(("study", "compares", "users"), rows)


@studies.command("show")
@click.argument("name")
@workspace_option
@json_option
def show(name: str, workspace: Path | None, as_json: bool) -> None:
    """The study NAME as it is written: every figure with its range, basis and source."""
    from tiebeam.economics.ownership import find_study
    from tiebeam.spec import as_data

    found = find_study(_graph(workspace), name)
    if as_json:
        print_json(as_data(found))
        return
    _print_study(found)


@studies.command("drivers")
@json_option
def drivers(as_json: bool) -> None:
    """Every figure a study may state, with unit, bounds and what it is when nobody states it."""
    from tiebeam.spec import STUDY_DRIVERS

    if as_json:
        print_json({name: {**_driver_form(one)} for name, one in STUDY_DRIVERS.items()})
        return
    rows = [
        (name, one.unit, "has to be stated" if one.default is None else one.default, one.about)
        for name, one in STUDY_DRIVERS.items()
    ]
    print_table(("figure", "unit", "default", ""), rows)


def _driver_form(driver: Any) -> dict[str, Any]:
    names = ("side", "unit", "about", "default", "least", "most")
    return {name: getattr(driver, name) for name in names}


def _print_study(study: Study) -> None:
    say(f"{study.title}\n{study.question}")
    if study.retells is not None:
        say(study.retells)
    click.echo("")
    rows = [
        (name, one.value, "" if one.low is None else f"{one.low}–{one.high}", one.basis.value, one.source)
        for name, one in study.assumptions.items()
    ]
    print_table(("figure", "value", "range", "basis", "source"), rows)


def _print(answer: StudyAnswer) -> None:
    from tiebeam.economics.ownership import SIDE_NAMES

    case = answer.case
    users = case.figures["users"].value
    say(f"{case.study.title}: {users:,.0f} users, {case.horizon} months, US dollars at prices of {case.priced_at}\n")
    print_table(
        ("", "present value", "P10", "P90", "per M tokens", "most nodes", "cheapest in"),
        [
            (
                SIDE_NAMES[side],
                f"{one.present_value:,.0f}",
                f"{answer.uncertainty.values[side].p10:,.0f}",
                f"{answer.uncertainty.values[side].p90:,.0f}",
                f"{one.per_mtok:,.2f}",
                "" if one.nodes is None else max(one.nodes),
                f"{answer.uncertainty.cheapest[side]:.0%} of draws",
            )
            for side, one in answer.sides.items()
        ],
    )
    click.echo("")
    for line in answer.in_words():
        say(line)
    moving = [bar for bar in answer.tornado if bar.swing][:8]
    if moving:
        click.echo(f"\nwhat moves the saving of {SIDE_NAMES[answer.tornado_of].lower()} most")
        bars = [
            (one.name, f"{one.swing:,.0f}", "█" * max(1, int(_BAR * one.swing / moving[0].swing))) for one in moving
        ]
        print_table(("", "swing", ""), bars)
    for note in case.notes:
        say(f"note: {note}")


def _graph(given: Path | None) -> Graph:
    """The library, overlaid by the workspace that is given or lies here or above."""
    from tiebeam.graph import NoWorkspace, load

    try:
        return load(workspace_of(given))
    except NoWorkspace:
        if given is not None:
            raise
        return load(None)
