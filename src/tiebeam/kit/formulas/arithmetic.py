"""What formulas compute with: exact decimals, or columns of draws, by NumPy where it is installed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Decimal
from importlib.util import find_spec
from typing import Any, Protocol


class Arithmetic(Protocol):
    """Values support + - * / ** and unary minus among themselves; the rest is here."""

    def number(self, value: Decimal) -> Any: ...

    def min(self, left: Any, right: Any) -> Any: ...

    def max(self, left: Any, right: Any) -> Any: ...

    def ceil(self, value: Any) -> Any: ...

    def if_positive(self, test: Any, then: Any, otherwise: Any) -> Any: ...


class Exact:
    """Decimals: one value each, no rounding but that of division."""

    def number(self, value: Decimal) -> Decimal:
        return value

    def min(self, left: Decimal, right: Decimal) -> Decimal:
        return min(left, right)

    def max(self, left: Decimal, right: Decimal) -> Decimal:
        return max(left, right)

    def ceil(self, value: Decimal) -> Decimal:
        return value.to_integral_value(rounding=ROUND_CEILING)

    def if_positive(self, test: Decimal, then: Decimal, otherwise: Decimal) -> Decimal:
        return then if test > 0 else otherwise


class Columns(Arithmetic, Protocol):
    """Arithmetic over many draws at once. A number stands for a column of itself."""

    def uniform(self, seed: int, stream: int, start: int, count: int) -> Any:
        """`count` numbers in (0, 1) from place `start` of a stream; the same numbers whatever computes them."""
        ...

    def sqrt(self, value: Any) -> Any: ...

    def exp(self, value: Any) -> Any: ...

    def log(self, value: Any) -> Any: ...

    def column(self, values: Sequence[float]) -> Any:
        """A column of given numbers."""
        ...

    def filled(self, value: Any, count: int) -> list[float]:
        """The draws as plain numbers."""
        ...

    def quantiles(self, chunks: Sequence[list[float] | Any], shares: Sequence[float], count: int) -> list[float]:
        """Order statistics interpolated linearly (R type 7) over all chunks together."""
        ...


# SplitMix64 (Steele, Lea, Flood, 2014): a number's place in the stream is all its state, so chunks can be drawn in any
# order, and 64-bit integers come out the same with and without NumPy.
_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB
_MASK = (1 << 64) - 1
_TO_UNIT = 2.0**-53


def _mixed(value: int) -> int:
    value = ((value ^ (value >> 30)) * _MIX_1) & _MASK
    value = ((value ^ (value >> 27)) * _MIX_2) & _MASK
    return value ^ (value >> 31)


def _origin(seed: int, stream: int) -> int:
    return _mixed((_mixed((seed * _GOLDEN) & _MASK) + stream * _MIX_1) & _MASK)


class Column(list[float]):
    """A list that computes place by place; numbers are spread."""

    __slots__ = ()

    def _with(self, other: Any, function: Callable[[float, float], float]) -> Column:
        if isinstance(other, list):
            return Column(map(function, self, other))
        return Column([function(value, other) for value in self])

    def __add__(self, other: Any) -> Column:  # type: ignore[override]
        return self._with(other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Column:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Column:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Column:  # type: ignore[override]
        return self._with(other, lambda a, b: a * b)

    __rmul__ = __mul__  # type: ignore[assignment]

    def __truediv__(self, other: Any) -> Column:
        return self._with(other, _divided)

    def __rtruediv__(self, other: Any) -> Column:
        return self._with(other, lambda a, b: _divided(b, a))

    def __pow__(self, other: Any) -> Column:
        return self._with(other, lambda a, b: a**b)

    def __rpow__(self, other: Any) -> Column:
        return self._with(other, lambda a, b: b**a)

    def __neg__(self) -> Column:
        return Column([-value for value in self])


def _divided(left: float, right: float) -> float:
    """As NumPy divides: by zero is infinite or no number, which the caller looks for in the result."""
    if right:
        return left / right
    return math.nan if not left or math.isnan(left) else math.copysign(math.inf, left)


class PlainColumns:
    """Lists of floats: enough for thousands of draws, on any install."""

    name = "plain"

    def number(self, value: Decimal) -> float:
        return float(value)

    def min(self, left: Any, right: Any) -> Any:
        return _each(min, left, right)

    def max(self, left: Any, right: Any) -> Any:
        return _each(max, left, right)

    def ceil(self, value: Any) -> Any:
        return _each(_ceiling, value)

    def if_positive(self, test: Any, then: Any, otherwise: Any) -> Any:
        return _each(lambda t, a, b: a if t > 0 else b, test, then, otherwise)

    def uniform(self, seed: int, stream: int, start: int, count: int) -> Column:
        origin = _origin(seed, stream)
        places = range(start + 1, start + count + 1)
        return Column([((_mixed((origin + place * _GOLDEN) & _MASK) >> 11) + 0.5) * _TO_UNIT for place in places])

    def sqrt(self, value: Any) -> Any:
        return _each(math.sqrt, value)

    def exp(self, value: Any) -> Any:
        return _each(math.exp, value)

    def log(self, value: Any) -> Any:
        return _each(math.log, value)

    def column(self, values: Sequence[float]) -> Column:
        return Column(values)

    def filled(self, value: Any, count: int) -> list[float]:
        return list(value) if isinstance(value, list) else [float(value)] * count

    def quantiles(self, chunks: Sequence[Any], shares: Sequence[float], count: int) -> list[float]:
        ordered = sorted(number for chunk in chunks for number in chunk)
        return [_between(ordered, share) for share in shares]


def _ceiling(value: float) -> float:
    return float(math.ceil(value)) if math.isfinite(value) else value


def _between(ordered: Sequence[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (ordered[high] - ordered[low]) * (place - low))


def _each(function: Callable[..., float], *values: Any) -> Any:
    lengths = [len(value) for value in values if isinstance(value, list)]
    if not lengths:
        return function(*values)
    spread = [value if isinstance(value, list) else [value] * lengths[0] for value in values]
    return Column(map(function, *spread))


class FastColumns:
    """NumPy arrays (extra `analytics`)."""

    name = "numpy"

    def __init__(self) -> None:
        import numpy as np

        self._np = np

    def number(self, value: Decimal) -> float:
        return float(value)

    def min(self, left: Any, right: Any) -> Any:
        return self._np.minimum(left, right)

    def max(self, left: Any, right: Any) -> Any:
        return self._np.maximum(left, right)

    def ceil(self, value: Any) -> Any:
        return self._np.ceil(value)

    def if_positive(self, test: Any, then: Any, otherwise: Any) -> Any:
        return self._np.where(self._np.greater(test, 0), then, otherwise)

    def uniform(self, seed: int, stream: int, start: int, count: int) -> Any:
        np = self._np
        value = np.arange(start + 1, start + count + 1, dtype=np.uint64)
        value *= np.uint64(_GOLDEN)
        value += np.uint64(_origin(seed, stream))
        shifted = value >> np.uint64(30)
        value ^= shifted
        value *= np.uint64(_MIX_1)
        np.right_shift(value, np.uint64(27), out=shifted)
        value ^= shifted
        value *= np.uint64(_MIX_2)
        np.right_shift(value, np.uint64(31), out=shifted)
        value ^= shifted
        value >>= np.uint64(11)
        found = value.astype(np.float64)
        found += 0.5
        found *= _TO_UNIT
        return found

    def sqrt(self, value: Any) -> Any:
        return self._np.sqrt(value)

    def exp(self, value: Any) -> Any:
        return self._np.exp(value)

    def log(self, value: Any) -> Any:
        return self._np.log(value)

    def column(self, values: Sequence[float]) -> Any:
        return self._np.asarray(values, dtype=float)

    def filled(self, value: Any, count: int) -> Any:
        return self._np.broadcast_to(self._np.asarray(value, dtype=float), (count,))

    def quantiles(self, chunks: Sequence[Any], shares: Sequence[float], count: int) -> list[float]:
        np = self._np
        values = np.concatenate([np.asarray(chunk, dtype=float) for chunk in chunks])
        if (values == values[0]).all():
            return [float(values[0])] * len(shares)
        places = [(len(values) - 1) * share for share in shares]
        _select(values, sorted({int(place) for place in places}), 0)
        found: list[float] = []
        for place in places:
            low = values[int(place)]
            # What comes after the place is no smaller, so that its least is the next in order.
            high = values[int(place) + 1 :].min() if place > int(place) else low
            found.append(float(low + (high - low) * (place - int(place))))
        return found

    def upright(self, values: Sequence[float]) -> Any:
        """One row for each value: computed with a column of draws it gives a table, a row for each."""
        return self._np.asarray(values, dtype=float)[:, None]

    def table(self, value: Any, rows: int, count: int) -> Any:
        """What came of upright figures, with every row and draw written out."""
        return self._np.broadcast_to(self._np.asarray(value, dtype=float), (rows, count))

    def row_quantiles(self, chunks: Sequence[Any], shares: Sequence[float]) -> list[list[float]]:
        """The quantiles of each row of tables that continue each other, as `quantiles` takes them."""
        np = self._np
        values = np.concatenate(chunks, axis=1)
        places = [(values.shape[1] - 1) * share for share in shares]
        last = values.shape[1] - 1
        values.sort(axis=1)
        found = [
            values[:, int(place)]
            + (values[:, min(int(place) + 1, last)] - values[:, int(place)]) * (place - int(place))
            for place in places
        ]
        return np.stack(found, axis=1).tolist()


def _select(values: Any, places: Sequence[int], start: int) -> None:
    """Put what belongs at each of the places there; values begin at place `start`.

    One place after the other, each in what the one before left over, is several times quicker than all at once.
    """
    if not places or not len(values):
        return
    middle = len(places) // 2
    here = places[middle] - start
    values.partition(here)
    _select(values[:here], places[:middle], start)
    _select(values[here + 1 :], places[middle + 1 :], start + here + 1)


def best_columns() -> Columns:
    """NumPy's where it is installed, plain ones otherwise; the draws are the same."""
    return FastColumns() if find_spec("numpy") is not None else PlainColumns()
