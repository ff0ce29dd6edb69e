"""One case at many prices at once: draws are made once, and only what follows from the prices is worked out anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tiebeam.economics.units.case import UnitCase, check_figure
from tiebeam.economics.units.model import again
from tiebeam.economics.units.simulate import SHARES, Spread, check_draws, draw_months
from tiebeam.errors import Invalid
from tiebeam.kit.formulas import Columns, Exact, FastColumns, best_columns

Figures = Mapping[str, Decimal]
_WANTED = frozenset(("cost_per_accepted", "margin_per_accepted", "margin_per_month"))
_AT_ONCE = 16
"""So many variants side by side stay in a core's cache at the usual number of draws."""


class UnlikeVariants(Invalid):
    """Variants that set different figures cannot be worked out side by side."""

    code = "unlike_variants"


@dataclass(frozen=True, slots=True)
class VariantAnswer:
    """`share_positive` is the share of draws in which an accepted outcome earns more than it costs."""

    cost_per_accepted: Spread
    margin_per_month: Spread
    share_positive: float


def simulate_variants(
    case: UnitCase, variants: Sequence[Figures], *, seed: int = 1, draws: int = 2000, columns: Columns | None = None
) -> list[VariantAnswer]:
    """Each variant's answer, by the draws that `simulate` would make; every variant sets the same figures.

    What an outcome is worth stays as the case says. Raises WrongFigure, WrongDraws or UnlikeVariants.
    """
    check_draws(draws)
    if not variants:
        return []
    names = tuple(variants[0])
    if any(set(one) != set(names) for one in variants):
        raise UnlikeVariants("every variant must set the same figures; work others out separately")
    known = case.figures()
    for one in variants:
        for name, value in one.items():
            check_figure(name, value, known=known)
    with_columns = columns or best_columns()
    groups = [variants[start : start + _AT_ONCE] for start in range(0, len(variants), _AT_ONCE)]
    kept = [_Kept(len(group), draws) for group in groups]
    work = _side_by_side if isinstance(with_columns, FastColumns) else _one_by_one
    for month, count in draw_months(case, seed=seed, draws=draws, columns=with_columns):
        for group, found in zip(groups, kept, strict=True):
            work(found, month, count, group, with_columns)
    return [answer for found in kept for answer in found.answers(with_columns)]


def exact_variant(month: Mapping[str, Decimal], variant: Figures) -> dict[str, Decimal]:
    """The closed form of a variant, from that of its case."""
    return again(month, variant, arithmetic=Exact())


class _Kept:
    """Results by variant and chunk of draws."""

    def __init__(self, variants: int, draws: int) -> None:
        self._draws = draws
        self.costs: list[Any] = []
        self.margins: list[Any] = []
        self.positive = [0] * variants

    def answers(self, columns: Columns) -> list[VariantAnswer]:
        if isinstance(columns, FastColumns):
            costs, margins = (columns.row_quantiles(one, SHARES) for one in (self.costs, self.margins))
        else:
            costs, margins = (
                [columns.quantiles([chunk[row] for chunk in one], SHARES, self._draws) for row in range(len(one[0]))]
                for one in (self.costs, self.margins)
            )
        return [
            VariantAnswer(Spread(*cost), Spread(*margin), positive / self._draws)
            for cost, margin, positive in zip(costs, margins, self.positive, strict=True)
        ]


def _side_by_side(
    kept: _Kept, month: Mapping[str, Any], count: int, variants: Sequence[Figures], columns: Columns
) -> None:
    assert isinstance(columns, FastColumns)
    changed = {name: columns.upright([float(one[name]) for one in variants]) for name in variants[0]}
    found = again(month, changed, arithmetic=columns, wanted=_WANTED)
    rows = len(variants)
    kept.costs.append(columns.table(found["cost_per_accepted"], rows, count))
    kept.margins.append(columns.table(found["margin_per_month"], rows, count))
    above = (columns.table(found["margin_per_accepted"], rows, count) > 0).sum(axis=1)
    kept.positive = [before + int(more) for before, more in zip(kept.positive, above, strict=True)]


def _one_by_one(
    kept: _Kept, month: Mapping[str, Any], count: int, variants: Sequence[Figures], columns: Columns
) -> None:
    costs: list[Any] = []
    margins: list[Any] = []
    for row, one in enumerate(variants):
        found = again(month, {name: float(value) for name, value in one.items()}, arithmetic=columns, wanted=_WANTED)
        costs.append(columns.filled(found["cost_per_accepted"], count))
        margins.append(columns.filled(found["margin_per_month"], count))
        kept.positive[row] += sum(value > 0 for value in columns.filled(found["margin_per_accepted"], count))
    kept.costs.append(costs)
    kept.margins.append(margins)
