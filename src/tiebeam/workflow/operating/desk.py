"""What every verb of run operations works with, and how each asks whether it may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tiebeam.authority import Authority, Principal
from tiebeam.engine import Engine
from tiebeam.errors import Invalid
from tiebeam.graph import Graph
from tiebeam.store import Store, Unit
from tiebeam.workflow.intake import Intake
from tiebeam.workflow.objects import IntentFacts, run_object
from tiebeam.workflow.promotion import Promotion
from tiebeam.workflow.runs import Interpreter
from tiebeam.workforce import Workforce, note_use, task_holders


@dataclass(frozen=True, slots=True)
class Desk:
    """The rooms that run operations work with."""

    store: Store
    engine: Engine
    interpreter: Interpreter
    workforce: Workforce
    intake: Intake
    promotion: Promotion
    authority: Authority
    facts: IntentFacts
    graph: Callable[[], Graph]

    def ask(self, unit: Unit, principal: Principal, verb: str, run_id: str) -> None:
        """Raises Refused and NotFound. What is done by an emergency is kept for its review."""
        holders = task_holders(unit.conn, run_id)
        asked = run_object(self.facts, unit.conn, run_id, holders=holders)
        verdict = self.authority.require(principal, verb, asked)
        note_use(unit, principal, verdict, verb=verb, obj=asked)


def said(reason: str, *, doing: str) -> str:
    """The reason, trimmed. Raises Invalid without one."""
    text = reason.strip()
    if not text:
        raise Invalid(f"{doing} needs a reason")
    return text
