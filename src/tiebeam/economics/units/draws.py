"""From an assumption with a range to draws of it: the inverse of its distribution at even numbers between 0 and 1."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from tiebeam.kit.formulas import Columns
from tiebeam.spec import Assumption, Shape

_Z90 = 1.2815515655446004
"""The standard normal's 90 % quantile: a range of `low` to `high` is read as the 10 % and 90 % quantiles."""

# Rational approximation of the standard normal's inverse by P. J. Acklam (2003), relative error below 1.15e-9.
# fmt: off
_A = (
    -3.969683028665376e01, 2.209460984245205e02, -2.759285104469687e02,
    1.383577518672690e02, -3.066479806614716e01,
)
_A_LAST = 2.506628277459239e00
_B = (
    -5.447609879822406e01, 1.615858368580409e02, -1.556989798598866e02,
    6.680131188771972e01, -1.328068155288572e01,
)
_C = (
    -7.784894002430293e-03,
    -3.223964580411365e-01,
    -2.400758277161838e00,
    -2.549732539343734e00,
    4.374664141464968e00,
)
_C_LAST = 2.938163982698783e00
_D = (
    7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e00,
    3.754408661907416e00,
)
# fmt: on
_TAIL = 0.02425


def drawn(assumption: Assumption, even: Any, *, columns: Columns) -> Any:
    """Draws for a column of numbers in (0, 1), kept within what the assumption calls possible.

    Triangular and uniform ranges are their ends; normal and lognormal ones are the 10 % and 90 % quantiles.
    """
    low, value, high = (float(one) for one in ends(assumption))
    match assumption.shape:
        case Shape.FIXED:
            return value
        case Shape.UNIFORM:
            return low + even * (high - low)
        case Shape.TRIANGULAR:
            return _triangular(even, low, value, high, columns)
        case Shape.NORMAL:
            return (low + high) / 2 + _standard_normal(even, columns) * ((high - low) / (2 * _Z90))
        case Shape.LOGNORMAL:
            middle, spread = (math.log(low) + math.log(high)) / 2, (math.log(high) - math.log(low)) / (2 * _Z90)
            return columns.exp(middle + _standard_normal(even, columns) * spread)


def ends(assumption: Assumption) -> tuple[Decimal, Decimal, Decimal]:
    """Low, most likely and high; three times the same for a fixed one."""
    low = assumption.value if assumption.low is None else assumption.low
    high = assumption.value if assumption.high is None else assumption.high
    return low, assumption.value, high


def _triangular(even: Any, low: float, mode: float, high: float, columns: Columns) -> Any:
    width = high - low
    below = (mode - low) / width
    rising = low + columns.sqrt(even * (width * (mode - low)))
    falling = high - columns.sqrt((1 - even) * (width * (high - mode)))
    return columns.if_positive(below - even, rising, falling)


def _standard_normal(even: Any, columns: Columns) -> Any:
    centre = even - 0.5
    square = centre * centre
    middle = (_polynomial(_A, square) * square + _A_LAST) * centre / (_polynomial(_B, square) * square + 1)
    lower = _tail(columns.sqrt(-2 * columns.log(even)))
    upper = -_tail(columns.sqrt(-2 * columns.log(1 - even)))
    return columns.if_positive(_TAIL - even, lower, columns.if_positive(even - (1 - _TAIL), upper, middle))


def _tail(distance: Any) -> Any:
    return (_polynomial(_C, distance) * distance + _C_LAST) / (_polynomial(_D, distance) * distance + 1)


def _polynomial(coefficients: tuple[float, ...], at: Any) -> Any:
    value: Any = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * at + coefficient
    return value
