"""The facts of a question, as the policies read them: Cedar compares, what it cannot compute is computed here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, cast

from tiebeam.authority.principals import Principal
from tiebeam.authority.questions import Obj, Question
from tiebeam.authority.schema import PRINCIPAL_TYPES, Attribute, Shape

LARGEST_AMOUNT = Decimal("922337203685477.5807")
"""Cedar's decimal holds 64 bits with four digits after the point; what is larger, or unknown, counts as this."""
LARGEST_LIMIT = Decimal("922337203685477.5806")
"""One step less, so that an amount that cannot be measured is above every limit that ends; so below zero too."""
_STEP = Decimal("0.0001")
_CALLER_CONTEXT = frozenset({"reason", "earlier", "amount", "limit"})
_DERIVED = frozenset({"id", "acting_roles", "owning_roles", "domain"})


class UnknownFact(Exception):
    """A question that does not fit the schema; it is denied, never guessed at."""


def amount_text(amount: Decimal | None) -> str:
    """An amount as Cedar's decimal, rounded up; unknown or immeasurable amounts are the largest there is."""
    if amount is None or not amount.is_finite() or amount >= LARGEST_AMOUNT:
        return str(LARGEST_AMOUNT)
    return f"{max(amount, -LARGEST_LIMIT).quantize(_STEP, rounding=ROUND_CEILING):f}"


def limit_text(limit: Decimal | None) -> str:
    """A limit as Cedar's decimal, rounded down; where there is none, the highest. Raises UnknownFact."""
    if limit is None:
        return str(LARGEST_LIMIT)
    if not limit.is_finite():
        raise UnknownFact(f"{limit} is no limit that an amount can be compared with")
    return f"{max(min(limit, LARGEST_LIMIT), -LARGEST_AMOUNT).quantize(_STEP, rounding=ROUND_FLOOR):f}"


def principal_facts(principal: Principal) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": principal.person_id,
        "actor": principal.actor,
        "roles": sorted(principal.all_roles),
        "own_roles": principal.roles,
        "emergency_roles": principal.emergency,
        "administrator": principal.administrator,
        "method": principal.method,
    }
    if principal.managing_role is not None:
        facts["managing_role"] = principal.managing_role
    if principal.vouched_by is not None:
        facts["vouched_by"] = principal.vouched_by
    return facts


def object_facts(obj: Obj, declared: Iterable[Attribute]) -> dict[str, Any]:
    """Every declared attribute, filled; what is absent and optional is left out. Raises UnknownFact."""
    known = {attribute.name: attribute for attribute in declared}
    if unknown := obj.attributes.keys() - known.keys():
        raise UnknownFact(f"the schema of the policies knows no {', '.join(sorted(unknown))} of a {obj.kind}")
    facts: dict[str, Any] = {}
    for name, attribute in known.items():
        value = obj.id if name == "id" else _derived(obj, name) if name in _DERIVED else obj.attributes.get(name)
        if value is None and attribute.is_optional:
            continue
        facts[name] = _typed(obj, attribute, value)
    if ":" not in facts.get("started_by", ":"):
        facts["started_by"] = f"person:{facts['started_by']}"
    return facts


def context_facts(question: Question, name: str, *, voucher_counts: bool) -> dict[str, Any]:
    """What is known of the circumstances. Raises UnknownFact."""
    given = question.context
    if unknown := given.keys() - _CALLER_CONTEXT:
        raise UnknownFact(f"the schema of the policies knows no circumstance {', '.join(sorted(unknown))}")
    principal = question.principal
    facts: dict[str, Any] = {
        "in_scope": principal.scopes is None or question.verb in principal.scopes,
        "is_scoped": principal.scopes is not None,
        "reason": str(given.get("reason") or "").strip(),
        "stands_in_for_excluded": bool(stands_in_for_excluded(principal, question.obj)),
        "voucher_counts": voucher_counts,
    }
    if name != "Releasing":
        return facts
    if missing := {"amount", "limit"} - given.keys():
        raise UnknownFact(
            f"releasing money is asked with {' and '.join(sorted(missing))}, None where unknown or unlimited"
        )
    amount, limit = given["amount"], given["limit"]
    return facts | {
        "amount": amount_text(amount),
        "is_amount_known": amount is not None,
        "limit": limit_text(limit),
        "is_unlimited": limit is None,
    }


def stands_in_for_excluded(principal: Principal, obj: Obj) -> tuple[str, ...]:
    """The people kept out for whom alone the principal would act in the object's role; empty when there is a way."""
    role = obj.attributes.get("role")
    absent = principal.on_behalf_of(role) if isinstance(role, str) else ()
    return absent if absent and obj.names("excluded_people").issuperset(absent) else ()


def request_of(
    question: Question, shape: Shape, *, voucher_counts: bool, wanted: frozenset[str] | None = None
) -> tuple[dict[str, Any], str]:
    """The question in Cedar's terms: request, and entities as JSON. Raises UnknownFact.

    Only the `wanted` facts are passed on, such as `principal.roles`, because reading them takes Cedar longer than
    deciding; all are when it is None. All are checked in any case.
    """
    obj, principal = question.obj, question.principal
    found = shape.kinds.get(obj.kind)
    fitting, context_name = shape.verbs[question.verb]
    if found is None or found[0] not in fitting:
        kinds = ", ".join(shape.kinds_of(question.verb))
        raise UnknownFact(f"{question.verb!r} is asked of {kinds}, not of {obj.kind}")
    who = {"type": PRINCIPAL_TYPES[principal.kind], "id": principal.person_id}
    what = {"type": found[0], "id": obj.id}
    context = context_facts(question, context_name, voucher_counts=voucher_counts)
    request: dict[str, Any] = {
        "principal": who,
        "action": {"type": "Action", "id": question.verb},
        "resource": what,
        "context": _written("context", context, shape.contexts[context_name], wanted),
    }
    # Types are checked above and not by Cedar again, which would carry every verb of the schema into each question.
    entities: list[dict[str, Any]] = [
        {"uid": who, "attrs": _written("principal", principal_facts(principal), (), wanted), "parents": []},
        {"uid": what, "attrs": _written("resource", object_facts(obj, found[1]), found[1], wanted), "parents": []},
        {"uid": request["action"], "attrs": {}, "parents": shape.parents[question.verb]},
    ]
    return request, json.dumps(entities)


def _written(
    part: str, facts: dict[str, Any], declared: Iterable[Attribute], wanted: frozenset[str] | None
) -> dict[str, Any]:
    """The wanted facts as Cedar's JSON, in which a decimal says that it is one."""
    passed = facts if wanted is None else {name: facts[name] for name in facts if f"{part}.{name}" in wanted}
    decimals = {one.name for one in declared if one.type == "decimal"} & passed.keys()
    return passed | {name: {"__extn": {"fn": "decimal", "arg": facts[name]}} for name in decimals}


def _derived(obj: Obj, name: str) -> Any:
    match name:
        case "acting_roles":
            return sorted(obj.acting_roles)
        case "owning_roles":
            return sorted(obj.owning_roles)
        case _:
            intent = obj.id if obj.kind in {"intent", "recipe"} else obj.attributes.get("intent")
            given = obj.attributes.get("domain")
            return given if given is not None else _domain(intent)


def _domain(intent: Any) -> str | None:
    return intent.split(".")[0] if isinstance(intent, str) and "." in intent else None


def _typed(obj: Obj, attribute: Attribute, value: Any) -> Any:
    match attribute.type, value:
        case "Set<String>", None:
            return []
        case "Set<String>", str():
            return [value]
        case "Set<String>", Iterable() if not isinstance(value, Mapping):
            return sorted(cast("Iterable[str]", value))
        case "String", str():
            return str(value)
        case "decimal", Decimal():
            return amount_text(value)
        case _:
            raise UnknownFact(f"{attribute.name} of {obj} is {value!r}, where a {attribute.type} is expected")
