"""The library: intents with their recipes in six parts, roles and lineage both ways."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.http import Ask
from tiebeam.spec import Instrumentation, Recipe, StepKind
from tiebeam.web.drawing import recipe_graph
from tiebeam.web.pages.exports import table_routes
from tiebeam.web.table import Cell, Column, Empty, Filter, Row, Table, TableQuery, arrange
from tiebeam.web.views import Commands, Fact, IntentPage, Link, Pill, RecipePart, RecipeView
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import in_words, money, percent, sentence

_COLUMNS = (
    Column("title", "Intent"),
    Column("domain", "Domain"),
    Column("tier", "Tier"),
    Column("effort", "Effort"),
    Column("patterns", "Pattern"),
    Column("value", "Value"),
    Column("owner", "Owner role"),
    Column("recipes", "Recipes", is_number=True),
    Column("adopted", "Adopted"),
)
_EMPTY = Empty(
    "No intents", "An intent is an outcome owned by a role, apart from any way of reaching it.", "tiebeam check"
)
_EFFORTS = {"S": "Small", "M": "Medium", "L": "Large", "XL": "Extra large"}
_MOST_LINKS = 40


def intents_table(visit: Visit, query: TableQuery, everything: bool) -> Table:
    graph, names = visit.graph, visit.names
    seen = [intent for intent in graph.intents.values() if visit.caller.sees("catalogue", intent.id)]
    rows = [
        Row(
            intent.id,
            (
                Cell(intent.title, f"/library/intents/{intent.id}", intent.outcome),
                Cell(sentence(intent.domain)),
                Cell(sentence(intent.tier)),
                Cell(_EFFORTS[intent.effort]),
                Cell(" + ".join(sentence(one) for one in intent.patterns)),
                Cell(", ".join(sentence(one) for one in intent.value_vectors), is_soft=True),
                Cell(names.role(intent.owner_role)),
                Cell(str(count := sum(1 for one in graph.recipes.values() if one.intent == intent.id)), raw=count),
                Cell("Adopted", tone="ok") if intent.id in graph.adoptions else Cell("–"),
            ),
            {"domain": intent.domain, "tier": str(intent.tier)},
        )
        for intent in seen
    ]
    domains = tuple((one, sentence(one)) for one in sorted({intent.domain for intent in seen}))
    tiers = tuple((str(one), sentence(one)) for one in sorted({str(intent.tier) for intent in seen}))
    filters = (Filter("domain", "Domain", domains), Filter("tier", "Tier", tiers))
    return arrange(
        Table("intents-table", _COLUMNS, tuple(rows), len(rows), _EMPTY, filters=filters), query, everything=everything
    )


def _about(_visit: Visit) -> dict[str, Any]:
    text = "Outcomes an organisation wants, and the recipes that reach them."
    return {"title": "Intents", "text": text, "live": "", "can_upload": False}


def intent_page(visit: Visit) -> Response:
    return visit.page("pages/intent.html", intent=_view(visit, visit.path("intent")))


def _view(visit: Visit, intent_id: str) -> IntentPage:
    graph, names = visit.graph, visit.names
    graph.of("intents", intent_id)
    intent = graph.intents[intent_id]
    adoption = graph.adoptions.get(intent_id)
    recipes = [
        one
        for one in graph.recipes.values()
        if one.intent == intent_id and visit.caller.sees("record", f"recipes/{one.id}")
    ]
    recipes.sort(key=lambda one: adoption is None or one.id != adoption.recipe)
    recipe_ids = [one.id for one in recipes]
    depends = [
        *graph.depends_on("intents", intent_id),
        *(n for one in recipe_ids for n in graph.depends_on("recipes", one)),
    ]
    used = [*graph.used_by("intents", intent_id), *(n for one in recipe_ids for n in graph.used_by("recipes", one))]
    own = {("intents", intent_id), *(("recipes", one) for one in recipe_ids)}
    return IntentPage(
        id=intent_id,
        title=intent.title,
        outcome=intent.outcome,
        pills=(Pill(sentence(intent.tier), "accent"), *(Pill(sentence(one)) for one in intent.value_vectors)),
        facts=(
            Fact("Domain", sentence(intent.domain)),
            Fact("Owner role", names.role(intent.owner_role)),
            Fact("Pattern", " + ".join(sentence(one) for one in intent.patterns)),
            Fact("Effort", _EFFORTS[intent.effort]),
            Fact("Accepted when", intent.accepted_when),
            Fact("By hand", f"{intent.baseline_minutes_per_unit:f} minutes each"),
            Fact("Context", ", ".join(field.name for field in intent.context)),
        ),
        recipes=tuple(
            recipe_view(visit, one, is_adopted=bool(adoption and adoption.recipe == one.id)) for one in recipes
        ),
        roles=tuple(_role_link(visit, role) for role in intent.impacted_roles),
        used_by=_links(visit, visit.caller.seen_nodes([node for node in used if tuple(node) not in own])),
        depends_on=_links(visit, visit.caller.seen_nodes([node for node in depends if tuple(node) not in own])),
        workflow=Link("Open the workflow", f"/workflows/{intent_id}")
        if adoption and visit.caller.sees("recipe", intent_id)
        else None,
        source=graph.file_of("intents", intent_id),
        commands=Commands(f"tiebeam run {intent_id} PATH", f'POST /api/v1/runs\n{{"intent": "{intent_id}"}}'),
    )


def _role_link(visit: Visit, role_id: str) -> Link:
    role = visit.graph.roles.get(role_id)
    holders = ", ".join(person.name for person in visit.graph.people_with(role_id))
    note = f"{in_words(role.status)}; {holders or 'nobody holds it yet'}" if role else "not in the library"
    return Link(visit.names.role(role_id), "", note)


def _links(visit: Visit, nodes: list[Any]) -> tuple[Link, ...]:
    links: dict[tuple[str, str], Link] = {}
    for kind, record_id in nodes:
        href = f"/library/intents/{record_id}" if kind == "intents" else ""
        href = f"/workflows/{record_id}" if kind == "adoptions" else href
        record = visit.graph.of(kind, record_id)
        title = str(getattr(record, "title", "") or getattr(record, "name", "") or record_id)
        links.setdefault((str(kind), record_id), Link(title, href, in_words(str(kind))))
    return tuple(links.values())[:_MOST_LINKS]


def recipe_view(visit: Visit, recipe: Recipe, *, is_adopted: bool) -> RecipeView:
    return RecipeView(
        id=recipe.id,
        name=recipe.id.rsplit("/", 1)[-1],
        summary=recipe.summary,
        version=f"version {recipe.meta.version}" if recipe.meta else "",
        parts=six_parts(visit, recipe),
        graph=recipe_graph(recipe, name=f"Steps of {recipe.title}"),
        workforce_effect=recipe.workforce_effect,
        is_adopted=is_adopted,
    )


def six_parts(visit: Visit, recipe: Recipe) -> tuple[RecipePart, ...]:
    """Workflow, evaluation set, training track, integration map, escalation rules, instrumentation (WF-04)."""
    graph = visit.graph
    reviews = sum(1 for step in recipe.step if step.kind is StepKind.REVIEW)
    effects = [step.title for step in recipe.step if step.effect in {"at_most_once", "idempotent"}]
    cases = graph.evaluations.get(recipe.evaluation.set) if recipe.evaluation else None
    track = graph.tracks.get(recipe.training_track) if recipe.training_track else None
    measured = recipe.instrumentation
    return (
        RecipePart(
            "Workflow",
            True,
            f"{len(recipe.step)} steps, {reviews} of them with people",
            tuple(f"Leaves the house: {one}" for one in effects),
        ),
        RecipePart(
            "Evaluation set",
            recipe.evaluation is not None and cases is not None,
            f"{len(cases.case)} cases, {percent(recipe.evaluation.threshold)} must be right"
            if recipe.evaluation and cases
            else "None yet",
        ),
        RecipePart(
            "Training track",
            track is not None,
            f"{track.title}, {track.minutes} minutes" if track else "None yet",
            track.goals[:4] if track else (),
        ),
        RecipePart(
            "Integration map",
            bool(recipe.integration),
            f"{len({one.system for one in recipe.integration})} systems",
            tuple(f"{sentence(one.system)}, {one.direction}: {one.data}" for one in recipe.integration),
        ),
        RecipePart(
            "Escalation rules",
            bool(recipe.escalation),
            f"{len(recipe.escalation)} rules, the first that holds applies",
            tuple(_escalation(visit, one.id, one.handoff) for one in recipe.escalation),
        ),
        RecipePart(
            "Instrumentation",
            measured is not None,
            _old_way(visit, measured) if measured else "None yet",
            tuple(sentence(one) for one in measured.metrics) if measured else (),
        ),
    )


def _old_way(visit: Visit, measured: Instrumentation) -> str:
    cost = money(measured.baseline_cost_per_unit, visit.currency)
    return f"Old way: {cost} and {measured.baseline_minutes_per_unit:f} minutes each"


def _escalation(visit: Visit, rule: str, handoff_id: str) -> str:
    handoff = visit.graph.handoffs.get(handoff_id)
    to = visit.names.role(handoff.to_role) if handoff else "unknown"
    return f"{sentence(rule)} → {to}"


def routes(console: Console) -> list[Route]:
    return [
        *table_routes(
            console,
            "/library/intents",
            intents_table,
            filters=("domain", "tier"),
            asks=Ask("intent.view", "catalogue"),
            about=_about,
        ),
        route(console, "/library/intents/{intent}", intent_page, asks=Ask("intent.view", "catalogue", "intent")),
    ]
