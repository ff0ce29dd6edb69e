"""ids: EC-21 — providers that fail, lie, stall or flood: no charge is lost, nothing stays held, the process goes on."""

from __future__ import annotations

import json
from collections.abc import Generator
from decimal import Decimal
from typing import Any

import pytest

from tests.builders.gateway import lines, make_key, price_record, served_record, upstream_record
from tests.gateway.house import House, house
from tests.gateway.upstream import Says, Upstream, upstream

USED = Says(input=1_000, cached=200, output=50)
NANO = 1_020_000


@pytest.fixture(scope="module")
def second() -> Generator[Upstream]:
    with upstream() as one:
        yield one


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, second: Upstream) -> Generator[House]:
    records = {
        "upstreams/other.toml": upstream_record(second.port, provider="other"),
        "served/twice.toml": lines(
            name="twice",
            capability="standard",
            context_tokens=128_000,
            max_output_tokens=4_096,
        )
        + '\n[[serving]]\nupstream = "frail"\nmodel = "far-small"\n'
        + '\n[[serving]]\nupstream = "other"\nmodel = "far-mid"\n',
        "prices/other-mid.toml": price_record("mid", provider="other"),
    }
    with upstream() as far:
        records["upstreams/far.toml"] = upstream_record(
            far.port, provider="far", breaker_failures=1000, idle_seconds=0.4, first_byte_seconds=0.4
        )
        records["upstreams/frail.toml"] = upstream_record(
            far.port, provider="far", attempts=1, breaker_failures=2, breaker_seconds=30
        )
        records["served/never.toml"] = served_record("never", upstream="quiet", model="far-small")
        records["upstreams/quiet.toml"] = upstream_record(
            far.port, provider="far", breaker_failures=1000, stream_usage="never"
        )
        records["served/patient.toml"] = served_record("patient", upstream="patient", model="far-small")
        records["upstreams/patient.toml"] = upstream_record(far.port, provider="far")
        records["served/nowhere.toml"] = served_record("nowhere", upstream="nowhere", model="far-small")
        records["upstreams/nowhere.toml"] = upstream_record(9, provider="far", breaker_failures=1000)
        folder = tmp_path_factory.mktemp("failing")
        with house(folder, far=far, records=records) as one:
            yield one


@pytest.fixture
def here(standing: House, second: Upstream) -> House:
    standing.far.forget()
    second.forget()
    return standing


def _fresh(here: House, before: int) -> list[Any]:
    return here.assert_settled()[before:]


# complaint: 21
def test_every_attempt_is_a_line_of_the_ledger_and_the_call_is_counted_once(here: House) -> None:
    before = len(here.charges())
    here.far.says = Says(input=1_000, cached=200, output=50, fails=1, fail_status=500)
    answer = here.ask()
    assert answer.status_code == 200
    first, second = _fresh(here, before)
    assert (first.ended, first.status, first.usd_nano, first.concluded) == ("refused", 500, 0, False)
    assert (second.ended, second.usd_nano, second.concluded) == ("ok", NANO, True)
    assert first.call_id == second.call_id == answer.headers["x-tiebeam-call"]


# complaint: 21
def test_a_broken_attempt_is_charged_at_worst_and_the_one_after_it_too(here: House) -> None:
    before = len(here.charges())
    here.far.decide = lambda _asked: Says(breaks_after=5) if len(here.far.calls) == 1 else USED
    assert here.ask(max_tokens=100).status_code == 200
    broken, good = _fresh(here, before)
    assert (broken.ended, broken.estimated, broken.usd_nano) == ("broken", True, broken.worst_nano)
    assert good.usd_nano == NANO


# complaint: 21
def test_a_call_whose_second_attempt_no_budget_allows_is_counted_too(here: House) -> None:
    here.far.says = USED
    assert here.ask(max_tokens=100).status_code == 200
    rows = here.charges()
    before, worst = len(rows), Decimal(rows[-1].worst_nano) / 10**9
    key = make_key(here.app, cap_usd=str(worst * Decimal("1.5")))
    here.far.says = Says(breaks_after=5)
    refused = here.ask(key=key, max_tokens=100)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "budget_exhausted")
    broken, last = _fresh(here, before)
    assert (broken.ended, broken.concluded) == ("broken", False)
    assert (last.ended, last.usd_nano, last.concluded) == ("refused", 0, True)
    assert last.call_id == broken.call_id


# complaint: 21
def test_a_call_goes_to_the_next_upstream_at_that_ones_price_and_the_failing_one_is_left_alone(
    here: House, second: Upstream
) -> None:
    before = len(here.charges())
    here.far.says = Says(status=503, body=b'{"error":{"message":"overloaded"}}')
    second.says = USED
    for _ in range(3):
        assert here.ask(model="twice").status_code == 200
    # Two failures, then the breaker keeps calls away from it.
    assert (len(here.far.calls), len(second.calls)) == (2, 3)
    assert second.calls[0].asked["model"] == "far-mid"
    rows = _fresh(here, before)
    assert [row.upstream for row in rows] == ["frail", "other", "frail", "other", "other"]
    # 800 fresh at 3, 200 cached at 0.3 and 50 out at 15 dollars per million.
    assert rows[-1].usd_nano == 3_210_000
    assert 'upstream_resting{upstream="frail"} 1' in here.client.get("/metrics").text


@pytest.mark.parametrize("path", ["chat/completions", "responses"])
@pytest.mark.parametrize(
    ("says", "ended", "estimated"),
    [
        (Says(without_done=True, chunks=4), "broken", True),
        (Says(breaks_after=2, chunks=4), "broken", True),
        (Says(usage="none", chunks=4), "ok", True),
        (Says(input=1_000, cached=200, output=50, garbage_after=1, chunks=4), "ok", False),
        (Says(input=1_000, cached=200, output=50, chunks=0), "ok", False),
    ],
    ids=["ends without its end", "breaks off", "states no usage", "holds garbage", "is empty"],
)
# complaint: 14
def test_a_malformed_stream_loses_no_charge(here: House, says: Says, ended: str, path: str, *, estimated: bool) -> None:
    before = len(here.charges())
    here.far.says = says
    with here.stream(path, max_tokens=100) if path != "responses" else here.stream(path) as answer:
        text = answer.read().decode()
    (row,) = _fresh(here, before)
    assert (row.ended, row.estimated) == (ended, estimated)
    assert row.usd_nano == NANO if not estimated else 0 < row.usd_nano <= row.worst_nano
    if ended == "broken" and says.breaks_after:
        assert '"code":"provider_failed"' in text


# complaint: 13
def test_usage_in_every_chunk_is_not_summed(here: House) -> None:
    before = len(here.charges())
    here.far.says = Says(input=1_000, cached=200, output=50, usage="every", chunks=10)
    with here.stream() as answer:
        answer.read()
    assert _fresh(here, before)[0].usd_nano == NANO


# complaint: 11
@pytest.mark.parametrize("stream", [False, True])
def test_a_stated_zero_costs_nothing(here: House, *, stream: bool) -> None:
    before = len(here.charges())
    here.far.says = Says(usage="zero")
    here.ask(stream=stream)
    (row,) = _fresh(here, before)
    assert (row.usd_nano, row.estimated, row.ended) == (0, False, "ok")


@pytest.mark.parametrize(
    "body",
    [b'{"error":{"message":"no credit left"}}', b"<html>gateway time-out</html>", b"", b"\xff\xfe", b"[[[[", b"null"],
)
def test_an_error_under_a_good_status_is_handed_on_and_charged_by_an_estimate(here: House, body: bytes) -> None:
    before = len(here.charges())
    here.far.says = Says(body=body)
    answer = here.ask(max_tokens=100)
    assert (answer.status_code, answer.content) == (200, body)
    (row,) = _fresh(here, before)
    assert (row.ended, row.estimated) == ("broken", True)
    assert 0 < row.usd_nano <= row.worst_nano


def test_a_plain_answer_without_usage_is_charged_by_an_estimate_of_ours(here: House) -> None:
    before = len(here.charges())
    here.far.says = Says(usage="none")
    here.ask(max_tokens=100)
    (row,) = _fresh(here, before)
    assert (row.ended, row.estimated) == ("ok", True)
    assert 0 < row.usd_nano <= row.worst_nano


def test_a_provider_that_refuses_to_be_asked_for_usage_is_not_asked(here: House) -> None:
    before = len(here.charges())
    here.far.says = Says(refuses_stream_options=True)
    with here.stream(model="never") as answer:
        assert answer.status_code == 200
        answer.read()
    assert _fresh(here, before)[0].estimated


@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_never_answers_is_given_up_and_charged_at_worst(here: House, *, stream: bool) -> None:
    before = len(here.charges())
    here.far.says = Says(silent=True)
    answer = here.ask(stream=stream, max_tokens=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "upstream_too_slow")
    (row,) = _fresh(here, before)
    assert (row.ended, row.usd_nano) == ("broken", row.worst_nano)


def test_a_provider_that_drips_is_given_up_in_the_middle_of_a_stream(here: House) -> None:
    before = len(here.charges())
    here.far.decide = lambda _asked: Says(chunks=2, pause=0.6)
    answer = here.ask(stream=True, max_tokens=10)
    assert answer.status_code == 504 or "provider_too_slow" in answer.text
    assert _fresh(here, before)[0].ended == "broken"


def test_a_chunk_of_fifty_megabytes_passes_and_its_stream_is_charged(here: House) -> None:
    before = len(here.charges())
    here.far.says = Says(input=1_000, cached=200, output=50, one_chunk_bytes=50_000_000)
    size = 0
    with here.stream(model="patient") as answer:
        for part in answer.iter_bytes():
            size += len(part)
    assert size > 50_000_000
    (row,) = _fresh(here, before)
    # It outgrew its bound by far, and its budget had room for that.
    assert (row.usd_nano, row.ended) == (NANO, "ok")


def test_what_a_provider_uses_beyond_the_worst_case_is_charged_all_the_same(here: House) -> None:
    before = len(here.charges())
    here.far.says = Says(input=1_000_000, output=9_000)
    here.ask(max_tokens=10)
    (row,) = _fresh(here, before)
    assert row.usd_nano == 1_036_000_000 > row.worst_nano


def test_a_wrong_usage_is_no_usage(here: House) -> None:
    before = len(here.charges())
    content = {"usage": {"prompt_tokens": -5, "completion_tokens": 10**15}, "choices": []}
    here.far.says = Says(body=json.dumps(content).encode())
    here.ask(max_tokens=10)
    (row,) = _fresh(here, before)
    assert row.estimated


def test_a_provider_that_is_not_there_costs_nothing(here: House) -> None:
    before = len(here.charges())
    answer = here.ask(model="nowhere")
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_failed")
    rows = _fresh(here, before)
    assert [(row.ended, row.usd_nano) for row in rows] == [("unreached", 0), ("unreached", 0)]
