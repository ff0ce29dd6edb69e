"""What a reader of a source asks of one record."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tiebeam.economics.imports.text import Manner, Record, spelled
from tiebeam.economics.imports.values import amount, moment, whole
from tiebeam.kit import nano_usd, sha256_hex


class Unreadable(ValueError):
    """A cell is missing or not what it should be."""


ToUsd = Callable[[Decimal, str], Decimal]
"""An amount of a currency in dollars."""


@dataclass(slots=True)
class Fields:
    """One record with the manner of its file. Names may be given in several spellings: the first that holds counts."""

    file: str
    record: Record
    manner: Manner
    to_usd: ToUsd
    left_out: Callable[[str, Fields], None] = field(default=lambda reason, fields: None)
    """Called with the reason where a record is none of use."""

    @property
    def line(self) -> int:
        return self.record.line

    def raw(self, *names: str) -> Any:
        for name in names:
            found = self.record.fields.get(name)
            if found is not None and found != "":
                return found
        return None

    def text(self, *names: str) -> str:
        found = self.raw(*names)
        return "" if found is None else str(found).strip()

    def needed(self, *names: str) -> str:
        found = self.text(*names)
        if not found:
            raise Unreadable(f"there is no {names[0]!r}")
        return found

    def count(self, *names: str) -> int:
        return self._read(names, lambda found: whole(found, decimal_comma=self.manner.decimal_comma))

    def number(self, *names: str) -> Decimal | None:
        if self.raw(*names) is None:
            return None
        return self._read(names, lambda found: amount(found, decimal_comma=self.manner.decimal_comma))

    def usd_nano(self, *names: str, currency: str = "USD", cents: bool = False) -> int | None:
        """Dollars, or what an amount of another currency is in dollars, as nano-dollars."""
        found = self.number(*names)
        if found is None:
            return None
        found = found / 100 if cents else found
        return nano_usd(found if currency.upper() == "USD" else self.to_usd(found, currency.upper()))

    def at(self, *names: str) -> datetime:
        self.needed(*names)
        return self._read(names, lambda found: moment(found, day_first=self.manner.day_first))

    def inside(self, *names: str) -> Fields:
        """A nested object, also where it is JSON as text; empty where there is none."""
        found = self.raw(*names)
        if isinstance(found, str):
            try:
                found = json.loads(found)
            except ValueError:
                found = None
        made: Mapping[str, Any] = found if isinstance(found, dict) else {}
        inner = {spelled(str(name)): value for name, value in made.items()}
        return Fields(self.file, Record(self.line, inner), self.manner, self.to_usd, self.left_out)

    def names(self, **wanted: tuple[str, ...] | str) -> dict[str, str]:
        """Those names that the record states."""
        found = {name: self.text(*((keys,) if isinstance(keys, str) else keys)) for name, keys in wanted.items()}
        return {name: text for name, text in found.items() if text}

    def _read(self, names: tuple[str, ...], reading: Callable[[Any], Any]) -> Any:
        found = self.raw(*names)
        try:
            return reading(found)
        except ValueError as problem:
            column = next((name for name in names if self.record.fields.get(name) not in (None, "")), names[0])
            raise Unreadable(f"{column!r}: {problem}") from problem


def id_of(*parts: object) -> str:
    """A short id that the same parts always have."""
    return sha256_hex("\x1f".join(str(part) for part in parts))[:32]


def millis(at: datetime) -> int:
    return round(at.timestamp() * 1000)


DAY_MILLIS = 86_400_000
