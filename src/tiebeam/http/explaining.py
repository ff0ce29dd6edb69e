"""Why somebody may or may not: the same explanation for the command line, the API and the console."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from tiebeam.authority import VERBS, Explanation, Obj, Principal
from tiebeam.errors import Invalid
from tiebeam.http.caller import Caller
from tiebeam.http.objects import BUILDERS
from tiebeam.workforce import approval_limit

_SEEN = frozenset({"run", "task", "document", "batch", "evidence", "intent", "recipe", "record"})
"""Kinds of which one has to be able to see an object to ask about it."""
_VIEWED = frozenset({"journal", "ledger", "person", "session", "token"})
"""Kinds of which everybody may ask, but what is known of an object is told to those alone who may view it."""
_NOT_ASKED_OF = {"record", "catalogue", "batch"}
_AMOUNTS = frozenset({"amount", "limit"})
_CONTEXT = ("reason", "amount", "limit")


def explain(
    caller: Caller, *, person: str | None, verb: str, named: str, context: Mapping[str, str] | None = None
) -> Explanation:
    """What the rules say of `person` (None = who asks) and the object `named` kind:id, such as task:task_01….

    For releasing money the task's amount and the person's limit are taken unless `context` says otherwise. Raises
    Invalid, NotFound, and Refused where the asker may not look into others' authority.
    """
    who = caller.principal if person is None else caller.app.workforce.principal(person)
    caller.require("policy.view", Obj("policy", "explain", {"person": who.person_id}))
    if verb not in VERBS:
        raise Invalid(f"there is no verb {verb!r}; there are {', '.join(sorted(VERBS))}")
    obj = _object(caller, named)
    return caller.app.authority.explain(who, verb, obj, _circumstances(caller, who, verb, obj, context or {}))


def _object(caller: Caller, named: str) -> Obj:
    kind, colon, object_id = named.partition(":")
    known = sorted(BUILDERS.keys() - _NOT_ASKED_OF)
    if not colon or not object_id or kind not in known:
        raise Invalid(f"{named!r} names no object; write kind:id with one of {', '.join(known)}, such as run:run_01…")
    if kind in _SEEN:
        return caller.see(kind, object_id)
    with caller.app.store.read() as conn:
        found = caller.object(kind, object_id, conn)
    # Of somebody else's as of one that is not there: nothing.
    may_view = kind not in _VIEWED or caller.may(f"{kind}.view", found).allowed
    return found if may_view else Obj(found.kind, found.id)


def _circumstances(caller: Caller, who: Principal, verb: str, obj: Obj, given: Mapping[str, str]) -> dict[str, Any]:
    if unknown := sorted(given.keys() - set(_CONTEXT)):
        raise Invalid(f"{unknown[0]!r} is no circumstance; there are {', '.join(_CONTEXT)}")
    context: dict[str, Any] = {}
    if verb == "task.release_money":
        limit = approval_limit(caller.app.graph(), who.all_roles | {*who.emergency})
        context = {"amount": obj.attributes.get("amount"), "limit": limit}
    for name, value in given.items():
        context[name] = _amount(name, value) if name in _AMOUNTS else value
    return context


def _amount(name: str, value: str) -> Decimal | None:
    if value in {"unknown", "unlimited"}:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation as wrong:
        raise Invalid(f"{name}={value!r} is no amount; write it as 1234.50") from wrong
    if not amount.is_finite():
        raise Invalid(f"{name}={value!r} is no amount; write it as 1234.50")
    return amount
