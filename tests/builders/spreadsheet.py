"""A second opinion on spreadsheets: works out the cells of a workbook the way a spreadsheet does."""

from __future__ import annotations

import math
import re
from typing import Any

_CELL = re.compile(r"(?:(\w+)!)?([A-Z]{1,2})(\d+)")
_FUNCTIONS = {
    "MIN": min,
    "MAX": max,
    "IF": lambda test, then, otherwise: then if test else otherwise,
    "ROUNDUP": lambda value, _places: math.copysign(math.ceil(abs(value) - 1e-12), value),
}


class Spreadsheet:
    def __init__(self, book: Any) -> None:
        self._book = book
        self._known: dict[tuple[str, str], float] = {}

    def value(self, sheet: str, cell: str) -> float:
        key = (sheet, cell)
        if key not in self._known:
            content = self._book[sheet][cell].value
            self._known[key] = self._formula(sheet, content[1:]) if isinstance(content, str) else float(content)
        return self._known[key]

    def _formula(self, sheet: str, text: str) -> float:
        spelled = _CELL.sub(lambda m: f"cell({(m[1] or sheet)!r}, {m[2] + m[3]!r})", text).replace("^", "**")
        return float(eval(spelled, {"__builtins__": {}, "cell": self.value, **_FUNCTIONS}))

    def by_name(self, sheet: str, column: str) -> dict[str, float]:
        """Every named row of a sheet, worked out in one column."""
        rows = range(5, self._book[sheet].max_row + 1)
        return {self._book[sheet][f"A{row}"].value: self.value(sheet, f"{column}{row}") for row in rows}
