"""Charges in a ledger of use, as the gateway would have written them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tiebeam.economics.metering import CLASSES, Attempt, Ended, Metered, Settlement, Usage, book
from tiebeam.economics.tables import usage_price
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
    """By the room's own verb, so that every sum knows of them."""
    book(unit, [_metered(row) for row in rows])


def _metered(row: dict[str, Any]) -> Metered:
    same = {name: row[name] for name in Attempt.__struct_fields__ if name in row and name not in {"at", "nodes"}}
    at = round(row["at"].timestamp() * 1000)
    attempt = Attempt(**same, at=at, worst=row["worst_nano"], nodes=tuple(row["nodes"]), is_run=False)
    settlement = Settlement(
        attempt_id=row["id"],
        at=at,
        nano=row["usd_nano"],
        usage=Usage(**{name: row[f"{name}_tokens"] for name in CLASSES}),
        ended=Ended(row["ended"]),
        estimated=row["estimated"],
        concluded=row["concluded"],
        status=row["status"],
        millis=row["millis"],
        first_byte_millis=row["first_byte_millis"],
        fingerprint=row["fingerprint"] or "",
    )
    return Metered(attempt=attempt, settlement=settlement, corrects=row["corrects"])
