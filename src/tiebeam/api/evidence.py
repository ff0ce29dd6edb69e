"""Evidence packs over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from tiebeam.api.access import changes
from tiebeam.app import App
from tiebeam.http import Caller, evidence_file

_ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {}}, "description": "The pack, for 'tiebeam evidence verify'."}
}


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["journal"])

    @routes.post("/runs/{run_id}/evidence", response_class=Response, responses=_ZIP)
    def of_run(
        run_id: str, caller: Caller = Depends(changes(app, "evidence.export", "evidence", "run_id"))
    ) -> Response:
        """Everything the run and its decisions rest on, in one file that another machine verifies offline."""
        return evidence_file(caller, run_id)

    @routes.post("/tasks/{task_id}/evidence", response_class=Response, responses=_ZIP)
    def of_decision(
        task_id: str, caller: Caller = Depends(changes(app, "evidence.export", "evidence", "task_id"))
    ) -> Response:
        """The same for the decision on one task."""
        return evidence_file(caller, task_id)

    return routes
