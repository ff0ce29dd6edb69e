"""Where one side becomes cheaper than another: in which month, and from how many users on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tiebeam.economics.ownership.case import StudyCase, WrongStudy
from tiebeam.kit.formulas import Columns, best_columns
from tiebeam.spec import Side

_FIRST_STEPS = 32
_MOST_POINTS = 200_000
_NEAR = 3
"""Users within which an exact answer may differ from that of the columns."""


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
    case: StudyCase, of: Side, against: Side, *, columns: Columns | None = None
) -> tuple[tuple[Crossing, ...], Side]:
    """Every number of users in the study's range from which on another side of the two is cheaper, and which side is
    cheaper at the range's beginning. At equal cost `against` counts as the cheaper one.

    Neither side ever costs less for more users. So between two numbers of users nothing crosses when one side's least
    is above the other's most; what is left is halved down to neighbours, and these are checked exactly.
    """
    low, high = case.study.users_from, case.study.users_to
    known = _Known(case, of, against, columns)
    grid = sorted({low + (high - low) * step // _FIRST_STEPS for step in range(_FIRST_STEPS + 1)})
    open_ones = list(pairwise(grid))
    found: list[int] = []
    while open_ones:
        known.learn({end for pair in open_ones for end in pair})
        unsure = [pair for pair in open_ones if known.may_cross(*pair)]
        found += [right for left, right in unsure if right - left == 1]
        wide = [(left, right) for left, right in unsure if right - left > 1]
        open_ones = [
            half for left, right in wide for half in ((left, _middle(left, right)), (_middle(left, right), right))
        ]
    exact = _Exact(case, of, against)
    changes = [at for at in found if known.is_cheaper(at) != known.is_cheaper(at - 1)]
    settled = dict.fromkeys(exact.settle(at, low, high) for at in changes)
    crossed = tuple(Crossing(at, of if exact.is_cheaper(at) else against) for at in sorted(filter(None, settled)))
    return crossed, of if exact.is_cheaper(low) else against


def _middle(left: int, right: int) -> int:
    return (left + right) // 2


class _Known:
    """What the two sides cost at the numbers of users looked at so far."""

    def __init__(self, case: StudyCase, of: Side, against: Side, columns: Columns | None) -> None:
        self._case, self._of, self._against, self._columns = case, of, against, columns
        self._at: dict[int, tuple[float, float]] = {}

    def learn(self, users: set[int]) -> None:
        new = sorted(users - self._at.keys())
        if len(self._at) + len(new) > _MOST_POINTS:
            raise WrongStudy(
                "the two sides cost nearly the same over the whole range of users; narrow users_from, users_to"
            )
        if not new:
            return
        values = present_values(self._case, new, columns=self._columns)
        self._at |= dict(zip(new, zip(values[self._of], values[self._against], strict=True), strict=True))

    def may_cross(self, left: int, right: int) -> bool:
        (one_left, other_left), (one_right, other_right) = self._at[left], self._at[right]
        return one_left < other_right and other_left <= one_right

    def is_cheaper(self, users: int) -> bool:
        one, other = self._at[users]
        return one < other


class _Exact:
    def __init__(self, case: StudyCase, of: Side, against: Side) -> None:
        self._case, self._of, self._against = case, of, against
        self._known: dict[int, bool] = {}

    def is_cheaper(self, users: int) -> bool:
        if users not in self._known:
            last = self._case.exactly(users=Decimal(users))[-1]
            self._known[users] = last[f"{self._of.value}_value"] < last[f"{self._against.value}_value"]
        return self._known[users]

    def settle(self, users: int, low: int, high: int) -> int | None:
        """The change next to `users` in exact arithmetic; None when there is none so near."""
        for away in sorted(range(-_NEAR, _NEAR + 1), key=abs):
            at = users + away
            if low < at <= high and self.is_cheaper(at) != self.is_cheaper(at - 1):
                return at
        return None
