# ids: EC-16, EC-19, EC-20, EC-21, EC-22
"""Files taken into the ledger: once, whole, with what the bill says, and without what is there already."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.builders.charges import charge, put_charges

from tiebeam.economics.closing.tables import usage_close
from tiebeam.economics.imports import (
    Attribution,
    BrokenImport,
    ImportAnswer,
    ImportQuestion,
    Imports,
    MonthClosed,
    NotWithinBill,
    UnknownImport,
    UnpricedImport,
    UnreadableRules,
    list_imports,
)
from tiebeam.economics.imports.tables import usage_import
from tiebeam.economics.metering import check_usage
from tiebeam.economics.prices import Prices
from tiebeam.economics.tables import usage_charge
from tiebeam.errors import TiebeamError
from tiebeam.store import Store

DAY = datetime(2026, 2, 10, tzinfo=UTC)
GPT = "gpt-4o-2024-08-06"
"""2.50 and 10.00 dollars per million tokens in the public list."""


@pytest.fixture
def imports(store: Store) -> Imports:
    prices = Prices({}, store.clock, currency="EUR", rates={"USD": Decimal("0.5")})
    return Imports(store, prices=prices)


def call(number: int, **changes: Any) -> dict[str, Any]:
    at = DAY + timedelta(minutes=number)
    row = {
        "request_id": f"chatcmpl-{number}",
        "call_type": "acompletion",
        "api_key": "hash",
        "spend": 0.001,
        "prompt_tokens": 1000 + number,
        "completion_tokens": 100,
        "startTime": at.isoformat(),
        "endTime": at.isoformat(),
        "model": GPT,
        "custom_llm_provider": "openai",
        "metadata": {"user_api_key_team_alias": "Customer Support", "user_api_key_alias": "bot"},
    }
    return row | changes


def litellm(folder: Path, *calls: dict[str, Any], name: str = "logs.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(calls), encoding="utf-8")
    return path


def openai(folder: Path, *, tokens: int = 1_000_000, requests: int = 10, name: str = "usage.json") -> Path:
    result = {
        "object": "organization.usage.completions.result",
        "input_tokens": tokens,
        "output_tokens": 0,
        "num_model_requests": requests,
        "project_id": "proj_a",
        "model": GPT,
    }
    return pages(folder, name, result)


def costs(folder: Path, *lines: tuple[str, str], name: str = "costs.json") -> Path:
    results = [
        {"object": "organization.costs.result", "amount": {"value": usd, "currency": "usd"}, "line_item": item}
        for item, usd in lines
    ]
    return pages(folder, name, *results)


def pages(folder: Path, name: str, *results: dict[str, Any]) -> Path:
    start = int(DAY.timestamp())
    bucket = {"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": results}
    path = folder / name
    path.write_text(json.dumps({"object": "page", "data": [bucket], "has_more": False}), encoding="utf-8")
    return path


def take(imports: Imports, *files: Path, **asked: Any) -> ImportAnswer:
    return imports.take(ImportQuestion(files, **asked), actor="person:ada")


def rows(store: Store) -> list[dict[str, Any]]:
    with store.read() as conn:
        return [dict(row) for row in conn.execute(sa.select(usage_charge).order_by(usage_charge.c.seq)).mappings()]


def spent(store: Store) -> Decimal:
    return Decimal(sum(row["usd_nano"] for row in rows(store))) / 1_000_000_000


def is_true(store: Store) -> bool:
    with store.read() as conn:
        return check_usage(conn) == []


def test_a_preview_says_what_an_import_then_does(store: Store, imports: Imports, tmp_path: Path) -> None:
    file = litellm(tmp_path, *(call(number) for number in range(3)))

    preview = imports.preview(ImportQuestion((file,)))
    assert rows(store) == []
    done = take(imports, file)

    assert (preview.charges, preview.usd, preview.booked) == (3, Decimal("0.003"), False)
    assert (done.charges, done.usd, done.by_model, done.booked) == (3, preview.usd, preview.by_model, True)
    booked = rows(store)
    assert {(row["team"], row["key_id"], row["source"]) for row in booked} == {
        ("Customer-Support", "bot", "import:litellm")
    }
    assert [row["fingerprint"] for row in booked] == ["chatcmpl-0", "chatcmpl-1", "chatcmpl-2"]
    assert is_true(store)


def test_the_same_file_again_changes_nothing(store: Store, imports: Imports, tmp_path: Path) -> None:
    file = litellm(tmp_path, call(1), call(2))
    take(imports, file)
    before = rows(store)

    again = take(imports, file)

    assert (again.charges, again.already_there) == (0, 2)
    assert rows(store) == before
    with store.read() as conn:
        assert [one["file"] for one in list_imports(conn)] == ["logs.json", "logs.json"]


def test_figures_a_source_changed_later_are_corrected(store: Store, imports: Imports, tmp_path: Path) -> None:
    take(imports, openai(tmp_path, tokens=1_000_000))

    answer = take(imports, openai(tmp_path, tokens=3_000_000))

    assert [(line.what, line.usd) for line in answer.changed] == [(f"openai/{GPT}", Decimal(5))]
    assert spent(store) == Decimal("7.5")
    assert sum(row["input_tokens"] for row in rows(store)) == 3_000_000
    assert is_true(store)


def test_a_file_broken_at_its_end_leaves_nothing_behind(store: Store, imports: Imports, tmp_path: Path) -> None:
    path = litellm(tmp_path, *(call(number) for number in range(2000)))
    path.write_text(path.read_text(encoding="utf-8")[:-20], encoding="utf-8")

    with pytest.raises(BrokenImport):
        take(imports, path)
    assert rows(store) == []


def test_usage_without_its_cost_is_priced_and_marked(store: Store, imports: Imports, tmp_path: Path) -> None:
    answer = take(imports, openai(tmp_path))

    assert (answer.usd, answer.estimated_usd) == (Decimal("2.5"), Decimal("2.5"))
    (row,) = rows(store)
    assert row["estimated"]
    assert row["price"]


def test_usage_with_its_costs_comes_to_the_bill(store: Store, imports: Imports, tmp_path: Path) -> None:
    files = (
        openai(tmp_path),
        costs(tmp_path, (f"{GPT}, input", "2.4"), (f"{GPT}, output", "0.03"), ("web search tool calls", "1.25")),
    )

    answer = imports.take(ImportQuestion(files, bill_usd=Decimal("3.70")), actor="person:ada", exact=True)

    assert spent(store) == answer.usd == Decimal("3.68")
    assert [(row["model"], row["usd_nano"], row["estimated"]) for row in rows(store)] == [
        (GPT, 2_430_000_000, False),
        ("web search tool calls", 1_250_000_000, False),
    ]
    assert answer.bill is not None
    assert (answer.bill.difference_usd, answer.bill.is_within) == (Decimal("0.02"), True)
    assert [(line.what, line.usd) for line in answer.bill.remainder] == [
        ("not explained by the files", Decimal("0.02"))
    ]


def test_more_than_one_percent_from_the_bill_is_itemised_and_may_be_refused(
    store: Store, imports: Imports, tmp_path: Path
) -> None:
    table = "Date,MeterCategory,MeterName,Quantity,UnitOfMeasure,CostInBillingCurrency,BillingCurrency,ResourceId\n"
    table += "2026-02-10,Azure OpenAI,gpt 4o 0806 Inp glbl Tokens,1000,1K,2.50,USD,/a/b\n"
    table += "2026-02-10,Storage,LRS Data Stored,5,1 GB,0.10,USD,/a/c\n"
    path = tmp_path / "azure.csv"
    path.write_text(table, encoding="utf-8")
    question = ImportQuestion((path,), bill_usd=Decimal("2.75"))

    with pytest.raises(NotWithinBill):
        imports.take(question, actor="person:ada", exact=True)
    assert rows(store) == []
    answer = imports.take(
        ImportQuestion((path,), bill_usd=Decimal("2.75"), book_remainder=True), actor="person:ada", exact=True
    )

    assert answer.bill is not None
    assert [(line.what, line.usd) for line in answer.bill.remainder] == [
        ("left out: another service: Storage", Decimal("0.1")),
        ("not explained by the files", Decimal("0.15")),
    ]
    assert (answer.bill.remainder_booked_usd, answer.bill.difference_usd) == (Decimal("0.25"), 0)
    assert spent(store) == Decimal("2.75")


def test_a_model_nobody_has_a_price_for_is_never_free(store: Store, imports: Imports, tmp_path: Path) -> None:
    result = {"input_tokens": 10, "output_tokens": 1, "num_model_requests": 1, "model": "house-model-7"}
    path = pages(tmp_path, "usage.json", result)

    preview = imports.preview(ImportQuestion((path,)))
    assert [(line.what, line.records) for line in preview.unpriced] == [("openai/house-model-7", 11)]
    with pytest.raises(UnpricedImport, match="openai/house-model-7"):
        take(imports, path)
    assert rows(store) == []


def at_gateway(number: int, **changes: Any) -> dict[str, Any]:
    at = DAY + timedelta(minutes=number, seconds=20)
    return (
        charge(f"g{number}", at=at, model=GPT, input_tokens=1000 + number, fingerprint=f"chatcmpl-{number}") | changes
    )


def test_a_call_that_passed_the_gateway_is_not_booked_again(store: Store, imports: Imports, tmp_path: Path) -> None:
    put_charges(store, [at_gateway(1), at_gateway(2, fingerprint=None), at_gateway(3, fingerprint="chatcmpl-other")])

    answer = take(imports, litellm(tmp_path, *(call(number) for number in (1, 2, 3, 4))))

    assert [(line.what, line.records) for line in answer.duplicates] == [("gateway", 2)]
    assert [row["fingerprint"] for row in rows(store) if row["source"] == "import:litellm"] == [
        "chatcmpl-3",
        "chatcmpl-4",
    ]


def test_two_alike_calls_need_two_twins(store: Store, imports: Imports, tmp_path: Path) -> None:
    put_charges(store, [at_gateway(1, fingerprint=None)])
    alike = [call(1), call(1, request_id="chatcmpl-9")]

    answer = take(imports, litellm(tmp_path, *alike))

    assert (answer.charges, [line.records for line in answer.duplicates]) == (1, [1])


def test_a_day_that_the_gateway_saw_in_part_brings_its_rest(store: Store, imports: Imports, tmp_path: Path) -> None:
    put_charges(store, [at_gateway(1, model="gpt-4o", input_tokens=400_000, output_tokens=0, usd_nano=1_000_000_000)])

    answer = take(imports, openai(tmp_path, tokens=1_000_000))

    (booked,) = (row for row in rows(store) if row["source"] == "import:openai")
    assert (booked["input_tokens"], booked["usd_nano"]) == (600_000, 1_500_000_000)
    assert [(line.what, line.usd) for line in answer.duplicates] == [("the ledger", Decimal(1))]
    assert spent(store) == Decimal("2.5")


def test_logs_and_the_provider_s_own_export_of_one_day_count_once(
    store: Store, imports: Imports, tmp_path: Path
) -> None:
    take(imports, litellm(tmp_path, *(call(number, spend=0.0035) for number in range(4))))
    answer = take(imports, costs(tmp_path, (GPT, "0.014"), ("moderation", "0.5")))

    assert [(line.model, line.usd) for line in answer.by_model] == [("moderation", Decimal("0.5"))]
    assert spent(store) == Decimal("0.514")


def test_a_bill_of_a_month_brings_what_the_ledger_does_not_have(store: Store, imports: Imports, tmp_path: Path) -> None:
    put_charges(store, [at_gateway(1, usd_nano=90_000_000_000)])
    path = tmp_path / "bill.csv"
    path.write_text(
        "period,vendor,description,amount\n2026-02,openai,API usage,100.00\n2026-02,openai,Support plan,20.00\n",
        encoding="utf-8",
    )

    take(imports, path)

    assert sorted(row["usd_nano"] for row in rows(store) if row["source"] == "import:bill") == [
        10_000_000_000,
        20_000_000_000,
    ]


def test_a_line_that_stands_twice_on_a_bill_is_paid_twice_and_imported_once(
    store: Store, imports: Imports, tmp_path: Path
) -> None:
    path = tmp_path / "bill.csv"
    line = "2026-02,mistral,Top-up,10.00,USD\n"
    path.write_text("period,vendor,description,amount,currency\n" + 3 * line, encoding="utf-8")

    take(imports, path)
    assert spent(store) == Decimal(30)
    take(imports, path)
    assert spent(store) == Decimal(30)


def test_a_receipt_for_something_else_is_taken_for_no_bill(imports: Imports, tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    path.write_text('[{"company": "Taxi Nord", "date": "2026-02-03", "total": "13.80"}]', encoding="utf-8")
    with pytest.raises(UnknownImport, match="say which it is"):
        take(imports, path)


def test_rules_say_whose_use_it_was(store: Store, imports: Imports, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nkey = "bot"\nmodel = "gpt-4o*"\nworkflow = "ticket_triage"\n\n'
        '[[rule]]\nfrom = { team = "Customer *" }\nteam = "support"\nenvironment = "prod"\n',
        encoding="utf-8",
    )

    take(imports, litellm(tmp_path, call(1)), attribution=Attribution.read(rules))

    (row,) = rows(store)
    assert (row["team"], row["workflow"], row["environment"]) == ("support", "ticket_triage", "prod")


@pytest.mark.parametrize("text", ["[[rule]", "rule = 1", '[[rule]]\nkey = "a"', '[[rule]]\nteam = "no name!"', "x = 1"])
def test_rules_nobody_can_follow_are_refused(tmp_path: Path, text: str) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableRules):
        Attribution.read(rules)


def test_nothing_is_booked_into_a_closed_month(store: Store, imports: Imports, tmp_path: Path) -> None:
    with store.unit() as unit:
        closed = {"closed_at": DAY, "closed_by": "person:ada", "manifest": {}, "digest": "d", "last_seq": 0}
        unit.conn.execute(usage_close.insert().values(month="2026-02", **closed))

    with pytest.raises(MonthClosed, match="2026-02"):
        take(imports, litellm(tmp_path, call(1)))


def test_an_amount_in_a_currency_without_a_rate_is_refused(imports: Imports, tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    path.write_text("date,vendor,amount,currency\n2026-02-01,x,1,CHF\n", encoding="utf-8")
    with pytest.raises(TiebeamError, match="CHF"):
        take(imports, path)


def test_an_import_is_on_the_record_with_its_files(store: Store, imports: Imports, tmp_path: Path) -> None:
    answer = take(imports, litellm(tmp_path, call(1)))

    with store.read() as conn:
        (kept,) = conn.execute(sa.select(usage_import)).mappings()
    assert (kept["id"], kept["by"], kept["usd_nano"]) == (answer.import_ids[0], "person:ada", 1_000_000)
    assert kept["answer"]["by_team"][0]["what"] == "Customer-Support"
