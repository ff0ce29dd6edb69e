"""Taking a foreign list's prices into the workspace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from tiebeam.economics.authoring import write_record
from tiebeam.economics.prices.foreign import ForeignPrice
from tiebeam.economics.prices.problems import UnknownPrice
from tiebeam.kit import sha256_hex, slug
from tiebeam.spec import Price


def take_over(
    prices: Iterable[ForeignPrice], keys: Sequence[str], *, workspace: Path, file: Path, today: date, since: date
) -> list[Path]:
    """One record below prices/ for each key; the file's name and hash are the source.

    Raises UnknownPrice for a key the file does not price, and RecordExists; what was written before that stays.
    """
    by_key = {one.key: one for one in prices}
    missing = [key for key in keys if key not in by_key]
    if missing:
        raise UnknownPrice(f"{file.name!r} has no price by the token for {', '.join(map(repr, missing))}")
    source = f"LiteLLM's price list {file.name} (SHA-256 {sha256_hex(file.read_bytes())[:16]})"
    return [_write(by_key[key], workspace=workspace, source=source, today=today, since=since) for key in keys]


def _write(price: ForeignPrice, *, workspace: Path, source: str, today: date, since: date) -> Path:
    provider = slug(price.provider)
    content = {
        "provider": provider,
        "model": price.key.rpartition("/")[2],
        "price": [
            {
                "since": since,
                "input_usd_per_mtok": price.input_usd_per_mtok,
                "output_usd_per_mtok": price.output_usd_per_mtok,
                "cached_input_usd_per_mtok": price.cached_input_usd_per_mtok,
                "cache_write_usd_per_mtok": price.cache_write_usd_per_mtok,
                "source": source,
                "checked": today,
            }
        ],
    }
    return write_record(workspace, f"prices/{slug(price.key)}.toml", content, model=Price, today=today)
