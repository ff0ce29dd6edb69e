"""The model of a workflow's month, as formulas by name: what is served, what it costs by part, what it is worth.

Every number of the product about unit economics comes from these lines: the exact answer, the draws, the tornado and
the spreadsheet. Effective unit cost is inference, review, exceptions, rework, integration, training, consulting,
quality-gate upkeep and model migration over accepted outcomes (EC-16). Only tokens scale with their price (EC-01).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tiebeam.kit.formulas import Arithmetic, Formula, read_formula, work_out


@dataclass(frozen=True, slots=True)
class Line:
    """One named result. `unit` is money, units, hours, share, tokens or people."""

    name: str
    unit: str
    about: str
    formula: str


PRICES = ("input_price_per_mtok", "output_price_per_mtok", "cached_price_per_mtok")
"""Figures that come from the price list, in the workspace's currency."""
VOLUME_FACTOR = "volume_factor"
VALUE_PER_ACCEPTED = "value_per_accepted"

SERVED: tuple[Line, ...] = (
    Line("units", "units", "Cases asked for in the month", "units_per_month * volume_factor"),
    Line(
        "tokens_per_unit",
        "tokens",
        "Tokens of one case, repetitions included",
        "attempts_per_unit * (input_tokens_per_unit + output_tokens_per_unit)",
    ),
    Line(
        "token_cost_per_unit",
        "money",
        "Inference of one case",
        "attempts_per_unit * (input_tokens_per_unit * ((1 - cached_share) * input_price_per_mtok"
        " + cached_share * cached_price_per_mtok) + output_tokens_per_unit * output_price_per_mtok)"
        " * (1 - batch_share * (1 - batch_price_factor)) / 1000000",
    ),
    Line(
        "served_share",
        "share",
        "Share of the cases the cap on model spend lets through",
        "if_positive(token_budget_per_month * token_cost_per_unit,"
        " min(1, token_budget_per_month / max(units * token_cost_per_unit, 0.000001)), 1)",
    ),
    Line("served", "units", "Cases served", "units * served_share"),
    Line("accepted", "units", "Accepted outcomes", "served * acceptance_rate"),
    Line("review_hours", "hours", "Looking as a rule", "served * review_share * review_minutes / 60"),
    Line(
        "exception_hours", "hours", "Settling exceptions", "served * exception_rate * review_minutes_per_exception / 60"
    ),
    Line("rework_hours", "hours", "Doing again", "served * rework_rate * rework_minutes / 60"),
    Line("person_hours", "hours", "Hours of people", "review_hours + exception_hours + rework_hours"),
    Line(
        "reviewers",
        "people",
        "People to be paid, whole where they are added whole",
        "if_positive(hours_per_reviewer_per_month,"
        " ceil(person_hours / max(hours_per_reviewer_per_month, 1)), person_hours / 160)",
    ),
    Line(
        "idle_hours",
        "hours",
        "Paid hours nobody needs yet",
        "if_positive(hours_per_reviewer_per_month, reviewers * hours_per_reviewer_per_month - person_hours, 0)",
    ),
    Line(
        "capacity_steps",
        "units",
        "Steps of capacity",
        "if_positive(units_per_capacity_step, ceil(served / max(units_per_capacity_step, 1)), 0)",
    ),
)

PARTS: tuple[Line, ...] = (
    Line("tokens", "money", "Inference", "served * token_cost_per_unit"),
    Line("capacity", "money", "Steps of capacity", "capacity_steps * cost_per_capacity_step"),
    Line("review", "money", "Review", "review_hours * review_cost_per_hour"),
    Line(
        "exceptions",
        "money",
        "Exceptions",
        "exception_hours * review_cost_per_hour + served * exception_rate * cost_per_exception",
    ),
    Line("rework", "money", "Rework", "rework_hours * review_cost_per_hour"),
    Line("idle", "money", "Reviewers not used in full", "idle_hours * review_cost_per_hour"),
    Line("platform", "money", "Platform", "platform_cost_per_month"),
    Line("integration", "money", "Integration", "integration_cost / amortisation_months"),
    Line("training", "money", "Training", "training_cost / amortisation_months + training_cost_per_year / 12"),
    Line("consulting", "money", "Consulting", "consulting_cost / amortisation_months + consulting_cost_per_year / 12"),
    Line("quality_gates", "money", "Quality-gate upkeep", "quality_gate_hours_per_month * quality_gate_cost_per_hour"),
    Line("migration", "money", "Model migration", "model_migrations_per_year * model_migration_cost / 12"),
)
"""What a month costs; together they are the whole."""

_ONE_OFF = "integration_cost + training_cost + consulting_cost"

RESULTS: tuple[Line, ...] = (
    Line("cost_per_month", "money", "Cost of the month", " + ".join(line.name for line in reversed(PARTS))),
    Line("value_per_month", "money", "Value of the month", "accepted * value_per_accepted"),
    Line("margin_per_month", "money", "Margin of the month", "value_per_month - cost_per_month"),
    Line("cost_per_accepted", "money", "Cost of an accepted outcome", "cost_per_month / accepted"),
    Line("margin_per_accepted", "money", "Margin of an accepted outcome", "value_per_accepted - cost_per_accepted"),
    Line("tokens_per_accepted", "tokens", "Tokens behind an accepted outcome", "served * tokens_per_unit / accepted"),
    Line("one_off", "money", "Paid before the first month", _ONE_OFF),
    Line(
        "cash_per_month",
        "money",
        "Margin of the month before one-off cost",
        "margin_per_month + one_off / amortisation_months",
    ),
    Line("rate_per_month", "share", "Discount of a month", "max(discount_rate_per_year / 12, 0.000000001)"),
    Line(
        "net_present_value",
        "money",
        "Present value over the horizon",
        "cash_per_month * (1 - (1 + rate_per_month) ** (-horizon_months)) / rate_per_month - one_off",
    ),
)

LINES = (*SERVED, *PARTS, *RESULTS)


@cache
def read_lines() -> tuple[tuple[Line, Formula], ...]:
    """The model's formulas, in the order in which each finds what it needs."""
    return tuple((line, read_formula(line.formula)) for line in LINES)


@cache
def lines_behind(wanted: frozenset[str]) -> tuple[tuple[Line, Formula], ...]:
    """The wanted lines and those they need, in order."""
    needed, kept = set(wanted), list[tuple[Line, Formula]]()
    for line, formula in reversed(read_lines()):
        if line.name in needed:
            needed |= formula.names
            kept.append((line, formula))
    return tuple(reversed(kept))


def again(
    known: Mapping[str, Any],
    changed: Mapping[str, Any],
    *,
    arithmetic: Arithmetic,
    wanted: frozenset[str] = frozenset(line.name for line in LINES),
) -> dict[str, Any]:
    """A month worked out before, with some figures anew: only the wanted lines that follow from these are worked out.

    A line that comes to the same as before passes nothing on, as in a spreadsheet.
    """
    found, moved = {**known, **changed}, set(changed)
    for line, formula in lines_behind(wanted):
        if formula.names & moved:
            found[line.name] = work_out(formula, found, arithmetic=arithmetic)
            if _same(found[line.name], known[line.name]):
                found[line.name] = known[line.name]
            else:
                moved.add(line.name)
    return found


def _same(now: Any, before: Any) -> bool:
    same = now == before
    # Arrays compare place by place.
    return bool(same.all()) if hasattr(same, "all") else same is True


def month(figures: Mapping[str, Any], *, arithmetic: Arithmetic) -> dict[str, Any]:
    """Every line of the model over figures that name every driver, the prices, the volume factor and the value."""
    known = dict(figures)
    for line, formula in read_lines():
        known[line.name] = work_out(formula, known, arithmetic=arithmetic)
    return known
