"""Run operations over a workspace's rooms."""

from __future__ import annotations

from tiebeam.app.in_force import Applied
from tiebeam.authority import Authority
from tiebeam.engine import Engine
from tiebeam.store import Store
from tiebeam.workflow import IntentFacts
from tiebeam.workflow.intake import Intake
from tiebeam.workflow.operating import Desk
from tiebeam.workflow.promotion import Promotion
from tiebeam.workflow.runs import Interpreter
from tiebeam.workforce import Workforce


def desk_of(
    store: Store,
    *,
    engine: Engine,
    graph: Applied,
    authority: Authority,
    facts: IntentFacts,
    workforce: Workforce,
    interpreter: Interpreter,
    promotion: Promotion,
    intake: Intake,
) -> Desk:
    return Desk(
        store=store,
        engine=engine,
        interpreter=interpreter,
        workforce=workforce,
        intake=intake,
        promotion=promotion,
        authority=authority,
        facts=facts,
        graph=graph,
    )
