"""The one question every face asks before it acts: may this principal do this verb to this object?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tiebeam.authority.facts import UnknownFact, context_facts, object_facts, principal_facts
from tiebeam.authority.policies import Answer, Policies
from tiebeam.authority.principals import Principal
from tiebeam.authority.questions import VERBS, Obj, Question
from tiebeam.authority.rules import ANY_FACT, Rule
from tiebeam.authority.verdicts import Explanation, Said, Verdict
from tiebeam.authority.words import fill
from tiebeam.errors import Refused

DEFAULT_DENY = "default-deny"
APPROVAL_LIMIT = "approval-limit"
"""The forbid that does not end a decision: it becomes an endorsement, and a higher limit decides."""
NOT_DECIDABLE = "not-decidable"
"""The rule of a refusal because a question did not fit the schema, or could not be evaluated."""


class Authority:
    """Asks the policies in force. `policies` is called at each question, so a re-applied workspace takes effect."""

    def __init__(self, policies: Callable[[], Policies]) -> None:
        self._policies = policies

    @property
    def version(self) -> str:
        """The digest of the schema and the rules in force."""
        return self._policies().version

    @property
    def voucher_counts(self) -> bool:
        """Whether who opened a session for somebody counts as having taken part."""
        return self._policies().voucher_counts

    @property
    def policies(self) -> Policies:
        """The rules in force."""
        return self._policies()

    def may(self, principal: Principal, verb: str, obj: Obj, context: Mapping[str, Any] | None = None) -> Verdict:
        """Forbids override permits; what nothing permits is denied. Everything the rules look at is passed in."""
        policies = self._policies()
        question = Question(principal, verb, obj, context or {})
        if verb not in VERBS:
            return Verdict(False, f"no rule knows the verb {verb!r}", DEFAULT_DENY, policies.version)
        return _verdict(policies, question, policies.ask(question))

    def require(self, principal: Principal, verb: str, obj: Obj, context: Mapping[str, Any] | None = None) -> Verdict:
        """The verdict when it is yes. Raises Refused with the reason and the rule otherwise."""
        verdict = self.may(principal, verb, obj, context)
        if not verdict.allowed:
            raise refusal(principal, verb, obj, verdict)
        return verdict

    def explain(
        self, principal: Principal, verb: str, obj: Obj, context: Mapping[str, Any] | None = None
    ) -> Explanation:
        """The verdict with every rule that spoke, those of the verb that stayed silent, and the facts they read."""
        policies = self._policies()
        question = Question(principal, verb, obj, context or {})
        answer = policies.ask(question) if verb in VERBS else Answer(False)
        facts = _facts(policies, question)
        spoke = tuple(_said(rule, question, facts) for rule in answer.rules)
        silent = tuple(
            _said(rule, None, facts) for rule in policies.rules if verb in rule.verbs and rule not in answer.rules
        )
        return Explanation(
            verdict=self.may(principal, verb, obj, context),
            verb=verb,
            principal=facts["principal"],
            object={"kind": obj.kind, **facts["resource"]},
            context=facts["context"],
            spoke=spoke,
            silent=silent,
        )


def refusal(principal: Principal, verb: str, obj: Obj, verdict: Verdict) -> Refused:
    """The error that says who may not do what, why, and by which rule."""
    return Refused(
        f"{principal.name} may not {verb!r} on {obj}: {verdict.reason}",
        verb=verb,
        kind=obj.kind,
        object=obj.id,
        rule=verdict.rule,
        reason=verdict.reason,
        policy_version=verdict.policy_version,
    )


def _verdict(policies: Policies, question: Question, answer: Answer) -> Verdict:
    if answer.problem:
        return Verdict(False, answer.problem, NOT_DECIDABLE, policies.version)
    if not answer.rules:
        return Verdict(False, _why_denied(question), DEFAULT_DENY, policies.version)
    first = answer.rules[0]
    return Verdict(answer.allowed, fill(first.because, question), first.id, policies.version)


def _why_denied(question: Question) -> str:
    principal = question.principal
    held = ", ".join(sorted(principal.all_roles)) or "no role"
    roles = question.obj.acting_roles
    asked = f" (asked for: {', '.join(sorted(roles))})" if roles else ""
    return f"this is for {VERBS[question.verb]}{asked}; {principal.name} holds {held}"


def _facts(policies: Policies, question: Question) -> dict[str, dict[str, Any]]:
    """What the rules could look at; empty where the question does not fit the schema."""
    found = policies.shape.kinds.get(question.obj.kind)
    fitting = policies.shape.verbs.get(question.verb)
    try:
        resource = {} if found is None else object_facts(question.obj, found[1])
        context = {} if fitting is None else context_facts(question, fitting[1], voucher_counts=policies.voucher_counts)
    except UnknownFact:
        resource, context = {}, {}
    return {"principal": principal_facts(question.principal), "resource": resource, "context": context}


def _said(rule: Rule, question: Question | None, facts: Mapping[str, Mapping[str, Any]]) -> Said:
    """A rule that stayed silent keeps the braces in its words: there is nothing to put there."""
    read: dict[str, Any] = {}
    for path in rule.facts:
        if path == ANY_FACT:
            continue
        part, _, name = path.partition(".")
        read[path] = facts.get(part, {}).get(name)
    because = rule.because if question is None else fill(rule.because, question)
    return Said(rule.id, rule.effect, rule.source, because, read)
