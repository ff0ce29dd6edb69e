"""The answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, why in words for the person, the id of the rule that gave it, and the policies it stands in."""

    allowed: bool
    reason: str
    rule: str
    policy_version: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One rule that spoke: what it said in words, and the values of the facts its text looks at."""

    rule: str
    effect: str
    source: str
    because: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`spoke` are the rules that decided, in order of precedence; `silent` those of the verb that did not apply."""

    verdict: Verdict
    verb: str
    principal: Mapping[str, Any]
    object: Mapping[str, Any]
    context: Mapping[str, Any]
    spoke: tuple[Said, ...]
    silent: tuple[Said, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "allowed": self.verdict.allowed,
            "reason": self.verdict.reason,
            "rule": self.verdict.rule,
            "policy_version": self.verdict.policy_version,
            "verb": self.verb,
            "principal": dict(self.principal),
            "object": dict(self.object),
            "context": dict(self.context),
            "spoke": [_said(one) for one in self.spoke],
            "silent": [_said(one) for one in self.silent],
        }


def _said(one: Said) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "effect": one.effect,
        "source": one.source,
        "because": one.because,
        "facts": dict(one.facts),
    }
