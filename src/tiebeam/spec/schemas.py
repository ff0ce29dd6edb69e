"""JSON Schema of every noun, for editors and other programs."""

from __future__ import annotations

from typing import Any

from tiebeam.spec import (
    access_rules,
    economics,
    events,
    frame,
    hosting,
    pricing,
    proposals,
    studies,
    units,
    workflow,
    workforce,
    workspace,
)
from tiebeam.spec.base import Frozen

_NOUNS: dict[str, type[Frozen]] = {
    "intent": workflow.Intent,
    "recipe": workflow.Recipe,
    "step": workflow.Step,
    "pattern": workflow.Pattern,
    "evaluation-set": workflow.EvaluationSet,
    "system": workflow.System,
    "policy": workflow.MatchingPolicy,
    "adoption": workflow.Adoption,
    "event-source": events.EventSource,
    "role": workforce.Role,
    "person": workforce.Person,
    "team": workforce.Team,
    "holiday-calendar": workforce.HolidayCalendar,
    "handoff-protocol": workforce.HandoffProtocol,
    "agent": workforce.Agent,
    "service-account": workforce.ServiceAccount,
    "access-rule": access_rules.AccessRule,
    "training-track": workforce.TrainingTrack,
    "budget": economics.Budget,
    "budget-frame": frame.BudgetFrame,
    "price": economics.Price,
    "pricing-model": pricing.PricingModel,
    "model": economics.ModelOffer,
    "accelerator": hosting.Accelerator,
    "gpu-offer": hosting.GpuOffer,
    "architecture": hosting.Architecture,
    "measurement": hosting.Measurement,
    "proposal": proposals.Proposal,
    "study": studies.Study,
    "units": units.UnitTable,
    "workspace": workspace.WorkspaceSettings,
}


def json_schemas() -> dict[str, dict[str, Any]]:
    """Noun → JSON Schema (2020-12) of its file. `id` is left out where the loader takes it from the path."""
    return {noun: _file_schema(noun, model) for noun, model in _NOUNS.items()}


def _file_schema(noun: str, model: type[Frozen]) -> dict[str, Any]:
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = noun
    if noun != "step" and "id" in schema.get("properties", {}):
        del schema["properties"]["id"]
        schema["required"] = [name for name in schema["required"] if name != "id"]
    return schema
