"""What becomes of an invoice whose run ends before its time: are its number and its order free again?"""

from __future__ import annotations

from tiebeam.engine import Engine
from tiebeam.spec import Effect
from tiebeam.store import Unit
from tiebeam.workflow.invoices import settle_invoice
from tiebeam.workflow.runs import RunRow


def settle_given_up(engine: Engine, unit: Unit, row: RunRow) -> None:
    """Free an invoice that was never posted, so that it may be handed in again.

    One that was posted keeps using up its order. So does one nobody is sure of: a second payment is worse than a
    question.
    """
    if row.document_id is None:
        return
    effects = engine.effects.list(unit.conn, row.id)
    may_have_left = any(
        effect.state == "intent" or (effect.state == "confirmed" and effect.mode is Effect.AT_MOST_ONCE)
        for effect in effects
    )
    settle_invoice(unit, document_id=row.document_id, outcome="accepted" if may_have_left else "rejected")
