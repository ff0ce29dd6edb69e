"""Who may what at a glance: every verb asked of what there really is in a workspace, by the rules in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tiebeam.authority.authority import Authority
from tiebeam.authority.policies import Policies
from tiebeam.authority.principals import Principal, PrincipalKind
from tiebeam.authority.questions import VERBS, Obj

_SELF, _ELSE, _THIRD = "somebody", "somebody-else", "a-third"
_OTHER_ROLE = "another-role"
_REASON: Mapping[str, Any] = {"reason": "asked for the table"}
_MONEY: Mapping[str, Any] = {**_REASON, "amount": Decimal(1), "limit": Decimal(1)}


class Reach(StrEnum):
    """On what a verb is allowed: on everything there is, on part of it (one's own, or one's role's), or on nothing."""

    ALL = "all"
    PART = "part"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Ground:
    """What there is to ask about. `intents` maps the workflows in use to the attributes their objects share.

    `task_roles` are the roles tasks come to, `managers` the managing roles of agents and service accounts, and
    `emergency_roles` who may break the glass.
    """

    intents: Mapping[str, Mapping[str, Any]]
    task_roles: frozenset[str]
    managers: frozenset[str]
    emergency_roles: frozenset[str]


def matrix(policies: Policies, roles: Iterable[str], ground: Ground) -> dict[str, dict[str, Reach]]:
    """Row → verb → reach: a row for each role, then for an administrator, an agent and a service account of no role.

    Circumstances are kind: a reason is given, amounts lie within the limit, tokens name every verb.
    """
    authority = Authority(lambda: policies)
    rows: dict[str, Principal] = {role: Principal(_SELF, "Somebody", roles=(role,)) for role in roles}
    rows["administrator"] = Principal(_SELF, "Somebody", administrator=True)
    for kind in (PrincipalKind.AGENT, PrincipalKind.SERVICE):
        rows[kind.value] = Principal(_SELF, "Something", kind=kind, scopes=frozenset(VERBS), method="token")
    return {name: {verb: _reach(authority, who, verb, ground) for verb in VERBS} for name, who in rows.items()}


def _reach(authority: Authority, who: Principal, verb: str, ground: Ground) -> Reach:
    kind = authority.policies.shape.kinds_of(verb)[0]
    context = _MONEY if verb == "task.release_money" else _REASON
    role = next(iter(who.roles), _OTHER_ROLE)
    answers = [authority.may(who, verb, obj, context).allowed for obj in _of_others(kind, verb, ground)]
    if answers and all(answers):
        return Reach.ALL
    own = _own(kind, who, role, ground)
    return (
        Reach.PART if any(answers) or any(authority.may(who, verb, obj, context).allowed for obj in own) else Reach.NONE
    )


def _of_others(kind: str, verb: str, ground: Ground) -> list[Obj]:
    """What belongs to other people: one object for each way it can be with regard to roles."""
    match kind:
        case "run" | "intent" | "recipe" | "document" | "ledger":
            started = {"started_by": f"person:{_ELSE}"}
            return [Obj(kind, name, {**facts, **started}) for name, facts in ground.intents.items()]
        case "task":
            claimed = {"claimed_by": _ELSE} if verb == "task.release" else {}
            return [
                Obj(kind, "one", {**_task_facts(facts, role), **claimed})
                for facts in ground.intents.values()
                for role in sorted(ground.task_roles)
            ]
        case "journal":
            return [Obj(kind, "one", {"audit_owner": facts["audit_owner"]}) for facts in ground.intents.values()]
        case "settings" | "workspace":
            return [Obj(kind, "one")]
        case "policy":
            return [Obj(kind, "one", {"person": _ELSE})]
        case "token":
            return [Obj(kind, "one", {"owner_role": _OTHER_ROLE})]
        case _:
            return [Obj(kind, "one", _access_facts(kind, _ELSE, _OTHER_ROLE, ground))]


def _own(kind: str, who: Principal, role: str, ground: Ground) -> list[Obj]:
    """What is one's own, or one's role's."""
    match kind:
        case "run" | "document":
            begun = {"started_by": who.actor}
            mine = [facts for facts in ground.intents.values() if role in facts["readers"]]
            return [Obj(kind, "one", {**facts, **begun}) for facts in mine]
        case "task" if role in ground.task_roles:
            return [
                Obj(kind, "one", {**_task_facts(one, role), "claimed_by": _SELF}) for one in ground.intents.values()
            ]
        case "policy":
            return [Obj(kind, "one", {"person": _SELF})]
        case "token":
            managed = [Obj(kind, "one", {"owner_role": role})] if role in ground.managers else []
            return [Obj(kind, "one", {"person": _SELF}), *managed]
        case "emergency":
            return [Obj(kind, "one", _access_facts(kind, person, role, ground)) for person in (_SELF, _ELSE)]
        case "person" | "session" | "delegation" | "decision":
            return [Obj(kind, "one", _access_facts(kind, _SELF, role, ground))]
        case _:
            return []


def _task_facts(facts: Mapping[str, Any], role: str) -> dict[str, Any]:
    shared = {name: facts[name] for name in ("intent", "readers", "audit_owner")}
    return {**shared, "role": role}


def _access_facts(kind: str, person: str, role: str, ground: Ground) -> dict[str, Any]:
    match kind:
        case "delegation":
            return {"person": person, "receiver": _THIRD, "role": role}
        case "emergency":
            return {"person": person, "role": role, "roles": tuple(sorted(ground.emergency_roles))}
        case _:
            return {"person": person}
