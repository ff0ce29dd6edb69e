"""From our own values to JSON-ready ones, the same way for every face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

from tiebeam.kit.clock import iso
from tiebeam.kit.money import decimal_text


def plain(value: Any) -> Any:
    """Dataclasses become objects, decimals and times text; what JSON knows stays. Raises TypeError on the rest."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return decimal_text(value)
        case datetime():
            return iso(value)
        case date():
            return value.isoformat()
        case PurePath():
            return str(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            items = sorted(value) if isinstance(value, (set, frozenset)) else value
            return [plain(item) for item in items]
        case _:
            pass
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return plain(dump(mode="json"))
    raise TypeError(f"{type(value).__name__} has no JSON form")
