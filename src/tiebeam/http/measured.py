"""Unit economics measured in the ledger, for one caller."""

from __future__ import annotations

from datetime import date

from tiebeam.economics.units import Prefilled, prefill
from tiebeam.http.caller import Caller
from tiebeam.workflow import stated_economics
from tiebeam.workflow.promotion import NotAdopted


def measured(caller: Caller, workflow: str, *, since: date | None = None, until: date | None = None) -> Prefilled:
    """What the ledger tells of an adopted workflow (its intent or recipe): of the ninety days before today by default.

    Raises NotAdopted, also for whoever may not see its ledger, NoHistory, and Invalid on too long a span.
    """
    app = caller.app
    intents = caller.visible("ledger.view").intents
    missing = f"no recipe that you may see is adopted as {workflow!r}; only what runs here is in the ledger"
    try:
        intent, _, _ = app.promotion.adopted(workflow)
    except NotAdopted as absent:
        raise NotAdopted(missing) from absent
    if intent not in intents:
        raise NotAdopted(missing)
    with app.store.read() as conn:
        history = app.economics.history(conn, intent, since=since, until=until)
    return prefill(history, stated_economics(app.graph(), intent)[1], intent=intent)
