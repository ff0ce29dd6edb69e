"""Decisions in the console: who may, over which payload, and who was first."""

from __future__ import annotations

import re

import pytest

from tests.builders.console_people import (
    ANALYST,
    BUYER,
    CONTROLLER,
    OTHER_BUYER,
    csrf_in,
    hash_in,
    open_tasks,
    signed_in,
    take_one,
)
from tiebeam.app import App
from tiebeam.workflow.runs import RunFilter, RunState, list_runs


def test_a_form_without_its_token_or_from_another_site_does_nothing(app: App) -> None:
    task = take_one(app, "controller")
    client = signed_in(app, CONTROLLER)
    page = client.get(f"/inbox/{task.id}").text
    form = {"verb": "approve", "payload_hash": hash_in(page), "csrf": csrf_in(page)}
    for broken in ({**form, "csrf": ""}, {**form, "csrf": "0" * 64}):
        assert client.post(f"/inbox/{task.id}/decide", data=broken).status_code == 403
    crossing = client.post(f"/inbox/{task.id}/decide", data=form, headers={"sec-fetch-site": "cross-site"})
    assert crossing.status_code == 403
    foreign = client.post(f"/inbox/{task.id}/decide", data=form, headers={"origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert open_tasks(app)[0] is not None
    with app.store.read() as conn:
        assert app.workforce.task(conn, task.id).is_active


def test_who_may_not_decide_sees_why_and_is_refused(app: App) -> None:
    task = take_one(app, "controller")
    client = signed_in(app, ANALYST)
    page = client.get(f"/inbox/{task.id}").text
    assert "You cannot decide this" in page
    assert 'id="decision"' not in page
    form = {"verb": "approve", "payload_hash": task.payload_hash, "csrf": csrf_in(client.get("/settings").text)}
    answer = client.post(f"/inbox/{task.id}/decide", data=form)
    assert answer.status_code == 403
    assert "may not" in answer.text


def test_the_person_comes_from_the_session_and_never_from_the_form(app: App) -> None:
    task = take_one(app, "controller")
    client = signed_in(app, ANALYST)
    form = {"verb": "approve", "payload_hash": task.payload_hash, "csrf": csrf_in(client.get("/settings").text)}
    stolen = {**form, "person": CONTROLLER, "actor": f"person:{CONTROLLER}", "person_id": CONTROLLER}
    assert client.post(f"/inbox/{task.id}/decide?person={CONTROLLER}", data=stolen).status_code == 403


def test_an_answer_to_another_payload_is_refused(app: App) -> None:
    task = take_one(app, "controller")
    client = signed_in(app, CONTROLLER)
    page = client.get(f"/inbox/{task.id}").text
    form = {"verb": "approve", "payload_hash": "0" * 64, "csrf": csrf_in(page)}
    answer = client.post(f"/inbox/{task.id}/decide", data=form)
    assert answer.status_code == 409
    assert "changed since you read it" in answer.text


def test_rejecting_and_asking_need_words(app: App) -> None:
    task = take_one(app, "controller")
    client = signed_in(app, CONTROLLER)
    page = client.get(f"/inbox/{task.id}").text
    form = {"verb": "reject", "payload_hash": hash_in(page), "csrf": csrf_in(page), "reason": "  "}
    answer = client.post(f"/inbox/{task.id}/decide", data=form)
    assert answer.status_code == 422
    assert "still open" in answer.text


def test_a_refused_answer_is_shown_again_with_what_is_wrong_beside_its_field(app: App) -> None:
    # ids: B10
    # runtime: prefect#12279, prefect#19435
    task = next(one for one in open_tasks(app) if "edit" in one.protocol.verbs and "posting" in one.payload)
    client = signed_in(app, next(holder.person_id for holder in task.people))
    page = client.get(f"/inbox/{task.id}").text
    names = re.findall(r'name="(field:posting[^"]*(?:net|amount)[^"]*)"', page)
    form = {"verb": "edit", "reason": "as agreed by telephone", "payload_hash": hash_in(page), "csrf": csrf_in(page)}

    refused = client.post(f"/inbox/{task.id}/decide", data={**form, names[0]: "about ninety"})

    assert refused.status_code == 422
    for shown in (refused.text, client.get(f"/inbox/{task.id}").text):
        assert "Your answer of" in shown
        assert 'value="about ninety"' in shown
        assert 'aria-invalid="true"' in shown
        assert "must be a plain number" in shown
        assert 'value="as agreed by telephone"' in shown
    with app.store.read() as conn:
        assert app.workforce.task(conn, task.id).is_active


def test_two_reviewers_one_decision_and_the_other_sees_it(app: App) -> None:
    """The second browser gets 409 with the first one's decision."""
    # ids: HO-01, C5
    task = take_one(app, "procurement-buyer")
    first, second = signed_in(app, BUYER), signed_in(app, OTHER_BUYER)
    pages = {client: client.get(f"/inbox/{task.id}").text for client in (first, second)}
    forms = {
        client: {
            "verb": "reject",
            "reason": "Never agreed." if client is first else "Fine with me.",
            "payload_hash": hash_in(page),
            "csrf": csrf_in(page),
        }
        for client, page in pages.items()
    }
    won = first.post(f"/inbox/{task.id}/decide?tab=all", data=forms[first], follow_redirects=False)
    assert won.status_code == 303
    assert won.headers["location"].endswith("?tab=all")
    lost = second.post(f"/inbox/{task.id}/decide", data=forms[second])
    assert lost.status_code == 409
    assert "Somebody decided this first" in lost.text
    assert "Carla Reuter" in lost.text
    assert "Never agreed." in lost.text
    shown = second.get(f"/inbox/{task.id}").text
    assert 'id="decision"' not in shown
    assert app.engine.drain(timeout=60)
    with app.store.read() as conn:
        assert list_runs(conn, RunFilter(query=task.run_id)).items[0].state is not RunState.WAITING


def test_an_approval_is_carried_out_and_shown_on_the_run(app: App) -> None:
    task = take_one(app, "controller", handoff="payment-approval")
    client = signed_in(app, CONTROLLER)
    page = client.get(f"/inbox/{task.id}").text
    form = {"verb": "approve", "payload_hash": hash_in(page), "csrf": csrf_in(page), "reason": "Checked."}
    answer = client.post(f"/inbox/{task.id}/decide", data=form)
    assert answer.status_code == 200
    assert "Approved" in answer.text
    assert app.engine.drain(timeout=60)
    text = client.get(f"/runs/{task.run_id}").text
    assert "Accepted" in text
    assert "Jonas Petersen" in text


def test_edited_fields_become_a_new_payload_with_a_diff(app: App) -> None:
    found = [task for task in open_tasks(app) if "edit" in task.protocol.verbs and "posting" in task.payload]
    if not found:
        pytest.skip("the example leaves nothing to edit")
    task = found[0]
    client = signed_in(app, task.people[0].person_id)
    page = client.get(f"/inbox/{task.id}").text
    fields = dict(re.findall(r'name="(field:[^"]+)" value="([^"]*)"', page))
    assert "field:posting.due_date" in fields
    form = {
        **fields,
        "field:posting.due_date": "2026-12-31",
        "verb": "edit",
        "payload_hash": hash_in(page),
        "csrf": csrf_in(page),
        "reason": "Agreed with the supplier.",
    }
    answer = client.post(f"/inbox/{task.id}/decide", data=form)
    assert answer.status_code == 200, re.sub(r"<[^>]+>", " ", answer.text)[:3000]
    with app.store.read() as conn:
        decided = app.workforce.task(conn, task.id)
    decision = decided.decision or (decided.endorsements[0] if decided.endorsements else None)
    assert decision is not None
    assert [(one.path, one.new) for one in decision.diff] == [("posting.due_date", "2026-12-31")]
    assert "2026-12-31" in client.get(f"/inbox/{task.id}").text


def test_claim_hand_over_and_put_off(app: App) -> None:
    others = {"controller", "ap-analyst"}  # Whose tasks the tests beside this one need.
    task = next(one for one in reversed(open_tasks(app)) if one.role not in others and one.people)
    client = signed_in(app, task.people[0].person_id)
    token = csrf_in(client.get(f"/inbox/{task.id}").text)
    assert "Give it back" in client.post(f"/inbox/{task.id}/claim", data={"csrf": token}).text
    assert "I take this" in client.post(f"/inbox/{task.id}/release", data={"csrf": token}).text
    assert client.post(f"/inbox/{task.id}/snooze", data={"csrf": token, "hours": "9999"}).status_code == 422
    assert "Put off" in client.post(f"/inbox/{task.id}/snooze", data={"csrf": token, "hours": "4"}).text
    moved = client.post(f"/inbox/{task.id}/reassign", data={"csrf": token, "to": "role:controller"})
    assert "Handed over to Controller" in moved.text


def test_a_person_types_what_could_not_be_read_and_the_run_goes_on(app: App) -> None:
    """What cannot be read goes to a person with what was found, and comes back as fields."""
    # ids: WF-08
    mine = open_tasks(app, role="ap-analyst")
    task = next(one for one in mine if "invoice" in one.payload)
    client = signed_in(app, ANALYST)
    page = client.get(f"/inbox/{task.id}").text
    assert 'name="field:invoice.lines"' in page
    assert 'value="approve"' not in page
    form = {
        "field:invoice.number": "TYPED-1",
        "field:invoice.issue_date": "2026-11-02",
        "field:invoice.currency": "EUR",
        "field:invoice.net": "100.00",
        "field:invoice.tax": "19.00",
        "field:invoice.gross": "119.00",
        "field:invoice.seller.name": "Schmiede Kottwitz KG",
        "field:invoice.lines": "Forging | 1 | 100.00 | 100.00 | 19 |",
        "verb": "edit",
        "payload_hash": hash_in(page),
        "csrf": csrf_in(page),
    }
    answer = client.post(f"/inbox/{task.id}/decide", data=form)
    assert answer.status_code == 200, re.sub(r"<[^>]+>|\s+", " ", answer.text)[:2000]
    assert app.engine.drain(timeout=60)
    run = client.get(f"/runs/{task.run_id}").text
    assert "TYPED-1" in run
    assert 'id="step-decide"' in run
