"""The policies in force: the built-in ones and the workspace's, read and compiled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tiebeam.authority.facts import UnknownFact, request_of
from tiebeam.authority.questions import Question
from tiebeam.authority.rules import ANY_FACT, Rule, built_in_rules
from tiebeam.authority.schema import Shape, read_schema
from tiebeam.authority.words import BrokenWords, check_words
from tiebeam.errors import Invalid
from tiebeam.kit import digest_of


class PolicyBroken(Invalid):
    """The rules cannot be put in force; the message says which one and why."""

    code = "policy_broken"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the policies say: the rules that decided, in order of precedence, or why the question was none."""

    allowed: bool
    rules: tuple[Rule, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _OfVerb:
    """The rules whose head names a verb: asking another costs as much as asking one that could speak.

    `wanted` are the facts they look at, None for all.
    """

    rules: tuple[Rule, ...]
    wanted: frozenset[str] | None
    compiled: Any


@dataclass(frozen=True, slots=True)
class Policies:
    """An immutable, compiled set; safe to ask from many threads. `version` is the digest of schema and rules."""

    rules: tuple[Rule, ...]
    shape: Shape
    version: str
    voucher_counts: bool
    _of_verbs: dict[str, _OfVerb] = field(default_factory=dict[str, "_OfVerb"], repr=False, compare=False)
    """Filled when a verb is first asked; whoever writes, writes the same."""

    @property
    def content(self) -> dict[str, Any]:
        """The text of it all, JSON-ready; `version` is its digest."""
        return _content(self.rules, self.shape, voucher_counts=self.voucher_counts)

    def rule(self, rule_id: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    def ask(self, question: Question) -> Answer:
        """Denies, with the problem, what does not fit the schema and what cannot be evaluated."""
        from cedarpy import is_authorized

        known = self._of_verb(question.verb)
        try:
            request, entities = request_of(
                question, self.shape, voucher_counts=self.voucher_counts, wanted=known.wanted
            )
        except UnknownFact as problem:
            return Answer(False, problem=str(problem))
        result = is_authorized(request, known.compiled, entities)
        said = result.diagnostics
        # A forbid that could not be evaluated counts for nothing in Cedar, so any error closes the door here.
        if said.errors:
            return Answer(False, problem=f"the policies could not be evaluated: {said.errors[0]}")
        positions = sorted(int(reason.removeprefix("policy")) for reason in said.reasons)
        return Answer(result.allowed, tuple(known.rules[position] for position in positions))

    def _of_verb(self, verb: str) -> _OfVerb:
        known = self._of_verbs.get(verb)
        if known is None:
            from cedarpy import PolicySet

            rules = tuple(rule for rule in self.rules if verb in rule.verbs)
            wanted = frozenset(fact for rule in rules for fact in rule.facts)
            compiled = PolicySet.from_str("\n".join(rule.text for rule in rules))
            known = self._of_verbs[verb] = _OfVerb(rules, None if ANY_FACT in wanted else wanted, compiled)
        return known


def compile_policies(
    overlay: Sequence[Rule] = (), *, voucher_counts: bool = True, shape: Shape | None = None
) -> Policies:
    """The built-in rules with the workspace's after them. Raises PolicyBroken.

    `voucher_counts` says whether separation of duties takes who opened a session for somebody to have taken part.
    """
    from cedarpy import validate_policies

    shape = shape or read_schema()
    rules = (*built_in_rules(shape), *overlay)
    _check_ids(rules)
    for rule in rules:
        try:
            check_words(rule.because)
        except BrokenWords as wrong:
            raise PolicyBroken(f"rule {rule.id!r} of {rule.source}: {wrong}", rule=rule.id) from wrong
    text = "\n".join(rule.text for rule in rules)
    result = validate_policies(text, shape.parsed)
    if not result.validation_passed:
        first = result.errors[0]
        at = first.policy_id.removeprefix("policy")
        named = rules[int(at)].id if at.isdecimal() else "?"
        raise PolicyBroken(f"rule {named!r} does not fit the schema: {first.error}", rule=named)
    version = digest_of(_content(rules, shape, voucher_counts=voucher_counts))
    return Policies(rules, shape, version, voucher_counts)


def _content(rules: Sequence[Rule], shape: Shape, *, voucher_counts: bool) -> dict[str, Any]:
    told = [[rule.id, rule.because, rule.text] for rule in rules]
    return {"schema": shape.text, "rules": told, "voucher_counts": voucher_counts}


def _check_ids(rules: Sequence[Rule]) -> None:
    seen: Mapping[str, Rule] = {}
    for rule in rules:
        if not rule.id or not rule.because:
            raise PolicyBroken(f"a rule of {rule.source} has no {'because' if rule.id else 'id'}", rule=rule.id)
        if (former := seen.get(rule.id)) is not None:
            raise PolicyBroken(f"the id {rule.id!r} of {rule.source} is taken by {former.source}", rule=rule.id)
        seen = {**seen, rule.id: rule}
