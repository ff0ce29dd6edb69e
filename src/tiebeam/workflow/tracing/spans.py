"""A run as one trace: every id follows from the run's, so that whichever worker tells a part tells the same trace.

Names and attributes are those of OpenTelemetry's conventions for generative AI; what these have no name for begins with
`tiebeam.`. No text of cases, prompts or answers is in a span.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tiebeam.economics.metering import INPUT_CLASSES
from tiebeam.engine import EffectRecord
from tiebeam.kit import NANO
from tiebeam.spec import Step, StepKind
from tiebeam.workflow.runs import RunListItem, RunState, RunStepView, instance_of, parts_of

Value = str | int | float | bool


class SpanKind(StrEnum):
    INTERNAL = "internal"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Span:
    """One span as it ended. `trace_id` has 16 bytes, `span_id` and `parent_id` 8, all as numbers."""

    name: str
    trace_id: int
    span_id: int
    parent_id: int | None
    kind: SpanKind
    began: datetime
    ended: datetime
    attributes: Mapping[str, Value] = field(default_factory=dict[str, Value])
    error: str | None = None


def trace_id_of(root_run: str) -> int:
    """Of a run that nobody waits for; runs it started belong to its trace."""
    return _number(f"trace:{root_run}", 16)


def span_id_of(run_id: str, instance: str | None = None) -> int:
    """Of the run itself, or of one instance of a step in it."""
    return _number(f"run:{run_id}" if instance is None else f"step:{run_id}:{instance}", 8)


def traceparent_of(root_run: str, run_id: str, instance: str) -> str:
    """The header (W3C) that lets what a step calls go on in the run's trace."""
    return f"00-{trace_id_of(root_run):032x}-{span_id_of(run_id, instance):016x}-01"


def _number(text: str, size: int) -> int:
    # Zero is no id; the chance of meeting it is none worth more than this.
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size], "big") or 1


def run_span(run: RunListItem, *, root: str, parent: tuple[str, str] | None) -> Span:
    """`parent` is the run that waited for this one, and the instance in it."""
    assert run.ended_at is not None
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": run.recipe,
        "tiebeam.run.id": run.id,
        "tiebeam.run.state": run.state.value,
        "tiebeam.intent": run.intent,
        "tiebeam.team": run.team,
    }
    failed = run.state is RunState.FAILED
    return Span(
        f"invoke_workflow {run.recipe}",
        trace_id_of(root),
        span_id_of(run.id),
        None if parent is None else span_id_of(*parent),
        SpanKind.INTERNAL,
        run.started_at,
        run.ended_at,
        attributes | ({"error.type": "failed"} if failed else {}),
        "failed" if failed else None,
    )


def step_span(
    run: RunListItem, view: RunStepView, declared: Step | None, *, root: str, called: EffectRecord | None
) -> Span:
    """`called` is the step's call outside, whose own times tell more than those of the units around it."""
    assert view.ended_at is not None
    began, ended = view.started_at, view.ended_at
    if called is not None and called.confirmed_at is not None:
        began, ended = min(began, called.begun_at), max(called.confirmed_at, called.begun_at)
    name, attributes = _named(run, view, declared)
    inside = None if declared is None else declared.inside
    indices = parts_of(view.step_id)[1]
    parent = span_id_of(run.id) if inside is None else span_id_of(run.id, instance_of(inside, indices[:-1]))
    return Span(
        name,
        trace_id_of(root),
        span_id_of(run.id, view.step_id),
        parent,
        SpanKind.INTERNAL,
        began,
        ended,
        attributes
        | {
            "tiebeam.run.id": run.id,
            "tiebeam.step.id": view.step_id,
            "tiebeam.step.state": view.state.value,
            **({"tiebeam.step.outcome": view.outcome} if view.outcome else {}),
            **({"tiebeam.task.id": view.task_id} if view.task_id else {}),
        },
    )


def _named(run: RunListItem, view: RunStepView, declared: Step | None) -> tuple[str, dict[str, Value]]:
    uses = None if declared is None else declared.uses
    if declared is None or declared.kind is not StepKind.CODE or uses is None:
        kind = "step" if declared is None else declared.kind.value
        return f"tiebeam.{kind} {view.step_id}", {"tiebeam.step.kind": kind}
    if uses.startswith("model."):
        return f"invoke_agent {declared.id}", {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": declared.id,
            "gen_ai.agent.id": f"{run.recipe}/{declared.id}",
        }
    return f"execute_tool {uses}", {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": uses,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": f"{run.id}:{view.step_id}",
        "tiebeam.effect": declared.effect.value,
    }


def chat_span(charge: Mapping[str, Any], *, run_id: str, root: str) -> Span:
    """One attempt at a model, from its charge; also one that came over the gateway with the run's name."""
    ended: datetime = charge["at"]
    operation = "embeddings" if "embedding" in charge["endpoint"] else "chat"
    read = sum(charge[f"{name}_tokens"] for name in INPUT_CLASSES)
    failed = charge["ended"] != "ok"
    step = charge["step_id"]
    return Span(
        f"{operation} {charge['asked'] or charge['model']}",
        trace_id_of(root),
        _number(f"charge:{charge['id']}", 8),
        span_id_of(run_id, step or None),
        SpanKind.CLIENT,
        ended - timedelta(milliseconds=charge["millis"]),
        ended,
        {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": charge["provider"],
            "gen_ai.request.model": charge["asked"] or charge["model"],
            "gen_ai.response.model": charge["model"],
            "gen_ai.usage.input_tokens": read,
            "gen_ai.usage.output_tokens": charge["output_tokens"],
            "tiebeam.run.id": run_id,
            "tiebeam.call.id": charge["call_id"],
            "tiebeam.cost.usd": float(Decimal(charge["usd_nano"]) / NANO),
            "tiebeam.cost.estimated": bool(charge["estimated"]),
        }
        | ({"error.type": charge["ended"]} if failed else {}),
        charge["ended"] if failed else None,
    )
