"""Unit economics as people state them: figures with range, source, owner and date, and what an outcome is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tiebeam.kit.formulas import FormulaBroken, read_formula
from tiebeam.spec.base import DottedId, Frozen, Id, Text

_MOST = Decimal(10) ** 15


class Shape(StrEnum):
    """How likely the figures of a range are. `low` and `high` are its ends, or its 10 % and 90 % quantiles."""

    FIXED = "fixed"
    UNIFORM = "uniform"
    TRIANGULAR = "triangular"
    NORMAL = "normal"
    LOGNORMAL = "lognormal"


class Assumption(Frozen):
    """One figure. `value` is the most likely one; with `low` and `high` it is drawn from `shape`.

    Source, owner and date default to those of the unit economics it belongs to.
    """

    value: Decimal = Field(ge=-_MOST, le=_MOST, allow_inf_nan=False)
    low: Decimal | None = Field(default=None, ge=-_MOST, le=_MOST, allow_inf_nan=False)
    high: Decimal | None = Field(default=None, ge=-_MOST, le=_MOST, allow_inf_nan=False)
    shape: Shape = Shape.FIXED
    source: Text | None = None
    owner: DottedId | None = None
    checked: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _shape_of_a_range(cls, given: Any) -> Any:
        """A range without a shape is triangular."""
        if isinstance(given, dict) and "low" in given and "shape" not in given:
            return {**given, "shape": Shape.TRIANGULAR}
        return given

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.shape is Shape.FIXED:
            if self.low is not None or self.high is not None:
                raise ValueError("a fixed figure has no low and high; leave them out or name another shape")
            return self
        if self.low is None or self.high is None:
            raise ValueError(f"a {self.shape} figure needs low and high")
        if not self.low <= self.value <= self.high or self.low == self.high:
            raise ValueError(f"low {self.low}, value {self.value} and high {self.high} must rise, and not all be equal")
        if self.shape is Shape.LOGNORMAL and self.low <= 0:
            raise ValueError("a lognormal figure is above zero; raise low or choose another shape")
        return self


def _bare_number(given: Any) -> Any:
    """A bare number is a fixed figure."""
    is_number = isinstance(given, int | float | Decimal | str) and not isinstance(given, bool)
    return {"value": given} if is_number else given


Figure = Annotated[Assumption, BeforeValidator(_bare_number, json_schema_input_type=Assumption | Decimal)]
"""An assumption, or the bare number of one that is fixed."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A figure the model knows: its unit, what it means, what it is when nobody states it, and its bounds."""

    unit: str
    about: str
    default: Decimal | None
    least: Decimal = Decimal(0)
    most: Decimal = _MOST


def driver(unit: str, about: str, default: str | None = "0", least: str = "0", most: str | None = None) -> Driver:
    """A driver from figures as text; without `most` it is bounded by 10^15."""
    return Driver(
        unit,
        about,
        None if default is None else Decimal(default),
        Decimal(least),
        _MOST if most is None else Decimal(most),
    )


DRIVERS: Mapping[str, Driver] = {
    "units_per_month": driver("units", "Cases started in a month.", None, "0.001"),
    "acceptance_rate": driver("share", "Share of cases that end as an accepted outcome.", "1", "0.000001", "1"),
    "attempts_per_unit": driver("calls", "Model calls of a case over what it would need without repetition.", "1"),
    "input_tokens_per_unit": driver("tokens", "Tokens read in one attempt of a case."),
    "output_tokens_per_unit": driver("tokens", "Tokens written in one attempt of a case."),
    "cached_share": driver("share", "Share of the tokens read that the provider had in its cache.", "0", "0", "1"),
    "batch_price_factor": driver("share", "The provider's batch price over its standard price.", "1", "0", "1"),
    "batch_share": driver("share", "Share of the calls at the provider's batch price.", "0", "0", "1"),
    "review_share": driver("share", "Share of all cases a person looks at as a rule.", "0", "0", "1"),
    "review_minutes": driver("minutes", "Minutes of such a look."),
    "exception_rate": driver("share", "Share of cases the rules hand to a person.", "0", "0", "1"),
    "review_minutes_per_exception": driver("minutes", "Minutes a person needs for one of them."),
    "cost_per_exception": driver("money", "What an exception costs beside minutes: fees, lost discounts, credits."),
    "rework_rate": driver("share", "Share of cases done again after they were thought done.", "0", "0", "1"),
    "rework_minutes": driver("minutes", "Minutes of doing one again."),
    "review_cost_per_hour": driver("money", "Full cost of an hour of the people who look.", "0"),
    "hours_per_reviewer_per_month": driver(
        "hours", "Paid hours of one reviewer; above zero, people are added whole. Zero: any share of a person."
    ),
    "units_per_capacity_step": driver(
        "units",
        "Cases a month that one step of capacity carries: a rate tier, a provisioned unit, a server. Zero: none.",
    ),
    "cost_per_capacity_step": driver("money", "What one step of capacity costs a month."),
    "token_budget_per_month": driver("money", "The cap on model spend; cases beyond it are not served. Zero: no cap."),
    "platform_cost_per_month": driver("money", "Licences and operation, whatever the volume."),
    "integration_cost": driver("money", "Connecting the systems, once."),
    "training_cost": driver("money", "Training the people, once."),
    "consulting_cost": driver("money", "Help from outside, once."),
    "amortisation_months": driver("months", "Over how many months one-off cost is spread.", "36", "1", "600"),
    "training_cost_per_year": driver("money", "Training repeated every year."),
    "consulting_cost_per_year": driver("money", "Help from outside that comes back every year."),
    "quality_gate_hours_per_month": driver("hours", "Upkeep of evaluation sets and gates."),
    "quality_gate_cost_per_hour": driver("money", "Full cost of an hour of that upkeep."),
    "model_migrations_per_year": driver("times", "How often the model is changed."),
    "model_migration_cost": driver("money", "Evaluating, adapting and rolling out one change of model."),
    "discount_rate_per_year": driver("share", "For the present value.", "0.08", "0", "1"),
    "horizon_months": driver("months", "How far ahead the present value looks.", "36", "1", "600"),
}
"""Every figure of the model by name. Shares lie between 0 and 1; money is in the workspace's currency."""


class ValueLine(Frozen):
    """What one accepted outcome is worth by one value vector: a formula over the assumptions, and what it replaces."""

    vector: Id
    title: Text
    formula: Text
    """For example `baseline_minutes_per_unit / 60 * labour_cost_per_hour`."""
    baseline: Text
    """What is measured today, and how, so that somebody can measure it again."""

    @field_validator("formula")
    @classmethod
    def _readable(cls, value: str) -> str:
        read_formula(value)
        return value


class UnitEconomics(Frozen):
    """What one accepted outcome costs and is worth, before anything is built (EC-14, EC-16)."""

    assumptions: dict[str, Figure]
    """By the names of `DRIVERS`; further names may be used by the formulas of `value`."""
    value: tuple[ValueLine, ...] = Field(min_length=1)
    model: DottedId | None = None
    """The priced model, where tokens are spent."""
    provider: Id | None = None
    source: Text
    """Where figures without a source of their own come from, with a date."""
    owner: DottedId | None = None
    """The role that answers for figures without an owner of their own."""
    checked: date

    @model_validator(mode="after")
    def _known(self) -> Self:
        used = frozenset[str]().union(*(read_formula(line.formula).names for line in self.value))
        for name, known in DRIVERS.items():
            if known.default is None and name not in self.assumptions:
                raise ValueError(f"the assumptions say nothing of {name}: {known.about}")
        for name in used - DRIVERS.keys() - self.assumptions.keys():
            raise ValueError(f"a formula asks for {name!r}; add it to the assumptions")
        for name, assumption in self.assumptions.items():
            if name not in DRIVERS and name not in used:
                raise ValueError(f"nothing reads the assumption {name!r}; see 'tiebeam units --drivers' for the names")
            if name in DRIVERS:
                check_within(name, assumption, DRIVERS[name])
        if self.model is None and self.spends_tokens:
            raise ValueError("tokens are spent; name the model they are bought from")
        return self

    @property
    def spends_tokens(self) -> bool:
        return any(highest(self.figure(name)) > 0 for name in ("input_tokens_per_unit", "output_tokens_per_unit"))

    def figure(self, name: str) -> Assumption:
        """The assumption, or the model's default. Raises KeyError for a name that has neither."""
        return figure_of(self.assumptions, DRIVERS, name)

    def amount(self, name: str) -> Decimal:
        """The most likely value of a figure."""
        return self.figure(name).value


def figure_of(stated: Mapping[str, Assumption], drivers: Mapping[str, Driver], name: str) -> Assumption:
    """What is stated, else the driver's default. Raises KeyError for a name that has neither."""
    found = stated.get(name)
    if found is not None:
        return found
    default = drivers[name].default
    if default is None:
        raise KeyError(name)
    return Assumption(value=default, source="The model's default.")


def highest(assumption: Assumption) -> Decimal:
    """The high end of a range, or the fixed value."""
    return assumption.value if assumption.high is None else assumption.high


def check_within(name: str, assumption: Assumption, known: Driver) -> None:
    """Raises ValueError when the figure or its range leaves the driver's bounds."""
    low = assumption.value if assumption.low is None else assumption.low
    if low < known.least or highest(assumption) > known.most:
        raise ValueError(f"{name} lies between {known.least} and {known.most} {known.unit}, not at {low}")


__all__ = [
    "DRIVERS",
    "Assumption",
    "Driver",
    "FormulaBroken",
    "Shape",
    "UnitEconomics",
    "ValueLine",
    "check_within",
    "driver",
    "figure_of",
    "highest",
]
