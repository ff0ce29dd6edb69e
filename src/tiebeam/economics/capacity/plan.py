"""Whether to buy throughput or tokens, and how much of it: whole units, the rest metered, over a horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Any

from tiebeam.economics.capacity.model import FIGURES, MOST_MONTHS, formulas, month_line
from tiebeam.economics.prices import StalePrice
from tiebeam.errors import Invalid, NotFound
from tiebeam.kit import plain
from tiebeam.kit.formulas import Exact, work_out
from tiebeam.spec import Capability, Price, ProvisionedCapacity

_FRESH = timedelta(days=366)
_DIGITS = 40
_SHOWN = Decimal("0.000000001")
_MOST_UNITS = 10**6


class WrongCapacity(Invalid):
    """A figure of the question that does not exist, or cannot have this value."""

    code = "wrong_capacity"


class NoCapacity(NotFound):
    """The price record offers no dedicated capacity of that kind on that day."""

    code = "no_capacity"


@dataclass(frozen=True, slots=True)
class Metered:
    """The price that capacity is compared with, in US dollars per million tokens, and where it comes from."""

    usd_per_mtok: Decimal
    source: str
    capability: Capability | None = None
    """The class of the model, where the library knows it."""


@dataclass(frozen=True, slots=True)
class CapacityQuestion:
    """`units` None asks for the cheapest whole number."""

    capacity: ProvisionedCapacity
    metered: Metered
    tokens_per_month: Decimal
    units: int | None = None
    months: int = 12
    growth_per_month: Decimal = Decimal(0)
    metered_falls_per_year: Decimal = Decimal(0)
    busy_share: Decimal = Decimal(1)

    def figures(self) -> dict[str, Decimal]:
        """Every figure by name; `units` 0 where it is still to be found."""
        return {
            "tokens_per_month": self.tokens_per_month,
            "growth_per_month": self.growth_per_month,
            "metered_usd_per_mtok": self.metered.usd_per_mtok,
            "metered_falls_per_year": self.metered_falls_per_year,
            "busy_share": self.busy_share,
            "units": Decimal(self.units or 0),
            "usd_per_hour": self.capacity.usd_per_hour,
            "tokens_per_minute": Decimal(self.capacity.tokens_per_minute),
            "commitment_months": Decimal(self.capacity.commitment_months),
            "months": Decimal(self.months),
        }


@dataclass(frozen=True, slots=True)
class CapacityOption:
    """One number of units over the whole horizon; 0 units is everything metered."""

    units: int
    fixed_usd: Decimal
    overflow_usd: Decimal
    total_usd: Decimal
    saved_usd: Decimal
    utilisation: Decimal


@dataclass(frozen=True, slots=True)
class CapacityMonth:
    month: int
    tokens: Decimal
    served: Decimal
    overflow: Decimal
    metered_usd_per_mtok: Decimal
    overflow_usd: Decimal
    metered_usd: Decimal


@dataclass(frozen=True, slots=True)
class CapacityPlan:
    """The answer for `units`. Money in US dollars over `months`, but for `usd_per_unit_month`."""

    question: CapacityQuestion
    units: int
    cheapest_units: int
    """0 where nothing dedicated is worth its price."""
    lines: Mapping[str, Decimal]
    options: tuple[CapacityOption, ...]
    month: tuple[CapacityMonth, ...]
    warnings: tuple[tuple[str, str], ...]
    """(code, words)."""

    @property
    def is_dedicated_cheaper(self) -> bool:
        return self.lines["saved_usd"] > 0

    @property
    def break_even_tokens_per_month(self) -> Decimal | None:
        """Tokens a month from which one unit is worth it; None when it cannot do so many."""
        return self.lines["break_even_tokens"] if self.lines["break_even_utilisation"] <= 1 else None

    def form(self) -> dict[str, Any]:
        """What the API and `--json` give: decimals as text."""
        asked, found = self.question, self.lines
        names = ("usd_per_unit_month", "tokens_per_unit_month", "fixed_usd", "overflow_usd", "dedicated_usd")
        names += ("metered_usd", "saved_usd", "utilisation", "idle_usd", "dedicated_usd_per_mtok", "paid_months")
        return {
            "currency": "USD",
            "verdict": "dedicated" if self.is_dedicated_cheaper else "metered",
            "units": self.units,
            "cheapest_units": self.cheapest_units,
            **{name: plain(rounded(found[name])) for name in names},
            "break_even_tokens_per_month": plain(_rounded_or_none(self.break_even_tokens_per_month)),
            "break_even_utilisation": plain(rounded(found["break_even_utilisation"])),
            "metered_price": {"usd_per_mtok": plain(asked.metered.usd_per_mtok), "source": asked.metered.source},
            "capability": None if asked.metered.capability is None else asked.metered.capability.value,
            "capacity": plain(asked.capacity),
            "figures": plain({**asked.figures(), "units": Decimal(self.units)}),
            "options": plain(self.options),
            "month": plain(self.month),
            "warnings": [{"code": code, "text": text} for code, text in self.warnings],
        }


def capacity_of(record: Price, *, at: datetime, commitment_months: int | None = None) -> ProvisionedCapacity:
    """What the record offers on a day: of one commitment, or of the shortest. Raises NoCapacity or StalePrice."""
    day = at.date()
    held = [one for one in record.capacity if one.since <= day]
    terms = sorted({one.commitment_months for one in held})
    wanted = commitment_months if commitment_months is not None else next(iter(terms), None)
    if wanted not in terms:
        said = f"with a commitment of {wanted} months " if wanted is not None else ""
        raise NoCapacity(
            f"the price {record.id!r} offers no capacity {said}on {day}; add [[capacity]] to prices/{record.id}.toml"
            + (f", or ask for one of {', '.join(map(str, terms))} months" if terms else "")
        )
    found = max((one for one in held if one.commitment_months == wanted), key=lambda one: one.since)
    _fresh(record, found, day)
    return found


def _fresh(record: Price, found: ProvisionedCapacity, day: date) -> None:
    if day - found.checked > _FRESH:
        raise StalePrice(
            f"the capacity of {record.id!r} was last checked on {found.checked}, more than {_FRESH.days} days before "
            f"{day}; check it at its source and note the day"
        )


def plan_capacity(question: CapacityQuestion) -> CapacityPlan:
    """Raises WrongCapacity naming the figure and its bounds."""
    _check(question)
    with localcontext(prec=_DIGITS):
        tried = {units: _worked_out(question, units) for units in _candidates(question)}
        cheapest = min(tried, key=lambda units: (tried[units]["dedicated_usd"], units))
        # Without a wish the best there is among those with capacity, so that its price is seen also where it loses.
        own = [units for units in tried if units] or [1]
        best = min(own, key=lambda units: (tried[units]["dedicated_usd"], units))
        units = best if question.units is None else question.units
        found = tried.get(units) or _worked_out(question, units)
        options = {**tried, units: found}
        return CapacityPlan(
            question=question,
            units=units,
            cheapest_units=cheapest,
            lines=found,
            options=tuple(_option(count, options[count]) for count in sorted(options)),
            month=tuple(_month(found, month) for month in range(1, question.months + 1)),
            warnings=tuple(_warnings(question, found, units, cheapest)),
        )


def _check(question: CapacityQuestion) -> None:
    if not 1 <= question.months <= MOST_MONTHS:
        raise WrongCapacity(f"months lies between 1 and {MOST_MONTHS}, not at {question.months}")
    for name, value in question.figures().items():
        driver = FIGURES[name]
        if not value.is_finite() or not driver.least <= value <= driver.most:
            raise WrongCapacity(
                f"{name} lies between {driver.least} and {driver.most} {driver.unit}, not at {str(value)[:40]}",
                name=name,
            )
    last = question.tokens_per_month * (1 + question.growth_per_month) ** (question.months - 1)
    if last > FIGURES["tokens_per_month"].most:
        raise WrongCapacity("growth_per_month makes more tokens than there are; give less growth or fewer months")


def _worked_out(question: CapacityQuestion, units: int) -> dict[str, Decimal]:
    known = {**question.figures(), "units": Decimal(units)}
    for name, formula in formulas(question.months):
        known[name] = work_out(formula, known, arithmetic=Exact())
    return known


def _candidates(question: CapacityQuestion) -> list[int]:
    """0, and each number of whole units that some month fills or just covers.

    Between two such numbers the cost is linear in the units, so the cheapest is among them.
    """
    one = _worked_out(replace(question, units=0), 0)
    found = {0, 1}
    for month in range(1, question.months + 1):
        need = one[month_line("tokens", month)] / one["tokens_per_unit_month"]
        found |= {int(need.to_integral_value(rounding=how)) for how in (ROUND_FLOOR, ROUND_CEILING)}
    return sorted(units for units in found if units <= _MOST_UNITS)


def _option(units: int, found: Mapping[str, Decimal]) -> CapacityOption:
    return CapacityOption(
        units=units,
        fixed_usd=rounded(found["fixed_usd"]),
        overflow_usd=rounded(found["overflow_usd"]),
        total_usd=rounded(found["dedicated_usd"]),
        saved_usd=rounded(found["saved_usd"]),
        utilisation=rounded(found["utilisation"]),
    )


def _month(found: Mapping[str, Decimal], month: int) -> CapacityMonth:
    names = ("tokens", "served", "overflow", "price", "overflow_usd", "metered_usd")
    return CapacityMonth(month, *(rounded(found[month_line(name, month)]) for name in names))


def _warnings(
    question: CapacityQuestion, found: Mapping[str, Decimal], units: int, cheapest: int
) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    if question.metered.capability not in {None, Capability.FRONTIER}:
        said.append(
            (
                "not_frontier",
                f"the model is of class {question.metered.capability}: dedicated capacity is meant for frontier tasks; "
                "send saturated ones to a cheaper model first",
            )
        )
    if found["break_even_utilisation"] > 1:
        said.append(("never_pays", "a unit in full use all the time costs more than the same tokens metered"))
    if units and units != cheapest:
        words = "everything metered" if not cheapest else f"{cheapest} units"
        said.append(("not_cheapest", f"{words} would cost less over these months"))
    if found["paid_months"] > question.months:
        said.append(
            ("paid_beyond", f"the commitment is paid for {found['paid_months']} months and used for {question.months}")
        )
    return said


def rounded(value: Decimal) -> Decimal:
    """To nano-units, without trailing zeros: divisions have no end."""
    with localcontext(prec=_DIGITS):
        short = value.quantize(_SHOWN).normalize()
        return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _rounded_or_none(value: Decimal | None) -> Decimal | None:
    return None if value is None else rounded(value)
