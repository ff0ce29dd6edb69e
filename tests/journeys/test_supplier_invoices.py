"""A supplier invoice from document to decision to ledger, on both databases."""

from __future__ import annotations

from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from lxml import etree

from tests.journeys.conftest import Company
from tiebeam.errors import Refused
from tiebeam.kit import digest_of
from tiebeam.store import read_journal, verify_journal
from tiebeam.workflow.runs import RunState, case_rows
from tiebeam.workforce import AlreadyDecided, PayloadChanged


# ids: CA-05, B8, WF-15, G4
def test_every_document_of_the_example_is_decided_as_an_expert_would(company: Company) -> None:
    with company.app.store.read() as conn:
        rows = case_rows(conn, list(company.runs.values()))
    found = {row.document: (row.decision, row.labels) for row in rows}
    wanted = {name: (row["decision"], row["labels"]) for name, row in company.expected.items()}
    assert found == wanted
    assert all(row.state in {RunState.DONE, RunState.WAITING} for row in rows)


def test_what_agrees_is_posted_once_and_paid_once_without_a_person(company: Company) -> None:
    for document in ("IN-260002", "IN-260003", "IN-260004", "IN-260006"):
        view = company.run(document)
        assert (view.item.state, view.item.outcome) == (RunState.DONE, "accepted")
        vouchers = company.vouchers(document)
        assert len(vouchers) == 1
        files = company.payments(document)
        assert len(files) == 1
        tree = etree.fromstring(files[0].read_bytes())
        amounts = tree.xpath("//*[local-name()='InstdAmt']/text()")
        assert [Decimal(str(text)) for text in amounts] == [view.item.amount]


# ids: B14, WF-09
def test_every_step_leaves_the_evidence_its_recipe_declares(company: Company) -> None:
    for document in company.runs:
        view = company.run(document)
        declared = {step.id: set(step.evidence) for step in view.recipe.step}
        for step in view.steps:
            if step.state == "done" and step.step_id in declared:
                assert declared[step.step_id] <= set(step.evidence), (document, step.step_id)


def test_a_duplicate_is_rejected_and_nothing_leaves_the_house(company: Company) -> None:
    for document in ("IN-260031", "IN-260038", "IN-260047"):
        assert company.run(document).item.outcome == "rejected"
        assert company.vouchers(document) == []
        assert company.payments(document) == []


# ids: HO-01, HO-02, C3, C4, C5, B11, WF-07
def test_a_price_variance_waits_for_the_buyer_with_all_they_need_to_judge(company: Company) -> None:
    task = company.task("IN-260026")
    assert task.role == "procurement-buyer"
    assert task.audit_owner
    assert set(task.protocol.context) <= set(task.context)
    assert "4.25 instead of 3.95 EUR" in task.summary
    assert task.payload["posting"]["invoice_number"]
    assert task.payload_hash == digest_of(task.payload)


# ids: B10, B11, HO-02
def test_an_accepted_price_still_needs_somebody_else_to_release_the_money(company: Company) -> None:
    first = company.decide("IN-260026", "approve", comment="New price list agreed in October.")
    assert first.verb == "approve"
    second = company.task("IN-260026")
    assert second.step_id == "approve"
    assert first.person_id in second.excluded_people
    assert first.person_id not in {person.person_id for person in second.people}
    company.decide("IN-260026", "approve")
    view = company.run("IN-260026")
    assert (view.item.state, view.item.outcome) == (RunState.DONE, "accepted")
    assert len(company.vouchers("IN-260026")) == 1
    assert len(company.payments("IN-260026")) == 1


def test_a_rejected_variance_closes_the_case_without_posting(company: Company) -> None:
    company.decide("IN-260036", "reject", comment="We ordered at the old price.")
    view = company.run("IN-260036")
    assert (view.item.state, view.item.outcome) == (RunState.DONE, "rejected")
    assert company.vouchers("IN-260036") == []


# ids: C3, HO-01
def test_changed_bank_details_need_a_call_and_a_second_approver_whatever_the_amount(company: Company) -> None:
    task = company.task("IN-260050")
    assert task.step_id == "call-back"
    assert task.payload["call_back"]["iban_on_file"] != task.payload["call_back"]["iban_on_invoice"]
    assert task.context["contact-on-file"]["phone"]
    company.decide("IN-260050", "approve", comment="Called the number on file; they confirm the new account.")
    assert company.vouchers("IN-260050") == []
    deciders = {task.people[0].person_id}
    while company.run("IN-260050").item.state == RunState.WAITING:
        waiting = company.task("IN-260050")
        decision = company.decide("IN-260050", "approve")
        assert decision.person_id not in deciders, waiting.step_id
        deciders.add(decision.person_id)
    assert len(deciders) >= 2
    assert company.run("IN-260050").item.outcome == "accepted"
    paid = company.output("IN-260050", "pay")
    assert paid["iban"] == task.payload["call_back"]["iban_on_invoice"]


def test_bank_details_nobody_confirms_are_never_paid(company: Company) -> None:
    company.decide("IN-260056", "reject", comment="The supplier knows of no new account.")
    assert company.run("IN-260056").item.outcome == "rejected"
    assert company.payments("IN-260056") == []


def test_an_invoice_without_an_order_is_posted_to_the_account_its_budget_owner_chose(company: Company) -> None:
    task = company.task("IN-260012")
    assert task.context["coding-proposal"]["account"]
    posting = {**task.payload["posting"]}
    posting["lines"] = [{**line, "account": "6740", "cost_centre": "4100"} for line in posting["lines"]]
    decision = company.decide("IN-260012", "edit", changes={"posting": posting}, comment="This one is for the works.")
    assert decision.payload_hash != task.payload_hash
    assert decision.diff
    while company.run("IN-260012").item.state == RunState.WAITING:
        company.decide("IN-260012", "approve")
    assert company.run("IN-260012").item.outcome == "accepted"
    evidence = next(step.evidence for step in company.run("IN-260012").steps if step.step_id == "post")
    assert {line["cost_centre"] for line in evidence["posting"]["lines"]} == {"4100"}


def test_a_document_nobody_could_read_is_typed_in_and_goes_the_normal_way(company: Company) -> None:
    task = company.task("IN-260046")
    assert task.step_id == "capture"
    assert "ask the sender" in task.summary
    form = {
        **task.payload["invoice"],
        "number": "LB-7781",
        "issue_date": "2026-11-02",
        "currency": "EUR",
        "net": "100.00",
        "tax": "19.00",
        "gross": "119.00",
        "payable": "119.00",
    }
    form["seller"] = {**form["seller"], "name": "Agentur Leuchtboje GmbH"}
    company.decide("IN-260046", "edit", changes={"invoice": form})
    view = company.run("IN-260046")
    assert "missing_po" in view.item.labels
    assert view.item.decision == "hold"
    assert company.task("IN-260046").step_id == "resolve"


# ids: B10
def test_a_question_goes_out_by_mail_and_its_answer_returns_to_the_same_task(company: Company) -> None:
    task = company.task("IN-260051")
    company.decide(
        "IN-260051", "ask", text="When will the goods arrive?", to="sales@dollerup.example", subject="Your invoice"
    )
    asked = company.task("IN-260051")
    assert asked.id == task.id
    assert asked.state == "waiting-for-answer"
    letters = sorted((company.folder / "outside").rglob("outbox/*.eml"))
    written = [message_from_bytes(path.read_bytes()) for path in letters]
    sent = [letter for letter in written if task.id in str(letter["Subject"])]
    assert len(sent) == 1
    answer = EmailMessage()
    answer["From"], answer["To"] = "sales@dollerup.example", "ap@harbour-tools.example"
    answer["Subject"] = f"Re: {sent[0]['Subject']}"
    answer.set_content("They arrive on Thursday.")
    inbox = letters[0].parents[1] / "inbox"
    inbox.mkdir(exist_ok=True)
    (inbox / "answer.eml").write_bytes(answer.as_bytes())
    assert company.app.correspondence.collect() == 1
    back = company.task("IN-260051")
    assert back.state in {"open", "claimed"}
    assert back.questions[0].answer is not None
    assert "Thursday" in back.questions[0].answer


def test_the_first_decision_wins_and_the_second_person_is_told_of_it(company: Company) -> None:
    task = company.task("IN-260041")
    company.decide("IN-260041", "approve")
    with pytest.raises(AlreadyDecided) as late:
        company.app.workforce.decide(
            company.app.workforce.principal(task.people[-1].person_id),
            task.id,
            verb="reject",
            payload_hash=task.payload_hash,
        )
    assert late.value.status == 409
    assert "approve" in late.value.message


def test_a_decision_over_another_packet_than_shown_is_refused(company: Company) -> None:
    task = company.task("IN-260043")
    with pytest.raises(PayloadChanged):
        company.app.workforce.decide(
            company.app.workforce.principal(task.people[0].person_id), task.id, verb="approve", payload_hash="0" * 64
        )


def test_a_person_without_the_role_cannot_decide(company: Company) -> None:
    task = company.task("IN-260048")
    outsider = next(
        person.id
        for person in company.app.graph().people.values()
        if person.id not in {p.person_id for p in task.people}
    )
    with pytest.raises(Refused):
        company.app.workforce.decide(company.app.workforce.principal(outsider), task.id, verb="approve")


# ids: B14, F12
def test_the_journal_of_every_run_is_sound_and_tells_the_whole_story(company: Company) -> None:
    with company.app.store.read() as conn:
        assert verify_journal(conn) == []
        entries = read_journal(conn, f"run:{company.runs['IN-260002']}")
    kinds = [entry.kind for entry in entries]
    assert kinds[0] == "run.started"
    assert kinds[-1] == "run.done"
    assert kinds.count("effect.intended") == kinds.count("effect.confirmed") == 2


# ids: D8, D12, EC-15, B17
def test_cost_and_value_are_accounted_for_each_accepted_invoice(company: Company) -> None:
    intent = "finance.invoice-processing-matching"
    today = company.app.store.clock.now().date()
    with company.app.store.read() as conn:
        assert company.app.economics.check_ledger(conn) == []
        summary = company.app.economics.workflow_summary(conn, intent, since=today, until=today)
    assert summary.accepted >= 25
    assert summary.touchless >= 20
    assert summary.units >= summary.accepted
    assert summary.cost_per_accepted is not None
    assert summary.baseline_cost == summary.accepted * Decimal("9.33")


def test_the_same_folder_again_takes_nothing_in_twice(company: Company) -> None:
    from tests.builders.workspaces import take_in

    again = take_in(company.app, company.folder / "data" / "inbox")
    assert (again.new, again.known) == (0, len(company.runs))
    assert sorted(again.run_ids) == sorted(company.runs.values())


# ids: EC-16, D5
def test_each_ended_invoice_carries_its_share_of_integration_and_training(company: Company) -> None:
    with company.app.store.read() as conn:
        cost = company.app.economics.run_cost(conn, company.runs["IN-260002"])
    assert cost.review_minutes == 0
    assert cost.total_cost == cost.other_cost > 0
