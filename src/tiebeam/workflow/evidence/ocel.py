"""Runs as an object-centric event log (OCEL 2.0), which process mining tools read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Visible
from tiebeam.errors import NotFound
from tiebeam.kit import iso
from tiebeam.spec import Step
from tiebeam.workflow.runs import (
    RunFilter,
    RunListItem,
    RunStepView,
    RunView,
    StepPhase,
    list_runs,
    parts_of,
    run_view,
    seen_runs,
)

_BEGINNING = iso(datetime(1970, 1, 1, tzinfo=UTC))
"""The standard's moment for what an object is from the start."""
_RUN = {"intent": "string", "recipe": "string", "team": "string", "state": "string", "outcome": "string"} | {
    "amount": "float",
    "currency": "string",
    "subject": "string",
}
OBJECT_TYPES: Mapping[str, Mapping[str, str]] = {
    "run": _RUN,
    "document": {},
    "task": {},
    "person": {},
    "recipe": {"hash": "string"},
}
EVENT_ATTRIBUTES = {"step": "string", "kind": "string", "outcome": "string", "began": "time", "summary": "string"}
_STARTED, _ENDED = "run started", "run ended"


@dataclass(frozen=True, slots=True)
class OcelObject:
    id: str
    type: str
    attributes: tuple[tuple[str, str, str], ...] = ()
    """(name, value, since when)"""
    relationships: tuple[tuple[str, str], ...] = ()
    """(object, qualifier)"""


@dataclass(frozen=True, slots=True)
class OcelEvent:
    id: str
    type: str
    time: str
    attributes: tuple[tuple[str, str], ...] = ()
    relationships: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Log:
    """Types with their attributes, events in the order of time, objects by their ids."""

    events: list[OcelEvent] = field(default_factory=list)
    objects: dict[str, OcelObject] = field(default_factory=dict)

    @property
    def event_types(self) -> dict[str, Mapping[str, str]]:
        return dict.fromkeys(sorted({event.type for event in self.events}), EVENT_ATTRIBUTES)

    @property
    def object_types(self) -> dict[str, Mapping[str, str]]:
        used = {one.type for one in self.objects.values()}
        return {name: attributes for name, attributes in OBJECT_TYPES.items() if name in used}


def log_of(conn: sa.Connection, runs: Iterable[str]) -> Log:
    """The log of these runs. Raises NotFound."""
    log = Log()
    for run_id in runs:
        _add(log, run_view(conn, run_id))
    log.events.sort(key=lambda event: (event.time, event.id))
    return log


def _add(log: Log, view: RunView) -> None:
    run = view.item
    document = f"document:{run.document_id}" if run.document_id else None
    recipe = f"recipe:{run.recipe}@{view.recipe_hash[:12]}"
    about = [(f"run:{run.id}", "run"), *([(document, "document")] if document else [])]
    _keep(log, OcelObject(recipe, "recipe", (("hash", view.recipe_hash, _BEGINNING),)))
    if document:
        _keep(log, OcelObject(document, "document"))
    starter = _person(log, run.started_by)
    related = [(recipe, "carried out by"), *([(document, "about")] if document else [])]
    _keep(log, OcelObject(f"run:{run.id}", "run", tuple(_facts(run)), tuple(related)))
    by = [(starter, "started by")] if starter else []
    log.events.append(OcelEvent(f"{run.id}:start", _STARTED, iso(run.started_at), relationships=(*about, *by)))
    steps = {step.id: step for step in view.recipe.step}
    for step in view.steps:
        if step.ended_at is not None and step.state is not StepPhase.SKIPPED:
            log.events.append(_event(log, run, step, steps.get(parts_of(step.step_id)[0]), about))
    if run.ended_at is not None:
        outcome = (("outcome", run.outcome or run.state.value),)
        log.events.append(OcelEvent(f"{run.id}:end", _ENDED, iso(run.ended_at), outcome, tuple(about)))


def _event(
    log: Log, run: RunListItem, step: RunStepView, declared: Step | None, about: list[tuple[str, str]]
) -> OcelEvent:
    assert step.ended_at is not None
    values = {
        "step": step.step_id,
        "kind": "" if declared is None else declared.kind.value,
        "outcome": step.outcome or step.state.value,
        "began": iso(step.started_at),
        "summary": step.summary or "",
    }
    related = list(about)
    if step.task_id:
        task = f"task:{step.task_id}"
        _keep(log, OcelObject(task, "task", relationships=((f"run:{run.id}", "asked by"),)))
        related.append((task, "task"))
        decision = step.evidence.get("decision")
        person = _person(log, decision.get("by", "")) if isinstance(decision, Mapping) else None
        related += [(person, "decided by")] if person else []
    name = step.step_id if declared is None else declared.title
    return OcelEvent(
        f"{run.id}:{step.step_id}",
        name,
        iso(step.ended_at),
        tuple((key, value) for key, value in values.items() if value),
        tuple(related),
    )


def _facts(run: RunListItem) -> Iterable[tuple[str, str, str]]:
    yield "state", "running", iso(run.started_at)
    for name in _RUN:
        value = run.state.value if name == "state" else getattr(run, name)
        if value is None:
            continue
        since = _BEGINNING
        if name in {"state", "outcome"}:
            since = iso(run.ended_at or run.updated_at)
        yield name, str(value), since


def _person(log: Log, actor: Any) -> str | None:
    """People alone: what machines do is seen by the event itself."""
    if not isinstance(actor, str) or not actor or actor.startswith(("system:", "service:", "agent:")):
        return None
    name = f"person:{actor.removeprefix('person:')}"
    _keep(log, OcelObject(name, "person"))
    return name


def _keep(log: Log, one: OcelObject) -> None:
    log.objects.setdefault(one.id, one)


def event_log(
    conn: sa.Connection, wanted: RunFilter, *, visible: Visible, runs: Sequence[str] = (), most: int = 10_000
) -> Log:
    """The log of the newest `most` runs that are wanted and may be seen; of `runs` alone where some are named.

    Raises NotFound for a named run that is not there, or may not be seen.
    """
    if runs:
        seen = seen_runs(conn, runs, visible=visible)
        for name in runs:
            if name not in seen:
                raise NotFound(
                    f"there is no run {name!r} that you may see; list them with 'tiebeam runs list'", run=name
                )
        return log_of(conn, runs)
    found: list[str] = []
    page = 1
    while len(found) < most:
        items = list_runs(conn, wanted, page=page, size=500, visible=visible).items
        found += [item.id for item in items]
        page += 1
        if not items:
            break
    return log_of(conn, found[:most])
