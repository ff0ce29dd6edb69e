"""Signed messages of other programs over HTTP: forged, replayed, oversized, hurried and broken ones change nothing.

ids: WF-14, C5, G3
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.builders.order_desk import make_order_desk
from tests.builders.order_events import STARTS, WAITS, waiting_run
from tests.builders.workspaces import opened
from tiebeam.api import build_api
from tiebeam.app import App
from tiebeam.connect.signing import signature_of, standard_signature_of
from tiebeam.kit import FixedClock, SystemClock
from tiebeam.store import metadata
from tiebeam.workflow.triggers import EventState, event_view, list_events, list_refused

SHOP_KEY = "whsec_" + base64.b64encode(b"the shop's shared secret").decode()
FORMER_KEY = "whsec_" + base64.b64encode(b"the one before").decode()
BANK_KEY = "a plain secret"
SOURCES = {
    "event-sources/shop.toml": """title = "The shop"
secret = "env:SHOP_KEY"
former_secret = "env:FORMER_KEY"
event_from = "body.type"
key = "body.data.order"
payload = "body.data"
when = "!body.type.startsWith('test.')"
max_kilobytes = 4
per_minute = 100

""",
    "event-sources/bank.toml": """title = "The bank"
scheme = "hmac-sha256"
signature_header = "bank-signature"
secret = "env:BANK_KEY"
event = "order.paid"
key = "body.reference"
id_from = "body.transfer"

""",
    "event-sources/slow.toml": """title = "Slow"
scheme = "hmac-sha256"
secret = "env:BANK_KEY"
event = "order.paid"
key = "body.reference"
per_minute = 3

""",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    os.environ.update(SHOP_KEY=SHOP_KEY, FORMER_KEY=FORMER_KEY, BANK_KEY=BANK_KEY)
    folder = make_order_desk(tmp_path_factory.mktemp("desk") / "company", steps=WAITS, triggers=STARTS, records=SOURCES)
    with opened(folder, work=True) as app:
        yield app
    for name in ("SHOP_KEY", "FORMER_KEY", "BANK_KEY"):
        del os.environ[name]


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[TestClient]:
    with TestClient(build_api(app), base_url="https://testserver") as client:
        yield client


def now() -> int:
    return int(SystemClock().now().timestamp())


def standard(body: bytes, *, key: str = SHOP_KEY, message: str = "msg_1", at: int | None = None) -> dict[str, str]:
    moment = now() if at is None else at
    signature = standard_signature_of(key.encode(), body, message_id=message, at=moment)
    return {"webhook-id": message, "webhook-timestamp": str(moment), "webhook-signature": signature}


def message(kind: str, order: str, **data: Any) -> bytes:
    return json.dumps({"type": kind, "data": {"order": order, **data}}).encode()


def events_of(app: App, key: str) -> list[EventState]:
    with app.store.read() as conn:
        return [one.state for one in list_events(conn, key=key)]


def refusals(app: App, source: str) -> dict[str, int]:
    app.triggering.hooks.work()
    with app.store.read() as conn:
        return {one.reason: one.times for one in list_refused(conn) if one.source == source}


def test_a_signed_message_reaches_the_step_that_waits(app: App, client: TestClient) -> None:
    run = waiting_run(app, "H-1")
    body = message("order.paid", "H-1", amount=7)

    answer = client.post("/hooks/shop", content=body, headers=standard(body, message="m-1"))

    assert answer.status_code == 202
    assert answer.json() == {"event": answer.json()["event"], "state": "delivered", "repeated": False}
    with app.store.read() as conn:
        view = event_view(conn, answer.json()["event"])
    assert (view.item.source, view.source_id, view.payload) == ("source:shop", "m-1", {"order": "H-1", "amount": 7})
    assert [one.run_id for one in view.taken] == [run]


def test_the_example_of_the_standard_is_taken_by_the_letter() -> None:
    body, key = b'{"test": 2432232314}', b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    found = standard_signature_of(key, body, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=1614265330)

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_scheme_with_one_header_is_taken_too(app: App, client: TestClient) -> None:
    body = json.dumps({"reference": "H-2", "transfer": "T-2", "amount": 1}).encode()
    headers = {"bank-signature": signature_of(BANK_KEY.encode(), body, at=now())}

    assert client.post("/hooks/bank", content=body, headers=headers).json()["state"] == "kept"


def test_the_former_secret_counts_while_it_is_changed(client: TestClient) -> None:
    body = message("order.paid", "H-3", amount=1)

    assert client.post("/hooks/shop", content=body, headers=standard(body, key=FORMER_KEY, message="m-3")).is_success


def forged(body: bytes) -> dict[str, dict[str, str]]:
    right = standard(body, message="m-f")
    other = standard(message("order.paid", "H-other", amount=1), message="m-f")
    return {
        "nothing": {},
        "another secret": standard(body, key="whsec_" + base64.b64encode(b"guess").decode(), message="m-f"),
        "another body's": {**right, "webhook-signature": other["webhook-signature"]},
        "another id": {**right, "webhook-id": "m-g"},
        "another moment": {**right, "webhook-timestamp": str(now() - 1)},
        "an old one": standard(body, message="m-f", at=now() - 301),
        "one of tomorrow": standard(body, message="m-f", at=now() + 301),
        "no moment": {**right, "webhook-timestamp": "soon"},
        "a negative moment": {**right, "webhook-timestamp": "-1"},
        "digits of another script": {**right, "webhook-timestamp": "١٢٣"},
        "a moment beyond calendars": {**right, "webhook-timestamp": "9" * 12},
        "no version": {**right, "webhook-signature": right["webhook-signature"].removeprefix("v1,")},
        "another version": {**right, "webhook-signature": right["webhook-signature"].replace("v1", "v1a")},
        "an empty signature": {**right, "webhook-signature": "v1,"},
        "a long header": {**right, "webhook-signature": "v1,x " * 2000},
        "the other scheme": {"x-tiebeam-signature": signature_of(SHOP_KEY.encode(), body, at=now())},
    }


@pytest.mark.parametrize("which", sorted(forged(b"{}")))
def test_a_forged_message_is_refused_and_its_sender_learns_nothing(app: App, client: TestClient, which: str) -> None:
    body = message("order.paid", "H-4", amount=1)
    before = refusals(app, "shop").get("signature", 0)

    headers = {name: value.encode() for name, value in forged(body)[which].items()}
    answer = client.post("/hooks/shop", content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_refused")
    assert answer.json()["detail"] == client.post("/hooks/nobody", content=body).json()["detail"]
    assert events_of(app, "H-4") == []
    assert refusals(app, "shop")["signature"] == before + 1


def test_sources_that_are_not_there_leave_no_rows(app: App, client: TestClient) -> None:
    for name in ("nobody", "SHOP", "shop%2f..", "x" * 200):
        assert client.post(f"/hooks/{name}", content=b"{}").status_code in {401, 404}

    with app.store.read() as conn:
        assert {one.source for one in list_refused(conn)} <= {"shop", "bank", "slow"}


def test_a_message_played_again_is_the_same_event(app: App, client: TestClient) -> None:
    body = message("order.paid", "H-5", amount=1)
    headers = standard(body, message="m-5")
    first = client.post("/hooks/shop", content=body, headers=headers)

    again = client.post("/hooks/shop", content=body, headers=headers)

    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == {**first.json(), "repeated": True}
    assert len(events_of(app, "H-5")) == 1


def test_the_same_id_for_something_else_is_refused(client: TestClient) -> None:
    for amount, code in ((1, 202), (2, 409)):
        body = message("order.paid", "H-6", amount=amount)
        assert client.post("/hooks/shop", content=body, headers=standard(body, message="m-6")).status_code == code


def test_the_same_message_many_times_at_once_is_one_event(app: App, client: TestClient) -> None:
    run = waiting_run(app, "H-7")
    body = message("order.paid", "H-7", amount=1)
    headers, codes = standard(body, message="m-7"), list[int]()

    def post() -> None:
        codes.append(client.post("/hooks/shop", content=body, headers=headers).status_code)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [200] * 7 + [202]
    assert events_of(app, "H-7") == [EventState.DELIVERED]
    with app.store.read() as conn:
        uses = metadata.tables["event_use"]
        assert conn.execute(sa.select(sa.func.count()).where(uses.c.run_id == run)).scalar_one() == 1


def test_a_replay_after_the_window_is_refused_though_the_event_was_forgotten(tmp_path: Path) -> None:
    clock = FixedClock(SystemClock().now())
    folder = make_order_desk(tmp_path / "company", steps=WAITS, triggers=STARTS, records=SOURCES)
    os.environ.update(SHOP_KEY=SHOP_KEY, FORMER_KEY=FORMER_KEY)
    body = message("test.order", "H-8")
    with opened(folder, clock=clock) as app, TestClient(build_api(app), base_url="https://testserver") as client:
        headers = standard(body, message="m-8", at=int(clock.now().timestamp()))
        assert client.post("/hooks/shop", content=body, headers=headers).status_code == 202
        clock.advance(days=91)
        app.triggering.events.work()
        with app.store.read() as conn:
            assert list_events(conn) == []

        assert client.post("/hooks/shop", content=body, headers=headers).status_code == 401


@pytest.mark.parametrize("chunked", [False, True])
def test_a_huge_body_is_not_read_to_its_end(app: App, client: TestClient, chunked: bool) -> None:
    body = message("order.paid", "H-9", text="x" * 5000)
    headers = standard(body, message="m-9")
    content: Any = iter([body[:100], body[100:]]) if chunked else body

    answer = client.post("/hooks/shop", content=content, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "hook_too_large")
    assert events_of(app, "H-9") == []
    assert refusals(app, "shop")["size"] >= 1
    assert client.post("/hooks/nobody", content=bytes(2 * 1024 * 1024)).status_code == 413


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no JSON"),
        (b"[1]", "no JSON object"),
        (b'{"type": "order.paid"}', "'key' cannot be worked out"),
        (b'{"type": 7, "data": {"order": "H-10"}}', "'when' cannot"),
        (b'{"type": "order.paid", "data": {"order": ["H-10"]}}', "a key is a text"),
        (b'{"type": "order.paid", "data": {"order": NaN}}', "no number"),
        (b"[" * 5000, "no JSON"),
        (b'\xff{"type": 1}', "no JSON"),
    ],
)
def test_a_signed_message_of_the_wrong_shape_says_what_is_wrong(
    app: App, client: TestClient, body: bytes, said: str
) -> None:
    answer = client.post("/hooks/shop", content=body[:4096], headers=standard(body[:4096], message="m-10"))

    assert answer.status_code in {400, 422}
    assert said in answer.json()["detail"]
    assert refusals(app, "shop")["message"] >= 1


def test_a_payload_that_the_waiting_step_does_not_expect_is_refused_with_the_field(
    app: App, client: TestClient
) -> None:
    waiting_run(app, "H-11")
    body = message("order.paid", "H-11", amount="much")

    answer = client.post("/hooks/shop", content=body, headers=standard(body, message="m-11"))

    assert (answer.status_code, answer.json()["code"]) == (422, "payload_refused")
    assert answer.json()["data"]["problems"][0]["path"] == "amount"
    assert events_of(app, "H-11") == []


def test_messages_that_concern_nobody_are_taken_and_left_alone(app: App, client: TestClient) -> None:
    for kind, number in (("test.order", "m-12"), ("invoice.drawn", "m-13")):
        body = message(kind, "H-12", amount=1)
        answer = client.post("/hooks/shop", content=body, headers=standard(body, message=number))
        assert (answer.status_code, answer.json()["state"]) == (202, "left")


def test_a_source_that_hurries_is_told_when_to_go_on(app: App, client: TestClient) -> None:
    def post(number: int) -> Any:
        body = json.dumps({"reference": f"H-slow-{number}"}).encode()
        headers = {"x-tiebeam-signature": signature_of(BANK_KEY.encode(), body, at=now())}
        return client.post("/hooks/slow", content=body, headers=headers)

    answers = [post(number) for number in range(4)]

    assert [one.status_code for one in answers] == [202, 202, 202, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert refusals(app, "slow") == {"rate": 1}


def test_those_without_the_secret_do_not_use_up_the_sources_rate(client: TestClient) -> None:
    for _ in range(300):
        assert client.post("/hooks/bank", content=b"{}", headers={"bank-signature": "t=1,v1=00"}).status_code == 401
    body = json.dumps({"reference": "H-13", "transfer": "T-13", "amount": 1}).encode()
    headers = {"bank-signature": signature_of(BANK_KEY.encode(), body, at=now())}

    assert client.post("/hooks/bank", content=body, headers=headers).status_code == 202


def test_a_secret_that_is_gone_is_the_houses_fault_and_takes_nothing(
    app: App, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BANK_KEY")
    body = json.dumps({"reference": "H-14", "transfer": "T-14"}).encode()
    headers = {"bank-signature": signature_of(BANK_KEY.encode(), body, at=now())}

    answer = client.post("/hooks/bank", content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (503, "hook_not_ready")
    assert "BANK_KEY" not in answer.text
    assert events_of(app, "H-14") == []


def test_hooks_only_take_messages(client: TestClient) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert client.request(method, "/hooks/shop").status_code in {401, 405}
