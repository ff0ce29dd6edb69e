# ids: EC-19, EC-21, D21, DESIGN 6 (ledger), DESIGN 2 (a cap is a cap)
"""Months closed into files that prove themselves, and questions over all of the ledger."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.builders.charges import charge, put_charges

from tiebeam.economics.closing import (
    AlreadyClosed,
    BooksDiffer,
    Closing,
    LedgerQuery,
    MonthNotClosed,
    MonthNotOver,
    NotInOrder,
    QueryFailed,
    QueryRefused,
    QueryTooLong,
    Span,
    charges,
)
from tiebeam.economics.metering import check_usage
from tiebeam.economics.tables import usage_daily
from tiebeam.errors import Invalid
from tiebeam.kit import FixedClock
from tiebeam.store import Store

JANUARY = datetime(2026, 1, 10, 9, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 20, 9, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def closing(store: Store, tmp_path: Path) -> Closing:
    put_charges(store, [charge(f"jan-{n}", at=JANUARY, team="a") for n in range(3)])
    put_charges(store, [charge(f"feb-{n}", at=FEBRUARY, team="b", estimated=n == 0) for n in range(2)])
    put_charges(store, [charge("mar", at=MARCH, team="c")])
    return Closing(store, tmp_path / "ledger")


def close(closing: Closing, *months: str) -> None:
    for month in months:
        closing.close(month, actor="person:ada")


def spent(store: Store, closing: Closing, *, sql: str = "SELECT sum(usd_nano) FROM charges") -> int:
    return LedgerQuery(store, closing.folder).ask(sql).rows[0][0]


def test_a_closed_month_is_a_file_with_a_manifest_that_proves_it(closing: Closing) -> None:
    closed = closing.close("2026-01", actor="person:ada")

    folder = closing.folder / "2026-01"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (closed.charges, closed.usd_nano) == (3, 3 * 560_000)
    assert pq.read_table(folder / "charges.parquet")["id"].to_pylist() == ["jan-0", "jan-1", "jan-2"]
    assert manifest["days"]["2026-01-10"][-2] == str(3 * 560_000)
    assert manifest["previous"] is None
    assert closing.verify("2026-01") == []


def test_each_manifest_names_the_one_before(closing: Closing) -> None:
    first = closing.close("2026-01", actor="person:ada")
    closing.close("2026-02", actor="person:ada")

    manifest = json.loads((closing.folder / "2026-02" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["previous"] == first.digest


def test_months_are_closed_once_in_their_order_and_when_they_are_over(closing: Closing) -> None:
    with pytest.raises(NotInOrder, match="2026-01"):
        close(closing, "2026-02")
    with pytest.raises(MonthNotOver):
        close(closing, "2026-03")
    with pytest.raises(Invalid):
        close(closing, "2026-13")
    close(closing, "2026-01", "2026-02")
    with pytest.raises(AlreadyClosed):
        close(closing, "2026-01")
    with pytest.raises(NotInOrder):
        close(closing, "2025-12")
    with pytest.raises(MonthNotClosed):
        closing.find("2026-03")


def test_a_month_whose_sums_are_wrong_is_not_closed(store: Store, closing: Closing) -> None:
    with store.unit() as unit:
        unit.conn.execute(usage_daily.update().where(usage_daily.c.team == "a").values(usd_nano=1))

    with pytest.raises(BooksDiffer, match="2026-01-10"):
        close(closing, "2026-01")
    assert closing.months() == []


@pytest.mark.parametrize("name", ["charges.parquet", "manifest.json"])
def test_a_file_that_was_touched_is_found_out(closing: Closing, name: str) -> None:
    close(closing, "2026-01")
    file = closing.folder / "2026-01" / name
    file.chmod(0o644)
    file.write_bytes(file.read_bytes().replace(b"2026", b"2027", 1) + b" x")

    assert len(closing.verify("2026-01")) == 1
    file.unlink()
    assert "bring them back" in closing.verify("2026-01")[0]


def test_late_charges_of_a_closed_month_go_into_the_next_file(store: Store, closing: Closing) -> None:
    close(closing, "2026-01")
    put_charges(store, [charge("late", at=JANUARY, team="a", usd_nano=7)])
    assert spent(store, closing) == 6 * 560_000 + 7

    closed = closing.close("2026-02", actor="person:ada")

    assert closed.charges == 3
    assert closing.verify("2026-01") == closing.verify("2026-02") == []
    assert spent(store, closing) == 6 * 560_000 + 7


def test_charges_leave_the_database_only_after_their_month_was_closed_and_verified(
    store: Store, closing: Closing, clock: FixedClock
) -> None:
    assert closing.empty_old(keep_days=31) == []
    close(closing, "2026-01", "2026-02")
    clock.advance(days=18)
    before = _all(store, closing)

    assert closing.empty_old(keep_days=31) == ["2026-01"]

    assert _all(store, closing) == before
    assert spent(store, closing) == 6 * 560_000
    with store.read() as conn:
        assert check_usage(conn) == []
    (closing.folder / "2026-02" / "charges.parquet").unlink()
    clock.advance(days=73)
    with pytest.raises(BooksDiffer, match="2026-02 stays"):
        closing.empty_old(keep_days=31)


def _all(store: Store, closing: Closing) -> list[tuple[str, str, int]]:
    with store.read() as conn:
        found = charges(conn, Span(date(2026, 1, 1), date(2026, 12, 31)), archive=closing.folder)
        return sorted((one["id"], one["day"], one["usd_nano"]) for one in found)


def test_a_question_sees_closed_months_and_open_days_alike(store: Store, closing: Closing) -> None:
    close(closing, "2026-01")

    answer = LedgerQuery(store, closing.folder).ask(
        "SELECT team, count(*) AS calls, sum(usd) AS usd FROM charges GROUP BY team ORDER BY team"
    )

    assert answer.columns == ("team", "calls", "usd")
    assert answer.rows == (
        ("a", 3, Decimal("0.00168")),
        ("b", 2, Decimal("0.00112")),
        ("c", 1, Decimal("0.00056")),
    )
    put_charges(store, [charge("new", at=MARCH, team="c")])
    assert spent(store, closing, sql="SELECT count(*) FROM charges") == 7


def test_an_empty_ledger_answers_too(store: Store, tmp_path: Path) -> None:
    assert LedgerQuery(store, tmp_path).ask("SELECT * FROM charges").rows == ()


def test_an_answer_is_cut_at_its_limit(store: Store, closing: Closing) -> None:
    answer = LedgerQuery(store, closing.folder).ask("SELECT id FROM charges ORDER BY id", limit=2)
    assert (answer.rows, answer.is_cut) == ((("feb-0",), ("feb-1",)), True)


REFUSED = [
    "DELETE FROM charges",
    "SELECT 1; SELECT 2",
    "COPY charges TO 'out.csv'",
    "CREATE TABLE mine AS SELECT 1",
    "ATTACH 'x.db'",
    "SET threads = 1",
    "PRAGMA database_list",
    "INSTALL httpfs",
    "EXPLAIN ANALYZE COPY charges TO 'out.csv'",
    "",
]
FAILING = [
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_csv('{folder}/../*')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM 'https://example.com/x.parquet'",
    "SELECT * FROM sqlite_scan('{folder}/../tiebeam.sqlite', 'person')",
    "SELECT getenv('PATH')",
    "SELECT nothing FROM charges",
    "SELECT FROM WHERE",
    "SELECT * FROM store",
]


def test_only_a_single_question_is_answered(store: Store, tmp_path: Path) -> None:
    for sql in REFUSED:
        with pytest.raises((QueryRefused, QueryFailed)):
            LedgerQuery(store, tmp_path).ask(sql)
    assert list(tmp_path.glob("*out*")) == []


def test_a_question_reaches_nothing_but_the_ledger(store: Store, tmp_path: Path) -> None:
    put_charges(store, [charge("mar", at=MARCH)])
    for sql in FAILING:
        with pytest.raises(QueryFailed):
            LedgerQuery(store, tmp_path / "ledger").ask(sql.format(folder=tmp_path / "ledger"))


def test_a_question_without_an_end_is_stopped(store: Store, tmp_path: Path) -> None:
    endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    with pytest.raises(QueryTooLong):
        LedgerQuery(store, tmp_path).ask(endless, seconds=0.2)
