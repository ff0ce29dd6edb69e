"""Sharing a sum out so that the parts add up to it exactly."""

from __future__ import annotations

from collections.abc import Mapping


def share_out(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Whole parts of `total` in proportion to weights that are not negative, by the largest remainder.

    What rounding leaves goes to the largest remainders, then to the first names. Without any weight all get alike;
    without any name there is nothing to share with, and the result is empty. Raises ValueError on a negative weight.
    """
    if any(weight < 0 for weight in weights.values()):
        raise ValueError("a share cannot be negative")
    if not weights:
        return {}
    whole = sum(weights.values())
    named = dict(weights) if whole else dict.fromkeys(weights, 1)
    whole = whole or len(named)
    sign, size = (-1 if total < 0 else 1), abs(total)
    parts = {name: size * weight // whole for name, weight in named.items()}
    left = size - sum(parts.values())
    order = sorted(named, key=lambda name: (-(size * named[name] % whole), name))
    for name in order[:left]:
        parts[name] += 1
    return {name: sign * part for name, part in parts.items()}
