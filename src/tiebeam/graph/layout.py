"""Which folder holds which noun, and how a path becomes an id (path = id = meaning)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from tiebeam import spec

_SEGMENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Kind(StrEnum):
    """The kinds of declared records; the values are the graph's attributes."""

    INTENTS = "intents"
    RECIPES = "recipes"
    ROLES = "roles"
    PATTERNS = "patterns"
    PEOPLE = "people"
    TEAMS = "teams"
    CALENDARS = "calendars"
    HANDOFFS = "handoffs"
    AGENTS = "agents"
    SERVICE_ACCOUNTS = "service_accounts"
    ACCESS_RULES = "access_rules"
    BUDGETS = "budgets"
    FRAMES = "frames"
    PRICES = "prices"
    PRICING = "pricing"
    MODELS = "models"
    UPSTREAMS = "upstreams"
    SERVED = "served"
    ROUTES = "routes"
    APPROVALS = "approvals"
    ALLOCATIONS = "allocations"
    ACCELERATORS = "accelerators"
    GPUS = "gpus"
    ARCHITECTURES = "architectures"
    MEASUREMENTS = "measurements"
    PROPOSALS = "proposals"
    STUDIES = "studies"
    SYSTEMS = "systems"
    POLICIES = "policies"
    EVALUATIONS = "evaluations"
    TRACKS = "tracks"
    ADOPTIONS = "adoptions"
    EVENT_SOURCES = "event_sources"


class IdRule(StrEnum):
    """How the path below a kind's folder becomes an id."""

    BARE = "name"
    LAST = "folder/name → name"
    DOTTED = "domain/name → domain.name"
    BELOW_INTENT = "domain/intent/name → domain.intent/name"


@dataclass(frozen=True, slots=True)
class Place:
    kind: Kind
    folder: str
    noun: str
    """The singular, for messages."""
    model: type[spec.Record]
    rule: IdRule


PLACES: tuple[Place, ...] = (
    Place(Kind.INTENTS, "intents", "intent", spec.Intent, IdRule.DOTTED),
    Place(Kind.RECIPES, "recipes", "recipe", spec.Recipe, IdRule.BELOW_INTENT),
    Place(Kind.ROLES, "roles", "role", spec.Role, IdRule.LAST),
    Place(Kind.PATTERNS, "patterns", "pattern", spec.Pattern, IdRule.BARE),
    Place(Kind.PEOPLE, "people", "person", spec.Person, IdRule.BARE),
    Place(Kind.TEAMS, "teams", "team", spec.Team, IdRule.BARE),
    Place(Kind.CALENDARS, "calendars", "holiday calendar", spec.HolidayCalendar, IdRule.BARE),
    Place(Kind.HANDOFFS, "handoffs", "handoff protocol", spec.HandoffProtocol, IdRule.DOTTED),
    Place(Kind.AGENTS, "agents", "agent", spec.Agent, IdRule.BARE),
    Place(Kind.SERVICE_ACCOUNTS, "service-accounts", "service account", spec.ServiceAccount, IdRule.BARE),
    Place(Kind.ACCESS_RULES, "access", "access rule", spec.AccessRule, IdRule.BARE),
    Place(Kind.BUDGETS, "budgets", "budget", spec.Budget, IdRule.BARE),
    Place(Kind.FRAMES, "frames", "budget frame", spec.BudgetFrame, IdRule.BARE),
    Place(Kind.PRICES, "prices", "price", spec.Price, IdRule.BARE),
    Place(Kind.PRICING, "pricing", "pricing model", spec.PricingModel, IdRule.BARE),
    Place(Kind.MODELS, "models", "model", spec.ModelOffer, IdRule.DOTTED),
    Place(Kind.UPSTREAMS, "upstreams", "upstream", spec.Upstream, IdRule.BARE),
    Place(Kind.SERVED, "served", "served model", spec.ServedModel, IdRule.BARE),
    Place(Kind.ROUTES, "routes", "route policy", spec.RoutePolicy, IdRule.BARE),
    Place(Kind.APPROVALS, "approvals", "approval", spec.Approval, IdRule.BARE),
    Place(Kind.ALLOCATIONS, "allocations", "allocation", spec.Allocation, IdRule.BARE),
    Place(Kind.ACCELERATORS, "accelerators", "accelerator", spec.Accelerator, IdRule.BARE),
    Place(Kind.GPUS, "gpus", "GPU offer", spec.GpuOffer, IdRule.DOTTED),
    Place(Kind.ARCHITECTURES, "architectures", "architecture", spec.Architecture, IdRule.BARE),
    Place(Kind.MEASUREMENTS, "measurements", "measurement", spec.Measurement, IdRule.DOTTED),
    Place(Kind.PROPOSALS, "proposals", "proposal", spec.Proposal, IdRule.BARE),
    Place(Kind.STUDIES, "studies", "study", spec.Study, IdRule.BARE),
    Place(Kind.SYSTEMS, "systems", "system", spec.System, IdRule.BARE),
    Place(Kind.POLICIES, "policies", "policy", spec.MatchingPolicy, IdRule.DOTTED),
    Place(Kind.EVALUATIONS, "evals", "evaluation set", spec.EvaluationSet, IdRule.DOTTED),
    Place(Kind.TRACKS, "tracks", "training track", spec.TrainingTrack, IdRule.DOTTED),
    Place(Kind.ADOPTIONS, "adoptions", "adoption", spec.Adoption, IdRule.DOTTED),
    Place(Kind.EVENT_SOURCES, "event-sources", "event source", spec.EventSource, IdRule.BARE),
)


def place_of(kind: Kind) -> Place:
    return next(place for place in PLACES if place.kind is kind)


def kind_of(name: str) -> Kind:
    """A kind by its attribute name, folder or singular noun. Raises ValueError."""
    for place in PLACES:
        if name in {place.kind.value, place.folder, place.noun}:
            return place.kind
    raise ValueError(f"no kind of record is called {name!r}; there are {', '.join(Kind)}")


def id_for(place: Place, relative: PurePosixPath) -> str | None:
    """The id of a file by its path below the kind's folder; None when the path does not have the kind's form."""
    parts = relative.with_suffix("").parts
    if not all(_SEGMENT.fullmatch(part) for part in parts):
        return None
    match place.rule, parts:
        case IdRule.BARE, (name,):
            return name
        case IdRule.LAST, (_, name):
            return name
        case IdRule.DOTTED, (domain, name):
            return f"{domain}.{name}"
        case IdRule.BELOW_INTENT, (domain, intent, name):
            return f"{domain}.{intent}/{name}"
        case _:
            return None


def expected_path(place: Place) -> str:
    """The form a path of this kind must have, for messages."""
    below = {
        IdRule.BARE: "<name>",
        IdRule.LAST: "<industry>/<name>",
        IdRule.DOTTED: "<domain>/<name>",
        IdRule.BELOW_INTENT: "<domain>/<intent>/<name>",
    }[place.rule]
    return f"{place.folder}/{below}.toml"
