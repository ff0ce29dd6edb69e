"""The portfolio for other tools: as JSON, as rows, as a spreadsheet whose totals follow what somebody changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tiebeam.economics.portfolio.portfolio import Line, Place, Portfolio
from tiebeam.economics.units import Spread
from tiebeam.economics.workbook import Calculation, InputCell, LineCell
from tiebeam.kit import plain

_AT_ONCE = 20
"""Terms of one sum: formulas have a greatest length."""
HEAD = (
    "rank", "workflow", "title", "origin", "needed_class", "worth_per_accepted", "way", "way_title", "hosting",
    "class", "cost_p10", "cost_p50", "cost_p90", "margin_month_p10", "margin_month_p50", "margin_month_p90",
    "probability_of_loss", "payback_months", "best", "stated", "efficient", "source", "problem",
)  # fmt: skip


def portfolio_form(found: Portfolio) -> dict[str, Any]:
    """What the API and `--json` give: decimals as text, quantiles as numbers."""
    return {
        "currency": found.currency,
        "prices_of": found.at.date().isoformat(),
        "usd_rate": plain(found.rate),
        "draws": found.draws,
        "seed": found.seed,
        "busy_share": plain(found.busy_share),
        "places": found.places,
        "margin_per_month_best": round(found.margin_per_month, 6),
        "margin_per_month_stated": round(found.stated_margin_per_month, 6),
        "workflows": [_line_form(line) for line in found.lines],
        "without_price": plain(found.gaps),
        "open_models_without_class": list(found.unclassed),
    }


def _line_form(line: Line) -> dict[str, Any]:
    problem = None if line.problem is None else {"code": line.problem.code, "message": line.problem.message}
    return {
        "workflow": line.of.workflow,
        "title": line.of.title,
        "origin": line.of.origin.value,
        "needed_class": None if line.needed is None else line.needed.value,
        "value_per_accepted": plain(line.worth),
        "problem": problem,
        "places": [_place_form(one) for one in line.places],
    }


def _place_form(one: Place) -> dict[str, Any]:
    way = one.way
    return {
        "way": way.id,
        "title": way.title,
        "model": way.model,
        "provider": way.provider,
        "hosting": way.hosting.value,
        "class": None if way.capability is None else way.capability.value,
        "detail": way.detail,
        "source": way.source,
        "checked": None if way.checked is None else way.checked.isoformat(),
        "cost_per_accepted": _spread(one.cost),
        "margin_per_month": _spread(one.margin),
        "probability_of_loss": one.loss,
        "payback_months": plain(one.payback_months),
        "net_present_value": plain(one.net_present_value),
        "is_best": one.is_best,
        "is_stated": one.is_stated,
        "is_cheap_for_its_class": one.is_cheap_for_its_class,
        "is_sure_for_its_margin": one.is_sure_for_its_margin,
    }


def _spread(one: Spread) -> dict[str, float]:
    return {"p10": round(one.p10, 9), "p50": round(one.p50, 9), "p90": round(one.p90, 9)}


def portfolio_rows(found: Portfolio, *, efficient_only: bool = False) -> list[list[Any]]:
    """A row for each place, below `HEAD`."""
    rows: list[list[Any]] = []
    for rank, line in enumerate(found.lines, start=1):
        of = line.of
        head = [rank, of.workflow, of.title, of.origin.value, _name(line.needed), line.worth]
        if line.problem is not None:
            rows.append([*head, *([None] * (len(HEAD) - len(head) - 1)), line.problem.message])
        for one in line.places:
            if efficient_only and not (one.is_efficient or one.is_stated):
                continue
            way = one.way
            spreads = [one.cost.p10, one.cost.p50, one.cost.p90, one.margin.p10, one.margin.p50, one.margin.p90]
            marks = [one.payback_months, one.is_best, one.is_stated, one.is_efficient, way.source, None]
            bought = [way.id, way.title, way.hosting.value, _name(way.capability)]
            rows.append([*head, *bought, *spreads, one.loss, *marks])
    return rows


def _name(capability: Any) -> str | None:
    return None if capability is None else capability.value


def portfolio_sheet(found: Portfolio) -> Calculation:
    """Worth, cost and volume of each workflow at its best place, and their sums with live formulas."""
    inputs: list[InputCell] = []
    lines: list[LineCell] = []
    for number, line in enumerate((one for one in found.lines if one.best is not None), start=1):
        best = line.best
        assert best is not None
        source = f"{best.way.title}: {best.way.source}"
        for name, about, unit, value in (
            (f"cost_{number}", "Cost of an accepted outcome, P50", "money", Decimal(str(round(best.cost.p50, 9)))),
            (f"worth_{number}", "Worth of an accepted outcome", "money", line.worth),
            (f"accepted_{number}", "Accepted outcomes a month", "units", best.accepted or Decimal(0)),
        ):
            inputs.append(InputCell(name, f"{about}: {line.of.title}", unit, value, source))
        lines.append(
            LineCell(
                f"margin_{number}", f"Margin of a month: {line.of.title}", "money",
                f"accepted_{number} * (worth_{number} - cost_{number})",
            )
        )  # fmt: skip
    lines += _sums(len(lines))
    rows = portfolio_rows(found)
    return Calculation(
        title="Portfolio of workflows",
        currency=found.currency,
        said=f"Prices of {found.at.date()}, {found.draws} draws, seed {found.seed}; the sum of medians is not the "
        "median of the sum.",
        inputs=inputs,
        lines=lines,
        tables={"Places": [list(HEAD), *([_cell(value) for value in row] for row in rows)]},
    )


def _sums(count: int) -> list[LineCell]:
    names = [f"margin_{number}" for number in range(1, count + 1)]
    lines: list[LineCell] = []
    while len(names) > 1 or not lines:
        parts = [names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)] or [[]]
        made: list[str] = []
        for part in parts:
            name = "margin_in_all" if len(parts) == 1 else f"subtotal_{len(lines) + 1}"
            lines.append(LineCell(name, "Margin of a month, together", "money", " + ".join(part) or "0"))
            made.append(name)
        names = made
    return lines


def _cell(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
