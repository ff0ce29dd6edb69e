"""ids: EC-21 — calls pass to the provider as they came, and are charged to the nano-dollar."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders.gateway import gateway_workspace, make_key_in, served_record, upstream_record
from tests.gateway.house import House, house, served
from tests.gateway.upstream import Says, upstream
from tiebeam.app import open_app
from tiebeam.gateway import Gateway
from tiebeam.kit import digest_of

KEYS_OF_ERRORS = {"message", "type", "param", "code"}


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    with upstream() as far:
        records = {
            "upstreams/far.toml": upstream_record(far.port),
            "upstreams/native.toml": upstream_record(far.port, provider="far", kind="anthropic"),
            "served/claude.toml": served_record("claude", upstream="native", model="far-small"),
        }
        with house(tmp_path_factory.mktemp("calls"), far=far, records=records) as one:
            yield one


@pytest.fixture
def here(standing: House) -> House:
    standing.far.forget()
    return standing


def _last(here: House) -> Any:
    return here.charges()[-1]


@pytest.mark.parametrize(
    ("path", "nano"),
    [
        # 800 fresh at 1, 200 cached at 0.1 and 50 out at 4 dollars per million.
        ("chat/completions", 1_020_000),
        ("responses", 1_020_000),
        ("embeddings", 1_000_000),
    ],
)
def test_a_call_costs_what_the_provider_says_it_used(here: House, path: str, nano: int) -> None:
    here.far.says = Says(input=1_000, cached=200, output=50)
    answer = here.ask(path)
    assert answer.status_code == 200
    assert answer.headers["x-tiebeam-route"] == "small, as asked"
    row = _last(here)
    assert row.usd_nano == nano
    assert row.call_id == answer.headers["x-tiebeam-call"]
    assert (row.team, row.workflow, row.endpoint, row.asked, row.model) == (
        "sales",
        "enquiries",
        path,
        "small",
        "far-small",
    )
    assert f"{int(nano) / 1e9:.9f}".rstrip("0") == answer.headers["x-tiebeam-cost-usd"].rstrip("0")


def test_the_clients_bytes_pass_but_for_the_models_name(here: House) -> None:
    messages = b'[{"role":"user","content":"\xc3\xa9 \\u00e9"}]'
    body = b'{ "messages":' + messages + b',\n "model" : "small", "max_tokens":7, "odd":[1,2.50] }'
    answer = here.client.post("/v1/chat/completions", content=body, headers=here.signed())
    assert answer.status_code == 200
    assert here.far.calls[-1].body == body.replace(b'"small"', b'"far-small"')


def test_the_callers_key_never_reaches_the_provider(here: House) -> None:
    here.ask(headers={"cookie": "session=1", "x-tiebeam-execution": "nightly-7"})
    sent = here.far.calls[-1].headers
    assert "authorization" not in sent
    assert "cookie" not in sent
    assert not [name for name in sent if name.startswith("x-tiebeam")]
    assert _last(here).execution == "nightly-7"


@pytest.mark.parametrize("asks", [False, True])
# complaint: 14
def test_a_stream_is_charged_and_states_its_usage_only_to_those_who_asked(here: House, *, asks: bool) -> None:
    here.far.says = Says(input=1_000, cached=200, output=50, chunks=5)
    said = {"stream_options": {"include_usage": True}} if asks else {}
    with here.stream(**said) as answer:
        text = answer.read().decode()
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    assert here.far.calls[-1].asked["stream_options"] == {"include_usage": True}
    assert text.endswith("data: [DONE]\n\n")
    assert any(event["choices"] == [] for event in events) is asks
    assert len([event for event in events if event["choices"]]) == 6
    row = _last(here)
    assert (row.usd_nano, row.estimated, row.ended) == (1_020_000, False, "ok")


@pytest.mark.parametrize(("path", "model"), [("responses", "small"), ("messages", "claude")])
@pytest.mark.parametrize("stream", [False, True])
def test_the_other_endpoints_are_charged_too(here: House, path: str, model: str, *, stream: bool) -> None:
    here.far.says = Says(input=1_000, cached=200, output=50)
    answer = here.ask(path, model=model, stream=stream)
    assert answer.status_code == 200
    assert _last(here).usd_nano == 1_020_000


def test_tokens_written_to_a_cache_are_a_class_of_their_own(here: House) -> None:
    here.far.says = Says(input=1_000, cached=200, cache_write=300, output=50)
    here.ask("messages", model="claude")
    row = _last(here)
    assert (row.input_tokens, row.cached_tokens, row.cache_write_tokens, row.output_tokens) == (500, 200, 300, 50)
    assert here.far.calls[-1].headers["anthropic-version"] == "2023-06-01"


def test_a_call_without_a_key_or_with_a_wrong_one_is_refused_in_the_form_of_its_api(here: House) -> None:
    for headers in ({}, {"authorization": "Bearer tb_k_wrong"}, {"x-api-key": "no"}):
        answer = here.client.post("/v1/chat/completions", json=here.body(), headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "invalid_api_key"
        assert set(answer.json()["error"]) == KEYS_OF_ERRORS
    native = here.client.post("/v1/messages", json=here.body("messages"), headers={"x-api-key": "no"})
    assert native.json()["type"] == "error"
    assert native.json()["error"]["type"] == "authentication_error"
    assert here.far.calls == []


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "malformed_request"),
        (b"{", 400, "malformed_request"),
        (b"[]", 400, "malformed_request"),
        (b'{"model":"small","messages":[],"max_tokens":1,"max_tokens":9}', 400, "malformed_request"),
        (b'{"model":"none","messages":[]}', 404, "unknown_model"),
        (b'{"model":"small","messages":[],"n":4000}', 400, "too_many_choices"),
        (b'{"model":"small","messages":[],"service_tier":"scale"}', 400, "invalid"),
    ],
)
def test_a_request_that_cannot_be_bounded_or_read_is_refused(
    here: House, content: bytes, status: int, code: str
) -> None:
    before = len(here.charges())
    answer = here.client.post("/v1/chat/completions", content=content, headers=here.signed())
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert here.far.calls == []
    assert len(here.charges()) == before
    assert here.held() == 0


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("responses", {"previous_response_id": "resp_1"}),
        ("responses", {"background": True}),
        ("responses", {"tools": [{"type": "web_search"}]}),
        ("chat/completions", {"web_search_options": {}, "plugins": [{"id": "web"}]}),
    ],
)
def test_a_call_whose_cost_cannot_be_bounded_is_refused_under_a_hard_ceiling(
    here: House, path: str, said: dict[str, Any]
) -> None:
    answer = here.ask(path, **said)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "cost_unbounded")
    assert answer.json()["error"]["details"]["reasons"]
    assert here.far.calls == []


def test_models_are_listed_in_the_form_of_who_asks(here: House) -> None:
    listed = here.client.get("/v1/models", headers=here.signed()).json()
    assert [one["id"] for one in listed["data"]] == ["claude", "frontier", "mid", "small"]
    native = here.client.get("/v1/models", headers=here.signed() | {"anthropic-version": "2023-06-01"}).json()
    assert native["first_id"] == "claude"
    assert here.client.get("/v1/models/mid", headers=here.signed()).json()["id"] == "mid"
    assert here.client.get("/v1/models/none", headers=here.signed()).status_code == 404
    assert here.client.get("/v1/models").status_code == 401


def test_paths_and_methods_that_are_not_there_are_said_to_be(here: House) -> None:
    assert here.client.post("/v1/batches", headers=here.signed()).json()["error"]["code"] == "unknown_url"
    assert here.client.get("/v1/chat/completions", headers=here.signed()).status_code == 405
    assert here.client.get("/health").json() == {"status": "ok"}
    assert here.client.get("/ready").json() == {"status": "ready", "store": "here"}
    assert "tiebeam_gateway_replies_total" in here.client.get("/metrics").text


def test_headers_of_ours_that_cannot_be_so_are_refused(here: House) -> None:
    assert here.ask(headers={"x-tiebeam-execution": "a b"}).json()["error"]["code"] == "wrong_header"
    assert here.ask(headers={"x-tiebeam-workflow": "other"}).status_code == 403


def test_an_error_of_the_provider_is_handed_on_and_costs_nothing(here: House) -> None:
    here.far.says = Says(status=400, body=b'{"error":{"message":"no such tool","type":"invalid_request_error"}}')
    answer = here.ask()
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "no such tool")
    assert len(here.far.calls) == 1
    row = _last(here)
    assert (row.ended, row.status, row.usd_nano, row.concluded) == ("refused", 400, 0, True)


def test_a_key_the_provider_refuses_is_the_gateways_and_not_the_callers(here: House) -> None:
    here.far.says = Says(status=401, body=b'{"error":{"message":"bad key"}}')
    answer = here.ask()
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_failed")


def test_a_workspace_applied_by_an_older_version_goes_on_without_being_applied_again(tmp_path: Path) -> None:
    with upstream() as far:
        workspace = gateway_workspace(tmp_path / "work", port=far.port)
        key = make_key_in(workspace)
        # Its records had fewer parts then, so they come to another digest now.
        with closing(sqlite3.connect(workspace / ".tiebeam" / "tiebeam.sqlite")) as database, database:
            content = json.loads(database.execute("SELECT content FROM graph_snapshot").fetchone()[0])
            for budget in content["budgets"].values():
                del budget["warn_usd_per_execution"]
            found = (digest_of(content), json.dumps(content))
            database.execute("UPDATE graph_snapshot SET digest = ?, content = ?", found)
        app = open_app(workspace)
        try:
            app.calls.open()
            with served(Gateway(lambda: app.calls)) as url:
                answer = httpx.post(
                    f"{url}/v1/chat/completions", json=House.body(), headers={"authorization": f"Bearer {key}"}
                )
            assert answer.status_code == 200
        finally:
            app.close()
