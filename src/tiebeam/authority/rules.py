"""Rules as text: cut into single statements, each read for its id, its words and the facts it looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from importlib.resources import files
from typing import Any

from tiebeam.authority.schema import Shape

FILES = ("forbids", "machines", "reading", "work", "management", "emergencies")
"""The built-in policies in order of precedence: where several rules speak, the first gives the reason."""
BUILT_IN = "built-in"
ANY_FACT = "*"
"""What a rule looks at that reaches a fact in a roundabout way, not as `principal.roles`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`source` is `built-in` or the file of the workspace; `line` is where the statement begins there.

    `verbs` are those its head names; `facts` what its conditions look at, such as `principal.roles`, or `*`.
    """

    id: str
    effect: str
    because: str
    text: str
    source: str
    line: int
    verbs: frozenset[str]
    facts: tuple[str, ...]
    is_unconditional: bool

    @property
    def is_built_in(self) -> bool:
        return self.source == BUILT_IN


class RuleUnreadable(ValueError):
    """A statement that is not one policy."""


def built_in_rules(shape: Shape) -> list[Rule]:
    found: list[Rule] = []
    for theme in FILES:
        text = (files("tiebeam.authority") / "cedar" / f"{theme}.cedar").read_text(encoding="utf-8")
        found += [read_rule(cut, shape, source=BUILT_IN, line=line) for line, cut in statements(text)]
    return found


def statements(text: str) -> Iterator[tuple[int, str]]:
    """Each statement with the line, counted from 1, on which it begins; comments before it are left out."""
    line, begun, start, at = 1, 0, 0, 0
    while at < len(text):
        char = text[at]
        if char == "/" and text[at : at + 2] == "//":
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
            continue
        if not char.isspace() and not begun:
            start, begun = at, line
        if char == '"':
            end = _end_of_string(text, at)
            line += text.count("\n", at, end)
            at = end
            continue
        line += char == "\n"
        at += 1
        if char == ";" and begun:
            yield begun, text[start:at]
            begun = 0
    if begun:
        yield begun, text[start:].rstrip()


def _end_of_string(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return min(at + 1, len(text))


def read_rule(text: str, shape: Shape, *, source: str, line: int, rule_id: str = "", because: str = "") -> Rule:
    """One statement. Its `@id` and `@because` win over those given. Raises RuleUnreadable."""
    from cedarpy import policies_to_pst, pst

    try:
        parsed = policies_to_pst(text)
    except ValueError as wrong:
        raise RuleUnreadable(f"this is no Cedar policy: {wrong}") from wrong
    if parsed.templates or len(parsed.static_policies) != 1:
        raise RuleUnreadable("a rule is one policy without slots such as ?principal")
    (policy,) = parsed.static_policies.values()
    is_bare = all(isinstance(part, pst.ScopeAny) for part in (policy.principal, policy.resource))
    return Rule(
        id=policy.annotations.get("id") or rule_id,
        effect=policy.effect,
        because=policy.annotations.get("because") or because,
        text=text,
        source=source,
        line=line,
        verbs=_verbs(policy.action, shape),
        facts=tuple(sorted(set(_facts(policy.clauses)))),
        is_unconditional=is_bare and not policy.clauses,
    )


def _verbs(constraint: Any, shape: Shape) -> frozenset[str]:
    from cedarpy import pst

    match constraint:
        case pst.ActionEq():
            named = (constraint.entity.id,)
        case pst.ActionIn():
            named = tuple(entity.id for entity in constraint.entities)
        case _:
            return frozenset(shape.verbs)
    return frozenset(verb for name in named for verb in shape.groups.get(name, frozenset({name})))


def _facts(node: Any) -> Iterator[str]:
    from cedarpy import pst

    match node:
        case pst.GetAttr(base=pst.Var(name), attr=attribute):
            yield f"{name}.{attribute}"
        case pst.HasAttr(base=pst.Var(name), attrs=attributes):
            yield f"{name}.{attributes[0]}"
        case pst.GetAttr() | pst.HasAttr():
            yield ANY_FACT
        case tuple():
            for part in node:  # pyright: ignore[reportUnknownVariableType]
                yield from _facts(part)
        case _ if is_dataclass(node):
            for one in fields(node):
                yield from _facts(getattr(node, one.name))
        case _:
            return
