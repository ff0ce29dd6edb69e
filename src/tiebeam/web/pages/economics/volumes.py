"""The volumes that curves of cost are drawn over."""

from __future__ import annotations

from decimal import Decimal

LOWEST, HIGHEST = 6, 12
"""Powers of ten that a slider reaches; curves keep to them, so that they stand still while it moves."""
_LEAST, _MOST = 0, 15
PER_DECADE = 4


def volumes(*held: Decimal | None) -> tuple[Decimal, ...]:
    """Tokens a month, four to a power of ten, wide enough for every figure that is given."""
    powers = [one.adjusted() for one in held if one is not None and one > 0]
    low = max(_LEAST, min([LOWEST, *powers]))
    high = min(_MOST, max([HIGHEST, *(power + 1 for power in powers)]))
    places = range(low * PER_DECADE, high * PER_DECADE + 1)
    return tuple(Decimal(f"{10 ** (place / PER_DECADE):.4g}") for place in places)
