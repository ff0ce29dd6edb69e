"""What model use cost and what came of it: of our own runs and of others' agents, exact and never counted twice."""

# ids: EC-19, EC-21, D11, D12
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.adopted import INTENT, case_lines
from tests.builders.authority import authority
from tests.builders.use import charge, put

from tiebeam.authority import Principal, PrincipalKind
from tiebeam.economics import Economics, Prices
from tiebeam.economics.metering import Usage
from tiebeam.economics.returns import (
    Outcome,
    OutcomeDiffers,
    Outcomes,
    Reported,
    Return,
    ReturnBy,
    UnknownExecution,
    UnknownOutcome,
    WrongOutcome,
    read_execution,
    read_reports,
    returns,
)
from tiebeam.economics.totals import Scope, Span
from tiebeam.errors import Conflict, Refused
from tiebeam.graph import Graph, load
from tiebeam.kit import CountingIds, FixedClock
from tiebeam.spec import Budget, BudgetLevel, Meta
from tiebeam.store import Store, search_journal

DAY = date(2026, 3, 2)
OWNER = Principal("ada", "Ada", roles=("support-lead",))
CFO = Principal("carl", "Carl", roles=("cfo",))
OTHER = Principal("bob", "Bob", roles=("controller",))
ROOT = Principal("root", "Root", administrator=True)
FEED = Principal(
    "crm", "CRM", roles=("support-lead",), kind=PrincipalKind.SERVICE, scopes=frozenset({"outcome.report"})
)
AGENT = Principal(
    "helper", "Helper", roles=("support-lead",), kind=PrincipalKind.AGENT, scopes=frozenset({"outcome.report"})
)


@cache
def graph() -> Graph:
    """The library with two budgets: the company's, and one that covers the team support."""
    meta = Meta(since=DAY, reviewed=DAY)
    common: dict[str, Any] = {"meta": meta, "usd_per_month": Decimal(100)}
    company = Budget(id="company", title="All", owner_role="cfo", level=BudgetLevel.ORGANISATION, **common)
    support = Budget(
        id="support", title="Support", owner_role="support-lead", parent="company", also_covers=("support",), **common
    )
    return replace(load(None), budgets={"company": company, "support": support})


def prices(clock: FixedClock) -> Prices:
    return Prices({}, clock, rates={"USD": Decimal("0.8"), "EUR": Decimal(1)})


@pytest.fixture
def outcomes(clock: FixedClock) -> Outcomes:
    return Outcomes(authority=authority(), graph=graph, prices=prices(clock))


def reported(ref: str, **said: Any) -> Reported:
    return Reported(**{"ref": ref, "team": "support", "workflow": "triage", **said})


def report(store: Store, outcomes: Outcomes, *reports: Reported, by: Principal = OWNER) -> list[Outcome]:
    with store.unit() as unit:
        return outcomes.report(unit, by, reports)


def found(store: Store, by: ReturnBy = ReturnBy.WORKFLOW, **asked: Any) -> dict[str, Return]:
    with store.read() as conn:
        return {
            one.key: one for one in returns(conn, by=by, prices=prices(FixedClock(store.clock.now())), **asked).rows
        }


def test_cost_outcomes_and_value_stand_side_by_side(store: Store, outcomes: Outcomes) -> None:
    put(store, [charge("a", DAY, nano=2_000_000_000), charge("b", DAY, nano=1_000_000_000)])
    report(store, outcomes, reported("t1", value=Decimal("7.5"), basis="5 minutes at 90 an hour"))
    report(store, outcomes, reported("t2", accepted=0, ended=1), reported("t3", accepted=1, ended=2))
    assert found(store)["triage"].form() == {
        "key": "triage",
        "requests": 2,
        "tokens": 2200,
        "cost_usd": "3",
        "value_usd": "7.5",
        "outcomes": 2,
        "ended": 4,
        "usd_per_outcome": "1.5",
        "usd_per_million_tokens": "1363.636363636364",
        "value_per_token": "0.003409090909",
        "labour_usd": "0",
        "net_usd": "4.5",
    }


def test_our_own_runs_bring_their_value_from_the_ledger(store: Store, clock: FixedClock) -> None:
    """Five euros are worth 6.25 dollars at 0.8; an hour at 40 euros and a euro of what is fixed are labour."""
    books = Economics(store, prices=prices(clock))
    with store.unit() as unit:
        books.record(
            unit, [*case_lines(DAY, 1), *case_lines(DAY, 2, minutes="60"), *case_lines(DAY, 3, accepted=False)]
        )
    put(store, [charge("a", DAY, team="accounts-payable", workflow=INTENT, nano=500_000_000)])
    one = found(store)[INTENT]
    assert (one.outcomes, one.ended, one.cost_nano, one.value_nano) == (2, 3, 500_000_000, 12_500_000_000)
    assert one.labour_nano == 53_750_000_000
    assert one.form()["net_usd"] == "-41.75"
    assert found(store, ReturnBy.TEAM)["accounts-payable"].value_nano == 12_500_000_000


def test_without_a_rate_value_is_left_out_and_said_so(store: Store, clock: FixedClock) -> None:
    books = Economics(store, prices=prices(clock))
    with store.unit() as unit:
        books.record(unit, case_lines(DAY, 1))
    with store.read() as conn:
        answer = returns(conn, by=ReturnBy.WORKFLOW, prices=Prices({}, clock, currency="USD"))
    assert answer.missing == ("EUR",)
    assert [one.value_nano for one in answer.rows] == [0]


def test_value_is_followed_to_models_by_what_each_cost(store: Store, outcomes: Outcomes) -> None:
    put(
        store,
        [
            charge("a", DAY, execution="job-1", nano=3_000_000_000, model="large-1"),
            charge("b", DAY, execution="job-1", nano=1_000_000_000),
            charge("c", DAY, execution="job-2", nano=5_000_000_000),
        ],
    )
    report(store, outcomes, reported("t1", execution="job-1", value=Decimal(8), basis="a test"))
    report(store, outcomes, reported("t2", execution="job-2", accepted=0))
    by_model = found(store, ReturnBy.MODEL)
    assert by_model["large-1"].value_nano == 6_000_000_000
    assert by_model["small-1"].value_nano == 2_000_000_000
    assert (by_model["large-1"].outcomes, by_model["small-1"].outcomes, by_model["small-1"].ended) == (1, 1, 2)
    assert by_model["small-1"].labour_nano is None


def test_what_names_no_execution_is_shared_by_use_and_what_used_nothing_has_no_model(
    store: Store, outcomes: Outcomes
) -> None:
    put(store, [charge("a", DAY, nano=3_000, model="large-1"), charge("b", DAY, nano=1_000)])
    report(store, outcomes, reported("t1", value=Decimal(4), basis="a test"))
    report(store, outcomes, reported("t2", workflow="letters", value=Decimal(9), basis="a test"))
    by_model = {name: one.form()["value_usd"] for name, one in found(store, ReturnBy.MODEL).items()}
    assert by_model == {"large-1": "3", "small-1": "1", "": "9"}


_use = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["m1", "m2", ""]),
        st.sampled_from(["", "j1", "j2"]),
        st.integers(0, 10**12),
    ),
    max_size=8,
)
_told = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from(["", "j1", "j2", "j3"]), st.integers(0, 10**9), st.integers(0, 3)
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def many(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One database for all examples, each on a day of its own."""
    file = tmp_path_factory.mktemp("many") / "tiebeam.sqlite"
    copyfile(sqlite_template, file)
    opened = Store(f"sqlite:///{file}", clock=FixedClock(datetime(2090, 1, 1, tzinfo=UTC)), ids=CountingIds())
    yield opened
    opened.close()


@given(used=_use, told=_told)
@settings(max_examples=40, deadline=None)
def test_values_come_to_the_same_by_workflow_team_and_model(
    many: Store, used: list[tuple[str, str, str, int]], told: list[tuple[str, str, int, int]]
) -> None:
    name = many.ids.new("example")
    day = DAY + timedelta(days=int(name.split("_")[1]))
    put(
        many,
        [
            charge(
                f"{name}-{n}", day, team=team, workflow=f"w{team}", model=model, nano=nano, execution=job and name + job
            )
            for n, (team, model, job, nano) in enumerate(used)
        ],
    )
    reports = [
        reported(
            f"{name}-{n}",
            team=team,
            workflow=f"w{team}",
            execution=job and name + job,
            value=Decimal(value).scaleb(-6),
            basis="a test",
            accepted=accepted,
            ended=3,
            at=datetime.combine(day, time(12), UTC),
        )
        for n, (team, job, value, accepted) in enumerate(told)
    ]
    if reports:
        report(
            many,
            Outcomes(authority=authority(), graph=graph, prices=prices(FixedClock(datetime(2090, 1, 1, tzinfo=UTC)))),
            *reports,
            by=ROOT,
        )
    answers = [found(many, by, span=Span(day, day)) for by in ReturnBy]
    values = {sum(one.value_nano for one in rows.values()) for rows in answers}
    assert values == {sum(value * 1000 for _, _, value, _ in told)}
    assert {sum(one.cost_nano for one in rows.values()) for rows in answers} == {sum(nano for *_, nano in used)}
    assert all(sum(one.outcomes for one in rows.values()) == sum(one[3] for one in told) for rows in answers[::2])


def test_a_report_is_kept_once_however_often_it_comes(store: Store, outcomes: Outcomes) -> None:
    (first,) = report(store, outcomes, reported("t1", value=Decimal("1.50"), basis="a test"))
    (again,) = report(store, outcomes, reported("t1", value=Decimal("1.5"), basis="a test"), by=CFO)
    assert again.id == first.id
    with pytest.raises(OutcomeDiffers, match=r"worth 1\.50 USD"):
        report(store, outcomes, reported("t1", value=Decimal(2), basis="a test"))
    with store.read() as conn:
        (entry,) = search_journal(conn, stream_prefix="outcomes:")
        assert [one.id for one in outcomes.find(conn).outcomes] == [first.id]
    assert (entry.actor, entry.payload["ref"], entry.payload["value_usd"]) == ("person:ada", "t1", "1.5")


def test_a_correction_stands_for_what_it_corrects(store: Store, outcomes: Outcomes) -> None:
    (first,) = report(store, outcomes, reported("t1", value=Decimal(9), basis="a test"))
    withdrawn = reported("t1-corrected", accepted=0, corrects=first.id)
    (second,) = report(store, outcomes, withdrawn)
    assert report(store, outcomes, withdrawn) == [second], "said again, it changes nothing"
    assert (found(store)["triage"].outcomes, found(store)["triage"].value_nano) == (0, 0)
    with pytest.raises(Conflict, match="already corrected"):
        report(store, outcomes, reported("t1-again", corrects=first.id))
    with pytest.raises(UnknownOutcome):
        report(store, outcomes, reported("t2", workflow="letters", corrects=second.id))
    with store.read() as conn:
        assert [one.id for one in outcomes.find(conn).outcomes] == [second.id]
        kept = outcomes.find(conn, with_corrected=True, limit=1)
        rest = outcomes.find(conn, with_corrected=True, limit=1, before=kept.before)
    assert [(one.id, one.corrected_by) for one in (*kept.outcomes, *rest.outcomes)] == [
        (second.id, None),
        (first.id, second.id),
    ]


@pytest.mark.parametrize("who", [OWNER, CFO, ROOT, FEED])
def test_whoever_answers_for_the_budget_reports(store: Store, outcomes: Outcomes, who: Principal) -> None:
    assert report(store, outcomes, reported("t1"), by=who)[0].reported_by == who.actor


@pytest.mark.parametrize("who", [OTHER, AGENT, replace(FEED, scopes=frozenset({"run.start"}))])
def test_nobody_else_does_and_an_agent_never(store: Store, outcomes: Outcomes, who: Principal) -> None:
    with pytest.raises(Refused):
        report(store, outcomes, reported("t1"), by=who)
    with pytest.raises(Refused):
        report(store, outcomes, reported("t1"), reported("t2", team="finance"), by=who)


def test_of_many_reports_all_are_kept_or_none(store: Store, outcomes: Outcomes) -> None:
    with pytest.raises(Refused):
        report(store, outcomes, reported("t1"), reported("t2", team="finance", workflow="letters"))
    with store.read() as conn:
        assert outcomes.find(conn).outcomes == ()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"value": Decimal(1)}, "basis"),
        ({"value": Decimal("NaN")}, "value"),
        ({"value": Decimal(-1)}, "value"),
        ({"accepted": 2}, "accepted"),
        ({"accepted": -1}, "accepted"),
        ({"team": "no spaces"}, "team"),
        ({"workflow": ""}, "workflow"),
        ({"execution": "x" * 121}, "execution"),
        ({"ref": ""}, "ref"),
        ({"ref": "two\nlines"}, "ref"),
        ({"currency": "dollars"}, "currency"),
        ({"at": datetime(2026, 3, 2, 9, tzinfo=UTC).replace(tzinfo=None)}, "at"),
        ({"at": datetime(2026, 3, 3, tzinfo=UTC)}, "at"),
    ],
)
def test_a_report_says_all_it_must(store: Store, outcomes: Outcomes, said: dict[str, Any], field: str) -> None:
    with pytest.raises(WrongOutcome) as wrong:
        report(store, outcomes, reported(**{"ref": "t1", **said}))
    assert wrong.value.data["field"] == field


def test_a_run_of_ours_reports_for_itself(store: Store, outcomes: Outcomes, clock: FixedClock) -> None:
    with store.unit() as unit:
        Economics(store, prices=prices(clock)).record(unit, case_lines(DAY, 1))
    with pytest.raises(WrongOutcome, match="writes its own outcome"):
        report(store, outcomes, reported("t1", execution=f"run_{DAY}_1"))


def test_an_execution_shows_steps_outcome_and_value(store: Store, outcomes: Outcomes, clock: FixedClock) -> None:
    put(store, [charge(f"c{n}", DAY, execution="job-1", step_id="read" if n else "", nano=n + 1) for n in range(3)])
    report(store, outcomes, reported("t1", execution="job-1", value=Decimal(2), basis="a test"))
    with store.read() as conn:
        one = read_execution(conn, "job-1", prices=prices(clock))
        with pytest.raises(UnknownExecution):
            read_execution(conn, "job-1", prices=prices(clock), scope=Scope(teams=frozenset({"finance"})))
    assert [(step.step_id, step.calls, step.usd_nano) for step in one.steps] == [("", 1, 1), ("read", 2, 5)]
    assert (one.is_run, one.form()["cost_usd"], one.form()["value_usd"]) == (False, "0.000000006", "2")


def test_nobody_sees_returns_of_others(store: Store, outcomes: Outcomes) -> None:
    put(store, [charge("a", DAY), charge("b", DAY, team="finance", workflow="letters", usage=Usage(input=1))])
    report(store, outcomes, reported("t1"))
    for by in ReturnBy:
        rows = found(store, by, scope=Scope(teams=frozenset({"finance"})))
        assert [(one.requests, one.ended) for one in rows.values()] == [(1, 0)]


def test_reports_come_as_lines_of_json() -> None:
    place = '"team": "t", "workflow": "w"'
    good = f'{{"ref": "a", {place}, "value": 1.10, "basis": "b"}}\n\n{{"ref": "b", {place}, "accepted": 3}}'
    first, second = read_reports(good)
    assert (first.value, second.accepted, second.ended, second.at) == (Decimal("1.10"), 3, 3, None)
    faults = (
        '"accepted": "1"',
        '"costs": 1',
        '"ref": 1',
        '"at": "noon"',
        '"value": [1]',
        '"corrects": 1',
        '"ended": true',
    )
    for wrong in ("[]", "{", '{"ref": "a"}', *(f'{{"ref": "a", {place}, {fault}}}' for fault in faults)):
        with pytest.raises(WrongOutcome, match="line 1: "):
            read_reports(wrong)
