# ids: D21, EC-21, EC-22, DESIGN 6 (ledger)
from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.charges import NOON, PRICE, charge, put_charges

from tiebeam.economics.closing import Span
from tiebeam.economics.closing.tables import usage_close
from tiebeam.economics.focus import (
    Account,
    FocusData,
    FocusExport,
    FocusFormat,
    FocusQuestion,
    FocusVersion,
    export_focus,
)
from tiebeam.economics.focus.splitting import apportion, split
from tiebeam.economics.tables import ledger_entry
from tiebeam.spec import Approval
from tiebeam.store import Store

YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))
ACME = Account("acme", "Acme")


def exported(store: Store, folder: Path, **changes: Any) -> FocusExport:
    question = FocusQuestion(YEAR, **changes)
    with store.read() as conn:
        return export_focus(
            conn, folder / "out", question, account=ACME, archive=folder, approvals={"openai": APPROVAL}
        )


def rows_of(export: FocusExport) -> list[dict[str, str]]:
    with export.file.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


APPROVAL = Approval.model_validate(
    {
        "id": "openai",
        "meta": {"since": "2026-01-01", "reviewed": "2026-01-01"},
        "title": "OpenAI",
        "provider": "openai",
        "owner_role": "cfo",
        "commitment": [{"usd_per_month": "10", "since": "2026-10-01", "until": "2026-11-30", "source": "contract 7"}],
    }
)
VARIED = [
    charge("plain", price="price-1", execution="run_1"),
    charge("cached", price="price-1", input_tokens=1, cached_tokens=333, reasoning_tokens=77, usd_nano=316_900),
    charge("lost", estimated=True, ended="lost", input_tokens=0, output_tokens=0, usd_nano=5_000_000),
    charge("theirs", source="import:litellm", usd_nano=12_345),
    charge("seats", source="import:seats", endpoint="seats", input_tokens=0, output_tokens=0, usd_nano=30_000_000_000),
    charge("refused", input_tokens=0, output_tokens=0, usd_nano=0, ended="refused"),
    charge("now", corrects="plain", input_tokens=0, output_tokens=0, usd_nano=-1_000),
    charge("later", corrects="plain", input_tokens=0, output_tokens=0, usd_nano=-7, at=NOON + timedelta(days=30)),
    charge("credit", source="import:bill", endpoint="bill", input_tokens=0, output_tokens=0, usd_nano=-500),
]


@pytest.fixture
def filled(store: Store) -> Store:
    put_charges(store, VARIED, prices=[PRICE])
    return store


@pytest.mark.parametrize("version", FocusVersion)
def test_the_sum_of_a_data_set_is_the_sum_of_the_ledger_to_the_nano(
    filled: Store, tmp_path: Path, version: FocusVersion
) -> None:
    export = exported(filled, tmp_path, version=version)

    spent = sum(row["usd_nano"] for row in VARIED)
    rows = rows_of(export)
    assert sum(Decimal(row["BilledCost"]) for row in rows) * 1_000_000_000 == spent
    assert sum(int(row["x_BilledNano"]) for row in rows) == spent
    assert export.billed["USD"] == export.ledger_usd
    assert export.charges == len(VARIED)


def test_parquet_holds_what_csv_holds(filled: Store, tmp_path: Path) -> None:
    written = rows_of(exported(filled, tmp_path))
    table = pq.read_table(exported(filled, tmp_path, form=FocusFormat.PARQUET).file)

    assert table.column_names == list(written[0])
    assert table["x_BilledNano"].to_pylist() == [int(row["x_BilledNano"]) for row in written]
    assert table["BilledCost"].to_pylist() == [float(row["BilledCost"]) for row in written]
    assert table["ChargePeriodStart"][0].as_py().isoformat() == "2026-10-12T12:00:00+00:00"


def test_a_call_is_a_row_for_each_class_of_tokens_at_its_price(filled: Store, tmp_path: Path) -> None:
    written = [row for row in rows_of(exported(filled, tmp_path)) if row["x_ChargeId"] == "cached"]

    assert [
        (row["x_TokenClass"], row["ConsumedQuantity"], row["ListUnitPrice"], row["BilledCost"]) for row in written
    ] == [
        ("input", "1.0", "0.0000004", "0.000000400"),
        ("cached", "333.0", "0.0000001", "0.000033300"),
        ("output", "100.0", "0.0000016", "0.000160000"),
        ("reasoning", "77.0", "0.0000016", "0.000123200"),
    ]
    assert sum(Decimal(row["x_RequestCount"]) for row in written) == 1


def test_what_no_price_explains_is_one_row_with_its_tokens(filled: Store, tmp_path: Path) -> None:
    rows = rows_of(exported(filled, tmp_path))

    (theirs,) = (row for row in rows if row["x_ChargeId"] == "theirs")
    assert (theirs["ConsumedQuantity"], theirs["PricingUnit"], theirs["ListUnitPrice"]) == (
        "1100.0",
        "Charges",
        theirs["BilledCost"],
    )
    (lost,) = (row for row in rows if row["x_ChargeId"] == "lost")
    assert (lost["ChargeCategory"], lost["x_Estimated"]) == ("Adjustment", "true")
    assert not [row for row in rows if row["x_ChargeId"] == "refused"]


def test_a_correction_of_a_closed_month_says_so(filled: Store, tmp_path: Path) -> None:
    rows = {row["x_ChargeId"]: row for row in rows_of(exported(filled, tmp_path))}
    assert (rows["now"]["ChargeCategory"], rows["now"]["ChargeClass"]) == ("Adjustment", "")
    assert rows["credit"]["ChargeCategory"] == "Credit"

    with filled.unit() as unit:
        closed = {"closed_at": NOON, "closed_by": "person:ada", "manifest": {}, "digest": "d"}
        unit.conn.execute(usage_close.insert().values(month="2026-10", last_seq=6, **closed))
    rows = {row["x_ChargeId"]: row for row in rows_of(exported(filled, tmp_path))}
    assert (rows["now"]["ChargeCategory"], rows["now"]["ChargeClass"]) == ("Adjustment", "Correction")
    assert (rows["later"]["ChargeCategory"], rows["later"]["ChargeClass"]) == ("Adjustment", "")


def test_review_labour_is_a_data_set_of_its_own_with_the_same_keys(filled: Store, tmp_path: Path) -> None:
    _record(filled, "review_minutes", "run_1:review", quantity=Decimal("7.5"), amount=Decimal("5.55"), currency="EUR")
    _record(filled, "outcome", "run_1:outcome", quantity=Decimal(1))

    labour = exported(filled, tmp_path, data=FocusData.LABOUR)
    (row,) = rows_of(labour)
    assert (row["ConsumedQuantity"], row["ConsumedUnit"], row["BillingCurrency"]) == ("7.5", "Minutes", "EUR")
    assert labour.billed == {"EUR": Decimal("5.55")}
    charges = exported(filled, tmp_path, version=FocusVersion.V1_2)
    (model,) = {(one["x_RunId"], one["x_OutcomeId"]) for one in rows_of(charges) if one["x_ChargeId"] == "plain"}
    assert model == (row["x_RunId"], row["x_OutcomeId"]) == ("run_1", "run_1:outcome")
    assert set(row) == set(rows_of(charges)[0])


def _record(store: Store, kind: str, key: str, **columns: Any) -> None:
    with store.unit() as unit:
        unit.conn.execute(
            ledger_entry.insert().values(
                key=key,
                kind=kind,
                at=NOON,
                day="2026-10-12",
                intent="finance.invoices",
                recipe="finance.invoices/plain",
                team="finance",
                run_id="run_1",
                **columns,
            )
        )


def test_a_commitment_is_bought_used_and_left_each_month(filled: Store, tmp_path: Path) -> None:
    rows = rows_of(exported(filled, tmp_path, data=FocusData.COMMITMENTS))

    stated = [(row["BillingPeriodStart"][:7], row["CommitmentDiscountStatus"], row["EffectiveCost"]) for row in rows]
    assert stated == [
        ("2026-10", "", "0.000000000"),
        ("2026-10", "Used", "10.000000000"),
        ("2026-11", "", "0.000000000"),
        ("2026-11", "Unused", "10.000000000"),
    ]
    bought = sum(Decimal(row["BilledCost"]) for row in rows)
    assert bought == sum(Decimal(row["EffectiveCost"]) for row in rows) == 20


def test_a_failed_export_leaves_no_half_file(filled: Store, tmp_path: Path) -> None:
    put_charges(filled, [charge("torn", price="price-2")], prices=[{"digest": "price-2", "input_usd_per_mtok": "none"}])

    with pytest.raises(ArithmeticError):
        exported(filled, tmp_path)
    assert list(tmp_path.glob("*out*")) == []


def test_an_export_needs_the_memory_of_one_batch(store: Store, tmp_path: Path) -> None:
    put_charges(store, (charge(f"c{n}", price="price-1") for n in range(2000)), prices=[PRICE])
    exported(store, tmp_path)
    tracemalloc.start()
    try:
        export = exported(store, tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert export.rows == 4_000
    # Four thousand rows of sixty columns held at once would be several times that.
    assert peak < 26_000_000


@given(
    counts=st.dictionaries(
        st.sampled_from(["input", "cached", "cache_write", "output", "reasoning"]), st.integers(0, 10**7), min_size=1
    ),
    rates=st.lists(st.decimals("0", "100", places=7), min_size=4, max_size=4),
    off=st.integers(-3, 3),
)
def test_parts_always_add_up_to_their_charge(counts: Mapping[str, int], rates: list[Decimal], off: int) -> None:
    names = ("input_usd_per_mtok", "cached_input_usd_per_mtok", "cache_write_usd_per_mtok", "output_usd_per_mtok")
    price = dict(zip(names, map(str, rates), strict=True))
    own = dict(zip(("input", "cached", "cache_write", "output", "reasoning"), [*rates, rates[3]], strict=True))
    exact = sum((count * own[name] * 1000 for name, count in counts.items()), Decimal(0))
    nano = int(exact.to_integral_value()) + off

    parts = split(counts, nano, price)

    assert sum(part.nano for part in parts) == nano
    if any(counts.values()) and abs(exact - nano) <= 1:
        assert [part.what for part in parts] == [name for name, count in counts.items() if count]


@given(st.lists(st.decimals("0", "1000000", places=6), min_size=1, max_size=8), st.integers(-4, 4))
def test_shares_are_as_near_as_rounding_lets_them_be(exact: list[Decimal], off: int) -> None:
    nano = int(sum(exact)) + off

    shares = apportion(nano, exact)

    assert sum(shares) == nano
    assert all(abs(share - one) <= 6 for share, one in zip(shares, exact, strict=True))
