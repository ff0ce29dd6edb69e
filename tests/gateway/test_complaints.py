"""What users of other gateways complained about, asked of the whole: key to ledger."""

# ids: EC-21, EC-27, D9, D10, D17

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Generator
from typing import Any

import httpx
import pytest

from tests.builders.gateway import make_key, served_record
from tests.gateway.house import House, house
from tests.gateway.upstream import Says

# A thousand in and a thousand out of "small" cost 0.005 dollars.
CALL = Says(input=1_000, output=1_000)
NANO = 5_000_000


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    with house(tmp_path_factory.mktemp("complaints"), more="[gateway]\nwait_seconds = 0.2\n") as one:
        yield one


@pytest.fixture
def here(standing: House) -> House:
    standing.far.forget()
    return standing


async def _all_at_once(here: House, count: int, *, key: str, **said: Any) -> list[int]:
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=here.url, timeout=30, limits=limits) as client:

        async def ask() -> int:
            answer = await client.post(
                "/v1/chat/completions", json=here.body(**said), headers={"authorization": f"Bearer {key}"}
            )
            return answer.status_code

        return list(await asyncio.gather(*(ask() for _ in range(count))))


# complaint: 1
def test_four_hundred_calls_at_once_never_spend_more_than_their_budget(here: House) -> None:
    # The body is well below 600 bytes, so each call may cost 0.0006 + 0.004 dollars, and twenty of those are 0.092.
    key = make_key(here.app, cap_usd="0.1")
    here.far.says = Says(input=150, output=1_000, delay=0.02)
    before = len(here.charges())
    statuses = asyncio.run(_all_at_once(here, 400, key=key, max_tokens=1_000))
    rows = here.assert_settled()[before:]
    spent = sum(row.usd_nano for row in rows)
    assert set(statuses) == {200, 429}
    assert statuses.count(200) == len(here.far.calls) == len(rows)
    assert 95_000_000 <= spent <= 100_000_000


# complaint: 2
def test_after_any_mix_of_ends_nothing_is_held_and_the_books_agree(here: House) -> None:
    chance = random.Random(7)
    kinds = [
        Says(input=90, output=9),
        Says(status=400, body=b'{"error":{}}'),
        Says(status=503, body=b'{"error":{}}', retry_after="0"),
        Says(breaks_after=1, chunks=3),
        Says(usage="none"),
        Says(pause=0.01, chunks=6, output=33),
    ]
    here.far.decide = lambda _asked: chance.choice(kinds)

    async def mix() -> None:
        async with httpx.AsyncClient(base_url=here.url, timeout=30) as client:
            await asyncio.gather(*(one(client, number) for number in range(120)))

    async def one(client: httpx.AsyncClient, number: int) -> None:
        body = here.body(stream=number % 2 == 0, max_tokens=50)
        sending = client.post("/v1/chat/completions", json=body, headers=here.signed())
        try:
            await asyncio.wait_for(sending, timeout=0.03 if number % 5 == 0 else 30)
        except (TimeoutError, httpx.HTTPError):
            return

    asyncio.run(mix())
    rows = here.assert_settled()
    assert here.spent().get("company", 0) == here.booked()["company"] == sum(row.usd_nano for row in rows)


# complaint: 6
def test_every_path_that_can_reach_a_provider_asks_the_same_admission(here: House) -> None:
    spent = make_key(here.app, cap_usd="0")
    paths = ("chat/completions", "responses", "embeddings", "messages")
    for path in paths:
        answer = here.ask(path, key=spent)
        # The upstream speaks no Messages API, so that one ends before its budget is asked.
        assert answer.status_code == (429 if path != "messages" else 400)
        if path != "messages":
            assert answer.json()["error"]["code"] == "budget_exhausted"
            assert answer.headers["x-should-retry"] == "false"
    for other in ("batches", "files", "images/generations", "audio/speech", "completions", "assistants", "realtime"):
        assert here.client.post(f"/v1/{other}", json={}, headers=here.signed()).status_code == 404
    assert here.far.calls == []


# complaint: 7
def test_a_refusal_names_the_budget_its_owner_when_it_begins_anew_and_how_to_ask(here: House) -> None:
    answer = here.ask(key=make_key(here.app, team="nobody", workflow="nothing", cap_usd="0.000001"))
    details = answer.json()["error"]["details"]
    assert details["level"] == "key"
    assert {"budget", "cap_usd", "left_usd", "worst_usd", "resets_at", "owner_role", "ask_for_more"} <= set(details)


# complaint: 9
def test_a_model_without_a_price_is_refused_and_never_free(tmp_path_factory: pytest.TempPathFactory) -> None:
    conservative = (
        "\n[conservative]\nsince = 2026-01-01\nchecked = 2026-01-01\nsource = 'a guess'\n"
        "input_usd_per_mtok = 100\noutput_usd_per_mtok = 200\n"
    )
    records = {
        "served/unpriced.toml": served_record("unpriced", model="far-new"),
        "served/guessed.toml": served_record("guessed", model="far-newer") + conservative,
    }
    with house(tmp_path_factory.mktemp("unpriced"), records=records) as here:
        refused = here.ask(model="unpriced")
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "unknown_price")
        assert here.far.calls == []
        here.far.says = Says(input=1_000, output=1_000)
        assert here.ask(model="guessed").status_code == 200
        (row,) = here.charges()
        assert (row.usd_nano, row.estimated) == (300_000_000, True)


# complaint: 10
@pytest.mark.parametrize("path", ["chat/completions", "responses"])
def test_who_leaves_in_the_middle_of_a_stream_pays_for_what_the_provider_used(here: House, path: str) -> None:
    before = len(here.charges())
    here.far.says = Says(input=1_000, output=1_000, chunks=30, pause=0.005)
    for _ in range(5):
        with here.stream(path) as answer:
            for taken, _chunk in enumerate(answer.iter_bytes()):
                if taken == 3:
                    break
    rows = here.assert_settled()[before:]
    assert [(row.usd_nano, row.ended, row.estimated) for row in rows] == [(NANO, "left", False)] * 5
    assert all(call.is_done for call in here.far.calls)


# complaint: 10
def test_who_leaves_before_a_plain_answer_pays_for_it(here: House) -> None:
    before = len(here.charges())
    here.far.says = Says(input=1_000, output=1_000, delay=0.1)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{here.url}/v1/chat/completions", json=here.body(), headers=here.signed(), timeout=0.03)
    assert [row.usd_nano for row in here.assert_settled()[before:]] == [NANO]


# complaint: 18
def test_after_a_thousand_cancelled_calls_no_place_of_the_key_is_taken(here: House) -> None:
    key = make_key(here.app, concurrent=50, requests_per_minute=5_000)
    here.far.says = Says(delay=0.01, chunks=3, pause=0.002)
    chance = random.Random(3)

    async def cancel_many() -> None:
        async with httpx.AsyncClient(base_url=here.url, limits=httpx.Limits(max_connections=50)) as client:

            async def one(number: int) -> None:
                body = here.body(stream=number % 2 == 0, max_tokens=5)
                sending = client.post("/v1/chat/completions", json=body, headers=here.signed(key))
                try:
                    await asyncio.wait_for(sending, timeout=chance.uniform(0.001, 0.05))
                except (TimeoutError, httpx.HTTPError):
                    return

            for batch in range(20):
                await asyncio.gather(*(one(batch * 50 + number) for number in range(50)))

    asyncio.run(cancel_many())
    here.assert_settled()
    assert here.calls.limits.inside(here.key_id(key)) == 0
    assert here.ask(key=key).status_code == 200


# complaint: 18
def test_a_call_that_was_turned_away_uses_up_nothing_of_its_key(here: House) -> None:
    key = make_key(here.app, requests_per_minute=2)
    for _ in range(5):
        assert here.ask(key=key, model="none").status_code == 404
        assert here.ask(key=key, max_tokens=0).status_code == 400
    assert [here.ask(key=key).status_code for _ in range(3)] == [200, 200, 429]
    poor = make_key(here.app, requests_per_minute=2, cap_usd="0")
    answers = [here.ask(key=poor) for _ in range(4)]
    assert {one.json()["error"]["code"] for one in answers} == {"budget_exhausted"}


# complaint: 22
def test_a_revoked_key_opens_nothing_from_the_next_call_on(here: House) -> None:
    key = make_key(here.app)
    assert here.ask(key=key).status_code == 200
    here.app.keys.revoke(here.app.principal(), here.key_id(key))
    assert here.ask(key=key).status_code == 401


# complaint: 8
def test_a_cap_holds_while_nothing_is_written_to_the_database(here: House) -> None:
    key = make_key(here.app, cap_usd="0.1")
    here.far.says = Says(input=150, output=1_000)
    writer = here.calls.meter.writer
    writer_paused = threading.Event()
    step = writer._follower.step

    def hang() -> bool:
        writer_paused.wait(10)
        return step()

    writer._follower.step = hang  # type: ignore[method-assign]
    try:
        statuses = [here.ask(key=key, max_tokens=1_000).status_code for _ in range(40)]
    finally:
        writer_paused.set()
        writer._follower.step = step  # type: ignore[method-assign]
    assert statuses.count(200) <= 24
    assert statuses[-1] == 429
    assert sum(row.usd_nano for row in here.charges() if row.key_id == here.key_id(key)) <= 100_000_000


def test_calls_wait_for_room_that_others_hold_and_then_go_through(tmp_path_factory: pytest.TempPathFactory) -> None:
    more = '[gateway]\nwait_seconds = 10\ndurability = "power"\n'
    with house(tmp_path_factory.mktemp("waiting"), more=more) as here:
        # Room for one call at its worst, and for four as they turn out.
        key = make_key(here.app, cap_usd="0.006")
        here.far.says = Says(input=150, output=100, delay=0.05)
        statuses = asyncio.run(_all_at_once(here, 4, key=key, max_tokens=1_000))
        assert statuses == [200, 200, 200, 200]
        assert here.far.most_at_once == 1


def test_a_caller_without_a_limit_gets_one_when_little_is_left(here: House) -> None:
    key = make_key(here.app, cap_usd="0.01")
    here.far.says = Says(input=150, output=100)
    answer = here.ask(key=key)
    limit = int(answer.headers["x-tiebeam-output-limit"])
    # "small" answers with at most 4,096 tokens, which would cost 0.016 dollars.
    assert 1_000 < limit < 2_500
    assert here.far.calls[-1].asked["max_tokens"] == limit
    assert "x-tiebeam-output-limit" not in here.ask().headers


def test_nearly_all_of_a_cap_is_usable_without_any_limit_of_the_caller(here: House) -> None:
    # A workflow of its own: what was learned of others' long answers is not what its answers need.
    key = make_key(here.app, workflow="brief", cap_usd="0.05")
    here.far.says = Says(input=30, output=100)
    spent = 0
    for _ in range(400):
        answer = here.ask(key=key)
        if answer.status_code != 200:
            break
        spent += 30_000 + 400_000
    assert answer.status_code == 429, answer.text
    assert 0.95 * 50_000_000 <= spent <= 50_000_000, answer.text


def test_an_execution_is_refused_before_it_costs_more_than_one_may(tmp_path_factory: pytest.TempPathFactory) -> None:
    limits = "usd_per_execution = 0.02\nwarn_usd_per_execution = 0.015\n"
    with house(tmp_path_factory.mktemp("execution"), budget=limits) as here:
        here.far.says = CALL
        marked = {"x-tiebeam-execution": "nightly"}
        statuses = [here.ask(headers=marked, max_tokens=1_000).status_code for _ in range(8)]
        assert statuses[0] == 200
        assert statuses[-1] == 429
        rows = [row for row in here.charges() if row.execution == "nightly"]
        assert sum(row.usd_nano for row in rows) <= 20_000_000
        # Another execution has a ceiling of its own.
        assert here.ask(headers={"x-tiebeam-execution": "other"}, max_tokens=1_000).status_code == 200
        warned = here.ask(headers={"x-tiebeam-execution": "third"}, max_tokens=4_000)
        assert "x-tiebeam-warning" in warned.headers


def test_a_stream_that_runs_away_is_cut_where_its_ceiling_is(tmp_path_factory: pytest.TempPathFactory) -> None:
    with house(tmp_path_factory.mktemp("cut"), budget="usd_per_execution = 0.001\n") as here:
        # It keeps to no limit: ten were asked for, and it goes on and on.
        here.far.says = Says(input=150, output=5_000, chunks=5_000)
        with here.stream(max_tokens=10) as answer:
            text = answer.read().decode()
        assert '"code":"ceiling_reached"' in text
        (row,) = here.charges()
        assert (row.ended, row.estimated) == ("cut", True)
        assert row.usd_nano <= 1_000_000
        assert here.held() == 0
        time.sleep(0.01)
        assert here.far.left == 1
