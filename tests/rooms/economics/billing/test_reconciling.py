# ids: EC-20, EC-21, D21
"""The ledger against a provider's invoice, and imported use that passed the gateway later."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.builders.charges import charge, put_charges

from tiebeam.economics.billing import (
    Difference,
    NothingStated,
    Reconciled,
    ReconcileQuestion,
    Reconciling,
    list_reconciliations,
)
from tiebeam.economics.imports import ImportQuestion, Imports, find_doubles, take_back
from tiebeam.economics.metering import check_usage
from tiebeam.economics.prices import Prices
from tiebeam.economics.tables import usage_daily
from tiebeam.errors import Invalid
from tiebeam.store import Store

DAY = datetime(2026, 2, 10, tzinfo=UTC)
GPT = "gpt-4o-2024-08-06"


@pytest.fixture
def prices(store: Store) -> Prices:
    return Prices({}, store.clock, currency="USD")


def file_of(folder: Path, name: str, *results: dict[str, Any]) -> Path:
    start = int(DAY.timestamp())
    bucket = {"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": results}
    path = folder / name
    path.write_text(json.dumps({"object": "page", "data": [bucket], "has_more": False}), encoding="utf-8")
    return path


def usage(model: str, tokens: int) -> dict[str, Any]:
    return {"input_tokens": tokens, "output_tokens": 0, "num_model_requests": 1, "model": model}


def cost(item: str, usd: str) -> dict[str, Any]:
    return {"amount": {"value": usd, "currency": "usd"}, "line_item": item}


def called(name: str, *, usd: str, tokens: int = 1000, **changes: Any) -> dict[str, Any]:
    nano = int(Decimal(usd) * 1_000_000_000)
    told = {"at": DAY + timedelta(hours=1), "model": "gpt-4o", "input_tokens": tokens, "output_tokens": 0}
    return charge(name, usd_nano=nano, **(told | changes))


def ledger_usd(store: Store, *, estimated: bool = False) -> Decimal:
    column = usage_daily.c.estimated_nano if estimated else usage_daily.c.usd_nano
    with store.read() as conn:
        assert check_usage(conn) == []
        return Decimal(int(conn.execute(sa.select(sa.func.sum(column))).scalar_one())) / 1_000_000_000


@pytest.fixture
def question(store: Store, tmp_path: Path) -> ReconcileQuestion:
    put_charges(
        store,
        [
            called("known", usd="1.00", tokens=400_000),
            called("lost-1", usd="3.00", tokens=0, estimated=True, ended="lost"),
            called("lost-2", usd="1.00", tokens=0, estimated=True, ended="lost"),
            called("mini", usd="0.50", tokens=100, model="gpt-4o-mini"),
            called("ours", usd="0.25", model="o1"),
        ],
    )
    costs = [cost(f"{GPT}, input", "2.60"), cost("gpt-4o-mini, input", "0.60"), cost("web search", "0.05")]
    return ReconcileQuestion((file_of(tmp_path, "costs.json", *costs),))


def by_model(found: Reconciled) -> dict[str, tuple[Difference, Decimal]]:
    return {line.model: (line.kind, line.difference_usd) for line in found.lines}


def test_differences_are_itemised_by_day_and_model(store: Store, prices: Prices, question: ReconcileQuestion) -> None:
    found = Reconciling(store, prices=prices).compare(question)

    assert by_model(found) == {
        "gpt-4o": (Difference.ESTIMATED, Decimal("-2.4")),
        "gpt-4o-mini": (Difference.PRICE, Decimal("0.1")),
        "o1": (Difference.ONLY_LEDGER, Decimal("-0.25")),
        "web-search": (Difference.ONLY_PROVIDER, Decimal("0.05")),
    }
    assert (found.ledger_usd, found.stated_usd, found.is_within) == (Decimal("5.75"), Decimal("3.25"), False)
    assert found.after_usd == Decimal("3.35")
    assert found.remainder == {
        "price": Decimal("0.1"),
        "only_in_the_ledger": Decimal("-0.25"),
        "only_at_the_provider": Decimal("0.05"),
    }
    assert ledger_usd(store) == Decimal("5.75")


def test_accepting_corrects_what_was_estimated_and_nothing_else(
    store: Store, prices: Prices, question: ReconcileQuestion
) -> None:
    done = Reconciling(store, prices=prices).accept(question, actor="person:ada", reason="invoice of February")

    assert ledger_usd(store) == done.after_usd == Decimal("3.35")
    assert ledger_usd(store, estimated=True) == 0
    with store.read() as conn:
        (kept,) = list_reconciliations(conn)
    assert (kept["provider"], kept["by"], kept["reason"]) == ("openai", "person:ada", "invoice of February")
    again = Reconciling(store, prices=prices).compare(question)
    assert by_model(again)["gpt-4o"] == (Difference.NONE, Decimal(0))


def test_accepting_needs_a_reason_and_files_of_one_provider(
    store: Store, prices: Prices, question: ReconcileQuestion, tmp_path: Path
) -> None:
    reconciling = Reconciling(store, prices=prices)
    with pytest.raises(Invalid, match="say why"):
        reconciling.accept(question, actor="person:ada", reason=" ")
    with pytest.raises(NothingStated, match="'anthropic'"):
        reconciling.compare(ReconcileQuestion(question.files, provider="anthropic"))
    two = tmp_path / "bill.csv"
    two.write_text("date,vendor,amount\n2026-02-01,a,1\n2026-02-01,b,1\n", encoding="utf-8")
    with pytest.raises(NothingStated, match="a, b"):
        reconciling.compare(ReconcileQuestion((two,)))


def test_usage_alone_is_compared_at_our_prices(store: Store, prices: Prices, tmp_path: Path) -> None:
    put_charges(store, [called("known", usd="1.00", tokens=400_000)])

    found = Reconciling(store, prices=prices).compare(
        ReconcileQuestion((file_of(tmp_path, "usage.json", usage(GPT, 500_000)),))
    )

    (line,) = found.lines
    assert (line.kind, line.stated_tokens, line.stated_usd) == (Difference.USAGE, 500_000, Decimal("1.25"))
    assert found.is_priced


def test_imported_use_that_passes_the_gateway_later_is_found_and_taken_back(
    store: Store, prices: Prices, tmp_path: Path
) -> None:
    logs = tmp_path / "logs.json"
    logs.write_text(
        json.dumps(
            [
                {
                    "request_id": f"chatcmpl-{number}",
                    "spend": 0.01,
                    "prompt_tokens": 100,
                    "completion_tokens": 0,
                    "startTime": DAY.isoformat(),
                    "model": GPT,
                    "custom_llm_provider": "other",
                }
                for number in (1, 2)
            ]
        ),
        encoding="utf-8",
    )
    imports = Imports(store, prices=prices)
    imports.take(ImportQuestion((logs,)), actor="person:ada")
    imports.take(ImportQuestion((file_of(tmp_path, "usage.json", usage(GPT, 1_000_000)),)), actor="person:ada")
    assert ledger_usd(store) == Decimal("2.52")
    span = {"since": date(2026, 2, 1), "until": date(2026, 2, 28)}
    with store.read() as conn:
        assert find_doubles(conn, **span) == []

    put_charges(
        store,
        [
            called("twin", usd="0.01", tokens=100, fingerprint="chatcmpl-1", provider="other", model=GPT),
            called("part", usd="0.50", tokens=200_000),
        ],
    )
    with store.read() as conn:
        found = find_doubles(conn, **span)
    assert [(one.source, one.was_nano, one.nano) for one in found] == [
        ("import:litellm", 10_000_000, 0),
        ("import:openai", 2_500_000_000, 2_000_000_000),
    ]
    with store.unit() as unit:
        take_back(unit, found, actor="person:ada")

    assert ledger_usd(store) == Decimal("2.52")
    with store.read() as conn:
        assert find_doubles(conn, **span) == []
