"""People inside and senders outside who try to have money sent where it does not belong, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.builders.workspaces import INTENT
from tests.journeys.conftest import Company
from tiebeam.errors import Refused
from tiebeam.spec import Effect
from tiebeam.store import read_journal
from tiebeam.workflow.operating import EffectOpen
from tiebeam.workflow.runs import NotFailed, RunState, Work
from tiebeam.workforce import WrongInput

pytestmark = pytest.mark.deep

SOMEBODY_ELSES = "GB29NWBK60161331926819"


def _edited(company: Company, document: str, **fields: Any) -> dict[str, Any]:
    return {"posting": {**company.task(document).payload["posting"], **fields}}


# ids: C3, B11, HO-02
@pytest.mark.parametrize(
    "fields",
    [
        {"iban": SOMEBODY_ELSES},
        {"supplier_id": "S-1", "supplier_name": "Somebody else"},
        {"currency": "KWD"},
        {"kind": "credit_note"},
        {"invoice_number": "another one"},
        {"document_id": None},
        {"payable": "999999.00"},
        {"gross": "-3302.25", "payable": "-3302.25"},
        {"net": "1.00", "tax": "0.19", "gross": "1.19"},
        {"lines": [{"net": "1.00"}]},
        {"lines": ["a line"]},
    ],
    ids="+".join,
)
def test_a_review_cannot_change_whom_to_pay_or_how_much_more(company: Company, fields: dict[str, Any]) -> None:
    """IN-260026 is a price variance: its buyer may edit the posting, but only what coding and a lower price need."""
    with pytest.raises(WrongInput):
        company.decide("IN-260026", "edit", changes=_edited(company, "IN-260026", **fields))
    assert company.task("IN-260026").state == "open"


def test_lines_cannot_be_added_to_a_posting(company: Company) -> None:
    lines = company.task("IN-260026").payload["posting"]["lines"]
    with pytest.raises(WrongInput, match="may not exceed"):
        company.decide("IN-260026", "edit", changes=_edited(company, "IN-260026", lines=[*lines, *lines]))


def test_the_approver_of_the_money_cannot_redirect_it(company: Company) -> None:
    waiting = next(name for name in company.runs if company.run(name).item.decision == "manager_approval")
    task = company.task(waiting)
    assert task.step_id == "approve"
    with pytest.raises(WrongInput, match=r"posting\.iban"):
        company.decide(waiting, "edit", changes=_edited(company, waiting, iban=SOMEBODY_ELSES))
    company.decide(waiting, "approve")
    assert company.output(waiting, "pay")["iban"] == task.payload["posting"]["iban"]


def test_a_lower_price_the_supplier_agreed_to_is_posted_and_paid(company: Company) -> None:
    posting = company.task("IN-260036").payload["posting"]
    lower = {**posting, "net": "100.00", "tax": "0.00", "gross": "100.00", "payable": "100.00", "lines": []}
    company.decide("IN-260036", "edit", changes={"posting": lower}, comment="They agreed on the phone.")
    company.decide("IN-260036", "approve")
    assert company.run("IN-260036").item.state is RunState.DONE
    assert company.output("IN-260036", "pay")["amount"] == "100.00"


@pytest.mark.parametrize(
    "fields",
    [
        {"number": 5},
        {"gross": "NaN"},
        {"gross": "1e999999"},
        {"gross": 119.0},
        {"issue_date": "next week"},
        {"lines": ["a line"]},
        {"ibans": [5]},
        {"seller": {"name": 7, "vat_id": None, "country": None, "email": None}},
    ],
    ids="+".join,
)
def test_a_typed_invoice_that_is_none_is_refused_while_its_typist_is_there(
    company: Company, fields: dict[str, Any]
) -> None:
    form = {**company.task("IN-260046").payload["invoice"], **fields}
    with pytest.raises(WrongInput):
        company.decide("IN-260046", "edit", changes={"invoice": form})
    assert company.task("IN-260046").step_id == "capture"


# ids: HO-02, B11
def test_who_typed_an_invoice_does_not_release_its_money(company: Company) -> None:
    form = company.task("IN-260059").payload["invoice"]
    typed = {"number": "T-1", "issue_date": "2026-11-02", "currency": "EUR", "net": "100.00", "tax": "0.00"}
    typed |= {"gross": "100.00", "payable": "100.00", "seller": {**form["seller"], "name": "Agentur Leuchtboje GmbH"}}
    typist = company.decide("IN-260059", "edit", changes={"invoice": {**form, **typed}}).person_id
    company.decide("IN-260059", "approve")
    waiting = company.task("IN-260059")
    assert waiting.step_id == "approve"
    assert typist in waiting.excluded_people


def test_an_amount_in_a_currency_without_a_rate_is_covered_by_no_limit(company: Company) -> None:
    """A thousand Kuwaiti dinars are not a thousand euros: only somebody without a limit may release them."""
    document = (company.folder / "data" / "inbox" / "IN-260010.xml").read_text(encoding="utf-8")
    dinars = document.replace('currencyID="EUR"', 'currencyID="KWD"').replace("CurrencyCode>EUR", "CurrencyCode>KWD")
    dinars = dinars.replace("<cbc:ID>E-2026-1190<", "<cbc:ID>E-2026-9999<")
    run_id = _upload(company, "dinars.xml", dinars.encode())
    company.runs["dinars"] = run_id
    company.decide("dinars", "approve")
    release = company.task("dinars")
    assert release.step_id == "approve"
    assert release.amount is None
    assert company.decide("dinars", "approve").standing == "endorsed"
    assert company.task("dinars").role == "cfo"


def test_an_invoice_that_was_paid_in_advance_is_not_paid_again(company: Company) -> None:
    document = (company.folder / "data" / "inbox" / "IN-260040.xml").read_text(encoding="utf-8")
    prepaid = document.replace(
        '<cbc:PayableAmount currencyID="EUR">1316.14', '<cbc:PayableAmount currencyID="EUR">0.00'
    )
    assert prepaid != document
    company.runs["prepaid"] = _upload(company, "prepaid.xml", prepaid.replace("2026-10702", "2026-88888").encode())
    while company.run("prepaid").item.state is RunState.WAITING:
        company.decide("prepaid", "approve")
    assert company.outcome("prepaid", "post") == "posted"
    assert company.outcome("prepaid", "pay") == "not-needed"
    assert company.payments("prepaid") == []


def _upload(company: Company, name: str, data: bytes) -> str:
    app = company.app
    today = app.store.clock.now().date()
    accepted = app.starting.upload(app.principal(), INTENT, [(name, data)], channel="test", received_at=today)
    assert app.engine.drain(timeout=60)
    return accepted.run_ids[0]


def test_the_same_document_handed_in_by_many_at_once_is_paid_once(company: Company) -> None:
    """Nobody is turned away with an error either: places in the order of arrival are given out one by one."""
    document = (company.folder / "data" / "inbox" / "IN-260021.xml").read_bytes()
    app, principal = company.app, company.app.principal()
    today = app.store.clock.now().date()

    def hand_in(number: int) -> str:
        files = [(f"{number}.xml", document)]
        return app.starting.upload(principal, INTENT, files, channel="test", received_at=today).run_ids[0]

    with ThreadPoolExecutor(max_workers=6) as people:
        runs = list(people.map(hand_in, range(6)))
    assert app.engine.drain(timeout=60)
    for number, run_id in enumerate(runs):
        company.runs[f"copy-{number}"] = run_id
    assert {company.run(f"copy-{number}").item.decision for number in range(6)} == {"reject"}
    assert [path for number in range(6) for path in company.payments(f"copy-{number}")] == []


# ids: WF-15
def test_a_document_that_breaks_our_own_code_does_not_hold_up_the_others(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, carry_on = company.app, company.app.interpreter.carry_on

    def broken(work: Work) -> Any:
        if work.row.input["document"] == "breaks":
            raise ZeroDivisionError("nobody thought of this")
        return carry_on(work)

    monkeypatch.setattr(app.interpreter, "carry_on", broken)
    document = (company.folder / "data" / "inbox" / "IN-260010.xml").read_bytes()
    names = ("before.xml", "breaks.xml", "after.xml")
    files = [(name, document.replace(b"E-2026-1190", name.encode())) for name in names]
    today = app.store.clock.now().date()
    runs = app.starting.upload(app.principal(), INTENT, files, channel="test", received_at=today).run_ids
    assert app.engine.drain(timeout=60)
    company.runs |= dict(zip(names, runs, strict=True))
    assert company.run("before.xml").item.decision is not None
    assert company.run("after.xml").item.decision is not None
    failed = company.run("breaks.xml").item
    assert failed.state is RunState.FAILED
    assert failed.reason is not None
    assert "reference" in failed.reason
    assert "ZeroDivisionError: nobody thought of this" in failed.reason
    assert "Traceback" not in failed.reason

    monkeypatch.setattr(app.interpreter, "carry_on", carry_on)
    again = app.operating.retry(app.principal(), company.runs["breaks.xml"])
    assert again.state is RunState.QUEUED
    with pytest.raises(NotFailed):
        app.operating.retry(app.principal(), company.runs["before.xml"])
    assert app.engine.drain(timeout=60)
    taken_up = company.run("breaks.xml").item
    assert (taken_up.decision, taken_up.reason) == (company.run("after.xml").item.decision, None)
    with app.store.read() as conn:
        kinds = [one.kind for one in read_journal(conn, f"run:{taken_up.id}")]
    assert kinds.index("run.failed") < kinds.index("run.retried")


def test_a_run_that_failed_after_a_decision_goes_on_from_there(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, task = company.app, company.task("IN-260048")

    def broken(*_given: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    with monkeypatch.context() as patched:
        patched.setattr(app.interpreter, "_go", broken)
        company.decide("IN-260048", "reject", comment="sent to the wrong company")
        assert company.run("IN-260048").item.state is RunState.FAILED

    with pytest.raises(Refused):
        app.operating.retry(app.workforce.principal("henrik-lund"), task.run_id)
    app.operating.retry(app.workforce.principal("jonas-petersen"), task.run_id)
    assert app.engine.drain(timeout=60)
    assert company.run("IN-260048").item.state is RunState.DONE


def test_a_run_is_not_cancelled_while_nobody_knows_whether_its_payment_left(company: Company) -> None:
    name = "IN-260043"
    app, run_id = company.app, company.runs[name]
    key = f"{run_id}:post"
    app.engine.effects.begin(run_id=run_id, step_id="post", mode=Effect.AT_MOST_ONCE, key=key, request={})
    with pytest.raises(EffectOpen):
        app.operating.cancel(app.workforce.principal("jonas-petersen"), run_id, reason="a mistake")
    assert company.task(name).state == "open"
    with app.store.unit() as unit:
        app.engine.effects.settle(unit, run_id=run_id, step_id="post", happened=False, result={}, actor="person:x")
    app.operating.cancel(app.workforce.principal("jonas-petersen"), run_id, reason="a mistake")
    assert company.run(name).item.state is RunState.CANCELLED


# ids: HO-02
def test_an_administrator_cannot_hand_themselves_a_decision(company: Company) -> None:
    """Kerstin Blohm administers the workspace and is an accounts payable analyst; she does not call suppliers back."""
    task = company.task("IN-260050")
    administrator = company.app.workforce.principal("kerstin-blohm")
    assert administrator.administrator
    assert task.role == "treasury-analyst"
    with pytest.raises(Refused, match="role of their own"):
        company.app.workforce.reassign(administrator, task.id, role="ap-analyst", reason="I take it")
    moved = company.app.workforce.reassign(administrator, task.id, role="controller", reason="Treasury is away")
    assert moved.role == "controller"


def test_a_forged_invoice_that_was_rejected_does_not_keep_the_genuine_one_from_a_person(company: Company) -> None:
    """The sender of a forgery uses a number the supplier is about to use. Treasury rejects it after the call."""
    company.decide("IN-260056", "reject", comment="The supplier knows of no new account.")
    name = next(path for path in (company.folder / "data" / "inbox").glob("IN-260056.*"))
    company.runs["genuine"] = _upload(company, name.name, name.read_bytes())
    item = company.run("genuine").item
    assert "duplicate_invoice" in item.labels
    assert item.state is RunState.WAITING


def test_a_cancelled_invoice_may_be_handed_in_again_and_meets_a_person(company: Company) -> None:
    company.app.operating.cancel(
        company.app.workforce.principal("jonas-petersen"), company.runs["IN-260041"], reason="wrong team"
    )
    document = (company.folder / "data" / "inbox" / "IN-260041.xml").read_bytes()
    company.runs["again"] = _upload(company, "again.xml", document)
    assert company.run("again").item.decision == "hold"
    assert company.run("again").item.state is RunState.WAITING
