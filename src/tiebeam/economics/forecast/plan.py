"""The plan of a month: what unit economics say it will cost, made once and kept as it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from tiebeam.economics.entries import EXACT_DIGITS, EntryKind
from tiebeam.economics.forecast.months import Month
from tiebeam.economics.units import DRAWS, PARTS, Spread, UnitCase, month_spreads
from tiebeam.errors import Invalid
from tiebeam.kit import digest_of, parse_iso
from tiebeam.spec import as_data

SEED = 1
_ROUNDED = Decimal("0.000001")
_IN_TIME = timedelta(days=3)
"""A month begins on a weekend or a holiday too, when nobody's worker may run."""


_MOST = Decimal(10) ** 18


class ImplausiblePlan(Invalid):
    """A month that costs, or is worth, more than all there is."""

    code = "implausible_plan"


@dataclass(frozen=True, slots=True)
class Part:
    """Cost that plan and ledger both know: `lines` of the model of unit economics, `kinds` of ledger lines."""

    name: str
    title: str
    lines: tuple[str, ...]
    kinds: frozenset[EntryKind]


RECORDED: tuple[Part, ...] = (
    Part("inference", "Inference", ("tokens",), frozenset({EntryKind.TOKENS})),
    Part("people", "People", ("review", "exceptions", "rework"), frozenset({EntryKind.REVIEW_MINUTES})),
    Part("tools", "Tools and machines", (), frozenset({EntryKind.TOOL_CALL, EntryKind.MACHINE_SECONDS})),
    Part(
        "fixed",
        "Fixed, by unit",
        ("platform", "integration", "training", "consulting", "quality_gates", "migration"),
        frozenset({EntryKind.CHARGE}),
    ),
)
"""The ledger charges what a month costs anyway to each unit, see `fixed_cost_per_unit`."""
_ALL = tuple(name for part in RECORDED for name in part.lines)
UNRECORDED = tuple(line.name for line in PARTS if line.name not in _ALL)
"""Parts of unit economics that no ledger line stands for; they are shown and compared with nothing."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The most likely figure of the whole month, and the quantiles of the draws."""

    value: Decimal
    p10: Decimal
    p50: Decimal
    p90: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """Money in `currency`. `assumptions` is the digest of the unit economics it was made from."""

    intent: str
    recipe: str
    month: Month
    currency: str
    made_at: datetime
    parts: Mapping[str, Planned]
    total: Planned
    """Of the recorded parts; their values add up to its value."""
    unrecorded: Decimal
    units: Planned
    accepted: Planned
    value: Planned
    """What the accepted outcomes are worth."""
    price_source: str
    assumptions: str
    seed: int = SEED
    draws: int = DRAWS

    @property
    def is_late(self) -> bool:
        """Made when the month could be seen already: such a plan says nothing of how well we forecast."""
        return self.made_at > self.month.begins + _IN_TIME

    @property
    def cost_per_accepted(self) -> Decimal | None:
        return self.total.value / self.accepted.value if self.accepted.value else None


def plan_of(case: UnitCase, month: Month, *, intent: str, recipe: str, made_at: datetime) -> Plan:
    """Work the month out. The same case gives the same plan. Raises ImplausiblePlan."""
    exact = case.exactly()
    _check(exact, intent)
    asked: dict[str, tuple[str, ...]] = {part.name: part.lines for part in RECORDED if part.lines}
    asked |= {"total": _ALL, "units": ("units",), "accepted": ("accepted",), "value": ("value_per_month",)}
    spreads = month_spreads(case, asked, seed=SEED, draws=DRAWS)

    def planned(name: str) -> Planned:
        value = sum((exact[line] for line in asked.get(name, ())), Decimal(0))
        return _rounded(value, spreads.get(name) or Spread(0.0, 0.0, 0.0))

    parts = {part.name: planned(part.name) for part in RECORDED}
    total = planned("total")
    whole = sum((one.value for one in parts.values()), Decimal(0))
    return Plan(
        intent=intent,
        recipe=recipe,
        month=month,
        currency=case.currency,
        made_at=made_at,
        parts=parts,
        total=Planned(whole, total.p10, total.p50, total.p90),
        unrecorded=fine(sum((exact[name] for name in UNRECORDED), Decimal(0))),
        units=planned("units"),
        accepted=planned("accepted"),
        value=planned("value"),
        price_source=case.prices.source,
        assumptions=digest_of(as_data(case.stated)),
    )


def _check(exact: Mapping[str, Decimal], intent: str) -> None:
    for name in ("units", "cost_per_month", "value_per_month"):
        if abs(exact[name]) > _MOST:
            raise ImplausiblePlan(
                f"{name} of {intent!r} would be {exact[name]:.3g} in a month; correct the figures it follows from, "
                f"see 'tiebeam units {intent}'",
                workflow=intent,
            )


def plan_from(body: Mapping[str, Any]) -> Plan:
    """The plan that was kept as `plain(plan)`."""
    given: dict[str, Any] = {
        **body,
        "month": Month(body["month"]["year"], body["month"]["number"]),
        "made_at": parse_iso(body["made_at"]),
        "parts": {name: _planned(one) for name, one in body["parts"].items()},
        "unrecorded": Decimal(body["unrecorded"]),
        **{name: _planned(body[name]) for name in ("total", "units", "accepted", "value")},
    }
    return Plan(**given)


def _planned(body: Mapping[str, str]) -> Planned:
    return Planned(**{name: Decimal(value) for name, value in body.items()})


def _rounded(value: Decimal, spread: Spread) -> Planned:
    return Planned(fine(value), *(fine(Decimal(repr(one))) for one in (spread.p10, spread.p50, spread.p90)))


def fine(value: Decimal) -> Decimal:
    """To a millionth, whatever its size."""
    with localcontext(prec=EXACT_DIGITS):
        return value.quantize(_ROUNDED)
