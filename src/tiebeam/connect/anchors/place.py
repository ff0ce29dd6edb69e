"""What every place for anchors offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Load = Callable[[int], Sequence[Mapping[str, Any]]]
"""The next anchors after a number, in order, as they are kept: at most a few hundred; empty behind the last one."""


class AnchorPlace(Protocol):
    @property
    def name(self) -> str:
        """What the state of this place is kept under."""
        ...

    def bring(self, load: Load, *, written: int) -> Iterator[int]:
        """Bring what is missing there, in order; yields the number that has been reached, again and again.

        `written` is the last anchor known to lie there, 0 for none. Raises TiebeamError or OSError.
        """
        ...
