# ids: EC-16, EC-19, EC-20, EC-21
"""Every source in the shape it documents, and what its records become."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiebeam.economics.imports import BrokenImport, UnknownImport
from tiebeam.economics.imports.loading import Loaded, load
from tiebeam.economics.imports.sighting import Sighting, SightingKind, plain_model
from tiebeam.economics.imports.sources.azure import model_of
from tiebeam.economics.imports.spool import Spool
from tiebeam.economics.metering import Usage


def read(folder: Path, name: str, text: str | bytes, **asked: Any) -> tuple[list[Sighting], Loaded]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with Spool() as spool:
        loaded = load([path], spool, to_usd=lambda amount, currency: amount * {"EUR": 2}[currency], **asked)
        return sorted(spool.read(*SightingKind), key=lambda one: one.line), loaded


LITELLM = {
    "request_id": "chatcmpl-1",
    "call_type": "acompletion",
    "api_key": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
    "spend": 0.00123,
    "total_tokens": 1120,
    "prompt_tokens": 1000,
    "completion_tokens": 120,
    "startTime": "2026-02-10T09:00:00.250000Z",
    "endTime": "2026-02-10T09:00:02.250000Z",
    "model": "openai/gpt-4o-mini",
    "custom_llm_provider": "openai",
    "cache_hit": "None",
    "request_tags": ["workflow:ticket_triage", "nightly"],
    "team_id": "t-1",
    "session_id": "trace-7",
    "metadata": {
        "user_api_key_alias": "support-bot",
        "user_api_key_team_alias": "support",
        "usage_object": {
            "prompt_tokens_details": {"cached_tokens": 400},
            "completion_tokens_details": {"reasoning_tokens": 20},
        },
    },
}


def test_a_spend_log_of_litellm_is_a_call(tmp_path: Path) -> None:
    (call,), loaded = read(tmp_path, "logs.json", json.dumps([LITELLM]))

    assert loaded.source["logs.json"].name == "litellm"
    assert (call.provider, call.model, call.nano, call.millis) == ("openai", "gpt-4o-mini", 1_230_000, 2000)
    assert call.usage == Usage(input=600, cached=400, output=100, reasoning=20)
    assert call.names["team"] == "support"
    assert (call.names["workflow"], call.names["tag"], call.names["key"]) == ("ticket_triage", "nightly", "support-bot")
    assert (call.fingerprint, call.execution) == ("chatcmpl-1", "trace-7")


def test_litellm_as_csv_of_its_table_reads_alike_whatever_the_order_of_columns(tmp_path: Path) -> None:
    row = {
        **LITELLM,
        "metadata": json.dumps(LITELLM["metadata"]),
        "request_tags": '["workflow:ticket_triage","nightly"]',
    }
    names = sorted(row, reverse=True)
    cells = ['"{}"'.format(str(row[name]).replace('"', '""')) for name in names]
    text = f"\ufeff{','.join(names)}\r\n{','.join(cells)}\r\n"

    (from_csv,), _ = read(tmp_path, "logs.csv", text)
    (from_json,), _ = read(tmp_path, "logs.jsonl", json.dumps(LITELLM))

    assert (from_csv.usage, from_csv.nano, from_csv.at, from_csv.id) == (
        from_json.usage,
        from_json.nano,
        from_json.at,
        from_json.id,
    )


def test_what_litellm_answered_itself_or_failed_costs_nothing_and_is_named(tmp_path: Path) -> None:
    hit = {**LITELLM, "request_id": "b", "cache_hit": "True", "spend": 0}
    failed = {**LITELLM, "request_id": "c", "status": "failure", "spend": 0}

    calls, loaded = read(tmp_path, "logs.json", json.dumps({"data": [LITELLM, hit, failed], "total": 3}))

    assert [call.id for call in calls] == ["litellm:chatcmpl-1"]
    assert {why: line.records for why, line in loaded.left_out.items()} == {
        "answered from LiteLLM's own cache": 1,
        "failed, and nothing was charged": 1,
    }


def bucket(*results: dict[str, Any], **around: Any) -> dict[str, Any]:
    return {"object": "bucket", "start_time": 1770681600, "end_time": 1770768000, "results": list(results)} | around


OPENAI_USAGE = {
    "object": "organization.usage.completions.result",
    "input_tokens": 10_000,
    "output_tokens": 500,
    "input_cached_tokens": 4_000,
    "input_audio_tokens": 0,
    "output_audio_tokens": 0,
    "num_model_requests": 12,
    "project_id": "proj_support",
    "user_id": None,
    "api_key_id": "key_1",
    "model": "gpt-4o-2024-08-06",
    "batch": False,
}


def page(*buckets: dict[str, Any], has_more: bool = False) -> str:
    return json.dumps({"object": "page", "data": list(buckets), "has_more": has_more, "next_page": None})


def test_openai_usage_is_a_bucket_with_cached_tokens_apart(tmp_path: Path) -> None:
    (seen,), loaded = read(tmp_path, "usage.json", page(bucket(), bucket(OPENAI_USAGE)))

    assert loaded.source["usage.json"].name == "openai-usage"
    assert seen.usage == Usage(input=6_000, cached=4_000, output=500)
    assert (seen.kind, seen.requests, seen.nano, seen.day) == (SightingKind.BUCKET, 12, None, "2026-02-10")
    assert seen.names == {"project": "proj_support", "key": "key_1"}


def test_buckets_may_stand_one_a_line(tmp_path: Path) -> None:
    lines = [bucket(OPENAI_USAGE), bucket({**OPENAI_USAGE, "model": "o1"})]

    seen, _ = read(tmp_path, "usage.jsonl", "\n".join(map(json.dumps, lines)))

    assert [(one.model, one.day) for one in seen] == [("gpt-4o-2024-08-06", "2026-02-10"), ("o1", "2026-02-10")]


def test_openai_costs_name_the_model_in_their_lines(tmp_path: Path) -> None:
    cost = {
        "object": "organization.costs.result",
        "amount": {"value": "0.06", "currency": "usd"},
        "line_item": "gpt-4o-2024-08-06, cached input",
        "project_id": None,
    }
    (seen,), _ = read(tmp_path, "costs.json", page(bucket(cost)))
    assert (seen.kind, seen.model, seen.nano) == (SightingKind.COST, "gpt-4o-2024-08-06", 60_000_000)

    text = "start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_name\n"
    text += "2026-02-10T00:00:00+00:00,2026-02-11T00:00:00+00:00,0.06,eur,web search tool calls,Support\n"
    (seen,), _ = read(tmp_path, "costs.csv", text)
    assert (seen.nano, seen.names["project"]) == (120_000_000, "Support")


def test_anthropic_usage_and_costs_as_the_api_and_as_the_console_write_them(tmp_path: Path) -> None:
    result = {
        "uncached_input_tokens": 1500,
        "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 500},
        "cache_read_input_tokens": 200,
        "output_tokens": 500,
        "server_tool_use": {"web_search_requests": 10},
        "api_key_id": "apikey_1",
        "workspace_id": "wrkspc_1",
        "model": "claude-sonnet-4-5-20250929",
        "service_tier": "standard",
        "context_window": "0-200k",
    }
    days = {"starting_at": "2026-02-10T00:00:00Z", "ending_at": "2026-02-11T00:00:00Z"}
    (seen,), _ = read(tmp_path, "usage.json", json.dumps({"data": [{**days, "results": [result]}], "has_more": False}))
    assert seen.usage == Usage(input=1500, cached=200, cache_write=500, cache_write_1h=1000, output=500)

    text = (
        "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,"
        "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
        "usage_output_tokens,web_search_count,inference_geo,speed\n"
        "2026-02-10,claude-sonnet-4-5-20250929,Closer App,Default,standard,≤ 200k,1500,500,1000,200,500,0,global,\n"
    )
    (from_console,), _ = read(tmp_path, "usage.csv", text)
    assert (from_console.usage, from_console.names["key"]) == (seen.usage, "Closer App")

    cost = {
        "currency": "USD",
        "amount": "123.78912",
        "workspace_id": "wrkspc_1",
        "description": "Claude Sonnet 4.5 Usage - Input Tokens",
        "cost_type": "tokens",
        "context_window": "0-200k",
        "model": "claude-sonnet-4-5-20250929",
        "service_tier": "standard",
        "token_type": "uncached_input_tokens",
    }
    (paid,), _ = read(tmp_path, "costs.json", json.dumps({"data": [{**days, "results": [cost]}], "has_more": False}))
    # Anthropic states cents.
    assert (paid.kind, paid.nano) == (SightingKind.COST, 1_237_891_200)


def test_azure_meters_become_tokens_of_a_model_with_their_cost(tmp_path: Path) -> None:
    text = (
        "SubscriptionName;Date;MeterCategory;MeterName;Quantity;UnitOfMeasure;CostInBillingCurrency;BillingCurrency;"
        "ResourceId;Tags;meterId\n"
        "Prod;02/13/2026;Foundry Models;gpt 4o 0806 cached Inp glbl Tokens;1.234,5;1K;0,77;USD;"
        '/a/openai-west;"""team"": '
        '""finance"",""env"": ""prod""";m1\n'
        "Prod;02/14/2026;Virtual Machines;D2 v3;24;1 Hour;4,00;USD;/a/vm;;m2\n"
    )
    (seen,), loaded = read(tmp_path, "azure.csv", text)

    assert (seen.model, seen.usage, seen.nano) == ("gpt-4o-0806", Usage(cached=1_234_500), 770_000_000)
    assert seen.day == "2026-02-13"
    assert (seen.names["team"], seen.names["resource"]) == ("finance", "openai-west")
    assert loaded.left_out["another service: Virtual Machines"].nano == 4_000_000_000


def test_openrouter_by_day_and_by_generation(tmp_path: Path) -> None:
    activity = {
        "date": "2026-02-10",
        "model": "openai/gpt-4.1",
        "model_permaslug": "openai/gpt-4.1-2025-04-14",
        "endpoint_id": "550e8400-e29b-41d4-a716-446655440000",
        "provider_name": "OpenAI",
        "usage": 0.015,
        "byok_usage_inference": 0.012,
        "requests": 5,
        "prompt_tokens": 50,
        "completion_tokens": 125,
        "reasoning_tokens": 25,
    }
    (seen,), _ = read(tmp_path, "activity.json", json.dumps({"data": [activity]}))
    assert (seen.nano, seen.usage, seen.requests) == (15_000_000, Usage(input=50, output=100, reasoning=25), 5)

    text = (
        "generation_id,created_at,cost_total,tokens_prompt,tokens_completion,tokens_reasoning,tokens_cached,"
        "model_permaslug,provider_name,generation_time_ms,api_key_name,app_name\n"
        "gen-1,2026-02-10 02:37:51.271,1.2e-05,100,20,0,40,openai/gpt-4.1-2025-04-14,OpenAI,800,bot,cursor\n"
    )
    (call,), _ = read(tmp_path, "generations.csv", text)
    assert (call.kind, call.nano, call.usage) == (SightingKind.CALL, 12_000, Usage(input=60, cached=40, output=20))


def test_bills_and_seats_are_amounts_of_their_days(tmp_path: Path) -> None:
    (fee,), _ = read(
        tmp_path, "bill.csv", "Date,Vendor,Description,Amount,Currency\n2026-02-28,Mistral,Usage,10.00,EUR\n"
    )
    assert (fee.kind, fee.endpoint, fee.nano, fee.provider) == (SightingKind.FEE, "bill", 20_000_000_000, "mistral")

    (seat,), _ = read(
        tmp_path, "seats.csv", "Month,Product,Seats,Price per seat,Team\n2026-02,Copilot,40,19.00,platform\n"
    )
    assert (seat.endpoint, seat.nano, seat.day, seat.names["team"]) == (
        "seats",
        760_000_000_000,
        "2026-02-01",
        "platform",
    )


BROKEN = {
    "cut.json": (json.dumps([LITELLM, {**LITELLM, "request_id": "b"}])[:-40], "in the middle of a record", 1),
    "cut.jsonl": (f"{json.dumps(LITELLM)}\n{json.dumps(LITELLM)[:200]}", "in the middle of a record", 2),
    "cut.csv": ("date,amount,vendor\n2026-02-01,1.00,A\n2026-02-02,2.0", "2 cells", 3),
    "quote.csv": ('date,amount,vendor\n2026-02-01,1.00,"A\n', "in the middle of a record", 2),
    "word.csv": ("date,amount,vendor\n2026-02-01,1.00,A\n2026-02-02,lots,A\n", "'amount': 'lots' is no number", 3),
    "either.csv": ("date,amount,vendor\n03/04/2026,1.00,A\n", "may be read two ways", 2),
    "empty.csv": ("", "the file is empty", 1),
    "none.json": ("[]", "the file holds no record", 1),
    "more.json": (page(bucket(OPENAI_USAGE), has_more=True), "says that more follow", 1),
    "latin.csv": (b"date,amount,vendor\n2026-02-01,1.00,Caf\xe9\n", "neither UTF-8 nor UTF-16", 1),
    "twice.csv": ("date,amount,Amount\n", "stands there twice", 1),
    "nan.json": ('[{"request_id": "a", "spend": NaN}]', "is no number", 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_by_name_line_and_fix(tmp_path: Path, name: str) -> None:
    text, problem, line = BROKEN[name]

    with pytest.raises(BrokenImport) as refused:
        read(tmp_path, name, text)

    assert problem in refused.value.message
    assert f"{name!r}, line {line}: " in refused.value.message
    assert ";" in refused.value.message


def test_a_file_of_no_known_source_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownImport, match=r"litellm \(LiteLLM spend logs\)"):
        read(tmp_path, "x.csv", "name,colour\na,red\n")


def test_files_may_be_compressed_or_wide(tmp_path: Path) -> None:
    import gzip

    text = "Datum;amount;vendor;date\nx;1.234,50;A;28.02.2026\n"
    (plain,), _ = read(tmp_path, "a.csv", text)
    (packed,), _ = read(tmp_path, "a.csv.gz", gzip.compress(text.encode()))
    (wide,), _ = read(tmp_path, "b.csv", text.encode("utf-16"))

    assert plain.nano == packed.nano == wide.nano == 1_234_500_000_000
    with pytest.raises(BrokenImport):
        read(tmp_path, "c.csv.gz", gzip.compress(text.encode())[:-12])


def test_a_large_file_is_read_in_little_memory(tmp_path: Path) -> None:
    import tracemalloc

    lines = [json.dumps({**LITELLM, "request_id": f"chatcmpl-{number}"}) for number in range(1_200)]
    path = tmp_path / "large.json"
    path.write_text(f"[{','.join(lines)}]", encoding="utf-8")
    tracemalloc.start()
    try:
        with Spool() as spool:
            loaded = load([path], spool, to_usd=lambda amount, currency: amount)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert loaded.records == 1_200
    assert peak < 9_000_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gpt-4o-2024-08-06", "openai/gpt-4o"),
        ("claude-sonnet-4-5-20250929", "Claude Sonnet 4.5"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("openai/gpt-4.1-2025-04-14", "gpt-4-1"),
        ("gemini-2.5-flash-latest", "gemini-2.5-flash"),
    ],
)
def test_names_of_one_model_are_told_to_be_one(one: str, other: str) -> None:
    assert plain_model(one) == plain_model(other)
    assert plain_model("gpt-4o") != plain_model("gpt-4o-mini")


def test_meters_of_azure_name_their_model() -> None:
    assert model_of("gpt-4o-mini-0718-Outp-glbl Tokens") == "gpt-4o-mini-0718"
    assert model_of("o3 mini 0131 Batch Inp DZone Tokens") == "o3-mini-0131"
