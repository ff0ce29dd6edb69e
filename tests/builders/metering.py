"""Attempts, prices and a meter, as the gateway of a small company has them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tiebeam.economics.metering import Attempt, Ended, Meter, Settlement, Usage
from tiebeam.economics.prices import Prices
from tiebeam.kit import Clock
from tiebeam.spec import Meta, Price, PricePoint
from tiebeam.store import Store

NOON = 1_772_452_800_000
"""2 March 2026, twelve o'clock UTC, in milliseconds."""
NODES = (("organisation", 1_772_323_200_000), ("finance", 1_772_323_200_000), ("key:k1", 0))


def attempt(name: str, **changes: Any) -> Attempt:
    """A call of a small model that holds a cent."""
    values: dict[str, Any] = {
        "id": name,
        "call_id": f"call-{name}",
        "at": NOON,
        "worst": 10_000_000,
        "nodes": NODES,
        "team": "finance",
        "workflow": "invoice_matching",
        "key_id": "k1",
        "agent": "matcher",
        "environment": "prod",
        "execution": "",
        "step_id": "",
        "is_run": False,
        "endpoint": "chat",
        "asked": "small",
        "model": "small-1",
        "provider": "acme",
        "upstream": "acme",
        "region": "",
        "service": "standard",
        "task_class": "",
        "route": "first of small",
        "price": "digest-of-small",
    }
    return Attempt(**(values | changes))


def settlement(name: str, **changes: Any) -> Settlement:
    """It used 1,000 tokens in and 100 out, and cost 0.00014 dollars."""
    values: dict[str, Any] = {
        "attempt_id": name,
        "at": NOON + 500,
        "nano": 140_000,
        "usage": Usage(input=1000, output=100),
        "ended": Ended.OK,
        "status": 200,
        "millis": 500,
    }
    return Settlement(**(values | changes))


def price_point(**changes: Any) -> PricePoint:
    values: dict[str, Any] = {
        "since": date(2026, 1, 1),
        "input_usd_per_mtok": Decimal("0.10"),
        "output_usd_per_mtok": Decimal("0.40"),
        "source": "the provider's price page",
        "checked": date(2026, 2, 1),
    }
    return PricePoint(**(values | changes))


def prices(clock: Clock, *points: PricePoint, model: str = "small-1") -> Prices:
    """A workspace's own prices of one model of the provider `acme`, in dollars."""
    meta = Meta(since=date(2026, 1, 1), reviewed=date(2026, 1, 1))
    record = Price(id="acme-small", meta=meta, provider="acme", model=model, price=points or (price_point(),))
    return Prices({record.id: record}, clock, currency="USD")


def open_meter(folder: Path, store: Store, **options: Any) -> Meter:
    return Meter.open(folder, store=store, prices=prices(store.clock), **options)


def until(true: Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait until something holds, at most so long."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.005)
