"""Rules about the gateway's records: names that mean one thing, a tree of budgets that holds, routes that lead on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import cast

from pydantic import ValidationError

from tiebeam import spec
from tiebeam.graph.graph import Graph
from tiebeam.graph.layout import Kind
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Found
from tiebeam.kit import matches_star

Records = Mapping[tuple[Kind, str], Found]

_HEIGHT = {level: place for place, level in enumerate(spec.BudgetLevel)}
_HIGH = {
    spec.Capability.SATURATED_TASK: 0,
    spec.Capability.STANDARD: 1,
    spec.Capability.FRONTIER: 2,
}
_DAYS = {
    spec.BudgetWindow.DAY: Decimal(1),
    spec.BudgetWindow.WEEK: Decimal(7),
    spec.BudgetWindow.MONTH: Decimal("30.4375"),
    spec.BudgetWindow.QUARTER: Decimal("91.3125"),
    spec.BudgetWindow.YEAR: Decimal("365.25"),
}


def gateway_problems(records: Records) -> Iterator[Problem]:
    """What keeps the gateway from knowing what is meant."""
    yield from _names(records)
    for (kind, _), found in records.items():
        if kind is Kind.BUDGETS:
            yield from _level(cast("spec.Budget", found.record), found, records)
        if kind is Kind.RECIPES:
            yield from _completions(cast("spec.Recipe", found.record), found)


def gateway_warnings(graph: Graph, records: Records) -> Iterator[Problem]:
    """What works, and would disappoint."""
    for budget_id, budget in graph.budgets.items():
        yield from _of_budget(graph, budget, records[(Kind.BUDGETS, budget_id)])
    for served_id, served in graph.served.items():
        yield from _approved(graph, served, records[(Kind.SERVED, served_id)])
    for route_id, policy in graph.routes.items():
        yield from _of_policy(graph, policy, records[(Kind.ROUTES, route_id)])
    yield from _asked_models(graph, records)


def _names(records: Records) -> Iterator[Problem]:
    """A name in `model` means one served model or one route."""
    taken: dict[str, str] = {}
    for kind in (Kind.SERVED, Kind.ROUTES):
        for (of_kind, record_id), found in records.items():
            if of_kind is not kind:
                continue
            name = cast("spec.ServedModel | spec.RoutePolicy", found.record).name
            if name in taken:
                message = f"{name!r} is the name of {taken[name]} too; a call could mean either."
                yield found.source.problem("served-twice", ("name",), message, fix="give one of them another name.")
            taken.setdefault(name, f"{kind.value}/{record_id}")
    claimed: dict[str, str] = {}
    for (kind, record_id), found in records.items():
        if kind is not Kind.ROUTES:
            continue
        for place, name in enumerate(cast("spec.RoutePolicy", found.record).also_for):
            if name in claimed:
                message = f"calls for {name!r} are routed by {claimed[name]!r} too."
                fix = "leave the name to one of the two routes."
                yield found.source.problem("served-twice", ("also_for", place), message, fix=fix)
            claimed.setdefault(name, record_id)


def _level(budget: spec.Budget, found: Found, records: Records) -> Iterator[Problem]:
    above = records.get((Kind.BUDGETS, budget.parent or ""))
    if above is None:
        return
    parent = cast("spec.Budget", above.record)
    if _HEIGHT[parent.level] > _HEIGHT[budget.level]:
        message = f"a budget of the level {budget.level.value} stands below {parent.id!r}, a {parent.level.value}."
        fix = "put it below a budget of its own level or a higher one, or correct `level`."
        yield found.source.problem("budget-tree", ("parent",), message, fix=fix)


def _completions(recipe: spec.Recipe, found: Found) -> Iterator[Problem]:
    for place, step in enumerate(recipe.step):
        if step.uses != spec.COMPLETE:
            continue
        try:
            spec.Completion.model_validate(dict(step.params))
        except ValidationError as problem:
            for fault in problem.errors():
                where = ".".join(str(part) for part in fault["loc"])
                message = f"{step.id!r} cannot ask a model: {where + ': ' if where else ''}{fault['msg']}."
                fix = "correct `params`; docs/guides/recipes.md tells what a step may say."
                yield found.source.problem("shape", ("step", place, "params"), message, fix=fix)


def _of_budget(graph: Graph, budget: spec.Budget, found: Found) -> Iterator[Problem]:
    children = [one for one in graph.budgets.values() if one.parent == budget.id]
    is_whole = budget.level is spec.BudgetLevel.ORGANISATION
    if not (budget.covers or budget.also_covers or children or is_whole):
        message = f"nothing counts against {budget.id!r}: it covers no team and no workflow."
        fix = "name them in `covers`, or in `also_covers` where no record declares them."
        yield found.source.problem("budget-idle", (), message, fix=fix)
    for place, name in enumerate(budget.also_covers):
        if name in graph.teams or name in graph.intents:
            message = f"{name!r} is declared, so a typing error in it should be found."
            yield found.source.problem("budget-covers", ("also_covers", place), message, fix="name it in `covers`.")
    parent = graph.budgets.get(budget.parent or "")
    mine, theirs = _a_day(budget), None if parent is None else _a_day(parent)
    if parent is not None and mine is not None and theirs is not None and mine > theirs:
        key = "usd_per_month" if budget.usd_per_window is None else "usd_per_window"
        message = f"{budget.id!r} may spend more than {parent.id!r} above it, which refuses first."
        yield found.source.problem("budget-tree", (key,), message, fix="lower it, or raise the one above.")
    if budget.level is spec.BudgetLevel.LINE and budget.finops_owner is None:
        message = f"nobody reviews the spending of the business line {budget.id!r}."
        yield found.source.problem("EC-24", ("level",), message, fix="add finops_owner = the role that does.")
    if graph.served and not graph.people_with(budget.owner_role):
        message = f"the role {budget.owner_role!r} owns {budget.id!r}, and nobody holds it."
        fix = "give the role to a person; until then nobody can be asked for more."
        yield found.source.problem("EC-24", ("owner_role",), message, fix=fix)


def _a_day(budget: spec.Budget) -> Decimal | None:
    days = _DAYS.get(budget.window)
    return None if days is None else budget.cap_usd / days


def _approved(graph: Graph, served: spec.ServedModel, found: Found) -> Iterator[Problem]:
    if not graph.approvals:
        return
    for place, one in enumerate(served.serving):
        upstream = graph.upstreams[one.upstream]
        if not any(_covers(approval, upstream, one.model) for approval in graph.approvals.values()):
            message = f"no approval covers {one.model!r} of {upstream.provider!r}; calls are not sent there."
            fix = "add one below approvals/, or take the model out."
            yield found.source.problem("EC-22", ("serving", place, "model"), message, fix=fix)


def _covers(approval: spec.Approval, upstream: spec.Upstream, model: str) -> bool:
    return (
        approval.provider == upstream.provider
        and any(matches_star(model, name) for name in approval.models)
        and (not approval.regions or upstream.region in approval.regions)
    )


def _of_policy(graph: Graph, policy: spec.RoutePolicy, found: Found) -> Iterator[Problem]:
    names = {one.name for one in graph.served.values()}
    if policy.mode is not spec.RouteMode.LIVE:
        if not policy.also_for:
            message = f"{policy.mode.value} mode has nothing to compare with: calls for {policy.name!r} are routed."
            fix = "name the models whose calls are meant in `also_for`."
            yield found.source.problem("route-idle", ("mode",), message, fix=fix)
        for place, name in enumerate(policy.also_for):
            if name not in names:
                message = f"{name!r} is no served model, so its calls have no other way to go and are routed."
                fix = "serve it, or leave it out until the mode is live."
                yield found.source.problem("route-idle", ("also_for", place), message, fix=fix)
    for place, part in enumerate(policy.task_class):
        for which, served_id in enumerate(part.models):
            served = graph.served[served_id]
            if part.capability is spec.Capability.SATURATED_TASK and served.capability is spec.Capability.FRONTIER:
                message = f"the saturated tasks {part.name!r} may go to {served_id!r}, a frontier model."
                fix = "leave frontier models to classes that need them."
                yield found.source.problem("EC-25", ("task_class", place, "models", which), message, fix=fix)
        first = graph.served[part.models[0]]
        if _HIGH[first.capability] < _HIGH[part.capability] and part.quality_floor is None:
            message = f"{part.name!r} asks for {part.capability.value}; {first.id!r} is {first.capability.value}."
            fix = "add quality_floor and evaluation, so that it is taken only where it is good enough."
            yield found.source.problem("EC-25", ("task_class", place, "models", 0), message, fix=fix)


def _asked_models(graph: Graph, records: Records) -> Iterator[Problem]:
    names = {one.name for one in graph.served.values()}
    names |= {name for one in graph.routes.values() for name in (one.name, *one.also_for)}
    for recipe_id, recipe in graph.recipes.items():
        for place, step in enumerate(recipe.step):
            model = step.params.get("model")
            if step.uses == spec.COMPLETE and model not in names:
                source = records[(Kind.RECIPES, recipe_id)].source
                message = f"{step.id!r} asks the model {model!r}, which nothing serves."
                yield source.problem("reference", ("step", place, "params"), message, fix="declare it below served/.")
