"""Dedicated capacity as formulas by name: what it serves, what runs over and is metered, what either way costs (EC-26).

The exact answer and the spreadsheet come from these lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from tiebeam.kit.formulas import Formula, read_formula
from tiebeam.spec import Driver

MOST_MONTHS = 60
_MOST_TOKENS = Decimal(10) ** 18
_MOST_USD = Decimal(10) ** 9
_MOST_FALL = Decimal("0.99")
_ONE, _NONE = Decimal(1), Decimal(0)

FIGURES: Mapping[str, Driver] = {
    "tokens_per_month": Driver(
        "tokens", "Tokens of the first month, read and written together.", None, _NONE, _MOST_TOKENS
    ),
    "growth_per_month": Driver("share", "How much more each month than the one before.", _NONE, -_MOST_FALL, _ONE),
    "metered_usd_per_mtok": Driver(
        "money", "Metered price of a million tokens at the same mix.", None, Decimal("0.000001"), Decimal(10) ** 6
    ),
    "metered_falls_per_year": Driver(
        "share", "How much the metered price falls in a year; dedicated prices stay.", _NONE, _NONE, _MOST_FALL
    ),
    "busy_share": Driver(
        "share",
        "Share of all hours in which the work comes; capacity stands idle in the others.",
        _ONE,
        Decimal("0.001"),
        _ONE,
    ),
    "units": Driver("units", "Units of capacity, whole.", None, _NONE, Decimal(10) ** 6),
    "usd_per_hour": Driver("money", "Price of one unit for an hour.", None, Decimal("0.000001"), _MOST_USD),
    "tokens_per_minute": Driver(
        "tokens", "What one unit can do, at the mix its source states.", None, _ONE, _MOST_TOKENS
    ),
    "commitment_months": Driver(
        "months", "Months one commits to at a time; 0: by the hour.", _NONE, _NONE, Decimal(120)
    ),
    "months": Driver("months", "How far ahead.", Decimal(12), _ONE, Decimal(MOST_MONTHS)),
}
"""Every figure of the question. Money is in US dollars, as models are priced; a month has 730 hours."""

Line = tuple[str, str, str, str]
"""(name, unit, what it is, formula)."""

_ONE_UNIT: tuple[Line, ...] = (
    ("usd_per_unit_month", "money", "One unit for a month of 730 hours", "usd_per_hour * 730"),
    ("tokens_per_unit_month", "tokens", "What one unit can do in a month", "tokens_per_minute * 60 * 730 * busy_share"),
    (
        "break_even_tokens",
        "tokens",
        "Tokens a month from which one unit costs less than metered tokens",
        "usd_per_unit_month / metered_usd_per_mtok * 1000000",
    ),
    (
        "break_even_utilisation",
        "share",
        "The same as a share of what the unit can do; above 1 it never pays",
        "break_even_tokens / tokens_per_unit_month",
    ),
)


def month_line(name: str, month: int) -> str:
    """The line's name in a month, counted from 1."""
    return f"{name}_{month}"


def _month(month: int) -> tuple[Line, ...]:
    at = f" in month {month}"

    def of(name: str) -> str:
        return month_line(name, month)

    return (
        (of("tokens"), "tokens", "Tokens" + at, f"tokens_per_month * (1 + growth_per_month) ** {month - 1}"),
        (
            of("price"),
            "money",
            "Metered price of a million tokens" + at,
            f"metered_usd_per_mtok * (1 - metered_falls_per_year) ** ({month - 1} / 12)",
        ),
        (of("served"), "tokens", "Served by capacity" + at, f"min({of('tokens')}, units * tokens_per_unit_month)"),
        (of("overflow"), "tokens", "Beyond capacity, metered" + at, f"{of('tokens')} - {of('served')}"),
        (of("overflow_usd"), "money", "Cost of what is beyond" + at, f"{of('overflow')} * {of('price')} / 1000000"),
        (of("metered_usd"), "money", "Cost with everything metered" + at, f"{of('tokens')} * {of('price')} / 1000000"),
        (of("sum_served"), "tokens", "Served by capacity so far", _so_far("served", month)),
        (of("sum_tokens"), "tokens", "Tokens so far", _so_far("tokens", month)),
        (of("sum_overflow_usd"), "money", "Cost of what is beyond so far", _so_far("overflow_usd", month)),
        (of("sum_metered_usd"), "money", "Cost with everything metered so far", _so_far("metered_usd", month)),
    )


def _so_far(name: str, month: int) -> str:
    now = month_line(name, month)
    return now if month == 1 else f"{month_line('sum_' + name, month - 1)} + {now}"


def _whole(months: int) -> tuple[Line, ...]:
    return (
        (
            "paid_months",
            "months",
            "Months paid for: whole commitments",
            "if_positive(commitment_months, ceil(months / max(commitment_months, 1)) * commitment_months, months)",
        ),
        ("fixed_usd", "money", "Capacity, used or not", "units * usd_per_unit_month * paid_months"),
        ("overflow_usd", "money", "Metered beyond capacity", month_line("sum_overflow_usd", months)),
        ("dedicated_usd", "money", "Dedicated and overflow together", "fixed_usd + overflow_usd"),
        ("metered_usd", "money", "Everything metered", month_line("sum_metered_usd", months)),
        ("saved_usd", "money", "Metered less dedicated; below 0 dedicated costs more", "metered_usd - dedicated_usd"),
        (
            "utilisation",
            "share",
            "Tokens served over what the units could do in these months",
            "if_positive(units, "
            + month_line("sum_served", months)
            + " / (max(units, 1) * tokens_per_unit_month * months), 0)",
        ),
        ("idle_usd", "money", "Paid for capacity nobody used", "fixed_usd * (1 - utilisation * months / paid_months)"),
        (
            "dedicated_usd_per_mtok",
            "money",
            "Dedicated and overflow for each million tokens",
            f"if_positive({month_line('sum_tokens', months)}, dedicated_usd * 1000000 / "
            f"max({month_line('sum_tokens', months)}, 0.000001), 0)",
        ),
    )


@lru_cache(maxsize=MOST_MONTHS)
def lines(months: int) -> tuple[Line, ...]:
    """The model over so many months, each line after those it needs."""
    return (*_ONE_UNIT, *(line for month in range(1, months + 1) for line in _month(month)), *_whole(months))


@lru_cache(maxsize=MOST_MONTHS)
def formulas(months: int) -> tuple[tuple[str, Formula], ...]:
    return tuple((name, read_formula(text)) for name, _, _, text in lines(months))
