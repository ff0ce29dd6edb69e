"""Home, the inbox and runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tiebeam.web.table import Table
from tiebeam.web.views.forecast import NoticeLine
from tiebeam.web.views.operating import RunTending
from tiebeam.web.views.papers import Paper
from tiebeam.web.views.parts import Change, Commands, Document, Event, Fact, Figure, Kpi, Link, Picture, Pill, Quote


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A ceiling in dollars and what is spent under it."""

    label: str
    owner: str
    spent: Decimal
    cap: Decimal
    href: str

    @property
    def share(self) -> float:
        return float(self.spent / self.cap) if self.cap else 0.0

    @property
    def tone(self) -> str:
        return "bad" if self.share >= 1 else "warn" if self.share >= 0.8 else "ok"


@dataclass(frozen=True, slots=True)
class GateLine:
    workflow: str
    gate: str
    reason: str
    href: str


@dataclass(frozen=True, slots=True)
class LayerCard:
    name: str
    question: str
    facts: tuple[Fact, ...]
    href: str = ""


@dataclass(frozen=True, slots=True)
class NextStep:
    title: str
    text: str
    command: str = ""
    href: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class HomeView:
    kpis: tuple[Kpi, ...]
    needs_you: tuple[TaskItem, ...]
    needs_you_total: int
    runs: tuple[RunItem, ...]
    budgets: tuple[BudgetLine, ...]
    gates: tuple[GateLine, ...]
    step: NextStep | None
    layers: tuple[LayerCard, ...]
    elsewhere: int = 0
    """Active tasks that wait for others."""
    progress: tuple[int, int] | None = None
    """Documents finished or waiting for a person, and all of them, while a batch is being worked on."""
    alarms: tuple[str, ...] = ()
    """Emergency access that is open, or waits for this person's review."""
    notices: tuple[NoticeLine, ...] = ()
    """Months that will cost more than planned."""


@dataclass(frozen=True, slots=True)
class TaskItem:
    id: str
    title: str
    why: str
    due_at: datetime | None
    role: str
    pill: Pill | None
    amount: str = ""
    holder: str = ""
    href: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompareRow:
    """One line of the invoice beside its order and receipt."""

    line: str
    name: str
    invoiced: tuple[str, str]
    """Quantity and unit price."""
    ordered: tuple[str, str]
    received: str
    is_quantity_off: bool = False
    is_price_off: bool = False
    finding: str = ""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the edited proposal; `path` is its place in the payload."""

    path: str
    label: str
    value: str
    is_number: bool = False
    hint: str = ""
    is_text: bool = False
    """Several rows of text."""
    at: str = ""
    """The mark on the page where this was read."""
    problem: str = ""
    """Why what was typed here was refused."""


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    """approve, reject, edit or ask."""
    label: str
    key: str
    consequence: str
    """What happens then, in one sentence."""


@dataclass(frozen=True, slots=True)
class DecisionView:
    verb: str
    by: str
    at: datetime
    reason: str
    payload_hash: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptInput:
    """A refused answer, kept for who gave it."""

    at: str
    problems: tuple[str, ...]
    """Those that belong to no field of the form."""
    reason: str


@dataclass(frozen=True, slots=True)
class TaskPage:
    id: str
    title: str
    summary: str
    """Why a person is asked, in one or two sentences."""
    kind: str
    pills: tuple[Pill, ...]
    amount: str
    facts: tuple[Fact, ...]
    payload: Any
    payload_facts: tuple[Fact, ...]
    payload_hash: str
    routed_because: str
    instructions: str = ""
    """What the protocol tells the reviewer."""
    quotes: tuple[Quote, ...] = ()
    compare: tuple[CompareRow, ...] = ()
    documents: tuple[Document, ...] = ()
    verbs: tuple[Verb, ...] = ()
    fields: tuple[FormField, ...] = ()
    context: tuple[tuple[str, Any], ...] = ()
    """Parts of the context package that have no presentation of their own."""
    events: tuple[Event, ...] = ()
    ladder: tuple[Event, ...] = ()
    decision: DecisionView | None = None
    due_at: datetime | None = None
    commands: Commands | None = None
    refusal: str = ""
    """Why this person may not decide; empty when they may."""
    is_claimed_by_me: bool = False
    can_claim: bool = False
    can_hand_over: bool = False
    colleagues: tuple[tuple[str, str], ...] = ()
    """(role or person id, name) to hand the task to."""
    run: Link | None = None
    paper: Paper | None = None
    """The document to look at."""
    is_typed: bool = False
    """The fields are typed from what the document shows, as nothing could be proposed."""
    query_draft: str = ""
    """A drafted question to the supplier; sending it keeps the task waiting for the answer."""
    can_prove: bool = False
    """Evidence of the decision may be taken."""
    kept: KeptInput | None = None
    """What this reader entered and was refused."""


@dataclass(frozen=True, slots=True)
class InboxView:
    tabs: tuple[tuple[str, str, int | None], ...]
    """(value, label, count)."""
    tab: str
    tasks: tuple[TaskItem, ...]
    total: int
    text: str
    page: int
    pages: int
    task: TaskPage | None
    elsewhere: int = 0
    """Active tasks of others, told where the reader has none."""
    holders: str = ""
    """Who may decide the first of them, by name and id."""


@dataclass(frozen=True, slots=True)
class RunItem:
    id: str
    title: str
    state: Pill
    note: str
    started_at: datetime | None
    href: str


@dataclass(frozen=True, slots=True)
class StepView:
    id: str
    title: str
    pattern: str
    state: Pill
    summary: str
    started_at: datetime | None
    seconds: float | None
    cost: str
    effect: str = ""
    input: Any = None
    output: Any = None
    quotes: tuple[Quote, ...] = ()
    error: str = ""
    attempts: int = 1
    ledger_href: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class RunPage:
    id: str
    title: str
    state: Pill
    headline: str
    kpis: tuple[Kpi, ...]
    facts: tuple[Fact, ...]
    graph: Picture
    spans: Figure | None
    steps: tuple[StepView, ...]
    events: tuple[Event, ...]
    ledger: Table
    documents: tuple[Document, ...]
    tasks: tuple[TaskItem, ...] = ()
    commands: Commands | None = None
    tending: RunTending = field(default_factory=RunTending)
    can_prove: bool = False
    stream: str = ""
