"""Rules about the collection: references resolve, protocols can be carried out, adoptions have an owner."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import cast

from tiebeam import spec
from tiebeam.graph.event_rules import source_problems
from tiebeam.graph.gateway_rules import gateway_problems
from tiebeam.graph.layout import Kind, place_of
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Found, Source
from tiebeam.graph.recipe_links import link_problems
from tiebeam.graph.recipe_names import condition_problems
from tiebeam.graph.recipe_rules import recipe_problems
from tiebeam.graph.recipe_shape import KnownSteps
from tiebeam.graph.references import references_of
from tiebeam.graph.waiting_rules import timeout_problems

VERBS = ("approve", "reject", "edit", "ask")
_LEADS: dict[tuple[str, ...], str] = {("owner_role",): "HO-03", ("audit_owner",): "HO-02", ("owner",): "WF-10"}


def collection_problems(
    records: Mapping[tuple[Kind, str], Found],
    *,
    known_steps: KnownSteps | None = None,
    known_scorers: Collection[str] | None = None,
    known_kinds: Collection[str] | None = None,
    broken: Collection[tuple[Kind, str]] = (),
    has_workspace: bool,
) -> Iterator[Problem]:
    """Everything wrong between records that are each of the right shape; `broken` ones count as declared."""
    ids = {kind: [record_id for other, record_id in (*records, *broken) if other is kind] for kind in Kind}
    for (kind, _), found in records.items():
        yield from _unresolved(kind, found, ids)
        match kind:
            case Kind.INTENTS | Kind.ROLES:
                yield from _folder(found)
            case Kind.RECIPES:
                recipe = cast("spec.Recipe", found.record)
                yield from _recipe_place(recipe, found.source)
                yield from recipe_problems(recipe, found.source, known_steps=known_steps)
                yield from link_problems(recipe, found.source, records, ids)
            case Kind.HANDOFFS:
                yield from _handoff(cast("spec.HandoffProtocol", found.record), found.source)
            case Kind.EVALUATIONS:
                yield from _evaluation(cast("spec.EvaluationSet", found.record), found.source, scorers=known_scorers)
            case Kind.SYSTEMS:
                yield from _system(cast("spec.System", found.record), found.source, known_kinds=known_kinds)
            case Kind.EVENT_SOURCES:
                yield from source_problems(cast("spec.EventSource", found.record), found.source)
            case Kind.ADOPTIONS if has_workspace:
                yield from _adoption(cast("spec.Adoption", found.record), found.source, records)
            case _:
                pass
    yield from gateway_problems(records)
    for kind, key in ((Kind.ROLES, "reports_to"), (Kind.BUDGETS, "parent")):
        yield from _circles(kind, key, records)


def _unresolved(kind: Kind, found: Found, ids: Mapping[Kind, list[str]]) -> Iterator[Problem]:
    for reference in references_of(kind, found.record):
        if any(reference.target in ids[target] for target in reference.kinds):
            continue
        noun = " or ".join(place_of(target).noun for target in reference.kinds)
        known = [record_id for target in reference.kinds for record_id in ids[target]]
        near = get_close_matches(reference.target, known, n=2, cutoff=0.5)
        folder = place_of(reference.kinds[0]).folder
        fix = f"did you mean {' or '.join(map(repr, near))}?" if near else f"declare it below {folder}/."
        rule = _LEADS.get(tuple(part for part in reference.path if isinstance(part, str)), "reference")
        yield found.source.problem(rule, reference.path, f"no {noun} is called {reference.target!r}.", fix=fix)


def _folder(found: Found) -> Iterator[Problem]:
    key = "domain" if found.place.kind is Kind.INTENTS else "industry"
    said, folder = getattr(found.record, key), found.source.relative.split("/")[1]
    if said != folder:
        message = f"the file lies below {folder!r} and says {key} {said!r}."
        yield found.source.problem("path", (key,), message, fix=f"move the file, or correct `{key}`.")


def _recipe_place(recipe: spec.Recipe, source: Source) -> Iterator[Problem]:
    if recipe.intent != recipe.id.split("/")[0]:
        message = f"the recipe lies below the intent {recipe.id.split('/')[0]!r} and says {recipe.intent!r}."
        yield source.problem("path", ("intent",), message, fix="move the file, or correct `intent`.")


def _handoff(handoff: spec.HandoffProtocol, source: Source) -> Iterator[Problem]:
    for place, verb in enumerate(handoff.verbs):
        if verb not in VERBS:
            fix = f"use {', '.join(VERBS)}."
            yield source.problem("HO-01", ("verbs", place), f"{verb!r} is no verb of a decision.", fix=fix)
    if handoff.editable and "edit" not in handoff.verbs:
        message = "names editable fields and does not allow the verb edit."
        yield source.problem("HO-01", ("editable",), message, fix='add "edit" to `verbs`, or remove `editable`.')
    before = Decimal(0)
    for place, rung in enumerate(handoff.ladder):
        path = ("ladder", place)
        if rung.after_hours <= before:
            message = f"rung {place + 1} comes after {rung.after_hours} hours, not later than the one above it."
            yield source.problem("HO-01", (*path, "after_hours"), message, fix="order the rungs by time.")
        before = rung.after_hours
        if rung.action in {spec.RungAction.REASSIGN, spec.RungAction.RAISE} and rung.role is None:
            yield source.problem("HO-01", path, f"the rung {rung.action.value!r} names no role.", fix="add `role = …`.")
        if rung.action is spec.RungAction.DEFAULT and rung.verb not in handoff.verbs:
            message = f"the rung decides {rung.verb!r}, which the protocol does not allow."
            yield source.problem("HO-01", path, message, fix=f"set `verb` to one of {', '.join(handoff.verbs)}.")
    yield from timeout_problems(handoff, source)
    if handoff.when_rule is not None:
        yield from condition_problems(handoff.when_rule, {"input", "run", "steps", "problem"}, source, "when_rule")


def _system(system: spec.System, source: Source, *, known_kinds: Collection[str] | None) -> Iterator[Problem]:
    if known_kinds is None or system.kind in known_kinds:
        return
    near = get_close_matches(system.kind, known_kinds, n=1)
    fix = f"write {near[0]!r}" if near else f"use one of {', '.join(sorted(known_kinds))}"
    message = f"no connector opens systems of the kind {system.kind!r}."
    yield source.problem("kind", ("kind",), message, fix=f"{fix}, or install the package that brings the kind.")


def _evaluation(
    evaluation: spec.EvaluationSet, source: Source, *, scorers: Collection[str] | None
) -> Iterator[Problem]:
    if scorers is not None and evaluation.scorer not in scorers:
        message = f"no scorer is registered as {evaluation.scorer!r}."
        yield source.problem("scorer", ("scorer",), message, fix=f"use one of {', '.join(sorted(scorers))}.")
    seen: set[str] = set()
    for place, case in enumerate(evaluation.case):
        if case.id in seen:
            message = f"two cases are called {case.id!r}."
            yield source.problem("shape", ("case", place, "id"), message, fix="rename one of them.")
        seen.add(case.id)


def _adoption(adoption: spec.Adoption, source: Source, records: Mapping[tuple[Kind, str], Found]) -> Iterator[Problem]:
    found = records.get((Kind.RECIPES, adoption.recipe))
    if found is None:
        return
    recipe = cast("spec.Recipe", found.record)
    if recipe.intent != adoption.id:
        message = f"adopts {adoption.recipe!r} for {adoption.id!r}, but that recipe serves {recipe.intent!r}."
        yield source.problem("reference", ("recipe",), message, fix="adopt a recipe below this intent.")
    for line in recipe.integration:
        if (Kind.SYSTEMS, line.system) not in records:
            message = f"the recipe needs the system {line.system!r} ({line.direction}: {line.data})."
            yield source.problem("B21", ("recipe",), message, fix=f"declare systems/{line.system}.toml.")


def _circles(kind: Kind, key: str, records: Mapping[tuple[Kind, str], Found]) -> Iterator[Problem]:
    up = {record_id: getattr(found.record, key) for (other, record_id), found in records.items() if other is kind}
    for start, above in up.items():
        seen, current = {start}, above
        while current is not None and current in up and current not in seen:
            seen.add(current)
            current = up[current]
        if current == start:
            source = records[(kind, start)].source
            yield source.problem("reference", (key,), f"{start!r} is above itself.", fix=f"correct `{key}`.")
