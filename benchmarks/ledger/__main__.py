"""Ten million rows of model use: a page of team by month, questions in SQL over Parquet, months closed, FOCUS written.

Beside each, in the same run, what it would take without: the page by scanning single charges, the question by SQLite.

    python -m benchmarks.ledger [--rows 10000000] [--folder DIR] [--json OUT] [--focus]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.ledger.filling import fill
from tiebeam.economics.closing import Closing, LedgerQuery, Span
from tiebeam.economics.focus import Account, FocusFormat, FocusQuestion, export_focus
from tiebeam.economics.totals import By, ChargeFilters, UseFilters, charges, totals
from tiebeam.economics.totals import Span as Days
from tiebeam.kit import FixedClock, RandomIds
from tiebeam.store import Store

NOW = datetime(2026, 1, 1, 6, tzinfo=UTC)
JUNE = Days(date(2025, 6, 1), date(2025, 6, 30))
QUESTIONS = {
    "cost by team and month": "SELECT team, day[1:7] AS month, sum(usd) FROM charges GROUP BY ALL ORDER BY ALL",
    "tokens and cost by workflow and model": (
        "SELECT workflow, model, sum(input_tokens + cached_tokens), sum(output_tokens), sum(usd_nano) "
        "FROM charges GROUP BY ALL ORDER BY 5 DESC LIMIT 100"
    ),
    "slowest twentieth by model": "SELECT model, quantile_cont(millis, 0.95) FROM charges GROUP BY model",
    "one team's dearest runs of a quarter": (
        "SELECT execution, sum(usd) FROM charges WHERE team = 'team-3' AND day BETWEEN '2025-04-01' AND '2025-06-30' "
        "GROUP BY execution ORDER BY 2 DESC LIMIT 20"
    ),
}
IN_SQLITE = "SELECT team, substr(day, 1, 7), sum(usd_nano) FROM usage_charge GROUP BY 1, 2"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="Keeps the database and the files here.")
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--focus", action="store_true", help="Also writes one month as FOCUS.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tiebeam-ledger-") as made:
        found = run(asked.folder or Path(made), asked.rows, focus=asked.focus)
    for name, value in found.items():
        print(f"{name:<58} {value:>12,.1f}" if isinstance(value, float) else f"{name:<58} {value:>12,}")
    if asked.json is not None:
        asked.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


def run(folder: Path, rows: int, *, focus: bool) -> dict[str, Any]:
    clock = FixedClock(NOW)
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(f"sqlite:///{folder / 'ledger.sqlite'}", clock=clock, ids=RandomIds(clock))
    store.migrate()
    found: dict[str, Any] = {"rows": rows}
    _, found["filling, s"] = timed(lambda: fill(store, rows))
    _pages(store, found)
    closing = Closing(store, folder / "months")
    _, found["closing twelve months, s"] = timed(lambda: _close(closing))
    found["Parquet, MB"] = sum(one.stat().st_size for one in closing.folder.rglob("*.parquet")) / 1e6
    found["SQLite, MB"] = (folder / "ledger.sqlite").stat().st_size / 1e6
    _questions(store, closing, found)
    if focus:
        _focus(store, closing, folder, found)
    store.close()
    return found


def _pages(store: Store, found: dict[str, Any]) -> None:
    page = UseFilters(team="team-3")
    with store.read() as conn:
        found["page: totals of all teams in a month, ms"] = median(lambda: totals(conn, by=By.TEAM, span=JUNE))
        found["page: a team's month by workflow, ms"] = median(
            lambda: totals(conn, by=By.WORKFLOW, span=JUNE, filters=page)
        )
        first = ChargeFilters(span=JUNE, use=page)
        found["page: its fifty latest charges, ms"] = median(lambda: charges(conn, first, limit=50))
        scan = sa.text(
            "SELECT workflow, count(*), sum(usd_nano) FROM usage_charge WHERE team = 'team-3' "
            "AND day BETWEEN '2025-06-01' AND '2025-06-30' GROUP BY workflow"
        )
        found["the same month by scanning charges, ms"] = median(lambda: conn.execute(scan).all(), times=3)


def _close(closing: Closing) -> None:
    for month in range(1, 13):
        closing.close(f"2025-{month:02d}", actor="system:benchmark")


def _questions(store: Store, closing: Closing, found: dict[str, Any]) -> None:
    query = LedgerQuery(store, closing.folder)
    for name, sql in QUESTIONS.items():
        found[f"SQL over Parquet: {name}, s"] = median(lambda sql=sql: query.ask(sql), times=3) / 1000
    with store.read() as conn:
        found["SQLite: cost by team and month, s"] = timed(lambda: conn.execute(sa.text(IN_SQLITE)).all())[1]


def _focus(store: Store, closing: Closing, folder: Path, found: dict[str, Any]) -> None:
    for form in FocusFormat:
        question = FocusQuestion(Span(date(2025, 6, 1), date(2025, 6, 30)), form=form)
        with store.read() as conn:
            export = partial(export_focus, conn, folder / f"june.{form.value}", question)
            writing = partial(export, account=Account("bench", "Bench"), archive=closing.folder, approvals={})
            made, seconds = timed(writing)
        found[f"FOCUS {form.value}, rows/s"] = round(made.rows / seconds)
        assert made.billed["USD"] == made.ledger_usd


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    made = call()
    return made, time.perf_counter() - began


def median(call: Callable[[], Any], *, times: int = 15) -> float:
    """Milliseconds; the first call is not counted."""
    call()
    return statistics.median(timed(call)[1] for _ in range(times)) * 1000


if __name__ == "__main__":
    main()
