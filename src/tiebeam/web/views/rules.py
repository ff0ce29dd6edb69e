"""The rules of access: what they say, who may what, and why somebody may or may not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReachRow:
    """A verb and how far each column's principal reaches with it: `all`, `part` or `none`."""

    verb: str
    who: str
    reaches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReachTable:
    columns: tuple[str, ...]
    rows: tuple[ReachRow, ...]


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """One rule in an explanation; `facts` are (name, value) of what it looked at."""

    rule: str
    effect: str
    source: str
    words: str
    spoke: bool
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WhyView:
    """`people` are (id, name) of those one may ask about. `problem` says why there is no answer."""

    people: tuple[tuple[str, str], ...]
    verbs: tuple[str, ...]
    person: str
    verb: str
    named: str
    problem: str = ""
    headline: str = ""
    allowed: bool = False
    reason: str = ""
    rules: tuple[RuleSaid, ...] = ()
    command: str = ""


@dataclass(frozen=True, slots=True)
class PolicyView:
    """`tab` is rules, reach or why; only that part is filled."""

    tab: str
    version: str
    count: int
    reach: ReachTable | None = None
    why: WhyView | None = None
