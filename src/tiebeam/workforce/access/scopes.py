"""What a token may be for: verbs, groups of verbs, and what no group holds."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from tiebeam.authority import VERBS
from tiebeam.errors import Invalid
from tiebeam.workforce.access.token_text import HolderKind

READ = "read"
WORK = frozenset({"run.view", "task.view", "intent.view", "document.view", "ledger.view"})
"""What `read` stands for: the work, neither its journal nor who has access."""
EXPLICIT = frozenset(
    {"task.decide", "task.release_money", "decision.record", "journal.redact", "emergency.review"}
    | {"key.create", "key.rotate", "statement.issue"}
)
"""Decisions, judgements and what cannot be undone: in no group, named one by one, and for tokens of people alone."""
NEVER = frozenset({"token.create", "person.link", "delegation.create", "emergency.open"})
"""What would give more access than the token has: for somebody who signed in."""
AGENT_SCOPES = (READ, "run.start")
"""The most a token of an agent may be for."""


def expand(scopes: Iterable[str]) -> frozenset[str]:
    """The verbs of these scopes. Raises Invalid, naming near matches."""
    verbs: set[str] = set()
    for scope in scopes:
        verbs |= _verbs_of(scope)
    return frozenset(verbs)


def known(scopes: Iterable[str]) -> frozenset[str]:
    """The verbs of these scopes, without those that this version of Tiebeam does not know any more."""
    verbs: set[str] = set()
    for scope in scopes:
        verbs |= _group(scope) or ({scope} & set(VERBS))
    return frozenset(verbs) - NEVER


def _verbs_of(scope: str) -> frozenset[str]:
    if group := _group(scope):
        return group
    if scope in NEVER:
        raise Invalid(f"no token may be for {scope!r}; sign in to do this", scope=scope)
    if scope not in VERBS:
        near = get_close_matches(scope, known_scopes(), n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"there are {', '.join(known_scopes())}"
        raise Invalid(f"no scope is called {scope!r}; {hint}", scope=scope)
    return frozenset({scope})


def _group(scope: str) -> frozenset[str]:
    """The verbs of `read` or of a group such as `run.*`; empty for anything else."""
    if scope == READ:
        return WORK
    if not scope.endswith(".*"):
        return frozenset()
    return frozenset(verb for verb in VERBS if verb.startswith(scope[:-1])) - EXPLICIT - NEVER


def known_scopes(kind: HolderKind = HolderKind.PERSON) -> list[str]:
    """Every scope that a token of this kind of holder can be made with, groups first."""
    groups = sorted({f"{verb.partition('.')[0]}.*" for verb in VERBS if verb not in EXPLICIT | NEVER})
    scopes = [READ, *groups, *(verb for verb in VERBS if verb not in NEVER)]
    if kind is HolderKind.PERSON:
        return scopes
    if kind is HolderKind.AGENT:
        most = expand(AGENT_SCOPES)
        return [scope for scope in scopes if scope not in EXPLICIT and _verbs_of(scope) <= most]
    return [scope for scope in scopes if scope not in EXPLICIT]


def check_scopes(scopes: Iterable[str], *, kind: HolderKind, most: Iterable[str] | None) -> tuple[str, ...]:
    """The scopes, each once and sorted, when a token of this holder may have them. Raises Invalid."""
    asked = tuple(sorted(set(scopes)))
    if not asked:
        raise Invalid("a token needs at least one scope, such as 'read' or 'run.start'")
    verbs = expand(asked)
    if kind is not HolderKind.PERSON and verbs & EXPLICIT:
        raise Invalid(f"{min(verbs & EXPLICIT)!r} is for people alone; a program proposes, a person decides")
    if most is not None and (beyond := verbs - expand(most)):
        raise Invalid(
            f"this holder's tokens may be for {', '.join(most)}, not for {', '.join(sorted(beyond))}; "
            "leave that out, or widen `scopes` in its record",
            beyond=sorted(beyond),
        )
    return asked
