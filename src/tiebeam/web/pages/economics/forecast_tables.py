"""Forecasts as tables: this month by workflow, past months against their plans, and cost to serve against value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tiebeam.economics.forecast import Forecast, Level, Reconciled, per_accepted
from tiebeam.web.people import Names
from tiebeam.web.table import Cell, Column, Empty, Filter, Row, Table, TableQuery, arrange
from tiebeam.web.views import Pill
from tiebeam.web.wording import NONE, money, percent, usd
from tiebeam.workflow import Served
from tiebeam.workflow.promotion import Stage

_PATH = "/economics/forecast"
_EMPTY = Empty(
    "Nothing to forecast",
    "An adopted workflow that states unit economics has a plan for each month.",
    command="tiebeam forecast",
)
_MONTH = (
    Column("workflow", "Workflow"),
    Column("level", "Level"),
    Column("planned", "Planned", is_number=True),
    Column("actual", "So far", is_number=True),
    Column("projected", "At its end", is_number=True),
    Column("variance", "Against plan", is_number=True),
    Column("cost_per_accepted", "Per accepted", is_number=True),
    Column("value", "Value at its end", is_number=True),
    Column("owner", "Answers for it"),
)
_ERRORS = (
    Column("month", "Month"),
    Column("workflow", "Workflow"),
    Column("forecast", "Forecast", is_number=True),
    Column("ledger", "Ledger", is_number=True),
    Column("error", "Error", is_number=True),
    Column("share", "Of the ledger", is_number=True),
    Column("range", "Within P10–P90"),
    Column("made_at", "Plan made"),
)
_SERVED = (
    Column("workflow", "Workflow"),
    Column("stage", "Stage"),
    Column("accepted", "Accepted", is_number=True),
    Column("cost", "Cost to serve", is_number=True),
    Column("value", "Value", is_number=True),
    Column("margin", "Value less cost", is_number=True),
    Column("each", "Per accepted", is_number=True),
    Column("tokens", "Tokens", is_number=True),
    Column("usd_per_mtok", "USD per M tokens", is_number=True),
)


def month_table(
    names: Names, found: Sequence[Forecast], levels: Mapping[Level, Pill], query: TableQuery, *, everything: bool
) -> Table:
    rows = tuple(_month_row(names, one, levels) for one in found)
    choices = tuple((level.value, pill.text) for level, pill in levels.items())
    table = Table("forecast-table", _MONTH, rows, len(rows), _EMPTY, filters=(Filter("level", "Level", choices),))
    return arrange(table, query, everything=everything)


def _month_row(names: Names, one: Forecast, levels: Mapping[Level, Pill]) -> Row:
    total, pill, each = one.total, levels[one.level], per_accepted(one)["actual"]
    problem = "" if one.problem is None else one.problem.message[:160]
    ends = "" if one.low is None or one.high is None else f"{one.low:,.0f} – {one.high:,.0f}"
    level = Cell("No plan", sub=problem, tone="neutral") if one.plan is None else Cell(pill.text, tone=pill.tone)
    cells = (
        Cell(names.intent(one.intent), f"{_PATH}/{one.intent}?month={one.month}", one.recipe.rsplit("/", 1)[-1]),
        level,
        Cell(money(total.planned), raw=total.planned),
        Cell(money(total.actual), raw=total.actual),
        Cell(money(total.projected), sub=ends, raw=total.projected),
        Cell(percent(total.share), raw=total.share),
        Cell(money(each), raw=each),
        Cell(money(one.value.projected), raw=one.value.projected),
        Cell(names.person(one.owner), is_soft=True),
    )
    return Row(one.intent, cells, {"level": one.level.value})


def error_table(names: Names, found: Sequence[Reconciled], query: TableQuery, *, everything: bool) -> Table:
    empty = Empty("No month is over", "When a month ends, its plan is compared with the ledger.")
    rows = tuple(_error_row(names, one) for one in found)
    return arrange(Table("forecast-table", _ERRORS, rows, len(rows), empty), query, everything=everything)


def _error_row(names: Names, one: Reconciled) -> Row:
    total = one.total
    note = "No plan kept" if one.made_at is None else "Late: not counted" if one.is_late else ""
    inside = {None: Cell(NONE), True: Cell("Yes", tone="ok"), False: Cell("No", tone="warn")}[one.is_in_range]
    cells = (
        Cell(str(one.month)),
        Cell(names.intent(one.intent), f"{_PATH}/{one.intent}?month={one.month}"),
        Cell(money(total.forecast if total else None), raw=total and total.forecast),
        Cell(money(one.ledger), raw=one.ledger),
        Cell(money(total.error if total else None), raw=total and total.error),
        Cell(percent(total.share if total else None, 1), raw=total and total.share),
        inside,
        Cell(note) if one.made_at is None else Cell(f"{one.made_at:%Y-%m-%d}", sub=note, raw=one.made_at),
    )
    return Row(f"{one.month}:{one.intent}", cells)


def served_table(names: Names, found: Sequence[Served], query: TableQuery, *, everything: bool) -> Table:
    rows = tuple(_served_row(names, one) for one in found)
    stages = tuple((stage.value, stage.value.capitalize()) for stage in Stage)
    table = Table("forecast-table", _SERVED, rows, len(rows), _EMPTY, filters=(Filter("stage", "Stage", stages),))
    return arrange(table, query, everything=everything)


def _served_row(names: Names, one: Served) -> Row:
    stage = NONE if one.stage is None else one.stage.value
    cells = (
        Cell(names.intent(one.workflow), f"{_PATH}/{one.workflow}"),
        Cell(stage.capitalize(), raw=stage),
        Cell(f"{one.accepted:,}", sub=f"of {one.units:,}", raw=one.accepted),
        Cell(money(one.cost_to_serve), raw=one.cost_to_serve),
        Cell(money(one.value), raw=one.value),
        Cell(money(one.margin), raw=one.margin),
        Cell(money(one.cost_per_accepted), raw=one.cost_per_accepted),
        Cell(f"{one.tokens:,.0f}", raw=one.tokens),
        Cell(usd(one.usd_per_mtok), raw=one.usd_per_mtok),
    )
    return Row(one.workflow, cells, {"stage": stage})
