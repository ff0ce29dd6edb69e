"""Statements add up to the ledger, shared costs to what is shared, and what was billed stays billed."""

# ids: EC-21, EC-22, EC-24, EC-26
from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pydantic import ValidationError
from tests.builders.authority import authority
from tests.builders.use import charge, put

from tiebeam.authority import Principal
from tiebeam.economics import Prices
from tiebeam.economics.forecast import Month
from tiebeam.economics.metering import Correction, correct
from tiebeam.economics.statements import (
    Issued,
    MonthOpen,
    NothingDue,
    Party,
    Section,
    Statement,
    StatementKind,
    UnknownParty,
    UnknownStatement,
    WrongParty,
    draw_up,
    issue,
    list_issued,
    parties,
    pools_of,
    read_issued,
    statement_csv,
    statement_workbook,
)
from tiebeam.economics.totals import EVERYTHING, ChargeFilters, Scope, Span, UseFilters, charges, grand_total
from tiebeam.errors import Conflict, Refused
from tiebeam.graph import Graph, load
from tiebeam.kit import CountingIds, FixedClock
from tiebeam.spec import Allocation, Approval, Budget, BudgetLevel, Commitment, Meta, Price, ProvisionedCapacity
from tiebeam.store import Store, search_journal

FEBRUARY = Month(2026, 2)
DAY = date(2026, 2, 10)
META = Meta(since=date(2026, 1, 1), reviewed=date(2026, 1, 1))
LEAD = Principal("lea", "Lea", roles=("support-lead",))
CFO = Principal("carl", "Carl", roles=("cfo",))
OTHER = Principal("bob", "Bob", roles=("controller",))


def budget(name: str, owner: str, **said: Any) -> Budget:
    return Budget(
        **{"id": name, "meta": META, "title": name.title(), "owner_role": owner, "usd_per_month": 100, **said}
    )


def allocation(name: str, **said: Any) -> Allocation:
    given = {"id": name, "meta": META, "title": name.title(), "owner_role": "cfo", "since": date(2026, 1, 1)}
    return Allocation.model_validate({**given, **said})


@cache
def library() -> Graph:
    return load(None)


def company(*allocations: Allocation, **more: Any) -> Graph:
    """Support and sales in one line, finance in none; the company's budget above all."""
    budgets = {
        "company": budget("company", "cfo", level=BudgetLevel.ORGANISATION),
        "trade": budget("trade", "head-of-trade", level=BudgetLevel.LINE, parent="company"),
        "support": budget("support", "support-lead", parent="trade", also_covers=("support",)),
        "sales": budget("sales", "sales-lead", parent="trade", also_covers=("sales",)),
        "finance": budget("finance", "controller", parent="company", also_covers=("finance",)),
    }
    found: dict[str, Any] = {"budgets": budgets, "allocations": {one.id: one for one in allocations}}
    return replace(library(), **(found | more))


def drawn(store: Store, about: str, graph: Graph, **said: Any) -> Statement:
    given: dict[str, Any] = {"month": FEBRUARY, "now": store.clock.now(), "scope": EVERYTHING}
    prices = Prices({}, FixedClock(store.clock.now()), rates={"USD": Decimal("0.8"), "EUR": Decimal(1)})
    with store.read() as conn:
        return draw_up(conn, Party.read(about), graph=graph, prices=prices, **(given | said))


@pytest.fixture
def filled(store: Store) -> Store:
    put(
        store,
        [
            charge("a", DAY, nano=3_000_000_000),
            charge("b", DAY, nano=1_000_000_001, model="large-1"),
            charge("bare", DAY, workflow="", nano=0),
            charge("c", DAY, team="sales", workflow="offers", nano=1_000_000_000),
            charge("d", DAY, team="finance", workflow="support", nano=5_000_000_000),
            charge("e", DAY, team="", workflow="", nano=600_000_000),
            charge("late", date(2026, 3, 1), nano=7_000_000_000),
        ],
    )
    return store


def test_a_statement_is_what_its_party_used_in_the_month(filled: Store) -> None:
    one = drawn(filled, "team:support", company())
    assert [(line.workflow, line.model, line.usd_nano) for line in one.lines] == [
        ("", "small-1", 0),
        ("triage", "large-1", 1_000_000_001),
        ("triage", "small-1", 3_000_000_000),
    ]
    form = one.form()
    assert (form["total_usd"], form["total"], form["currency"]) == ("4.000000001", "3.2000000008", "EUR")
    assert (one.owner_role, one.is_final, form["due_usd"]) == ("support-lead", True, "4.000000001")
    assert drawn(filled, "line:trade", company()).usd_nano == 5_000_000_001
    assert not drawn(filled, "team:support", company(), month=Month(2026, 3)).is_final


def test_every_line_leads_to_the_charges_behind_it(filled: Store) -> None:
    with filled.unit() as unit:
        correct(unit, [Correction("a", 2_500_000_000)], actor="person:zoe", reason="the invoice says so")
    one = drawn(filled, "team:support", company())
    for line in one.lines:
        given = dict(line.ledger)
        span = Span(date.fromisoformat(given.pop("from")), date.fromisoformat(given.pop("to")))
        corrections = given.pop("corrections", None) == "true"
        with filled.read() as conn:
            page = charges(conn, ChargeFilters(use=UseFilters(**given), span=span, corrections=corrections))
        assert sum(row["usd_nano"] for row in page.charges) == line.usd_nano
    assert one.sum_of(Section.CORRECTIONS) == -500_000_000
    assert one.sum_of(Section.USE) == 4_000_000_001


SEATS = allocation("editor", of="seats", seats=10, usd_per_seat="20", by="even", among=["support", "sales", "finance"])
OVERHEAD = allocation("platform", of="overhead", usd_per_month="100", by="cost")
NAMELESS = allocation("nameless", of="charges", team="", by="requests")
FIXED = allocation("keeping", of="overhead", usd_per_month="10", by="fixed", share={"support": "0.7", "finance": "0.3"})


def test_shared_costs_are_carried_by_their_rule(filled: Store) -> None:
    one = drawn(filled, "team:support", company(SEATS, OVERHEAD, NAMELESS, FIXED))
    shared = {line.basis["allocation"]: line.form()["cost_usd"] for line in one.lines if line.basis}
    # Of ten dollars used by teams support used four and a nano; of five calls three; ten seats at 20 by three.
    assert shared == {
        "editor": "66.666666666",
        "keeping": "7",
        "nameless": "0.36",
        "platform": "40.000000006",
    }
    (seats,) = [line for line in one.lines if line.basis and line.basis["allocation"] == "editor"]
    assert seats.basis is not None
    assert (seats.basis["because"], seats.basis["weight"], seats.basis["all_weights"]) == (
        "10 seats at $20 a month",
        1,
        3,
    )


def test_a_commitment_and_capacity_are_shared_less_what_was_used_of_them(filled: Store) -> None:
    begun, before, end = date(2026, 1, 1), date(2025, 1, 1), date(2026, 12, 31)
    promised = Commitment(usd_per_month=Decimal(100), since=begun, until=end, source="contract")
    ended = Commitment(usd_per_month=Decimal(50), since=before, until=date(2026, 1, 31), source="contract")
    approval = Approval(
        id="acme", meta=META, title="Acme", provider="acme", owner_role="cfo", commitment=(promised, ended)
    )
    hour = ProvisionedCapacity(
        usd_per_hour=Decimal(2), tokens_per_minute=1, since=date(2026, 1, 1), source="offer", checked=date(2026, 1, 1)
    )
    price = Price(id="own", meta=META, provider="acme", model="large-1", capacity=(hour,))
    graph = company(
        allocation("unused", of="commitment", approval="acme", by="tokens"),
        allocation("idle", of="capacity", price="own", capacity_units=2, by="even"),
        approvals={"acme": approval},
        prices={"own": price},
    )
    with filled.read() as conn:
        idle, unused = pools_of(conn, graph, Span(FEBRUARY.first, FEBRUARY.last))
    # 730 hours of two units at 2 dollars, less the large model's charge; 100 promised, 10.600000001 used.
    assert idle.usd_nano == 2_920_000_000_000 - 1_000_000_001
    assert unused.usd_nano == 100_000_000_000 - 10_600_000_001
    assert unused.because == "$100 promised to 'acme', $10.600000001 of it used"
    assert sum(idle.parts.values()) == idle.usd_nano


def test_charges_of_a_platform_team_move_to_those_who_share_them(filled: Store) -> None:
    graph = company(allocation("moved", of="charges", team="finance", by="cost", among=["support", "sales"]))
    finance, support, sales = (drawn(filled, f"team:{one}", graph) for one in ("finance", "support", "sales"))
    assert finance.usd_nano == 0
    assert finance.sum_of(Section.MOVED) == -5_000_000_000
    assert support.usd_nano + sales.usd_nano == 10_000_000_001


def test_a_rule_holds_only_in_its_months(filled: Store) -> None:
    later = allocation("later", of="overhead", usd_per_month="1", by="even", since=date(2026, 3, 1))
    ended = allocation("ended", of="overhead", usd_per_month="1", by="even", until=date(2026, 1, 31))
    with filled.read() as conn:
        assert pools_of(conn, company(later, ended), Span(FEBRUARY.first, FEBRUARY.last)) == []


@pytest.mark.parametrize(
    "said",
    [
        {"of": "seats", "by": "even"},
        {"of": "overhead", "usd_per_month": 1, "by": "fixed"},
        {"of": "overhead", "usd_per_month": 1, "by": "even", "seats": 3},
        {"of": "overhead", "usd_per_month": 1, "by": "fixed", "share": {"a": "0.5"}},
        {"of": "charges", "team": "a", "by": "even", "among": ["a", "b"]},
        {"of": "overhead", "usd_per_month": 1, "by": "even", "until": "2025-01-01"},
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        allocation("wrong", **said)


@pytest.fixture(scope="module")
def many(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One database for all examples, each in a month of its own."""
    file = tmp_path_factory.mktemp("many") / "tiebeam.sqlite"
    copyfile(sqlite_template, file)
    opened = Store(f"sqlite:///{file}", clock=FixedClock(datetime(2190, 1, 1, tzinfo=UTC)), ids=CountingIds())
    yield opened
    opened.close()


_NAMES = ("support", "sales", "finance")
_rules = st.lists(
    st.builds(
        lambda by, of, among: {"by": by, "among": among} | of,
        st.sampled_from(["even", "cost", "tokens", "requests"]),
        st.sampled_from(
            [
                {"of": "overhead", "usd_per_month": "99.999999"},
                {"of": "seats", "seats": 7, "usd_per_seat": "0.333333"},
                {"of": "charges", "team": ""},
            ]
        ),
        st.lists(st.sampled_from(_NAMES), unique=True),
    ),
    max_size=3,
)


@given(
    used=st.lists(st.tuples(st.sampled_from([*_NAMES, ""]), st.integers(0, 10**13)), max_size=6),
    rules=_rules,
)
@settings(max_examples=40, deadline=None)
def test_statements_of_all_teams_come_to_the_ledger_and_all_that_is_shared(
    many: Store, used: list[tuple[str, int]], rules: list[dict[str, Any]]
) -> None:
    name = many.ids.new("example")
    month = FEBRUARY.plus(int(name.split("_")[1]))
    put(many, [charge(f"{name}-{n}", month.first, team=team, nano=nano) for n, (team, nano) in enumerate(used)])
    graph = company(*(allocation(f"rule-{number}", **rule) for number, rule in enumerate(rules)))
    span = Span(month.first, month.last)
    with many.read() as conn:
        direct = grand_total(conn, span=span).usd_nano
        nameless = grand_total(conn, span=span, filters=UseFilters(team="")).usd_nano
        pools = pools_of(conn, graph, span)
    assert all(sum(pool.parts.values()) == pool.usd_nano for pool in pools)
    kept = sum(pool.parts.get("", 0) for pool in pools)
    statements = [drawn(many, f"team:{team}", graph, month=month) for team in _NAMES]
    expected = direct - nameless + sum(pool.usd_nano for pool in pools) - kept
    assert sum(one.usd_nano for one in statements) == expected
    both = statements[0].usd_nano + statements[1].usd_nano
    assert drawn(many, "line:trade", graph, month=month).usd_nano == both


def bill(store: Store, about: str, graph: Graph, by: Principal = LEAD, **said: Any) -> Issued:
    statement = drawn(store, about, graph, kind=StatementKind.CHARGEBACK, **said)
    with store.unit() as unit:
        return issue(unit, by, statement, authority=authority(), graph=graph)


def test_what_was_billed_stays_and_the_next_bills_the_difference(filled: Store) -> None:
    graph = company(OVERHEAD)
    first = bill(filled, "team:support", graph)
    with pytest.raises(NothingDue, match="number 1"):
        bill(filled, "team:support", graph)
    with filled.unit() as unit:
        correct(unit, [Correction("a", 2_000_000_000)], actor="person:zoe", reason="the invoice says so")
    due = drawn(filled, "team:support", graph, kind=StatementKind.CHARGEBACK)
    second = bill(filled, "team:support", graph, CFO)
    assert (first.number, second.number) == (1, 2)
    assert second.usd_nano == due.due_nano < -1_000_000_000
    assert first.usd_nano + second.usd_nano == due.usd_nano
    with filled.read() as conn:
        kept, content = read_issued(conn, first.id)
        listed = list_issued(conn, party=Party.read("team:support"), month=FEBRUARY)
        entries = search_journal(conn, stream_prefix="statements:")
        with pytest.raises(UnknownStatement):
            read_issued(conn, first.id, scope=Scope(teams=frozenset({"finance"})))
        assert list_issued(conn, scope=Scope(teams=frozenset({"finance"}))) == []
    assert (kept, content["total_usd"]) == (first, first.form()["usd"])
    assert {one.id for one in listed} == {first.id, second.id}
    assert {entry.payload["number"] for entry in entries} == {1, 2}


def test_only_who_answers_for_the_budget_bills_and_only_a_month_that_is_over(filled: Store) -> None:
    with pytest.raises(Refused):
        bill(filled, "team:support", company(), OTHER)
    with pytest.raises(Refused):
        bill(filled, "line:trade", company(), LEAD)
    with pytest.raises(MonthOpen):
        bill(filled, "team:support", company(), month=Month(2026, 3))
    with pytest.raises(NothingDue, match="nothing was used"):
        bill(filled, "team:support", company(), month=Month(2026, 1))
    with pytest.raises(Conflict, match="a rule keeps some"):
        bill(filled, "team:support", company(), scope=replace(EVERYTHING, withheld=frozenset({"triage"})))


def test_nobody_sees_statements_of_others(filled: Store) -> None:
    mine = Scope(teams=frozenset({"support", "sales"}))
    assert drawn(filled, "line:trade", company(), scope=mine).usd_nano == 5_000_000_001
    for hidden in ("team:finance", "line:company", "line:nothing"):
        with pytest.raises(UnknownParty):
            drawn(filled, hidden, company(), scope=mine)
    assert [str(one) for one in parties(company(), scope=Scope(teams=frozenset({"support"})))] == ["team:support"]
    with pytest.raises(WrongParty):
        Party.read("support")


def test_it_goes_into_spreadsheets(filled: Store, tmp_path: Path) -> None:
    one = drawn(filled, "team:support", company(SEATS))
    rows = list(csv.DictReader(io.StringIO(statement_csv(one))))
    total = Decimal(rows[-1]["cost_usd"])
    assert sum(Decimal(row["cost_usd"]) for row in rows[:-1]) == total == Decimal("70.666666667")
    assert rows[1]["ledger"].startswith("tiebeam ledger lines --of use --team support --workflow triage")
    file = tmp_path / "statement.xlsx"
    file.write_bytes(statement_workbook(one))
    book = load_workbook(file)
    assert book.sheetnames == ["Assumptions", "Results", "Lines"]
    formulas = {row[0].value: row[3].value for row in book["Results"].iter_rows(min_row=5) if row[0].value}
    assert formulas["total"].startswith("=")
