"""The library and the workspace's own records, with what uses what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tiebeam.api.access import asks
from tiebeam.app import App
from tiebeam.http import Caller
from tiebeam.kit import plain


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["library"])

    @routes.get("/library/{kind}")
    def listing(kind: str, caller: Caller = Depends(asks(app, "intent.view", "record"))) -> list[dict[str, Any]]:
        """The records of a kind you may see: intents, recipes, roles, patterns, handoffs, evaluations, tracks …"""
        return plain([record for _, record in caller.records(kind)])

    @routes.get("/library/{kind}/record")
    def one(
        kind: str,
        record_id: Annotated[str, Query(alias="id", max_length=200)],
        caller: Caller = Depends(asks(app, "intent.view", "record")),
    ) -> dict[str, Any]:
        """One record with its file and its lineage both ways."""
        graph = app.graph()
        caller.see("record", f"{kind}/{record_id}")
        return {
            "record": plain(graph.of(kind, record_id)),
            "file": graph.file_of(kind, record_id),
            "depends_on": plain(caller.seen_nodes(graph.depends_on(kind, record_id))),
            "used_by": plain(caller.seen_nodes(graph.used_by(kind, record_id))),
        }

    return routes
