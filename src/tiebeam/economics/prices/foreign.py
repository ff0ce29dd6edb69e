"""Prices other programs publish in files: LiteLLM's list of models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tiebeam.economics.files import read_json
from tiebeam.errors import Invalid

_DEAREST_USD = Decimal(1)
"""Of one token. Nothing is sold so dear; such a figure is in another unit."""
_PARTS = {
    "input_cost_per_token": "input_usd_per_mtok",
    "output_cost_per_token": "output_usd_per_mtok",
    "cache_read_input_token_cost": "cached_input_usd_per_mtok",
    "cache_creation_input_token_cost": "cache_write_usd_per_mtok",
}
_MTOK = 1_000_000


class BrokenPriceFile(Invalid):
    """The file is no price list that could be trusted."""

    code = "broken_price_file"


@dataclass(frozen=True, slots=True)
class ForeignPrice:
    """A model as LiteLLM names and prices it, in US dollars per million tokens."""

    key: str
    provider: str
    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cached_input_usd_per_mtok: Decimal | None
    cache_write_usd_per_mtok: Decimal | None


def read_litellm(path: Path) -> list[ForeignPrice]:
    """The models of `model_prices_and_context_window.json` that are priced by the token, in the file's order.

    Entries priced otherwise (images, seconds, pages) are left out. Raises BrokenPriceFile naming the entry.
    """
    content = read_json(path, BrokenPriceFile)
    if not isinstance(content, dict):
        raise BrokenPriceFile(f"{str(path)!r} is no LiteLLM price file: it must be an object of models")
    return list(_models(content))


def _models(content: dict[str, Any]) -> Iterator[ForeignPrice]:
    for key, entry in content.items():
        if key == "sample_spec":
            continue
        if not isinstance(entry, dict):
            raise BrokenPriceFile(f"the entry {key!r} is {_shown(entry)}; it must be an object")
        stated = {
            ours: _per_mtok(key, name, entry[name]) for name, ours in _PARTS.items() if entry.get(name) is not None
        }
        if "input_usd_per_mtok" not in stated or "output_usd_per_mtok" not in stated:
            continue
        yield ForeignPrice(
            key=key,
            provider=str(entry.get("litellm_provider", "")),
            input_usd_per_mtok=stated["input_usd_per_mtok"],
            output_usd_per_mtok=stated["output_usd_per_mtok"],
            cached_input_usd_per_mtok=stated.get("cached_input_usd_per_mtok"),
            cache_write_usd_per_mtok=stated.get("cache_write_usd_per_mtok"),
        )


def _per_mtok(key: str, name: str, value: Any) -> Decimal:
    where = f"{name} of {key!r} is {_shown(value)}"
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BrokenPriceFile(f"{where}; it must be a number")
    number = Decimal(value)
    if not number.is_finite() or number < 0:
        raise BrokenPriceFile(f"{where}; a price is finite and not negative")
    if number > _DEAREST_USD:
        raise BrokenPriceFile(f"{where} dollars for one token; that cannot be")
    return number * _MTOK


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, Decimal) else str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
