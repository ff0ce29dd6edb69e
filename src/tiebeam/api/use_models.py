"""What the routes about model use answer with. Dollars and other decimals are exact text."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class TotalRow(BaseModel):
    """`requests` are calls, `attempts` each try at a provider; `retried_usd` is of attempts that ended no call."""

    key: str
    requests: int
    attempts: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    cost_usd: str
    estimated_usd: str
    retried_usd: str


class DayTotalRow(TotalRow):
    day: str


class ChargeRow(BaseModel):
    """One attempt at a provider, or a correction of one (`corrects`)."""

    id: str
    call_id: str
    at: str
    day: str
    team: str
    workflow: str
    key_id: str
    agent: str
    environment: str
    execution: str
    step_id: str
    endpoint: str
    asked: str
    model: str
    provider: str
    upstream: str
    region: str
    service: str
    task_class: str
    route: str
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    tokens: dict[str, int]
    cost_usd: str
    worst_usd: str
    estimated: bool
    unenforced: bool
    concluded: bool
    ended: str
    status: int
    millis: int
    first_byte_millis: int
    price: str
    source: str
    corrects: str | None
    fingerprint: str | None
    budgets: list[str]


class ChargeList(BaseModel):
    """Newest first; pass `before` on for the next page, null at the end."""

    charges: list[ChargeRow]
    before: str | None


class CallAnswer(BaseModel):
    call_id: str
    team: str
    workflow: str
    execution: str
    step_id: str
    cost_usd: str
    attempts: list[ChargeRow]
    corrections: list[ChargeRow]
    prices: dict[str, Any]


class PlaceRow(BaseModel):
    team: str
    workflow: str


class StepRow(BaseModel):
    step_id: str
    model: str
    calls: int
    attempts: int
    tokens: int
    cost_usd: str


class CameRow(BaseModel):
    """`kind` is outcome or value for a line of a run's ledger, reported for an outcome of somebody else's agent."""

    id: str
    kind: str
    accepted: int
    ended: int
    amount: str
    currency: str
    value_usd: str | None


class ExecutionAnswer(BaseModel):
    execution: str
    is_run: bool
    places: list[PlaceRow]
    cost_usd: str
    value_usd: str
    steps: list[StepRow]
    came: list[CameRow]


class ReturnRow(BaseModel):
    """Null where a figure cannot be known: no outcome, no token, or labour by model."""

    key: str
    requests: int
    tokens: int
    cost_usd: str
    value_usd: str
    outcomes: int
    ended: int
    usd_per_outcome: str | None
    usd_per_million_tokens: str | None
    value_per_token: str | None
    labour_usd: str | None
    net_usd: str | None


class ReturnsAnswer(BaseModel):
    """`missing` are currencies without a rate, whose values are left out."""

    rows: list[ReturnRow]
    missing: list[str]


class OutcomeRow(BaseModel):
    id: str
    ref: str
    at: str
    day: str
    team: str
    workflow: str
    agent: str
    execution: str
    accepted: int
    ended: int
    value: str
    currency: str
    value_usd: str
    basis: str
    reported_by: str
    reported_at: str
    corrects: str | None
    corrected_by: str | None


class OutcomeList(BaseModel):
    """Newest first; pass `before` on for the next page, null at the end."""

    outcomes: list[OutcomeRow]
    before: str | None


class StatementLine(BaseModel):
    """`ledger` holds the filters by which the charges behind the line are listed."""

    section: str
    team: str
    workflow: str
    provider: str
    model: str
    about: str
    requests: int
    tokens: int
    cost_usd: str
    ledger: dict[str, str]
    basis: dict[str, Any] | None


class StatementAnswer(BaseModel):
    kind: str
    about: str
    title: str
    owner_role: str
    cost_centre: str
    month: str
    as_of: str
    is_final: bool
    is_partial: bool
    lines: list[StatementLine]
    sums: dict[str, str]
    total_usd: str
    estimated_usd: str
    billed_before_usd: str
    due_usd: str
    currency: str | None
    total: str | None


class IssuedRow(BaseModel):
    """`usd` is what it bills: the first of a month all of it, a later one the change since."""

    id: str
    kind: str
    about: str
    month: str
    number: int
    usd: str
    digest: str
    issued_by: str
    issued_at: str


class IssuedAnswer(IssuedRow):
    content: StatementAnswer


class AnomalyRow(BaseModel):
    """`observed`, `expected` and `threshold` are in `unit`; `ledger` holds the filters of the charges behind it."""

    id: str
    kind: str
    day: str
    team: str
    workflow: str
    model: str
    execution: str
    unit: str
    observed: str
    expected: str
    threshold: str
    excess_usd: str
    because: str
    ledger: dict[str, str]
