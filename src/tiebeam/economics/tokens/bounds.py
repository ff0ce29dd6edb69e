"""How long answers of a kind of work usually are, learned from those seen.

What is learned says how small an output limit may be without cutting most answers short. It is never more than the hard
bound, and never stands in for it: a call that reserves less than its hard bound is sent with that smaller limit.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

Work = tuple[str, str, str]
"""Team, workflow and model."""


@dataclass(slots=True)
class _Seen:
    outputs: deque[int]
    bound: int = 0
    until_next: int = 0


@dataclass(slots=True)
class OutputBounds:
    """The lengths of answers by team, workflow and model, in memory. One thread's; bounded in what it keeps."""

    quantile: float = 0.99
    least_seen: int = 20
    """Before so many answers nothing is learned."""
    kept_outputs: int = 256
    """Of each kind of work, the latest."""
    kept_works: int = 4_096
    """Kinds of work; the one unseen for longest is forgotten."""
    _works: OrderedDict[Work, _Seen] = field(default_factory=OrderedDict)

    def saw(self, work: Work, output_tokens: int, *, hard: int, cut: bool = False) -> None:
        """An answer of so many tokens. One that its limit `cut` short counts as `hard`, since it would have gone on."""
        seen = self._works.get(work)
        if seen is None:
            seen = self._works[work] = _Seen(outputs=deque(maxlen=self.kept_outputs))
            if len(self._works) > self.kept_works:
                self._works.popitem(last=False)
        else:
            self._works.move_to_end(work)
        seen.outputs.append(hard if cut else output_tokens)
        seen.until_next -= 1
        if cut or output_tokens > seen.bound:
            seen.until_next = 0

    def expected(self, work: Work, *, hard: int) -> int:
        """Tokens that all but a few answers stay below, with a quarter to spare; `hard` while too few were seen."""
        seen = self._works.get(work)
        if seen is None or len(seen.outputs) < self.least_seen:
            return hard
        if seen.until_next <= 0:
            ordered = sorted(seen.outputs)
            seen.bound = ordered[min(len(ordered) - 1, int(len(ordered) * self.quantile))]
            seen.until_next = 32
        return min(hard, seen.bound + seen.bound // 4 + 16)
