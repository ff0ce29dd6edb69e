"""A graph in which one workflow is adopted with figures simple enough to reckon by hand, and lines for its ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from tiebeam.economics import EntryKind, LedgerEntry
from tiebeam.graph import Graph, init_workspace, load
from tiebeam.spec import ForecastUse, UnitEconomics

INTENT = "finance.invoice-processing-matching"

FIGURES: dict[str, Any] = {
    "units_per_month": 210,
    "exception_rate": "0.5",
    "review_minutes_per_exception": 6,
    "review_cost_per_hour": 40,
    "platform_cost_per_month": 210,
    "worth": 5,
}
"""210 cases, half of them 6 minutes at 40 an hour: 420 of people and 210 fixed, 630 in all; each case is worth 5."""


def stated(**changes: Any) -> UnitEconomics:
    """Unit economics of `FIGURES` with figures changed; `model` names what tokens are bought from."""
    model = changes.pop("model", None)
    return UnitEconomics.model_validate(
        {
            "model": model,
            "source": "a test, 2026-01-01",
            "checked": date(2026, 1, 1),
            "assumptions": {**FIGURES, **changes},
            "value": [{"vector": "financial-ops", "title": "Worth", "formula": "worth", "baseline": "a test"}],
        }
    )


def adopted_graph(folder: Path, economics: UnitEconomics | None = None, *, use: ForecastUse | None = None) -> Graph:
    """The example's graph whose one adoption states `economics`."""
    if not folder.exists():
        init_workspace(folder, example="harbour-tools")
    graph = load(folder)
    adoption = graph.adoptions[INTENT].model_copy(
        update={"unit_economics": economics or stated(), "forecast": use, "owner": "jonas-petersen"}
    )
    return replace(graph, adoptions={INTENT: adoption})


def line(kind: EntryKind, day: date, number: int, *, amount: str | None = None, **changes: Any) -> LedgerEntry:
    """A line at noon of a day; `number` makes its run and key."""
    run = changes.pop("run", f"run_{day}_{number}")
    base = LedgerEntry(
        kind=kind,
        run_id=run,
        step_id=None,
        intent=INTENT,
        recipe=f"{INTENT}/three-way-match",
        team="accounts-payable",
        person=None,
        model=None,
        quantity=Decimal(1),
        usd_nano=None,
        amount=None if amount is None else Decimal(amount),
        currency=None if amount is None else "EUR",
        at=datetime.combine(day, time(12), tzinfo=UTC),
        key=f"{run}:{kind.value}",
    )
    return replace(base, **changes)


def case_lines(
    day: date, number: int, *, minutes: str = "0", accepted: bool = True, fixed: str = "1"
) -> list[LedgerEntry]:
    """One case that ended on a day: its outcome, its share of what is fixed, and minutes at 40 an hour."""
    found = [line(EntryKind.OUTCOME, day, number, quantity=Decimal(int(accepted)), touched=minutes != "0")]
    if accepted:
        found.append(line(EntryKind.VALUE, day, number, amount="5", quantity=Decimal(10)))
    if fixed != "0":
        found.append(line(EntryKind.CHARGE, day, number, amount=fixed))
    if minutes != "0":
        cost = str(Decimal(minutes) * 40 / 60)
        found.append(line(EntryKind.REVIEW_MINUTES, day, number, amount=cost, quantity=Decimal(minutes), person="mara"))
    return found
