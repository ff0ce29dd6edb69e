"""Workflow: what an organisation wants done, and one way of doing it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import Field

from tiebeam.spec.assumptions import UnitEconomics
from tiebeam.spec.base import Cel, Data, DottedId, Frozen, Id, Money, Record, Share, Text
from tiebeam.spec.forecast import ForecastUse
from tiebeam.spec.steps import RunLimits, Step, Trigger


class Tier(StrEnum):
    QUICK_WIN = "quick-win"
    CORE_BUILD = "core-build"
    ADVANCED = "advanced"


class Effort(StrEnum):
    SMALL = "S"
    MEDIUM = "M"
    LARGE = "L"
    EXTRA_LARGE = "XL"


class ContextField(Frozen):
    """One field of the typed input an intent expects (WF-01)."""

    name: Id
    type: str = Field(pattern="^(document|text|number|date|flag|path)$")
    required: bool = True
    help: Text


class Intent(Record):
    """An outcome owned by a role, apart from any way of reaching it."""

    title: Text
    domain: Id
    outcome: Text
    tier: Tier
    effort: Effort
    patterns: tuple[Id, ...] = Field(min_length=1)
    value_vectors: tuple[Id, ...] = Field(min_length=1)
    owner_role: DottedId
    impacted_roles: tuple[DottedId, ...] = Field(min_length=1)
    context: tuple[ContextField, ...] = Field(min_length=1)
    accepted_when: Text
    """When an outcome counts as accepted, in words; the recipe's instrumentation holds the rule."""
    baseline_minutes_per_unit: Decimal = Field(gt=0)
    why_it_stalls: tuple[Text, ...] = ()


class Pattern(Record):
    """A capability pattern: its code, agent architecture, oversight model and role transformation (CA-08)."""

    title: Text
    summary: Text
    agent_architecture: Text
    oversight_model: Text
    role_transformation: Text
    stop_condition: Text


class EscalationRule(Frozen):
    """When it holds, the case goes to a person by this handoff protocol (HO-01)."""

    id: Id
    when: Cel
    handoff: DottedId


class StopRule(Frozen):
    """When it holds after any step, the run stops and says why (WF-08, B13)."""

    id: Id
    when: Cel
    reason: Text


class Integration(Frozen):
    """One line of the integration map: which system, which way, which access (B21)."""

    system: DottedId
    direction: str = Field(pattern="^(read|write)$")
    data: Text
    access: Text


class EvaluationUse(Frozen):
    set: DottedId
    threshold: Share
    """Lowest share of passed cases that opens the gate."""


class Instrumentation(Frozen):
    """How outcomes are counted and valued (WF-04, A4). Amounts in the workspace's currency."""

    accepted_when: Cel
    """Over `run` (state, outcome) and `steps`."""
    baseline_cost_per_unit: Money
    baseline_minutes_per_unit: Decimal = Field(gt=0)
    baseline_source: Text
    metrics: tuple[Id, ...] = Field(min_length=1)


class Recipe(Record):
    """One configuration of an intent, in six parts (WF-04).

    Workflow, evaluation set, training track, integration map, escalation rules, instrumentation: all six or invalid.
    """

    intent: DottedId
    title: Text
    summary: Text
    workforce_effect: Text
    """How this configuration changes who does what (CA-07)."""
    step: tuple[Step, ...] = Field(min_length=1)
    evaluation: EvaluationUse | None = None
    training_track: DottedId | None = None
    integration: tuple[Integration, ...] = ()
    escalation: tuple[EscalationRule, ...] = ()
    instrumentation: Instrumentation | None = None
    stop: tuple[StopRule, ...] = ()
    trigger: tuple[Trigger, ...] = ()
    limits: RunLimits = RunLimits()
    unit_economics: UnitEconomics | None = None


class EvaluationCase(Frozen):
    """One case: inputs for the recipe's steps and what an expert expects."""

    id: Id
    title: Text
    given: Data
    expect: Data
    why: Text


class EvaluationSet(Record):
    title: Text
    scorer: DottedId
    case: tuple[EvaluationCase, ...] = Field(min_length=1)


class System(Record):
    """A system the organisation runs. Secrets only by reference, in settings named `token` or `password`."""

    title: Text
    kind: Id
    """How it is opened: tables, folder, http, mail, payments, or a kind an installed package brings."""
    location: Text
    """A path below the workspace, a URL, or a secret reference."""
    private_network: bool = False
    """Whether a system reached over HTTP may lie in the own network: its host then may have a private address."""
    settings: Data = Field(default_factory=dict[str, Any])


class MatchingPolicy(Record):
    """The organisation's rules for matching invoices. Amounts in `currency`."""

    title: Text
    currency: str = Field(pattern="^[A-Z]{3}$")
    price_tolerance_percent: Decimal = Field(ge=0)
    price_tolerance_per_line: Money
    quantity_tolerance: Decimal = Field(ge=0)
    receipt_required: bool
    auto_pay_limit: Money
    duplicate_window_days: int = Field(ge=0)
    rates: dict[str, Decimal]
    """Value of one unit of each currency in `currency`."""
    rates_source: Text


class Adoption(Record):
    """The workspace's choice: this intent runs by this recipe, and this person answers for it (WF-10)."""

    recipe: DottedId
    owner: DottedId
    owner_kind: str = Field(
        pattern="^(internal-process-owner|partner-team|vendor-forward-deployed-group|hybrid-squad)$"
    )
    team: DottedId
    unit_economics: UnitEconomics | None = None
    """Overrides the recipe's assumptions with the organisation's own."""
    forecast: ForecastUse | None = None
    """Counts instead of the workspace's own `[forecast]`."""
