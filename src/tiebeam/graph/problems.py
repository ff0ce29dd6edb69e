"""What is wrong in a workspace, where exactly, and how to put it right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tiebeam.errors import TiebeamError


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding. `rule` is a stable id; `line` counts from 1, 0 when the file as a whole is meant."""

    file: str
    line: int
    rule: str
    message: str
    fix: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.message} Fix: {self.fix}"


class GraphBroken(TiebeamError):
    """The declared files cannot be used; `problems` says why, each with file, line and fix."""

    code = "graph_broken"
    status = 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = str(self.problems[0])
        more = f" (and {len(self.problems) - 1} more; run `tiebeam check`)" if len(self.problems) > 1 else ""
        super().__init__(
            f"{first}{more}",
            problems=[
                {
                    "rule": problem.rule,
                    "file": problem.file,
                    "line": problem.line,
                    "message": problem.message,
                    "fix": problem.fix,
                    "severity": problem.severity.value,
                }
                for problem in self.problems
            ],
        )
