"""A comparison ends in a decision with owner, reason and date, kept as it was. ids: EC-12"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.builders.authority import authority
from tests.rooms.economics.calculator.market import DAY, NOW, asked, catalogue, library, measured, offer, own

from tiebeam.authority import Principal, PrincipalKind
from tiebeam.economics.calculator import Catalogue, compare, read_question
from tiebeam.economics.decisions import Choice, Decision, Decisions, UnknownDecision, WrongDecision
from tiebeam.errors import Conflict, Refused
from tiebeam.kit import FixedClock
from tiebeam.store import Store, search_journal

CFO = Principal("ada", "Ada", roles=("cfo",))
OTHER = Principal("bob", "Bob", roles=("controller",))
ROOT = Principal("root", "Root", administrator=True)
STRANGER = Principal("eve", "Eve")
GPU = "works.gpu/llama-3-1-70b"
HONEST: dict[str, Any] = {
    "title": "Serve the clerk's pages",
    "chosen": GPU,
    "owner": "role:cfo",
    "reason": "Pages stay in our own rooms; we give up the frontier model.",
}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def decisions() -> Decisions:
    return Decisions(authority=authority(), graph=library)


def market(**changes: Any) -> Catalogue:
    return catalogue(own("alpha", **changes), own("beta"), offer("works", ("on-demand", "2", "2026")), measured("1000"))


def record(
    store: Store, decisions: Decisions, by: Principal = CFO, *, of: Catalogue | None = None, **said: Any
) -> Decision:
    question = asked(concurrency="8", replica="1")
    with store.unit() as unit:
        comparison = compare(of or market(), question)
        return decisions.record(unit, by, comparison=comparison, choice=Choice(**{**HONEST, **said}))


def test_what_was_chosen_is_kept_with_owner_date_reason_and_every_figure(store: Store, decisions: Decisions) -> None:
    made = record(store, decisions, revisit=DAY + timedelta(days=180))
    with store.read() as conn:
        found = decisions.show(conn, OTHER, made.id)
    assert found == made
    assert (found.owner, found.recorded_by, found.recorded_at) == ("role:cfo", "person:ada", NOW)
    assert (found.chosen_option["per_month"], found.currency, found.tokens_per_month) == ("1460", "USD", 200_000_000)
    # The models cost 6 x 200 = 1,200: the choice is 260 a month dearer.
    assert [one["per_month"] for one in found.options] == ["1200", "1200", "1460"]
    assert found.premium_per_month == 260


def test_the_question_can_be_asked_again_at_the_same_prices(store: Store, decisions: Decisions) -> None:
    made = record(store, decisions)
    again = read_question(made.question)
    assert again.at == DAY
    assert replace(again, at=None) == asked(concurrency="8", replica="1")


def test_figures_stay_as_they_were_when_prices_move(store: Store, decisions: Decisions) -> None:
    made = record(store, decisions)
    record(store, decisions, of=market(input_usd_per_mtok="30"), title="Later")
    with store.read() as conn:
        assert decisions.show(conn, CFO, made.id).options == made.options


def test_it_is_on_the_record(store: Store, decisions: Decisions) -> None:
    made = record(store, decisions)
    with store.read() as conn:
        (entry,) = search_journal(conn, stream_prefix="decision:")
    assert (entry.kind, entry.actor, entry.stream) == ("decision.recorded", "person:ada", f"decision:{made.id}")
    assert entry.payload["chosen"]["id"] == GPU
    assert entry.payload["reason"] == made.reason


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "  "),
        ("title", "x" * 201),
        ("reason", ""),
        ("reason", "x" * 2001),
        ("owner", "ada"),
        ("owner", "team:finance"),
        ("owner", "role:"),
        ("revisit", DAY),
        ("revisit", date(2020, 1, 1)),
        ("chosen", "nothing"),
        ("weighed", ("nothing",)),
        ("weighed", tuple(f"option-{place}" for place in range(51))),
    ],
)
def test_a_decision_that_leaves_something_out_is_refused_by_its_part(
    store: Store, decisions: Decisions, field: str, value: Any
) -> None:
    with pytest.raises(WrongDecision) as refused:
        record(store, decisions, **{field: value})
    assert refused.value.data["field"] == field
    with store.read() as conn:
        assert decisions.find(conn, CFO) == []


def test_an_owner_nobody_knows_answers_for_nothing(store: Store, decisions: Decisions) -> None:
    for owner in ("role:emperor", "person:nobody"):
        with pytest.raises(WrongDecision, match="has that id"):
            record(store, decisions, ROOT, owner=owner)


def test_one_option_is_no_trade_off(store: Store, decisions: Decisions) -> None:
    with pytest.raises(WrongDecision, match="no trade-off"):
        record(store, decisions, weighed=(GPU,))
    named = record(store, decisions, weighed=("works/beta",))
    assert [one["id"] for one in named.options] == ["works/beta", GPU]


def test_people_decide_for_themselves_and_their_roles_and_machines_do_not(store: Store, decisions: Decisions) -> None:
    assert record(store, decisions, CFO).recorded_by == "person:ada"
    assert record(store, decisions, ROOT).owner == "role:cfo"
    agent = Principal("clerk", "Clerk", roles=("cfo",), kind=PrincipalKind.AGENT, scopes=frozenset({"decision.record"}))
    service = replace(agent, kind=PrincipalKind.SERVICE)
    for by in (OTHER, STRANGER, agent, service):
        with pytest.raises(Refused):
            record(store, decisions, by)


def test_a_later_decision_takes_the_place_of_an_earlier_one_once(store: Store, decisions: Decisions) -> None:
    first = record(store, decisions)
    second = record(store, decisions, chosen="works/alpha", supersedes=first.id)
    with pytest.raises(Conflict, match="already superseded"):
        record(store, decisions, supersedes=first.id)
    with pytest.raises(UnknownDecision):
        record(store, decisions, supersedes="decision_nothing")
    with store.read() as conn:
        assert [one.id for one in decisions.find(conn, OTHER)] == [second.id]
        assert {one.id for one in decisions.find(conn, OTHER, with_superseded=True)} == {first.id, second.id}
        assert decisions.show(conn, OTHER, first.id).superseded_by == second.id


def test_nobody_supersedes_what_they_could_not_have_decided(store: Store, decisions: Decisions) -> None:
    first = record(store, decisions)
    with pytest.raises(Refused):
        record(store, decisions, OTHER, owner="role:controller", supersedes=first.id)


def test_a_decision_is_due_on_its_day_until_another_takes_its_place(store: Store, decisions: Decisions) -> None:
    soon = DAY + timedelta(days=1)
    first = record(store, decisions, revisit=soon)
    assert (first.is_due(DAY), first.is_due(soon)) == (False, True)
    assert first.form(soon)["is_due"] is True
    record(store, decisions, supersedes=first.id)
    with store.read() as conn:
        assert not decisions.show(conn, CFO, first.id).is_due(soon)
    assert Decimal(first.form(DAY)["premium_per_month"]) == 260


def test_who_has_no_part_here_sees_none_and_learns_of_none(store: Store, decisions: Decisions) -> None:
    made = record(store, decisions)
    with store.read() as conn:
        assert decisions.find(conn, STRANGER) == []
        for name in (made.id, "decision_nothing"):
            with pytest.raises(UnknownDecision):
                decisions.show(conn, STRANGER, name)
