"""From which volume hardware is cheaper than tokens: exact, with hardware that comes in whole steps."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from math import ceil

_MTOK = 1_000_000
_POINTS = 40
_MOST_CORNERS = 24


@dataclass(frozen=True, slots=True)
class Window:
    """Volumes of a month in which `steps` of hardware cost no more than tokens, both ends included."""

    steps: int
    from_tokens: Decimal
    to_tokens: Decimal


@dataclass(frozen=True, slots=True)
class Crossing:
    """`first` is the least volume at which hardware is no dearer; beyond a full step it can be dearer again, until
    `for_good`. Both None where tokens stay cheaper even with hardware that is full."""

    first: Decimal | None
    for_good: Decimal | None
    """None also where a full step costs exactly what its tokens do: then hardware is dearer after every step."""
    windows: tuple[Window, ...]
    """The first of them that lie before `for_good`, at most 24."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Where hardware jumps there are two points of one volume, before the jump and after it."""

    tokens: Decimal
    metered: Decimal
    hosted: Decimal


def crossing(*, per_mtok: Decimal, tokens_per_step: Decimal, month_per_step: Decimal) -> Crossing:
    """Of a price per million tokens with hardware by the step.

    n steps cost no more than V tokens where V ≥ n × step ÷ price, and serve them where V ≤ n × capacity.
    """
    if per_mtok == 0:
        return Crossing(None, None, ())
    # Fractions: a quotient that is a whole number must come out as one, or a step too many is counted.
    capacity = Fraction(tokens_per_step)
    dear = Fraction(month_per_step) * _MTOK / Fraction(per_mtok)
    """Tokens that cost as much as one step."""
    if dear > capacity:
        return Crossing(None, None, ())
    spare = capacity - dear
    # Step n+1 is dearer where it begins, at n × capacity, as long as (n + 1) × dear > n × capacity.
    last = None if spare == 0 else max(1, ceil(dear / spare))
    shown = _MOST_CORNERS if last is None else min(last, _MOST_CORNERS)
    return Crossing(
        first=_decimal(dear),
        for_good=None if last is None else _decimal(last * dear),
        windows=tuple(Window(steps, _decimal(steps * dear), steps * tokens_per_step) for steps in range(1, shown + 1)),
    )


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def curve(
    *, per_mtok: Decimal, tokens_per_step: Decimal, month_per_step: Decimal, volume: Decimal, meets: Decimal | None
) -> tuple[CurvePoint, ...]:
    """Both costs from no tokens to twice the volume or the crossing, whichever is further."""
    most = 2 * max(volume, meets or Decimal(0))
    corners = int((most / tokens_per_step).to_integral_value(rounding=ROUND_FLOOR))
    found: list[CurvePoint] = []

    def point(tokens: Decimal, steps: int) -> CurvePoint:
        return CurvePoint(tokens, tokens * per_mtok / _MTOK, steps * month_per_step)

    for place in range(_POINTS + 1):
        tokens = most * place / _POINTS
        found.append(point(tokens, steps_for(tokens, tokens_per_step)))
    for step in range(1, corners + 1) if corners <= _MOST_CORNERS else ():
        found += (point(step * tokens_per_step, step), point(step * tokens_per_step, step + 1))
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.tokens, one.hosted)))


def steps_for(tokens: Decimal, tokens_per_step: Decimal) -> int:
    """Whole steps of hardware, at least one."""
    return max(1, int((tokens / tokens_per_step).to_integral_value(rounding=ROUND_CEILING)))
