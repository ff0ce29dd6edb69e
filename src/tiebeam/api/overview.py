"""What waits, what runs and what it costs: the figures of the console's first page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends

from tiebeam.api.access import asks
from tiebeam.app import App
from tiebeam.http import Caller
from tiebeam.kit import plain
from tiebeam.workflow.runs import decision_counts, run_counts


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["overview"])

    @routes.get("/overview")
    def overview(caller: Caller = Depends(asks(app, "run.view", "run"))) -> dict[str, Any]:
        """Tasks that wait, runs by state and by decision, workflows and their figures of the last thirty days.

        `reading` says what holds the processes that parse documents; `missing` in words what does not hold here.
        """
        principal = caller.principal
        runs, tasks, ledger = (caller.visible(verb) for verb in ("run.view", "task.view", "ledger.view"))
        workflows = [intent for intent in app.graph().adoptions if intent in caller.intents()]
        reading = plain(app.reader.held())
        today = app.store.clock.now().date()
        with app.store.read() as conn:
            return {
                "tasks": plain(app.workforce.counts(conn, principal, visible=tasks)),
                "notices": plain(app.workforce.notices(conn, principal.person_id)),
                "runs": run_counts(conn, visible=runs),
                "decisions": decision_counts(conn, visible=runs),
                "workflows": [plain(app.promotion.standing(conn, intent)) for intent in workflows],
                "ledger": plain(
                    app.economics.summaries(conn, since=today - timedelta(days=30), until=today, intents=ledger.intents)
                ),
                "work": plain(app.engine.health()),
                "reading": reading,
            }

    @routes.get("/extensions")
    def extensions(_: Caller = Depends(asks(app, "intent.view", "record"))) -> list[dict[str, Any]]:
        """Packages that add steps, connectors, scorers or gates to this server, with what did not load and why."""
        return plain(app.extensions.found)

    return routes
