"""Which record names which: the edges of the graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never, cast

from tiebeam import spec
from tiebeam.graph.layout import Kind
from tiebeam.graph.lines import KeyPath


@dataclass(frozen=True, slots=True)
class Reference:
    """At `path`, a record names `target`, which must be one of `kinds`."""

    path: KeyPath
    kinds: tuple[Kind, ...]
    target: str

    @classmethod
    def to(cls, kind: Kind, target: str | None, *path: str | int) -> Iterator[Reference]:
        if target is not None:
            yield cls(path, (kind,), target)

    @classmethod
    def each(cls, kind: Kind, targets: tuple[str, ...], *path: str | int) -> Iterator[Reference]:
        for place, target in enumerate(targets):
            yield cls((*path, place), (kind,), target)


def references_of(kind: Kind, record: spec.Record) -> Iterator[Reference]:
    """Every reference a record makes, in file order. A recipe's systems are bound by its adoption, not here."""
    yield from Reference.to(Kind.ROLES, record.meta.owner, "meta", "owner")
    match kind:
        case Kind.INTENTS:
            yield from _of_intent(cast("spec.Intent", record))
        case Kind.RECIPES:
            yield from _of_recipe(cast("spec.Recipe", record))
        case Kind.ROLES:
            role = cast("spec.Role", record)
            yield from Reference.to(Kind.TRACKS, role.training_track, "training_track")
            yield from Reference.to(Kind.ROLES, role.reports_to, "reports_to")
        case Kind.PEOPLE:
            yield from _of_person(cast("spec.Person", record))
        case Kind.HANDOFFS:
            yield from _of_handoff(cast("spec.HandoffProtocol", record))
        case Kind.AGENTS | Kind.SERVICE_ACCOUNTS:
            yield from _of_machine(cast("spec.Agent | spec.ServiceAccount", record))
        case Kind.BUDGETS | Kind.FRAMES | Kind.PRICING | Kind.PROPOSALS:
            yield from _of_money(record)
        case Kind.TEAMS | Kind.TRACKS | Kind.ADOPTIONS:
            yield from _of_group(record)
        case Kind.GPUS | Kind.MEASUREMENTS | Kind.ACCELERATORS | Kind.ARCHITECTURES | Kind.STUDIES:
            yield from _of_hosting(record)
        case Kind.SERVED | Kind.ROUTES | Kind.UPSTREAMS | Kind.APPROVALS | Kind.ALLOCATIONS:
            yield from _of_gateway(record)
        case (
            Kind.PATTERNS
            | Kind.SYSTEMS
            | Kind.POLICIES
            | Kind.EVALUATIONS
            | Kind.PRICES
            | Kind.MODELS
            | Kind.EVENT_SOURCES
            | Kind.ACCESS_RULES
            | Kind.CALENDARS
        ):
            return
        case _:
            assert_never(kind)


def _of_intent(intent: spec.Intent) -> Iterator[Reference]:
    yield from Reference.each(Kind.PATTERNS, intent.patterns, "patterns")
    yield from Reference.to(Kind.ROLES, intent.owner_role, "owner_role")
    yield from Reference.each(Kind.ROLES, intent.impacted_roles, "impacted_roles")


def _of_recipe(recipe: spec.Recipe) -> Iterator[Reference]:
    yield from Reference.to(Kind.INTENTS, recipe.intent, "intent")
    for place, step in enumerate(recipe.step):
        yield from Reference.to(Kind.PATTERNS, step.pattern, "step", place, "pattern")
        if step.review is not None:
            yield from Reference.to(Kind.HANDOFFS, step.review.handoff, "step", place, "review", "handoff")
        if step.recipe is not None:
            yield from Reference.to(Kind.RECIPES, step.recipe.id, "step", place, "recipe", "id")
    if recipe.evaluation is not None:
        yield from Reference.to(Kind.EVALUATIONS, recipe.evaluation.set, "evaluation", "set")
    yield from Reference.to(Kind.TRACKS, recipe.training_track, "training_track")
    for place, rule in enumerate(recipe.escalation):
        yield from Reference.to(Kind.HANDOFFS, rule.handoff, "escalation", place, "handoff")


def _of_person(person: spec.Person) -> Iterator[Reference]:
    yield from Reference.each(Kind.ROLES, person.roles, "roles")
    yield from Reference.to(Kind.TEAMS, person.team, "team")
    for place, absence in enumerate(person.absences):
        yield from Reference.to(Kind.PEOPLE, absence.deputy, "absences", place, "deputy")


def _of_machine(machine: spec.Agent | spec.ServiceAccount) -> Iterator[Reference]:
    yield from Reference.to(Kind.ROLES, machine.managing_role, "managing_role")
    if isinstance(machine, spec.Agent):
        yield from Reference.to(Kind.BUDGETS, machine.budget, "budget")
    else:
        yield from Reference.each(Kind.ROLES, machine.roles, "roles")


def _of_handoff(handoff: spec.HandoffProtocol) -> Iterator[Reference]:
    yield from Reference.to(Kind.ROLES, handoff.to_role, "to_role")
    yield from Reference.to(Kind.ROLES, handoff.audit_owner, "audit_owner")
    for place, rung in enumerate(handoff.ladder):
        yield from Reference.to(Kind.ROLES, rung.role, "ladder", place, "role")


def _of_money(record: spec.Record) -> Iterator[Reference]:
    if isinstance(record, spec.PricingModel):
        yield from _of_pricing(record)
    if isinstance(record, spec.Proposal):
        yield from Reference.to(Kind.PEOPLE, record.owner, "owner")
        yield from Reference.each(Kind.ROLES, record.readers, "readers")
        yield from Reference.to(Kind.ROLES, record.unit_economics.owner, "unit_economics", "owner")
    if isinstance(record, spec.BudgetFrame):
        yield from _of_frame(record)
    if isinstance(record, spec.Budget):
        yield from _of_budget(record)


def _of_budget(budget: spec.Budget) -> Iterator[Reference]:
    yield from Reference.to(Kind.ROLES, budget.owner_role, "owner_role")
    yield from Reference.to(Kind.ROLES, budget.finops_owner, "finops_owner")
    yield from Reference.to(Kind.BUDGETS, budget.parent, "parent")
    for place, target in enumerate(budget.covers):
        yield Reference(("covers", place), (Kind.TEAMS, Kind.INTENTS), target)


def _of_frame(frame: spec.BudgetFrame) -> Iterator[Reference]:
    yield from Reference.each(Kind.ROLES, frame.readers, "readers")
    for place, business in enumerate(frame.line_of_business):
        yield from Reference.to(Kind.PEOPLE, business.finops, "line_of_business", place, "finops")
    for place, line in enumerate(frame.line):
        yield from Reference.to(Kind.PEOPLE, line.owner, "line", place, "owner")
        yield from Reference.to(Kind.BUDGETS, line.budget, "line", place, "budget")


def _of_pricing(model: spec.PricingModel) -> Iterator[Reference]:
    yield from Reference.to(Kind.ROLES, model.owner, "owner")
    yield from Reference.each(Kind.ROLES, model.readers, "readers")
    for place, case in enumerate(model.use_case):
        yield from Reference.to(Kind.AGENTS, case.agent, "use_case", place, "agent")


def _of_adoption(adoption: spec.Adoption) -> Iterator[Reference]:
    # An adoption's own id is the intent it is about.
    yield from Reference.to(Kind.INTENTS, adoption.id)
    yield from Reference.to(Kind.RECIPES, adoption.recipe, "recipe")
    yield from Reference.to(Kind.PEOPLE, adoption.owner, "owner")
    yield from Reference.to(Kind.TEAMS, adoption.team, "team")


def _of_group(record: spec.Record) -> Iterator[Reference]:
    if isinstance(record, spec.Adoption):
        yield from _of_adoption(record)
    if isinstance(record, spec.Team):
        yield from Reference.to(Kind.PEOPLE, record.lead, "lead")
        yield from Reference.to(Kind.CALENDARS, record.calendar, "calendar")
    if isinstance(record, spec.TrainingTrack):
        yield from Reference.each(Kind.ROLES, record.for_roles, "for_roles")


def _of_gateway(record: spec.Record) -> Iterator[Reference]:
    if isinstance(record, spec.Allocation):
        yield from Reference.to(Kind.ROLES, record.owner_role, "owner_role")
        yield from Reference.to(Kind.APPROVALS, record.approval, "approval")
        yield from Reference.to(Kind.PRICES, record.price, "price")
    if isinstance(record, spec.Approval):
        yield from Reference.to(Kind.ROLES, record.owner_role, "owner_role")
    if isinstance(record, spec.ServedModel):
        for place, one in enumerate(record.serving):
            yield from Reference.to(Kind.UPSTREAMS, one.upstream, "serving", place, "upstream")
    if isinstance(record, spec.RoutePolicy):
        for place, one in enumerate(record.task_class):
            yield from Reference.each(Kind.SERVED, one.models, "task_class", place, "models")
            yield from Reference.to(Kind.EVALUATIONS, one.evaluation, "task_class", place, "evaluation")


def _of_hosting(record: spec.Record) -> Iterator[Reference]:
    if isinstance(record, spec.Measurement):
        yield from Reference.to(Kind.ARCHITECTURES, record.architecture, "architecture")
    if isinstance(record, spec.Measurement | spec.GpuOffer):
        yield from Reference.to(Kind.ACCELERATORS, record.accelerator, "accelerator")
    if isinstance(record, spec.Study):
        yield from _of_study(record)


def _of_study(study: spec.Study) -> Iterator[Reference]:
    yield from Reference.to(Kind.ROLES, study.owner, "owner")
    if study.rented is not None:
        yield from Reference.to(Kind.GPUS, study.rented.offer, "rented", "offer")
        yield from Reference.to(Kind.PRICES, study.rented.capacity, "rented", "capacity")
    for name in ("rented", "own"):
        side = getattr(study, name)
        if side is None or side.serving is None:
            continue
        yield from Reference.to(Kind.ARCHITECTURES, side.serving.architecture, name, "serving", "architecture")
        yield from Reference.to(Kind.ACCELERATORS, side.serving.accelerator, name, "serving", "accelerator")
