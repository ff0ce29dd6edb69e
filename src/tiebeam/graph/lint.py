"""Warnings about a workspace that can be used, but would disappoint: people missing, limits nobody has, specimens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tiebeam import spec
from tiebeam.graph.gateway_rules import gateway_warnings
from tiebeam.graph.graph import Graph
from tiebeam.graph.layout import Kind
from tiebeam.graph.pricing_rules import pricing_warnings
from tiebeam.graph.problems import Problem, Severity
from tiebeam.graph.reading import Found, Source
from tiebeam.graph.recipe_lint import recipe_warnings
from tiebeam.graph.recipe_owners import adoption_warnings, unadopted_triggers
from tiebeam.graph.waiting_rules import silent_handoffs


def lint(
    graph: Graph, records: Mapping[tuple[Kind, str], Found], *, settings: Source | None, root: Path | None
) -> Iterator[Problem]:
    """Warnings only; each says what would happen if it stays. `root` is the workspace."""
    for problem in _of_records(graph, records):
        yield replace(problem, severity=Severity.WARNING)
    if settings is not None and graph.settings is not None and root is not None:
        for problem in (*_of_settings(graph, records, graph.settings, settings, root), *_of_adoptions(graph, records)):
            yield replace(problem, severity=Severity.WARNING)


def _of_records(graph: Graph, records: Mapping[tuple[Kind, str], Found]) -> Iterator[Problem]:
    for role_id, role in graph.roles.items():
        if role.status is spec.RoleStatus.EVOLVED and role.training_track is None:
            message = f"the role {role_id!r} evolves and has no training track."
            source = records[(Kind.ROLES, role_id)].source
            yield source.problem("HO-05", ("status",), message, fix="add `training_track = …`.")
    for model_id, model in graph.pricing.items():
        yield from pricing_warnings(model, records[(Kind.PRICING, model_id)].source)
    for recipe_id, recipe in graph.recipes.items():
        yield from recipe_warnings(graph, recipe, records[(Kind.RECIPES, recipe_id)].source)
    yield from gateway_warnings(graph, records)
    yield from silent_handoffs(graph, records)
    yield from _retired(graph, records)


def _of_settings(
    graph: Graph,
    records: Mapping[tuple[Kind, str], Found],
    said: spec.WorkspaceSettings,
    settings: Source,
    root: Path,
) -> Iterator[Problem]:
    if said.payments.debtor_iban == spec.SPECIMEN_IBAN:
        message = "payment files carry the specimen account of the IBAN registry."
        fix = "put your own account in [payments] before a file goes to a bank."
        yield settings.problem("specimen-account", ("payments", "debtor_iban"), message, fix=fix)
    for use, system in _used_systems(said):
        if system not in graph.systems:
            message = f"no system is called {system!r}."
            yield settings.problem("reference", (use, "system"), message, fix=f"declare systems/{system}.toml.")
    for team in sorted(said.work.teams.keys() - graph.teams.keys()):
        message = f"no team is called {team!r}, so that its limits hold for nobody."
        yield settings.problem("reference", ("work", "teams", team), message, fix="name a team of teams/.")
    for path, role in _roles_of_access(said.access):
        if role not in graph.roles:
            message = f"no role is called {role!r}."
            yield settings.problem("reference", path, message, fix="name a role of roles/ or of the library.")
    for person_id, person in graph.people.items():
        if person.email.endswith("@localhost"):
            message = f"{person_id!r} has a placeholder address; nobody real may stand behind it."
            source = records[(Kind.PEOPLE, person_id)].source
            yield source.problem("placeholder-person", ("email",), message, fix="put a name and address there.")
    if not any(person.administrator for person in graph.people.values()):
        message = "nobody is an administrator, so nobody can give others access."
        yield settings.problem("administrator", (), message, fix="set `administrator = true` for one person.")
    for name in ("orders", "receipts", "suppliers", "policy", "inbox"):
        place: str | None = getattr(said.sources, name)
        if place is None or "://" in place or spec.is_secret_reference(place):
            continue
        if not (root / place).exists():
            message = f"{place!r} does not exist."
            yield settings.problem("source-missing", ("sources", name), message, fix="create it or correct the path.")


def _of_adoptions(graph: Graph, records: Mapping[tuple[Kind, str], Found]) -> Iterator[Problem]:
    for intent_id, adoption in graph.adoptions.items():
        source = records[(Kind.ADOPTIONS, intent_id)].source
        yield from _staffing(graph, adoption, source)
        yield from adoption_warnings(graph, adoption, source)
    yield from unadopted_triggers(graph, records)


def _used_systems(settings: spec.WorkspaceSettings) -> tuple[tuple[str, str], ...]:
    return (
        ("erp", settings.erp.system),
        ("payments", settings.payments.system),
        ("mail", settings.mail.system),
    )


def _roles_of_access(access: spec.AccessUse) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for place, role in enumerate(access.emergency_roles):
        yield ("access", "emergency_roles", place), role
    for group, roles in ({} if access.oidc is None else access.oidc.roles).items():
        for place, role in enumerate(roles):
            yield ("access", "oidc", "roles", group, place), role


def _retired(graph: Graph, records: Mapping[tuple[Kind, str], Found]) -> Iterator[Problem]:
    for (kind, record_id), found in records.items():
        if found.record.meta.status is spec.Status.RETIRED:
            continue
        for target_kind, target in graph.depends_on(kind, record_id):
            if graph.of(target_kind, target).meta.status is spec.Status.RETIRED:
                message = f"{record_id!r} uses {target!r}, which is retired."
                yield found.source.problem("retired", (), message, fix="use what replaced it.")


def _staffing(graph: Graph, adoption: spec.Adoption, source: Source) -> Iterator[Problem]:
    recipe = graph.recipes[adoption.recipe]
    rule_handoffs = {rule.handoff for rule in recipe.escalation}
    handoffs = rule_handoffs | {step.review.handoff for step in recipe.step if step.review and step.review.handoff}
    for handoff_id in sorted(handoffs):
        handoff = graph.handoffs[handoff_id]
        for role_id in dict.fromkeys((handoff.to_role, *(rung.role for rung in handoff.ladder if rung.role))):
            if not graph.people_with(role_id):
                message = f"the handoff {handoff_id!r} goes to the role {role_id!r}, which nobody holds."
                fix = f"give {role_id!r} to a person, or change the protocol in handoffs/."
                yield source.problem("role-empty", ("recipe",), message, fix=fix)
    for step in recipe.step:
        needed = _eyes(recipe, step.id)
        if needed > len(graph.people):
            message = f"the review {step.id!r} needs {needed} different people, and there are {len(graph.people)}."
            fix = "add people below people/; until then such a case cannot be decided."
            yield source.problem("four-eyes", ("recipe",), message, fix=fix)
    needs_authority = any(step.review and step.review.authority for step in recipe.step)
    if needs_authority and not _unlimited(graph):
        message = "nobody may approve without a limit, so the largest invoices cannot be approved."
        fix = "give one person a role with `approval_limit = \"unlimited\"`, such as 'cfo'."
        yield source.problem("approval-limit", ("recipe",), message, fix=fix)


def _eyes(recipe: spec.Recipe, step_id: str) -> int:
    """How many different people it takes to get past a review, counting those it must not be decided by."""
    step = next(step for step in recipe.step if step.id == step_id)
    if step.review is None or not step.review.four_eyes_with:
        return 1
    return 1 + max(_eyes(recipe, other) for other in step.review.four_eyes_with)


def _unlimited(graph: Graph) -> bool:
    roles = {role_id for role_id, role in graph.roles.items() if role.approval_limit is None}
    return any(roles & set(person.roles) for person in graph.people.values())
