"""Charges of model use, booked without a gateway."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from tiebeam.economics.metering import Attempt, Ended, Settlement, Usage, book
from tiebeam.economics.metering.rows import Metered
from tiebeam.store import Store

_ATTEMPT = frozenset(Attempt.__struct_fields__)


def charge(name: str, day: date, **changes: Any) -> Metered:
    """A call of a small model on a day at nine: 1,000 tokens in, 100 out, 0.00014 dollars, unless told otherwise.

    `nano`, `usage`, `ended`, `estimated` and `concluded` are of how it ended, all else is of the call.
    """
    at = int(datetime.combine(day, time(9), UTC).timestamp() * 1000)
    made: dict[str, Any] = {
        "id": name,
        "call_id": f"call-{name}",
        "at": at,
        "worst": 10_000_000,
        "nodes": (("company", 0),),
        "team": "support",
        "workflow": "triage",
        "key_id": "k1",
        "agent": "helper",
        "environment": "prod",
        "execution": "",
        "step_id": "",
        "is_run": False,
        "endpoint": "chat/completions",
        "asked": "small",
        "model": "small-1",
        "provider": "acme",
        "upstream": "acme",
        "region": "",
        "service": "standard",
        "task_class": "",
        "route": "first of small",
        "price": "",
    }
    ended: dict[str, Any] = {
        "attempt_id": name,
        "at": at + 500,
        "nano": 140_000,
        "usage": Usage(input=1000, output=100),
        "ended": Ended.OK,
        "status": 200,
    }
    for key, value in changes.items():
        (made if key in _ATTEMPT else ended)[key] = value
    return Metered(Attempt(**made), Settlement(**ended))


def put(store: Store, charges: Iterable[Metered]) -> None:
    with store.unit() as unit:
        book(unit, list(charges))
