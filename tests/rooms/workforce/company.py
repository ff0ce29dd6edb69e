"""A small company for the tests of this room: people, roles, one team, one handoff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from tests.builders.authority import authority
from tiebeam.engine import Engine
from tiebeam.spec import (
    Absence,
    Agent,
    HandoffProtocol,
    HolidayCalendar,
    Meta,
    Person,
    Role,
    RoleStatus,
    Rung,
    RungAction,
    ServiceAccount,
    Team,
)
from tiebeam.store import Store
from tiebeam.workforce import TaskView, Workforce

META = Meta(since=date(2026, 1, 1), reviewed=date(2026, 1, 1))
PAYLOAD: dict[str, Any] = {
    "supplier": "Northwind Paper",
    "amount": "1200.00",
    "pay_on": "2026-04-01",
    "account": "6200",
    "lines": [{"text": "Paper", "amount": "1200.00"}],
}
CONTEXT: dict[str, Any] = {"invoice": {"number": "N-17"}, "findings": ["price above order"]}


@dataclass(frozen=True)
class Company:
    people: Mapping[str, Person] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    calendars: Mapping[str, HolidayCalendar] = field(default_factory=dict)
    handoffs: Mapping[str, HandoffProtocol] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)
    service_accounts: Mapping[str, ServiceAccount] = field(default_factory=dict)


def role(name: str, *, limit: str | None, reports_to: str | None = None) -> Role:
    return Role(
        id=name,
        meta=META,
        title=name.replace("-", " ").capitalize(),
        industry="finance",
        archetype="operator",
        status=RoleStatus.EVOLVED,
        owns="invoices",
        duties=("check", "decide"),
        skills=("care",),
        reports_to=reports_to,
        approval_limit=None if limit is None else Decimal(limit),
    )


def person(name: str, *roles: str, administrator: bool = False, absences: tuple[Absence, ...] = ()) -> Person:
    return Person(
        id=name,
        meta=META,
        name=name.capitalize(),
        email=f"{name}@example.com",
        roles=roles,
        team="payables",
        administrator=administrator,
        absences=absences,
    )


ROLES = (
    role("ap-analyst", limit="1000", reports_to="ap-manager"),
    role("ap-manager", limit="10000", reports_to="finance-director"),
    role("finance-director", limit=None),
    role("buyer", limit="0", reports_to="ap-manager"),
    role("auditor", limit="0"),
)
PEOPLE = (
    person("ada", "ap-analyst"),
    person("bob", "ap-analyst"),
    person("mia", "ap-manager"),
    person("dan", "finance-director"),
    person("zoe", "auditor"),
    person("sam", "buyer", administrator=True),
)
TEAM = Team(id="payables", meta=META, title="Payables", lead="mia", cost_centre="100", opens="08:00", closes="18:00")
LADDER = (
    Rung(after_hours=Decimal(4), action=RungAction.REMIND),
    Rung(after_hours=Decimal(8), action=RungAction.REASSIGN, role="ap-manager"),
    Rung(after_hours=Decimal(16), action=RungAction.RAISE, role="finance-director"),
    Rung(after_hours=Decimal(24), action=RungAction.DEFAULT, verb="reject"),
)
HANDOFF = HandoffProtocol(
    id="finance.invoice-exception",
    meta=META,
    title="Invoice exception",
    when="a finding is open",
    to_role="ap-analyst",
    audit_owner="auditor",
    context=("invoice", "findings"),
    instructions="Compare with the order.",
    due_hours=Decimal(8),
    ladder=LADDER,
    expires_hours=Decimal(48),
    editable=("account", "amount", "pay-on", "lines"),
)


def by_id(records: tuple[Any, ...]) -> dict[str, Any]:
    return {record.id: record for record in records}


COMPANY = Company(by_id(PEOPLE), by_id(ROLES), {"payables": TEAM}, {}, {HANDOFF.id: HANDOFF})


class Office:
    """A workforce over a real store and engine, with a company that a test may change."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self.store = store
        self.engine = engine
        self.company = COMPANY
        self.workforce = Workforce(store, engine, people=lambda: self.company, authority=authority())
        self.runs = 0

    def hire(self, *people: Person) -> None:
        self.company = replace(self.company, people={**self.company.people, **by_id(people)})

    def leave(self, *names: str) -> None:
        kept = {name: p for name, p in self.company.people.items() if name not in names}
        self.company = replace(self.company, people=kept)

    def open(self, **changes: Any) -> str:
        self.runs += 1
        given: dict[str, Any] = {
            "run_id": f"run_{self.runs}",
            "seq": 0,
            "step_id": "review",
            "handoff": HANDOFF,
            "title": "Northwind Paper N-17",
            "summary": "The price is above the order.",
            "payload": PAYLOAD,
            "context": CONTEXT,
            "role": "ap-analyst",
            "team": "payables",
            "amount": Decimal("1200.00"),
            "currency": "EUR",
            "routed_because": "price variance",
        }
        with self.store.unit() as unit:
            return self.workforce.open_task(unit, **{**given, **changes})

    def see(self, task_id: str) -> TaskView:
        with self.store.read() as conn:
            return self.workforce.task(conn, task_id)

    def decide(self, who: str, task_id: str, verb: str = "approve", **more: Any) -> Any:
        return self.workforce.decide(self.workforce.principal(who), task_id, verb=verb, **more)
