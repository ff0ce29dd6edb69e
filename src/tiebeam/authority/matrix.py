"""Who may what at a glance: each verb asked of what is somebody's own and of what is others', rule by rule in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tiebeam.authority.authority import Authority
from tiebeam.authority.policies import Policies
from tiebeam.authority.principals import Principal, PrincipalKind
from tiebeam.authority.questions import VERBS, Obj
from tiebeam.authority.schema import Shape

_SOMEBODY = "somebody"
_ELSE = "somebody-else"
_OTHER_ROLE = "another-role"
_CIRCUMSTANCES: Mapping[str, Any] = {"reason": "asked for the table"}
_ONE = {"amount": Decimal(1), "limit": Decimal(1)}


class Reach(StrEnum):
    """On what a verb is allowed: on everything, on what is one's own or one's role's, or on nothing."""

    ALL = "all"
    OWN = "own"
    NONE = "none"


def matrix(policies: Policies, roles: Iterable[str]) -> dict[str, dict[str, Reach]]:
    """Row → verb → reach: a row for each role, then for an administrator, an agent and a service account of no role.

    Circumstances are kind: a reason is given, amounts lie within the limit, tokens name every verb.
    """
    authority = Authority(lambda: policies)
    rows: dict[str, Principal] = {role: Principal(_SOMEBODY, "Somebody", roles=(role,)) for role in roles}
    rows["administrator"] = Principal(_SOMEBODY, "Somebody", administrator=True)
    for kind in (PrincipalKind.AGENT, PrincipalKind.SERVICE):
        rows[kind.value] = Principal(
            _SOMEBODY, "Something", roles=(_SOMEBODY,), kind=kind, scopes=frozenset(VERBS), method="token"
        )
    return {name: {verb: _reach(authority, policies.shape, who, verb) for verb in VERBS} for name, who in rows.items()}


def _reach(authority: Authority, shape: Shape, who: Principal, verb: str) -> Reach:
    kind = shape.kinds_of(verb)[0]
    context = {**_CIRCUMSTANCES, **(_ONE if verb == "task.release_money" else {})}
    role = next(iter(who.roles), _OTHER_ROLE)
    own = _object(shape, kind, role=role, person=who.person_id, actor=who.actor)
    if not authority.may(who, verb, own, context).allowed:
        # What nobody may do to themselves, such as reviewing their own emergency, others do for their role.
        other = _object(shape, kind, role=role, person=_ELSE, actor=f"person:{_ELSE}")
        return Reach.OWN if authority.may(who, verb, other, context).allowed else Reach.NONE
    foreign = _object(shape, kind, role=_OTHER_ROLE, person=_ELSE, actor=f"person:{_ELSE}")
    stranger = replace(foreign, attributes={k: v for k, v in foreign.attributes.items() if k != "claimed_by"})
    return Reach.ALL if authority.may(who, verb, stranger, context).allowed else Reach.OWN


def _object(shape: Shape, kind: str, *, role: str, person: str, actor: str) -> Obj:
    """An object whose every role is `role` and whose every person is `person`; nobody is kept out of it."""
    given: dict[str, Any] = {
        "role": role,
        "owner_role": role,
        "roles": (role,),
        "audit_owner": (role,),
        "readers": (role,),
        "person": person,
        "claimed_by": person,
        "started_by": actor,
    }
    known = {attribute.name for attribute in shape.kinds[kind][1]}
    if kind == "token":
        # Tokens are either a person's or a machine's; the machine's are the ones that are managed.
        known.discard("owner_role")
    return Obj(kind, "one", {name: value for name, value in given.items() if name in known})
