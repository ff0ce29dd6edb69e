"""What waits, what runs and what it costs: the figures of the console's first page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends

from tiebeam.api.access import allow, reader
from tiebeam.app import App
from tiebeam.authority import Principal
from tiebeam.kit import plain
from tiebeam.workflow.runs import decision_counts, run_counts


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["overview"])
    read = reader(app)

    @routes.get("/overview")
    def overview(principal: Principal = Depends(read)) -> dict[str, Any]:
        """Tasks that wait, runs by state and by decision, workflows and their figures of the last thirty days."""
        allow(app, principal, "run.view", "run")
        today = app.store.clock.now().date()
        with app.store.read() as conn:
            return {
                "tasks": plain(app.workforce.counts(conn, principal)),
                "notices": plain(app.workforce.notices(conn, principal.person_id)),
                "runs": run_counts(conn),
                "decisions": decision_counts(conn),
                "workflows": [plain(app.promotion.standing(conn, intent)) for intent in app.graph().adoptions],
                "ledger": plain(app.economics.summaries(conn, since=today - timedelta(days=30), until=today)),
                "work": plain(app.engine.health()),
            }

    return routes
