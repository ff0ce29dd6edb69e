"""Where one side becomes cheaper than another: in which month, and from how many users on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tiebeam.economics.ownership.case import StudyCase, WrongStudy
from tiebeam.kit.formulas import Columns, Exact, best_columns
from tiebeam.spec import Side

_PARTS = 24
"""Into which an open range is cut: few rounds, each over many numbers of users at once."""
_MOST_POINTS = 200_000
_CLOSE = 1 + 1e-9
"""Costs nearer than that are compared exactly; columns are right to a millionth of it."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """From so many users on, `cheaper` costs less than the other side of the pair, in present value."""

    users: int
    cheaper: Side


def month_of_crossing(totals: Sequence[Decimal], others: Sequence[Decimal]) -> int | None:
    """The month from which on `totals` stays below `others` to the end; None when it does not end so.

    Both are the cost so far, month by month; the first month is 1.
    """
    found: int | None = None
    for month, (one, other) in enumerate(zip(totals, others, strict=True), start=1):
        if one >= other:
            found = None
        elif found is None:
            found = month
    return found


def present_values(case: StudyCase, users: Sequence[int], *, columns: Columns | None = None) -> dict[Side, list[float]]:
    """What each side costs over the horizon at each number of users, in one evaluation over columns."""
    with_columns = columns or best_columns()
    figures: dict[str, Any] = {name: float(value) for name, value in case.central().items()}
    figures["users"] = with_columns.column([float(one) for one in users])
    found = case.present(figures, arithmetic=with_columns)
    return {side: [float(one) for one in with_columns.filled(value, len(users))] for side, value in found.items()}


def least_utilisation(case: StudyCase, of: Side, against: Side, *, columns: Columns | None = None) -> Decimal | None:
    """The lowest utilisation, in thousandths, from which on `of` is cheaper; None when it is not even at 1.

    Hardware that is better used never costs more for the same work.
    """
    with_columns = columns or best_columns()
    figures: dict[str, Any] = {name: float(value) for name, value in case.central().items()}
    figures["utilisation"] = with_columns.column([step / 1000 for step in range(1, 1001)])
    found = case.present(figures, arithmetic=with_columns)
    one, other = (with_columns.filled(found[side], 1000) for side in (of, against))
    cheaper = [float(a) < float(b) for a, b in zip(one, other, strict=True)]
    return Decimal(cheaper.index(True) + 1) / 1000 if cheaper[-1] else None


def crossings(
    case: StudyCase, of: Side, against: Side, *, looked: Looked | None = None
) -> tuple[tuple[Crossing, ...], Side]:
    """Every number of users in the study's range from which on another side of the two is cheaper, and which side is
    cheaper at the range's beginning. At equal cost `against` counts as the cheaper one.

    Neither side ever costs less for more users. So between two numbers of users nothing crosses when one side's least
    is above the other's most; what is left is cut into parts down to neighbours. `looked` may be shared between pairs.
    """
    known = Looked(case) if looked is None else looked
    low, high = case.study.users_from, case.study.users_to
    open_ones = [(low, high)]
    found: list[int] = []
    while open_ones:
        known.learn({end for pair in open_ones for end in pair})
        unsure = [pair for pair in open_ones if known.may_cross(of, against, *pair)]
        found += [right for left, right in unsure if right - left == 1]
        open_ones = [part for left, right in unsure if right - left > 1 for part in _parts(left, right)]
    changes = [at for at in found if known.is_cheaper(of, against, at) != known.is_cheaper(of, against, at - 1)]
    crossed = tuple(Crossing(at, of if known.is_cheaper(of, against, at) else against) for at in sorted(changes))
    return crossed, of if known.is_cheaper(of, against, low) else against


def _parts(left: int, right: int) -> list[tuple[int, int]]:
    ends = sorted({left + (right - left) * step // _PARTS for step in range(_PARTS + 1)})
    return list(pairwise(ends))


class Looked:
    """What the sides cost at the numbers of users looked at so far: by columns, and exactly where that is too close."""

    def __init__(self, case: StudyCase, *, columns: Columns | None = None) -> None:
        self._case, self._columns = case, columns
        self._at: dict[int, dict[Side, float]] = {}
        self._exact: dict[int, dict[Side, Decimal]] = {}

    def learn(self, users: set[int]) -> None:
        """Raises WrongStudy when there is no end to it."""
        new = sorted(users - self._at.keys())
        if len(self._at) + len(new) > _MOST_POINTS:
            raise WrongStudy(
                "the two sides cost nearly the same over the whole range of users; narrow users_from, users_to"
            )
        if new:
            values = present_values(self._case, new, columns=self._columns)
            self._at |= {at: {side: one[place] for side, one in values.items()} for place, at in enumerate(new)}

    def may_cross(self, of: Side, against: Side, left: int, right: int) -> bool:
        least, most = self._at[left], self._at[right]
        return least[of] < most[against] * _CLOSE and least[against] <= most[of] * _CLOSE

    def is_cheaper(self, of: Side, against: Side, users: int) -> bool:
        """Whether `of` costs less than `against`."""
        one, other = self._at[users][of], self._at[users][against]
        if max(one, other) > min(one, other) * _CLOSE:
            return one < other
        if users not in self._exact:
            self._exact[users] = self._case.present(
                {**self._case.central(), "users": Decimal(users)}, arithmetic=Exact()
            )
        return self._exact[users][of] < self._exact[users][against]
