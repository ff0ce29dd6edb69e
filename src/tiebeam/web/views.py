"""What each page shows, ready to print: pages fill these from the application, templates read nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from tiebeam.web.table import Table


@dataclass(frozen=True, slots=True)
class Pill:
    text: str
    tone: str = "neutral"
    """neutral, accent, ok, warn or bad."""


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str | Markup
    href: str = ""
    note: str = ""
    is_mono: bool = False


@dataclass(frozen=True, slots=True)
class Kpi:
    label: str
    value: str
    note: str = ""
    href: str = ""
    unit: str = ""
    tone: str = ""
    spark: Markup | str = ""


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline or an audit trail."""

    at: datetime | None
    text: str
    who: str = ""
    note: str = ""
    tone: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of evidence in the words of its source."""

    text: str
    source: str
    mark: str = ""
    """The part of the text that matters."""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    href: str = ""
    kind: str = "file"
    note: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its data, for the tooltip's sake and for those who prefer a table."""

    title: str
    svg: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    legend: tuple[tuple[str, str], ...] = ()
    """(tone, name) pairs."""


@dataclass(frozen=True, slots=True)
class Commands:
    """The same thing from the command line and over HTTP."""

    cli: str
    api: str


# --- Home ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BudgetLine:
    label: str
    owner: str
    spent: Decimal
    cap: Decimal
    currency: str
    href: str = ""

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
    progress: tuple[int, int] | None = None
    """Documents finished or waiting for a person, and all of them, while a batch is being worked on."""


# --- Inbox --------------------------------------------------------------------------------------------------------


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
    query_draft: str = ""
    """A drafted question to the supplier; sending it keeps the task waiting for the answer."""


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


# --- Runs ---------------------------------------------------------------------------------------------------------


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
    graph: Markup
    spans: Figure | None
    steps: tuple[StepView, ...]
    events: tuple[Event, ...]
    ledger: Table
    documents: tuple[Document, ...]
    tasks: tuple[TaskItem, ...] = ()
    commands: Commands | None = None
    can_cancel: bool = False
    can_retry: bool = False
    stream: str = ""


# --- Workflows ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GateView:
    name: str
    state: Pill
    reason: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationView:
    name: str
    passed: int
    total: int
    threshold: str
    ran_at: datetime | None
    state: Pill
    misses: tuple[tuple[str, str, str], ...] = ()
    """(case, expected, answered)."""


@dataclass(frozen=True, slots=True)
class WorkflowPage:
    id: str
    title: str
    outcome: str
    state: str
    stages: tuple[str, ...]
    owner: Fact
    recipe: Link
    kpis: tuple[Kpi, ...]
    figures: tuple[Figure, ...]
    gates: tuple[GateView, ...]
    versions: tuple[Event, ...]
    evaluation: EvaluationView | None
    facts: tuple[Fact, ...]
    graph: Markup
    runs: tuple[RunItem, ...]
    days: int
    next_state: str = ""
    promote_refusal: str = ""
    can_evaluate: bool = False
    commands: Commands | None = None


# --- Library ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecipePart:
    name: str
    is_present: bool
    summary: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecipeView:
    id: str
    name: str
    summary: str
    version: str
    parts: tuple[RecipePart, ...]
    graph: Markup
    workforce_effect: str = ""
    is_adopted: bool = False


@dataclass(frozen=True, slots=True)
class IntentPage:
    id: str
    title: str
    outcome: str
    pills: tuple[Pill, ...]
    facts: tuple[Fact, ...]
    recipes: tuple[RecipeView, ...]
    roles: tuple[Link, ...]
    used_by: tuple[Link, ...]
    depends_on: tuple[Link, ...]
    workflow: Link | None
    source: str = ""
    commands: Commands | None = None


# --- The rest -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    group: str
    label: str
    note: str
    href: str


@dataclass(frozen=True, slots=True)
class ErrorView:
    status: int
    title: str
    cause: str
    fix: str
    reference: str = ""
    decision: DecisionView | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class UploadResult:
    name: str
    run: Link | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SettingsView:
    facts: tuple[Fact, ...]
    roles: tuple[Link, ...]
    limits: tuple[Fact, ...]
    sessions: tuple[Event, ...]
