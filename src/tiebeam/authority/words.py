"""The words of a reason: what a rule's `@because` may name in braces, and what stands there for one question."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from tiebeam.authority.facts import stands_in_for_excluded
from tiebeam.authority.questions import Question


def _least(shared: Iterable[str]) -> str:
    return repr(min(shared, default=""))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def _took_part(question: Question) -> str:
    principal, excluded = question.principal, question.obj.names("excluded_people")
    earlier = question.context.get("earlier") or "took part earlier in this case"
    if principal.person_id in excluded:
        return f"{principal.name} {earlier}"
    if absent := stands_in_for_excluded(principal, question.obj):
        return f"{principal.name} would act for {_listed(absent)}, who took part earlier in this case"
    return f"{principal.vouched_by} opened this session for {principal.name} and took part earlier in this case"


def _sum(value: Any) -> str:
    return "an unknown amount" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


WORDS: Mapping[str, Callable[[Question], str]] = {
    "principal": lambda q: q.principal.name,
    "person_id": lambda q: repr(q.principal.person_id),
    "roles": lambda q: ", ".join(sorted(q.principal.all_roles)) or "no role",
    "scopes": lambda q: _listed(q.principal.scopes or ()),
    "verb": lambda q: q.verb,
    "object": lambda q: str(q.obj),
    "person": lambda q: repr(q.obj.attributes.get("person", "")),
    "claimed_by": lambda q: repr(q.obj.attributes.get("claimed_by", "")),
    "kept_for": lambda q: _listed(q.obj.names("restricted_roles")),
    "took_part": _took_part,
    "acting_role": lambda q: _least(q.obj.acting_roles & q.principal.all_roles),
    "owning_role": lambda q: _least(q.obj.owning_roles & q.principal.all_roles),
    "audit_role": lambda q: _least(q.obj.names("audit_owner") & q.principal.all_roles),
    "reading_role": lambda q: _least(q.obj.names("readers") & q.principal.all_roles),
    "emergency_role": lambda q: _least(
        (q.obj.acting_roles | q.obj.names("readers")) & frozenset(q.principal.emergency)
    ),
    "amount": lambda q: _sum(q.context.get("amount")),
    "limit": lambda q: "without end" if q.context.get("limit") is None else _sum(q.context["limit"]),
    "reason": lambda q: str(q.context.get("reason") or ""),
}
"""Everything a `@because` may name in braces."""


_PLAIN: Mapping[str, str] = {
    "principal": "the person",
    "person_id": "itself",
    "roles": "their roles",
    "scopes": "its scopes",
    "verb": "what is asked",
    "object": "it",
    "person": "its owner",
    "claimed_by": "somebody else",
    "kept_for": "certain roles",
    "took_part": "the person took part earlier in this case",
    "acting_role": "that works on it",
    "owning_role": "that owns it",
    "audit_role": "its owner",
    "reading_role": "one of its readers",
    "emergency_role": "the role of the grant",
    "amount": "an amount above that",
    "limit": "set by their roles",
    "reason": "a reason",
}
"""What stands for each word where no question has been asked."""


def in_general(template: str) -> str:
    """The reason as a sentence about nobody in particular, for lists of rules."""
    return template.format_map(_PLAIN)


class BrokenWords(ValueError):
    """A reason that names what nobody can fill in."""


def check_words(template: str) -> None:
    """Raises BrokenWords."""
    try:
        named = [name for _, name, form, _ in string.Formatter().parse(template) if name is not None or form]
    except ValueError as wrong:
        raise BrokenWords(
            f"the braces in {template!r} do not pair up ({wrong}); write {{{{ for a brace itself"
        ) from wrong
    if unknown := [name for name in named if name not in WORDS]:
        raise BrokenWords(f"a reason cannot name {{{unknown[0]}}}; it may name {', '.join(sorted(WORDS))}")


def fill(template: str, question: Question) -> str:
    """The reason for one question. What comes from outside is put in as it stands, never read as a template."""
    return template.format_map(_Words(question))


class _Words(dict[str, str]):
    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def __missing__(self, name: str) -> str:
        return WORDS[name](self._question)
