"""Charges in a ledger of use, as the gateway would have written them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.metering import CLASSES, DAILY
from tiebeam.economics.tables import usage_charge, usage_daily, usage_price
from tiebeam.store import Store, Unit

NOON = datetime(2026, 10, 12, 12, 30, tzinfo=UTC)

_TEXTS = (
    "agent environment execution step_id endpoint asked model provider upstream region service task_class route price"
)


def charge(name: str, **changes: Any) -> dict[str, Any]:
    """A row of `usage_charge`: a call of a small model, 1,000 tokens in and 100 out, for 0.00054 dollars."""
    row: dict[str, Any] = dict.fromkeys(_TEXTS.split(), "")
    row |= {f"{one}_tokens": 0 for one in CLASSES}
    row |= {
        "id": name,
        "call_id": f"call-{name}",
        "at": NOON,
        "team": "finance",
        "workflow": "invoice_matching",
        "key_id": "k1",
        "environment": "prod",
        "endpoint": "chat/completions",
        "asked": "small",
        "model": "mid-general",
        "provider": "openai",
        "upstream": "openai",
        "service": "standard",
        "input_tokens": 1000,
        "output_tokens": 100,
        "usd_nano": 560_000,
        "worst_nano": 600_000,
        "estimated": False,
        "unenforced": False,
        "concluded": True,
        "ended": "ok",
        "status": 200,
        "millis": 500,
        "first_byte_millis": 90,
        "source": "gateway",
        "corrects": None,
        "fingerprint": None,
        "nodes": [],
    }
    row |= changes
    return row | {"day": row["at"].strftime("%Y-%m-%d")}


PRICE = {
    "provider": "openai",
    "model": "mid-general",
    "input_usd_per_mtok": "0.40",
    "cached_input_usd_per_mtok": "0.10",
    "cache_write_usd_per_mtok": None,
    "output_usd_per_mtok": "1.60",
    "usd_per_thousand_requests": None,
    "tiers": [],
    "digest": "price-1",
}


def put_charges(store: Store, rows: Iterable[dict[str, Any]], *, prices: Iterable[dict[str, Any]] = ()) -> None:
    """Add rows with their sums by day, and prices, in one unit."""
    with store.unit() as unit:
        add_charges(unit, list(rows))
        for price in prices:
            unit.conn.execute(usage_price.insert().values(digest=price["digest"], snapshot=price))


def add_charges(unit: Unit, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    unit.conn.execute(usage_charge.insert(), rows)
    sums: dict[tuple[Any, ...], dict[str, int]] = {}
    for row in rows:
        key = tuple(0 if name == "slot" else row[name] for name in DAILY)
        line = sums.setdefault(key, dict.fromkeys(_summed(), 0))
        line["requests"] += int(row["concluded"])
        line["attempts"] += 1
        line["usd_nano"] += row["usd_nano"]
        line["estimated_nano"] += row["usd_nano"] if row["estimated"] else 0
        line["retried_nano"] += 0 if row["concluded"] else row["usd_nano"]
        for name in CLASSES:
            line[f"{name}_tokens"] += row[f"{name}_tokens"]
    for key, line in sums.items():
        where = [usage_daily.c[name] == value for name, value in zip(DAILY, key, strict=True)]
        changed = unit.conn.execute(
            sa.update(usage_daily).where(*where).values({name: usage_daily.c[name] + line[name] for name in line})
        )
        if not changed.rowcount:
            unit.conn.execute(usage_daily.insert().values(dict(zip(DAILY, key, strict=True)) | line))


def _summed() -> tuple[str, ...]:
    return (
        "requests",
        "attempts",
        *(f"{name}_tokens" for name in CLASSES),
        "usd_nano",
        "estimated_nano",
        "retried_nano",
    )
