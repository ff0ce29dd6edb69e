"""What one turns on the pages of the calculator: a slider for the hand, a typed figure that counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from tiebeam.web.svg import short_number
from tiebeam.web.views import Slider

_MOST = Decimal(10) ** 18


class Writing(StrEnum):
    """How a figure is typed; `sliders.js` knows the same three."""

    PLAIN = "plain"
    SHARE = "share"
    """As percent: 40%."""
    RATIO = "ratio"
    """To one: 3:1."""


@dataclass(frozen=True, slots=True)
class Dial:
    """A slider over plain figures from `low` to `high`, percent for shares; `is_log` moves it over powers of ten."""

    name: str
    label: str
    low: Decimal
    high: Decimal
    usual: Decimal
    writing: Writing = Writing.PLAIN
    is_log: bool = False
    hint: str = ""

    def slider(self, params: Mapping[str, str], *, wrong: str = "") -> Slider:
        """As the address says, nonsense included. `wrong` names the field that was refused."""
        typed = params.get(self.name, "").strip()[:40] or self._written(self.usual)
        value = self._read(typed)
        return Slider(
            name=self.name,
            label=self.label,
            low=self._place(self.low),
            high=self._place(self.high),
            step="0.01" if self.is_log else "1",
            place=self._place(min(max(value, self.low), self.high)),
            typed=typed,
            shown=self._written(value) if self.writing is not Writing.PLAIN else short_number(float(value)),
            writing=self.writing.value,
            is_log=self.is_log,
            hint=self.hint,
            is_wrong=wrong == self.name,
        )

    def _place(self, value: Decimal) -> str:
        return f"{math.log10(value):.2f}" if self.is_log else f"{value:.0f}"

    def _written(self, value: Decimal) -> str:
        text = f"{value.normalize():f}"
        return {Writing.SHARE: f"{text}%", Writing.RATIO: f"{text}:1"}.get(self.writing, text)

    def _read(self, text: str) -> Decimal:
        """For the slider's place only; what a figure means, and whether it may be, is for the rules to say."""
        try:
            if self.writing is Writing.RATIO:
                left, _, right = text.partition(":")
                value = Decimal(left) / Decimal(right)
            elif self.writing is Writing.SHARE:
                value = Decimal(text.removesuffix("%")) * (1 if text.endswith("%") else 100)
            else:
                value = Decimal(text)
        except (InvalidOperation, ZeroDivisionError):
            return self.usual
        return round(value, 4) if value.is_finite() and abs(value) < _MOST else self.usual


RATIO = Dial("ratio", "Input to output", Decimal("0.1"), Decimal(100), Decimal(3), Writing.RATIO, is_log=True)
TOKENS = Dial("tokens", "Tokens a month", Decimal(10) ** 6, Decimal(10) ** 12, Decimal(200_000_000), is_log=True)
CACHED = Dial("cached", "Read from cache", Decimal(0), Decimal(100), Decimal(0), Writing.SHARE)
BATCH = Dial("batch", "Can wait for batch", Decimal(0), Decimal(100), Decimal(0), Writing.SHARE)
BUSY = Dial("busy", "GPU utilisation", Decimal(1), Decimal(100), Decimal(60), Writing.SHARE)
CONCURRENCY = Dial("concurrency", "Requests in flight", Decimal(1), Decimal(1024), Decimal(32), is_log=True)
