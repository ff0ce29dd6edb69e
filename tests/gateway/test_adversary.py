"""Requests and answers made to cost more than is held, to pass uncharged, or to bring a process down.

Each of these once did, or was tried and did not (ids: EC-21, EC-27).
"""

from __future__ import annotations

import base64
import gzip
import json
import socket
import threading
from collections.abc import Generator
from typing import Any

import pytest

from tests.builders.gateway import make_key, served_record, upstream_record
from tests.gateway.house import HELLO, House, house
from tests.gateway.raw import TRUE_COST, Raw, events, open_to, spoken, until, whole
from tests.gateway.upstream import Says

CHAT, RESPONSES, MESSAGES, EMBEDDINGS = "chat/completions", "responses", "messages", "embeddings"


@pytest.fixture(scope="module")
def raw() -> Generator[Raw]:
    one = Raw()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        one.port = listening.getsockname()[1]
        threading.Thread(target=one.serve, args=(listening,), daemon=True).start()
        yield one
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def shared(raw: Raw, tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    records = {
        "upstreams/raw.toml": upstream_record(raw.port, attempts=1, breaker_failures=1000),
        "served/raw.toml": served_record("raw", upstream="raw", model="far-small"),
        "served/little.toml": served_record("little", model="far-mid", context_tokens=1_000, max_output_tokens=50),
    }
    records["upstreams/raw.toml"] = records["upstreams/raw.toml"].replace("far on this", "raw on this")
    with house(tmp_path_factory.mktemp("adversary"), records=records) as here:
        yield here


@pytest.fixture
def here(shared: House, raw: Raw) -> House:
    shared.far.forget()
    raw.asked.clear()
    return shared


def code_of(answer: Any) -> str:
    return answer.json()["error"]["code"]


def last(here: House) -> Any:
    return here.charges()[-1]


def post(here: House, body: bytes, path: str = CHAT, **headers: str) -> Any:
    signed = here.signed() | {name.replace("_", "-"): value for name, value in headers.items()}
    return here.client.post(f"/v1/{path}", content=body, headers=signed)


# Requests.


@pytest.mark.parametrize("name", ["max_to\u212aens", "MAX_TOKENS", "max_toKens", "\u017ftream", "me\u017f\u017fages"])
@pytest.mark.parametrize("is_escaped", [False, True], ids=["plain", "escaped"])
def test_a_name_that_a_server_takes_for_another_is_refused(here: House, name: str, is_escaped: bool) -> None:
    body = json.dumps({"model": "small", "max_tokens": 1, "messages": HELLO, name: 100_000}, ensure_ascii=is_escaped)

    assert code_of(post(here, body.encode())) == "malformed_request"
    assert not here.far.calls


@pytest.mark.parametrize(
    ("path", "more"),
    [
        (CHAT, {"provider": {"order": ["dearest"]}}),
        (CHAT, {"preset": "@preset/dear"}),
        (CHAT, {"search_parameters": {"mode": "on"}}),
        (CHAT, {"deferred": True}),
        (CHAT, {"n_predict": 100_000}),
        (CHAT, {"mm_processor_kwargs": {"max_pixels": 10**9}}),
        (CHAT, {"prediction": {"type": "content", "content": "x"}}),
        (RESPONSES, {"plugins": [{"id": "web"}]}),
        (RESPONSES, {"provider": {"sort": "throughput"}}),
        (RESPONSES, {"input": [{"id": "msg_123"}]}),
        (RESPONSES, {"input": {"id": "msg_123"}}),
        (MESSAGES, {"inference_geo": "us"}),
        (EMBEDDINGS, {"messages": HELLO}),
        (EMBEDDINGS, {"input": [{"image": "https://example.org/a.png"}]}),
        (EMBEDDINGS, {"input": {"image": "https://example.org/a.png"}}),
        (
            CHAT,
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "gs://b/film"}}]}]},
        ),
    ],
)
def test_what_makes_a_call_dearer_than_it_looks_is_refused(here: House, path: str, more: dict[str, Any]) -> None:
    assert code_of(here.ask(path, **more)) == "cost_unbounded"
    assert not here.far.calls


@pytest.mark.parametrize("kind", ["application/pdf", "video/mp4", "text/plain"])
def test_a_file_in_the_place_of_an_image_is_refused(here: House, kind: str) -> None:
    url = f"data:{kind};base64,{base64.b64encode(b'%PDF' * 100).decode()}"
    parts = [{"type": "image_url", "image_url": {"url": url}}]

    assert code_of(here.ask(messages=[{"role": "user", "content": parts}])) == "cost_unbounded"


def test_a_part_that_stands_alone_is_counted_as_one_in_a_list(here: House) -> None:
    part = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    here.ask(messages=[{"role": "user", "content": part}])
    alone = last(here).worst_nano
    here.ask(messages=[{"role": "user", "content": [part]}])

    assert alone + 2 * 1_000 >= last(here).worst_nano


def test_two_addresses_of_one_image_are_refused(here: House) -> None:
    pair = '{"url":"data:image/png;base64,AA","url":"data:application/pdf;base64,AA"}'
    body = '{"model":"small","messages":[{"role":"user","content":[{"type":"image_url","image_url":' + pair + "}]}]}"

    assert code_of(post(here, body.encode())) == "cost_unbounded"


def test_a_batch_price_is_not_had_by_asking_for_it(here: House) -> None:
    assert here.ask(service_tier="batch").status_code == 400
    assert not here.far.calls


def test_a_limit_above_the_models_own_is_brought_down_to_what_is_held(here: House) -> None:
    answer = here.ask(model="little", max_tokens=100_000)

    assert answer.headers["x-tiebeam-output-limit"] == "50"
    assert here.far.calls[0].asked["max_tokens"] == 50


def test_a_limit_that_a_server_may_not_know_is_not_relied_on(here: House) -> None:
    here.far.says = Says(output=4_000)

    here.ask(max_completion_tokens=1)

    assert last(here).usd_nano <= last(here).worst_nano


def test_a_header_that_widens_the_context_widens_the_bound(here: House) -> None:
    here.far.says = Says(input=5_000, output=5)
    text = [{"role": "user", "content": "word " * 4_000}]

    here.ask(model="little", messages=text, headers={"anthropic-beta": "context-1m-2025-08-07"})

    assert last(here).usd_nano <= last(here).worst_nano


def test_an_hour_in_the_cache_is_held_for_and_charged(here: House) -> None:
    text = [{"type": "text", "text": "Rules " * 100, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]

    held = here.ask(messages=[{"role": "user", "content": text}])

    assert held.status_code == 200
    row = last(here)
    # Nothing says what an hour costs with this provider, so twice the input is held.
    assert row.worst_nano > 2 * 1_000 * len(json.dumps(text))


# Answers.


@pytest.mark.parametrize(
    "claimed",
    [
        {"prompt_tokens": -5, "completion_tokens": 10},
        {"prompt_tokens": 10**13, "completion_tokens": 1},
        {"prompt_tokens": 10**400, "completion_tokens": 1},
        {"prompt_tokens": "12", "completion_tokens": 1},
        {"prompt_tokens": [1], "completion_tokens": {}},
        {"prompt_tokens": 10, "completion_tokens": None},
        "none",
    ],
    ids=["negative", "absurd", "endless", "text", "lists", "half", "no object"],
)
def test_usage_that_cannot_be_is_charged_as_an_estimate_within_the_hold(here: House, raw: Raw, claimed: Any) -> None:
    raw.says(whole(usage=claimed))

    assert here.ask(model="raw").status_code == 200
    row = last(here)
    assert row.estimated
    assert 0 < row.usd_nano <= row.worst_nano


def test_usage_beyond_the_hold_is_charged_truly(here: House, raw: Raw) -> None:
    raw.says(whole(usage={"prompt_tokens": 1_000_000, "completion_tokens": 1_000_000}))

    here.ask(model="raw", max_tokens=1)

    row = last(here)
    assert row.usd_nano == 1_000_000 * 5_000 > row.worst_nano
    assert not row.estimated
    assert here.spent()["company"] >= row.usd_nano
    here.assert_settled()


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "stream"])
def test_an_answer_that_was_packed_unasked_is_charged_at_worst(here: House, raw: Raw, is_stream: bool) -> None:
    if is_stream:
        raw.says(gzip.compress(events()), kind="text/event-stream", head="content-encoding: gzip\r\n")
    else:
        raw.says(gzip.compress(whole()), head="content-encoding: gzip\r\n")

    assert here.ask(model="raw", stream=is_stream, max_tokens=700).status_code == 200
    row = last(here)
    assert row.estimated
    assert row.usd_nano == row.worst_nano


@pytest.mark.parametrize("kind", ["Text/Event-Stream; charset=utf-8", " text/event-stream", "application/json"])
@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "stream"])
def test_the_usage_of_a_stream_counts_however_it_is_announced(
    here: House, raw: Raw, kind: str, is_stream: bool
) -> None:
    raw.says(events(), kind=kind)

    assert here.ask(model="raw", stream=is_stream).status_code == 200
    assert (last(here).usd_nano, last(here).estimated) == (TRUE_COST, False)


@pytest.mark.parametrize(
    "body",
    [
        events(end="\r\r"),
        events(end="\r\n\r\n"),
        b"\xef\xbb\xbf" + events(),
        b"\0\0\n\n" + events(),
        events().removesuffix(b"\n\n"),
        b"data: " + b"x" * 300_000 + b"\n\n" + events(),
        b": " + b"\n" * 5_000 + events(),
        events().replace(b"data: {", b"data:{"),
    ],
    ids=["CR", "CRLF", "BOM", "NUL", "no end", "long line", "empty lines", "no space"],
)
def test_streams_of_every_shape_are_charged_by_their_usage(here: House, raw: Raw, body: bytes) -> None:
    raw.says(body, kind="text/event-stream")

    assert here.ask(model="raw", stream=True).status_code == 200
    assert (last(here).usd_nano, last(here).estimated) == (TRUE_COST, False)


def test_a_stream_that_broke_before_a_word_was_seen_is_charged_at_worst(here: House, raw: Raw) -> None:
    # Reasoning is charged for, and does not show.
    chunk = b'data: {"id":"c1","choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n'
    raw.answer = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n" + chunk

    here.ask(model="raw", stream=True, max_tokens=700)

    row = last(here)
    assert (row.ended, row.usd_nano) == ("broken", row.worst_nano)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000,
        b"\0" * 500,
        b"",
    ],
    ids=["redirect", "interim flood", "two lengths", "negative length", "giant head", "no HTTP", "nothing"],
)
def test_answers_that_are_none_end_the_call_and_hold_nothing(here: House, raw: Raw, answer: bytes) -> None:
    raw.answer = answer

    assert here.ask(model="raw").status_code == 502
    here.assert_settled()


def test_trailers_change_nothing(here: House, raw: Raw) -> None:
    body = whole()
    raw.answer = (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        + b"%x\r\n%b\r\n0\r\ncontent-encoding: gzip\r\nx-usage: 0\r\n\r\n" % (len(body), body)
    )

    assert here.ask(model="raw").status_code == 200
    assert last(here).usd_nano == TRUE_COST


# Keys and budgets that change while a call is under way.


def test_a_call_is_charged_whose_key_was_revoked_in_the_middle_of_it(here: House) -> None:
    key = make_key(here.app)
    name = here.key_id(key)
    here.far.says = Says(chunks=5, pause=0.05, output=300)

    with here.stream(key=key) as answer:
        pieces = answer.iter_bytes()
        assert next(pieces)
        here.app.keys.revoke(here.app.principal(), name)
        assert b"[DONE]" in b"".join(pieces)

    row = last(here)
    assert (row.key_id, row.ended, row.output_tokens, row.estimated) == (name, "ok", 300, False)
    assert here.ask(key=key).status_code == 401
    here.assert_settled()


def test_of_two_keys_one_counts_and_no_other_stands_in_for_a_wrong_one(here: House) -> None:
    one, other = make_key(here.app), make_key(here.app)

    assert here.ask(key=one, headers={"x-api-key": other}).status_code == 200
    assert last(here).key_id == here.key_id(one)
    assert here.ask(key="tb_k_wrong", headers={"x-api-key": other}).status_code == 401


def test_a_hold_ends_when_its_caller_leaves_before_a_word_came(here: House) -> None:
    here.far.says = Says(delay=0.2, output=10)
    with open_to(here) as caller:
        body = json.dumps(here.body(stream=True)).encode()
        signed = f"authorization: {here.signed()['authorization']}\r\ncontent-length: {len(body)}"
        caller.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n{signed}\r\n\r\n".encode() + body)
        until(lambda: bool(here.far.calls))

    here.assert_settled()
    assert (last(here).ended, last(here).output_tokens) == ("left", 10)


# What the caller says besides its body.


def test_a_provider_is_told_that_it_gets_json_whatever_the_caller_says(here: House) -> None:
    body = json.dumps(here.body()).encode()

    assert post(here, body, content_type="application/json; charset=utf-7").status_code == 200
    assert here.far.calls[-1].headers["content-type"] == "application/json"
    assert post(here, gzip.compress(body), content_encoding="gzip").status_code == 400


@pytest.mark.parametrize(
    "path", ["//v1/chat/completions", "/V1/chat/completions", "/v1/chat/completions/", "/v1/x/../chat/completions"]
)
def test_other_ways_to_write_a_path_lead_nowhere(here: House, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n"
    answer = spoken(here, head.encode() + b"{}")

    assert b" 404 " in answer
    assert not here.far.calls


@pytest.mark.parametrize(
    "endless",
    [b"GET /" + b"y" * 100_000, b"POST /v1/messages HTTP/1.1\r\nx: " + b"y" * 100_000, b"x: y\r\n" * 20_000],
    ids=["path", "header", "headers"],
)
def test_a_head_without_an_end_is_not_read_for_ever(here: House, endless: bytes) -> None:
    begun = b"" if endless.startswith((b"GET", b"POST")) else b"GET /health HTTP/1.1\r\n"

    assert spoken(here, begun + endless).startswith(b"HTTP/1.1 431 ")
    assert here.ask().status_code == 200


def test_a_large_body_right_behind_its_head_is_no_large_head(here: House) -> None:
    body = json.dumps(here.body(messages=[{"role": "user", "content": "word " * 50_000}])).encode()
    signed = f"authorization: {here.signed()['authorization']}\r\n"
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n{signed}content-length: {len(body)}\r\n\r\n"
    again = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

    answers = spoken(here, head.encode() + body + again)

    assert answers.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    "framing",
    [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "content-length: 5\r\ncontent-length: 6\r\n",
        "transfer-encoding: xchunked\r\n",
        "content-length: +5\r\n",
    ],
)
def test_a_request_framed_in_two_ways_is_not_taken(here: House, framing: str) -> None:
    inner = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n\r\n"
    signed = f"authorization: {here.signed()['authorization']}\r\n"

    answer = spoken(here, f"POST /v1/messages HTTP/1.1\r\nhost: x\r\n{signed}{framing}\r\n0\r\n\r\n{inner}".encode())

    assert b"HTTP/1.1 400 " in answer
    assert not here.far.calls
