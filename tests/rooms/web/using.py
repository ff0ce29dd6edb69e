"""The example company after two months of model use, for the pages about it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.builders.charges import PRICE, charge, put_charges
from tests.builders.workspaces import opened
from tiebeam.app import App
from tiebeam.economics.returns import Reported
from tiebeam.graph import init_workspace
from tiebeam.kit import FixedClock

OWNER = "nadia-haddad"
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
USD = 1_000_000_000
LEDGER, RETURNS = "/economics/ledger", "/economics/returns"
STATEMENTS, ANOMALIES = "/economics/statements", "/economics/anomalies"
OF_MARKETING = f"{STATEMENTS}/of/team:marketing"
PAGES = (
    "/economics/budgets",
    "/economics/budgets/online-shop",
    LEDGER,
    f"{LEDGER}?by=charges",
    f"{LEDGER}/calls/call-a1",
    RETURNS,
    f"{RETURNS}?by=model",
    f"{RETURNS}/execution?name=case-1",
    STATEMENTS,
    OF_MARKETING,
    f"{OF_MARKETING}?month=2026-10&kind=chargeback",
    ANOMALIES,
    "/economics/routing",
    "/economics/keys",
)
NOVEMBER = 1_793_487_600_000
"""Its first moment in Bremen, in milliseconds since 1970."""
SHARED = """
title = "The gateway itself"
owner_role = "controller"
of = "overhead"
by = "cost"
usd_per_month = 100
since = 2026-01-01

[meta]
version = 1
since = 2026-01-01
reviewed = 2026-01-01
"""
TEXTS = {"team": "marketing", "workflow": "product_texts", "nodes": (("online-shop", NOVEMBER), ("key:k1", 0))}


def charged() -> Iterator[dict[str, object]]:
    """Texts every day for a dollar; a trial in circles; what was imported; a call tried twice and corrected."""
    for back in range(60):
        at = NOW - timedelta(days=back)
        yield charge(f"t{back}", at=at, usd_nano=USD, execution=f"night-{back}", **TEXTS)
    told = {**TEXTS, "execution": "case-1", "step_id": "draft", "price": "price-1"}
    at = NOW - timedelta(hours=3)
    route = "first of small: approved and priced"
    yield charge("a0", call_id="call-a1", at=at, usd_nano=0, concluded=False, ended="refused", status=429, **told)
    yield charge("a1", at=at, usd_nano=2 * USD, cached_tokens=600, reasoning_tokens=40, route=route, **told)
    yield charge("a2", call_id="call-a1", at=at, usd_nano=-USD // 2, corrects="a1", route="the invoice", **TEXTS)
    it = {"team": "it", "workflow": "trials", "model": "frontier"}
    yield charge("loop", at=NOW, usd_nano=90 * USD, execution="loop-1", estimated=True, **it)
    yield from (charge(f"i{back}", at=NOW - timedelta(days=back), usd_nano=USD // 10, **it) for back in range(1, 30))
    yield from (
        charge(f"r{number}", at=NOW, usd_nano=USD // 100, execution=f"run-{number}", **it) for number in range(25)
    )
    yield charge("imp", at=NOW, usd_nano=7 * USD, team="service", workflow="desk", source="import:openai")
    yield charge("bare", at=NOW, usd_nano=USD, team="", workflow="", key_id="", environment="")


@contextmanager
def used_company(folder: Path) -> Generator[App]:
    init_workspace(folder, example="harbour-tools")
    place = folder / "allocations" / "gateway.toml"
    place.parent.mkdir(exist_ok=True)
    place.write_text(SHARED, encoding="utf-8")
    with opened(folder, clock=FixedClock(NOW)) as house:
        put_charges(house.store, charged(), prices=[PRICE])
        told = Reported(
            ref="T-1",
            team="marketing",
            workflow="product_texts",
            execution="case-1",
            value=Decimal("12.50"),
            basis="a quarter of an hour at 50",
        )
        by = house.principal()
        with house.store.unit() as unit:
            house.outcomes.report(unit, by, [told])
        yield house
