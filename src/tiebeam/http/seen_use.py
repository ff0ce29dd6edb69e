"""Whose model use one caller may see."""

from __future__ import annotations

from tiebeam.authority import Obj
from tiebeam.economics.totals import Scope, scope_of
from tiebeam.http.caller import Caller

USE = "ledger.view"


def seen_use(caller: Caller) -> Scope:
    """What lists and sums of model use may hold for this caller.

    Everyone sees that of the intents whose ledger they read, and what counts against the budgets they answer for; who
    answers for the organisation's, and administrators, see all but what a rule of the workspace keeps from them.
    """
    app, facts = caller.app, caller.app.intent_facts
    mine = caller.principal.all_roles
    intents = caller.visible(USE).intents

    def reads(name: str, readers: frozenset[str]) -> bool:
        return caller.may(USE, Obj("ledger", name, {"readers": tuple(sorted(readers))})).allowed

    def is_withheld(intent: str) -> bool:
        # Refused even as one of its readers: then a rule forbids it, and no budget owned opens it.
        about = {**facts(intent), "readers": tuple(sorted({*facts(intent)["readers"], *mine}))}
        return not caller.may(USE, Obj("ledger", intent, about)).allowed

    withheld = [intent for intent in app.graph().adoptions if intent not in intents and is_withheld(intent)]
    return scope_of(app.graph().budgets, intents=intents, withheld=withheld, reads=reads)
