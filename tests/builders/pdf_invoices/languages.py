"""The words an invoice uses, language by language."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Language:
    code: str
    title: str
    credit_title: str
    number: tuple[str, ...]
    issued: tuple[str, ...]
    due: tuple[str, ...]
    order: tuple[str, ...]
    vat: tuple[str, ...]
    buyer: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    net: tuple[str, ...]
    tax: tuple[str, ...]
    gross: tuple[str, ...]
    iban: str
    months: tuple[str, ...]
    date_format: str
    numbers: str
    """Thousands separator and decimal mark."""
    countries: tuple[str, ...]


def _language(row: dict[str, Any]) -> Language:
    tuples = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    columns = {name: tuple(texts) for name, texts in row["columns"].items()}
    return Language(**(row | tuples | {"columns": columns}))


LANGUAGES: tuple[Language, ...] = tuple(
    _language(row) for row in json.loads((Path(__file__).parent / "pdf_languages.json").read_text(encoding="utf-8"))
)
