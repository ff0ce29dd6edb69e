"""A ceiling is raised by its owner alone, months are reviewed, and owners hear in time."""

# ids: EC-21, EC-22, EC-24, D18
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.builders.authority import authority
from tests.builders.charges import charge, put_charges
from tiebeam.economics.spending import BudgetLine, Budgets, Trees, UnknownBudget
from tiebeam.economics.tables import usage_spend
from tiebeam.engine import Engine
from tiebeam.errors import Invalid, Refused
from tiebeam.graph import Graph, init_workspace, load
from tiebeam.kit import FixedClock, nano_usd
from tiebeam.store import Store, read_journal
from tiebeam.workflow.finops import Alerting, AlreadyAsked, Asking, MonthlyReviews, Watching, WindowOver
from tiebeam.workflow.telling import Telling
from tiebeam.workforce import Workforce, WrongInput

MARCH = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("harbour") / "tools"
    init_workspace(folder, example="harbour-tools")
    return load(folder)


class House:
    """The example company, its people and its budgets, in March 2026."""

    def __init__(self, store: Store, engine: Engine, clock: FixedClock, graph: Graph) -> None:
        self.store, self.clock = store, clock
        self.workforce = Workforce(store, engine, people=lambda: graph, authority=authority())
        trees = Trees(store, lambda: graph)
        self.budgets = Budgets(graph=lambda: graph, tree=trees)
        self.asking = Asking(store, graph=lambda: graph, workforce=self.workforce, budgets=self.budgets)
        self.workforce.on_decided(self.asking.decided)
        self.workforce.on_edit(self.asking.edit_problems)
        self.telling = Telling(store, places=tuple)
        self.graph = graph
        self.watching = self.another_watcher()
        self.reviewing = MonthlyReviews(store, graph=lambda: graph, workforce=self.workforce)
        clock.advance(seconds=(MARCH - clock.now()).total_seconds())

    def another_watcher(self) -> Watching:
        return Watching(
            self.store,
            graph=lambda: self.graph,
            budgets=self.budgets,
            telling=self.telling,
            workforce=self.workforce,
        )

    def line(self, budget: str) -> BudgetLine:
        with self.store.read() as conn:
            return next(one for one in self.budgets.view(conn, at=self.clock.now()) if one.id == budget)

    def ask(self, who: str = "leyla-aydin", budget: str = "accounts-payable", usd: str = "80") -> str:
        by = self.workforce.principal(who)
        return self.asking.ask(by, budget, usd=Decimal(usd), reason="A second quarter of unreadable scans.").task_id

    def decide(self, who: str, task: str, verb: str, **more: object) -> None:
        self.workforce.decide(self.workforce.principal(who), task, verb=verb, input=more or None)

    def spend(self, budget: str, usd: str) -> None:
        start = self.line(budget).window_start
        row = {"node": budget, "window_start": start, "slot": 0, "estimated_nano": 0, "requests": 1}
        with self.store.unit() as unit:
            unit.conn.execute(usage_spend.delete().where(usage_spend.c.node == budget))
            unit.conn.execute(usage_spend.insert().values(**row, spent_nano=nano_usd(Decimal(usd))))

    def said(self) -> list[str]:
        with self.store.read() as conn:
            return [one.told.subject for one in self.telling.messages(conn)]


@pytest.fixture
def house(store: Store, engine: Engine, clock: FixedClock, graph: Graph) -> House:
    return House(store, engine, clock, graph)


def test_the_owner_of_a_budget_gives_more_and_it_ends_with_the_window(house: House) -> None:
    task = house.ask()
    with house.store.read() as conn:
        seen = house.workforce.task(conn, task)
    assert seen.role == "controller"
    assert seen.context["above"].startswith("Finance: model use: 400.00 of 400.00 USD left; Harbour Tools")
    house.decide("jonas-petersen", task, "approve", comment="until the scanner is repaired")
    assert house.line("accounts-payable").cap_usd == 80
    with house.store.read() as conn:
        change = list(read_journal(conn, "budget:accounts-payable"))[-1]
    assert change.actor == "person:jonas-petersen"
    assert "unreadable scans" in str(change.payload["reason"])
    house.clock.advance(days=31)
    assert house.line("accounts-payable").cap_usd == 50


def test_an_owner_gives_less_than_was_asked_for_and_no_nonsense(house: House) -> None:
    task = house.ask()
    for wrong in ("lots", "-3", "1e9", "60.0000000001"):
        with pytest.raises(WrongInput, match="usd"):
            house.decide("jonas-petersen", task, "edit", changes={"usd": wrong})
    house.decide("jonas-petersen", task, "edit", changes={"usd": "60.50"})
    assert house.line("accounts-payable").cap_usd == Decimal("60.50")


def test_a_rejected_request_changes_nothing_and_another_may_follow(house: House) -> None:
    task = house.ask()
    with pytest.raises(AlreadyAsked, match=task):
        house.ask("tomasz-nowak")
    house.decide("jonas-petersen", task, "reject", comment="repair the retry loop")
    assert house.line("accounts-payable").cap_usd == 50
    assert house.ask("tomasz-nowak") != task


def test_nobody_decides_on_their_own_request_nor_without_owning_the_budget(house: House) -> None:
    task = house.ask("jonas-petersen")
    for person in ("jonas-petersen", "leyla-aydin"):
        with pytest.raises(Refused):
            house.decide(person, task, "approve")
    house.decide("miriam-vogt", task, "approve")
    assert house.line("accounts-payable").cap_usd == 80


def test_a_request_must_make_sense(house: House) -> None:
    with pytest.raises(Invalid, match=r"ceiling of 50\.00 USD already"):
        house.ask(usd="50")
    with pytest.raises(UnknownBudget, match="tiebeam budgets show"):
        house.ask(budget="nobody")
    with pytest.raises(Invalid, match="what more money is needed for"):
        house.asking.ask(house.workforce.principal("leyla-aydin"), "trials", usd=Decimal(9), reason=" ")


def test_more_for_a_week_that_is_over_is_not_given_to_the_next(house: House) -> None:
    task = house.ask(budget="product-texts")
    house.clock.advance(days=7)
    with pytest.raises(WindowOver, match="begun anew"):
        house.decide("peter-harms", task, "approve")
    house.decide("peter-harms", task, "reject")
    assert house.line("product-texts").cap_usd == 40


def test_an_owner_hears_of_each_share_once_and_of_the_highest_only(house: House) -> None:
    house.spend("accounts-payable", "39.99")
    house.watching.work()
    assert house.said() == []
    house.spend("accounts-payable", "40")
    house.watching.work()
    house.watching.work()
    assert house.said() == ["Accounts payable: model use: 80 % of 50.00 USD is spent"]
    with house.store.read() as conn:
        told = house.telling.messages(conn)[0].told
        notices = house.workforce.notices(conn, "jonas-petersen")
    assert told.to == ("jonas.petersen@harbour-tools.example", "miriam.vogt@harbour-tools.example")
    assert [notice.kind for notice in notices] == ["budget.warning"]
    house.spend("accounts-payable", "49")
    # Another worker has said nothing yet; what was said is known by its key.
    house.another_watcher().work()
    house.watching.work()
    assert house.said()[0] == "Accounts payable: model use: 95 % of 50.00 USD is spent"
    assert len(house.said()) == 2


def test_a_new_window_and_a_higher_ceiling_are_told_of_anew(house: House) -> None:
    house.spend("accounts-payable", "48")
    house.watching.work()
    house.decide("jonas-petersen", house.ask(usd="59"), "approve")
    house.watching.work()
    assert house.said()[0] == "Accounts payable: model use: 80 % of 59.00 USD is spent"
    house.clock.advance(days=31)
    house.watching.work()
    house.spend("accounts-payable", "41")
    house.watching.work()
    assert len(house.said()) == 3


def test_what_is_out_of_the_ordinary_is_told_to_whoever_pays_for_it_once(house: House) -> None:
    days = [
        charge(f"day-{back}", at=MARCH - timedelta(days=back), team="it", workflow="trials") for back in range(1, 29)
    ]
    put_charges(house.store, [*days, charge("loop", at=MARCH, team="it", workflow="trials", usd_nano=70_000_000_000)])
    alerting = Alerting(house.store, graph=lambda: house.graph, telling=house.telling, workforce=house.workforce)
    alerting.work()
    house.clock.advance(minutes=5)
    alerting.work()
    assert house.said() == ["trials cost far more than on days like it"]
    with house.store.read() as conn:
        told = house.telling.messages(conn)[0].told
    assert told.facts["kind"] == "spike"
    assert told.to == ("jonas.petersen@harbour-tools.example", "miriam.vogt@harbour-tools.example")


def test_every_line_with_an_owner_of_its_finops_is_reviewed_once_a_month(house: House) -> None:
    february = datetime(2026, 2, 12, 9, tzinfo=UTC)
    put_charges(
        house.store,
        [
            charge("a", at=february, team="accounts-payable", workflow="invoice_matching", usd_nano=12_340_000_000),
            charge("b", at=february, team="marketing", workflow="product_texts", usd_nano=7_000_000_000),
        ],
    )
    house.reviewing.work()
    house.reviewing.work()
    with house.store.read() as conn:
        tasks = house.workforce.tasks(conn, person="jonas-petersen", state="open").rows
    titles = sorted(task.title for task in tasks)
    assert titles == [
        "Finance: model use: review of 2026-02",
        "Harbour Tools: model use: review of 2026-02",
        "Online shop: model use: review of 2026-02",
    ]
    finance = next(task for task in tasks if task.title.startswith("Finance"))
    assert finance.payload["spent_usd"] == "12.34"
    assert finance.payload["dearest_workflows"] == [{"name": "invoice_matching", "usd": "12.34"}]
    house.decide("jonas-petersen", finance.id, "approve", comment="Matching moves to the cheaper model.")
    house.clock.advance(days=31)
    house.reviewing.work()
    with house.store.read() as conn:
        assert house.workforce.tasks(conn, person="jonas-petersen", state="open").total == 2
