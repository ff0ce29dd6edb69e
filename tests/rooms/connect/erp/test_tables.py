# ids: B21 (a system with declared access), RUNTIME "at most once"
from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tiebeam.connect.erp import InvalidPosting, KeyReused, TablesErp
from tiebeam.errors import Invalid
from tiebeam.kit import FixedClock

AT = FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))


def posting(**changes: Any) -> dict[str, Any]:
    return {
        "supplier_id": "S-1",
        "invoice_number": "RE-77",
        "invoice_date": "2026-02-27",
        "currency": "EUR",
        "net": "100.00",
        "tax": "19.00",
        "gross": "119.00",
        "order_reference": "PO-1",
        "lines": [
            {"net": "60.00", "account": "4000", "cost_centre": "CC-1", "text": "Steel", "quantity": "3"},
            {"net": "40.00", "account": "4010", "cost_centre": "CC-1", "text": "Freight"},
        ],
        "something_else": "kept elsewhere",
    } | changes


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'erp.sqlite'}"


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    engine = sa.create_engine(url(folder))
    with engine.connect() as conn:
        found = [dict(row) for row in conn.execute(sa.text(f"SELECT * FROM {table}")).mappings()]
    engine.dispose()
    return found


def test_an_invoice_is_posted_once_whatever_how_often_it_is_sent(tmp_path: Path) -> None:
    erp = TablesErp(url(tmp_path), clock=AT)
    first = erp.post_invoice(key="run-1:post", posting=posting())
    assert first["voucher"] == "AP-2026-000001"
    assert erp.post_invoice(key="run-1:post", posting=posting()) == first
    assert erp.find("run-1:post") == first
    assert erp.find("run-2:post") is None
    assert [row["gross"] for row in rows(tmp_path, "ap_voucher")] == ["119.00"]
    assert [(row["line"], row["account"], row["net"]) for row in rows(tmp_path, "ap_voucher_line")] == [
        (1, "4000", "60.00"),
        (2, "4010", "40.00"),
    ]
    erp.close()


def test_a_key_with_other_content_is_refused(tmp_path: Path) -> None:
    erp = TablesErp(url(tmp_path), clock=AT)
    erp.post_invoice(key="k", posting=posting())
    with pytest.raises(KeyReused, match="other content"):
        erp.post_invoice(key="k", posting=posting(net="200.00", gross="219.00"))
    assert len(rows(tmp_path, "ap_voucher")) == 1
    erp.close()


def test_a_credit_note_lowers_what_is_owed(tmp_path: Path) -> None:
    erp = TablesErp(url(tmp_path), clock=AT)
    printed_positive = erp.post_invoice(key="a", posting=posting(kind="credit_note"))
    given_negative = erp.post_invoice(
        key="b", posting=posting(kind="credit_note", net="-100.00", tax="-19.00", gross="-119.00", lines=[])
    )
    assert printed_positive["gross"] == given_negative["gross"] == "-119.00"
    assert [row["net"] for row in rows(tmp_path, "ap_voucher_line")] == ["-60.00", "-40.00"]
    erp.close()


def test_amounts_keep_every_digit(tmp_path: Path) -> None:
    erp = TablesErp(url(tmp_path), clock=AT)
    huge = {"net": "123456789012345678901.10", "tax": "0.00", "gross": "123456789012345678901.10", "currency": "HUF"}
    erp.post_invoice(key="a", posting=posting(**huge))
    assert rows(tmp_path, "ap_voucher")[0]["gross"] == "123456789012345678901.10"
    erp.close()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"gross": "120.00"}, "does not add up"),
        ({"supplier_id": ""}, "supplier_id"),
        ({"currency": "euro"}, "currency"),
        ({"net": "NaN"}, "net"),
    ],
)
def test_a_posting_that_cannot_be_booked_says_why(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    erp = TablesErp(url(tmp_path), clock=AT)
    with pytest.raises(InvalidPosting, match=says):
        erp.post_invoice(key="a", posting=posting(**changes))
    assert rows(tmp_path, "ap_voucher") == []
    erp.close()


def test_many_processes_posting_at_once_leave_no_gap_and_no_double(database_url: str) -> None:
    TablesErp(database_url, clock=AT).close()

    def post(worker: int) -> None:
        erp = TablesErp(database_url, clock=AT, may_create=False)
        for number in range(6):
            erp.post_invoice(key=f"run-{(worker + number) % 6}", posting=posting())
        erp.close()

    threads = [threading.Thread(target=post, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    erp = TablesErp(database_url, clock=AT)
    found = [erp.find(f"run-{number}") for number in range(6)]
    erp.close()
    assert sorted(one["voucher"] for one in found if one) == [f"AP-2026-{n:06d}" for n in range(1, 7)]


def test_tables_are_only_made_where_that_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="create_tables"):
        TablesErp(url(tmp_path), may_create=False)


def test_a_fresh_ledger_may_be_opened_by_several_workers_at_once(tmp_path: Path) -> None:
    """Each opens the same empty file; none may find that the tables are there already."""
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: TablesErp(url), range(24)))
    for erp in opened:
        erp.close()
