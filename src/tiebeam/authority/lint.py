"""What is wrong with a workspace's own rules, line by line, before they are put in force."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tiebeam.authority.overlay import rules_of
from tiebeam.authority.rules import Rule, RuleUnreadable, built_in_rules
from tiebeam.authority.schema import Shape, read_schema
from tiebeam.authority.words import BrokenWords, check_words
from tiebeam.spec import AccessRule

_ITEM_FACTS = frozenset(
    f"resource.{name}"
    for name in (
        "amount",
        "claimed_by",
        "currency",
        "excluded_people",
        "id",
        "role",
        "run",
        "started_by",
        "state",
        "team",
    )
)
"""What differs from one item of a list to the next. Lists are filtered by intent, so a forbid cannot look at these."""
_PRINCIPAL_TYPE = re.compile("`(?:Person|Agent|Service|System)`")
_POLICY = re.compile(r"^for policy `[^`]*`, ")
_ROLES = re.compile(
    r"\b(?:roles|own_roles|emergency_roles|acting_roles|owning_roles|readers|audit_owner|restricted_roles)"
    r"\.(?:contains\(\s*(\"[^\"]*\")|contains(?:Any|All)\(\s*\[([^\]]*)\])"
)
_GUIDE = "docs/guides/policies.md lists verbs, kinds and what is known of each."


@dataclass(frozen=True, slots=True)
class Finding:
    """`record` is the id of the access rule, `line` the line within its `cedar` text, counted from 1."""

    record: str
    line: int
    code: str
    message: str
    fix: str
    is_warning: bool = False


def check_rules(records: Mapping[str, AccessRule], roles: Collection[str]) -> list[Finding]:
    """Every problem of the workspace's rules; `roles` are the roles the workspace declares."""
    shape = read_schema()
    taken = {rule.id: "a built-in rule" for rule in built_in_rules(shape)}
    found: list[Finding] = []
    for record_id, record in sorted(records.items()):
        try:
            rules = list(rules_of(record, shape, source=record_id))
        except RuleUnreadable as wrong:
            fix = "write one Cedar policy for each rule: permit or forbid (principal, action, resource) when { … };"
            found.append(Finding(record_id, 1, "access-syntax", f"{wrong}.", fix))
            continue
        for line, rule in rules:
            found += _names(record_id, line, rule, taken)
            found += _fit(record_id, line, rule, shape)
            found += _habits(record_id, line, rule, shape, roles)
            taken.setdefault(rule.id, f"access/{record_id}.toml")
    return found


def _names(record_id: str, line: int, rule: Rule, taken: Mapping[str, str]) -> Iterator[Finding]:
    if not rule.id:
        message = "the text holds several rules, and this one has no id."
        yield Finding(record_id, line, "access-id", message, 'write @id("…") before each, or a file for each.')
    elif (owner := taken.get(rule.id)) is not None:
        message = f"the id {rule.id!r} is taken by {owner}; a rule cannot take another's place."
        yield Finding(record_id, line, "access-id", message, "choose another id.")
    try:
        check_words(rule.because)
    except BrokenWords as wrong:
        yield Finding(record_id, line, "access-words", f"{wrong}.", "name only words of that list in braces.")


def _fit(record_id: str, line: int, rule: Rule, shape: Shape) -> Iterator[Finding]:
    """Whether Cedar's validator takes it, and whether it could ever hold."""
    from cedarpy import validate_policies

    result = validate_policies(rule.text, shape.parsed)
    # Said once for each kind of principal, the same fault is one fault.
    said = {_PRINCIPAL_TYPE.sub("", error.error): error.error for error in reversed(result.errors)}
    for error in reversed(said.values()):
        message = f"{_POLICY.sub('', error)}."
        yield Finding(record_id, line, "access-schema", message, _GUIDE)
    if result.errors:
        return
    # What follows a condition that is never true is not typed: if nonsense passes after it, the rule never holds.
    nonsense = f"{rule.text.rstrip().removesuffix(';')} when {{ principal.nobody_declares_this }};"
    if validate_policies(nonsense, shape.parsed).validation_passed:
        message = f"the rule {rule.id!r} can never apply: its conditions exclude each other."
        yield Finding(record_id, line, "access-never", message, "correct its conditions, or remove it.", True)


def _habits(record_id: str, line: int, rule: Rule, shape: Shape, roles: Collection[str]) -> Iterator[Finding]:
    if rule.effect == "permit" and rule.is_unconditional:
        verbs = "every verb" if len(rule.verbs) == len(shape.verbs) else ", ".join(sorted(rule.verbs))
        message = f"the rule {rule.id!r} permits {verbs} to everyone, without a condition."
        yield Finding(record_id, line, "access-open", message, "say to whom and when: when { … }.", True)
    read = rule.verbs & shape.groups["reading"]
    if rule.effect == "forbid" and read and (facts := sorted(_ITEM_FACTS.intersection(rule.facts))):
        message = (
            f"the rule {rule.id!r} keeps people from {', '.join(sorted(read))} by {', '.join(facts)}, "
            "which a list does not look at: the line would stay visible there."
        )
        fix = "name the verbs it is about in its head, or look at resource.intent, domain or readers."
        yield Finding(record_id, line, "access-reading", message, fix)
    for role in _roles_named(rule.text):
        if role not in roles:
            message = f"the rule {rule.id!r} names the role {role!r}, which nobody declares."
            yield Finding(record_id, line, "access-role", message, "correct the name, or declare it in roles/.", True)


def _roles_named(text: str) -> list[str]:
    found = [part for match in _ROLES.findall(text) for part in match if part]
    return list(dict.fromkeys(name for part in found for name in re.findall(r'"([^"]*)"', part)))
