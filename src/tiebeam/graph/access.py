"""The workspace's own rules of access. Who may do what is no business of this room: it is told what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Protocol, cast

from tiebeam import spec
from tiebeam.graph.layout import Kind
from tiebeam.graph.lines import line_of
from tiebeam.graph.problems import Problem, Severity
from tiebeam.graph.reading import Found


class RuleFinding(Protocol):
    """Something wrong with one access rule: `line` counts from 1 within its `cedar` text."""

    @property
    def record(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def fix(self) -> str: ...
    @property
    def is_warning(self) -> bool: ...


RuleCheck = Callable[[Mapping[str, spec.AccessRule], Collection[str]], Iterable[RuleFinding]]
"""Given the access rules and the ids of the roles, answers what is wrong."""


def access_problems(records: Mapping[tuple[Kind, str], Found], check: RuleCheck) -> list[Problem]:
    """What the check finds, with the file and line of each rule."""
    found = {record_id: one for (kind, record_id), one in records.items() if kind is Kind.ACCESS_RULES}
    rules = {record_id: cast("spec.AccessRule", one.record) for record_id, one in found.items()}
    roles = {record_id for kind, record_id in records if kind is Kind.ROLES}
    return [_located(finding, found[finding.record]) for finding in check(rules, roles)]


def _located(finding: RuleFinding, found: Found) -> Problem:
    source, rule = found.source, cast("spec.AccessRule", found.record)
    problem = source.problem(finding.code, ("cedar",), finding.message, fix=finding.fix)
    # A text of several lines begins below its key.
    below = finding.line if "\n" in rule.cedar.strip() else 0
    severity = Severity.WARNING if finding.is_warning else Severity.ERROR
    return replace(problem, line=line_of(source.lines, ("cedar",)) + below, severity=severity)
