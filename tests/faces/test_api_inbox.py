"""Deciding over HTTP: the first wins, what was shown is what is approved, wrong input leaves the task open.

ids: G2
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.faces.conftest import SignIn
from tiebeam.app import App


def _task(client: TestClient, task_id: str) -> dict[str, Any]:
    answer = client.get(f"/tasks/{task_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


# ids: G2, B10
def test_a_decision_carries_the_run_on(app: App, sign_in: SignIn, waiting_task: str) -> None:
    carl = sign_in("carl")
    task = _task(carl, waiting_task)

    decided = carl.post(
        f"/tasks/{waiting_task}/decide",
        json={"verb": "reject", "payload_hash": task["payload_hash"], "input": {"comment": "not ours"}},
    )
    assert app.engine.drain(timeout=30)
    run = carl.get(f"/runs/{task['run_id']}").json()

    assert decided.status_code == 200, decided.text
    assert decided.json()["person"] == "carl"
    assert run["item"]["state"] not in {"waiting", "queued"}
    assert [one["decision"]["verb"] for one in run["tasks"]] == ["reject"]
    assert "task.decided" in [entry["kind"] for entry in run["journal"]]


def test_of_two_decisions_one_wins_and_the_other_is_shown_it(sign_in: SignIn, waiting_task: str) -> None:
    clients = {person: sign_in(person) for person in ("bea", "carl")}
    shown = _task(clients["bea"], waiting_task)["payload_hash"]

    def decide(person: str) -> Any:
        body = {"verb": "reject", "payload_hash": shown}
        return person, clients[person].post(f"/tasks/{waiting_task}/decide", json=body)

    with ThreadPoolExecutor(2) as pool:
        answers = dict(pool.map(decide, clients))
    (winner,) = [person for person, answer in answers.items() if answer.status_code == 200]
    (late,) = [answer for answer in answers.values() if answer.status_code != 200]

    assert (late.status_code, late.json()["code"]) == (409, "already_decided")
    assert late.json()["data"]["decision"]["person"] == winner
    assert late.json()["data"]["decision"]["verb"] == "reject"


def test_what_was_not_shown_is_not_decided(sign_in: SignIn, waiting_task: str) -> None:
    carl = sign_in("carl")

    answer = carl.post(f"/tasks/{waiting_task}/decide", json={"verb": "approve", "payload_hash": "0" * 64})

    assert (answer.status_code, answer.json()["code"]) == (409, "payload_changed")
    assert answer.json()["data"]["payload_hash"] == _task(carl, waiting_task)["payload_hash"]
    assert _task(carl, waiting_task)["state"] == "open"


# ids: WF-01, B7
@pytest.mark.parametrize(
    ("verb", "given", "named"),
    [
        ("edit", {"changes": {"amount": "1"}}, "amount"),
        ("edit", {}, "changes"),
        ("approve", {"changes": {}}, "changes"),
        ("ask", {"subject": "Which order?"}, "text"),
        ("ask", {"text": "x", "to": "a@b.example\nBcc: c@d.example"}, "one line"),
    ],
)
def test_wrong_input_is_named_and_leaves_the_task_open(
    sign_in: SignIn, waiting_task: str, verb: str, given: dict[str, Any], named: str
) -> None:
    carl = sign_in("carl")

    answer = carl.post(f"/tasks/{waiting_task}/decide", json={"verb": verb, "input": given})

    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_input")
    assert named in answer.json()["detail"]
    task = _task(carl, waiting_task)
    assert task["state"] == "open"
    # Nobody types it twice; who entered nothing has no draft.
    assert task["draft"] is None if not given else task["draft"]["input"] == given
    assert not given or task["draft"]["problems"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_no_edit_makes_it_fail(sign_in: SignIn, waiting_task: str) -> None:
    carl = sign_in("carl")
    posting = _task(carl, waiting_task)["payload"]["posting"]

    @settings(max_examples=80, deadline=None, derandomize=True, database=None)
    @given(
        verb=st.sampled_from(["edit", "ask", "approve"]),
        given_input=st.dictionaries(st.sampled_from(["changes", "text", "to", "subject", "comment", "x"]), ANYTHING),
        changed=st.dictionaries(st.sampled_from(sorted(posting)), ANYTHING, min_size=1, max_size=2),
        edits_posting=st.booleans(),
    )
    def send(verb: str, given_input: dict[str, Any], changed: dict[str, Any], edits_posting: bool) -> None:
        if edits_posting:
            verb, given_input = "edit", {"changes": {"posting": {**posting, **changed}}}
        # The hash of another packet: nothing is ever decided, whatever the input is.
        body = {"verb": verb, "input": given_input, "payload_hash": "0" * 64}
        stale = carl.post(f"/tasks/{waiting_task}/decide", json=body)
        assert stale.status_code in {409, 422}, stale.text
        if verb != "approve":
            answer = carl.post(f"/tasks/{waiting_task}/decide", json={**body, "payload_hash": None})
            assert answer.status_code in {200, 409, 422}, answer.text

    send()


def test_text_that_no_database_keeps_is_refused(sign_in: SignIn, waiting_task: str) -> None:
    carl = sign_in("carl")
    for text in (r'"a\u0000b"', r'"\ud800"'):
        body = f'{{"verb": "reject", "input": {{"comment": {text}}}}}'
        answer = carl.post(f"/tasks/{waiting_task}/decide", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422, answer.text


def test_a_question_is_answered_and_comes_back(app: App, sign_in: SignIn, waiting_task: str) -> None:
    carl, bea = sign_in("carl"), sign_in("bea")

    asked = carl.post(
        f"/tasks/{waiting_task}/decide",
        json={"verb": "ask", "input": {"to": "billing@supplier.example", "subject": "Order?", "text": "Who ordered?"}},
    )
    waits = _task(carl, waiting_task)["state"]
    answered = bea.post(f"/tasks/{waiting_task}/answer", json={"text": "Your Mr Coste.", "sender": "Torbau Krause"})

    assert asked.json()["standing"] == "asked"
    assert waits == "waiting-for-answer"
    assert answered.status_code == 200, answered.text
    assert _task(carl, waiting_task)["state"] == "open"
    assert any("Coste" in one["answer"] for one in _task(carl, waiting_task)["questions"])
    assert app.engine.drain(timeout=30)


def test_a_task_is_claimed_released_passed_on_and_put_off(sign_in: SignIn, waiting_task: str) -> None:
    carl, bea = sign_in("carl"), sign_in("bea")

    assert carl.post(f"/tasks/{waiting_task}/claim").json()["claimed_by"] == "carl"
    assert bea.post(f"/tasks/{waiting_task}/decide", json={"verb": "reject"}).status_code == 403
    assert carl.post(f"/tasks/{waiting_task}/release").json()["claimed_by"] is None
    due = _task(carl, waiting_task)["due_at"]
    assert carl.post(f"/tasks/{waiting_task}/snooze", json={"until": due}).json()["snoozed_until"] == due
    assert carl.post(f"/tasks/{waiting_task}/snooze", json={"until": "9999-12-31T23:59:59Z"}).status_code == 422
    moved = bea.post(f"/tasks/{waiting_task}/reassign", json={"role": "controller", "reason": "mine"})
    assert moved.json()["role"] == "controller"
    assert _task(bea, waiting_task)["due_at"] >= due


def test_the_inbox_is_filtered_and_paged(sign_in: SignIn, waiting_task: str) -> None:
    carl, gus = sign_in("carl"), sign_in("gus")

    assert [row["id"] for row in carl.get("/tasks?mine=true").json()["rows"]] == [waiting_task]
    assert gus.get("/tasks?mine=true").json()["rows"] == []
    assert gus.get("/tasks?state=all&size=1").json()["total"] == 1
    assert gus.get("/tasks?state=nonsense").status_code == 422
    assert carl.get("/overview").json()["tasks"]["mine"] == 1
