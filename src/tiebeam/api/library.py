"""The library and the workspace's own records, with what uses what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tiebeam.api.access import allow, reader
from tiebeam.app import App
from tiebeam.authority import Principal
from tiebeam.kit import plain


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["library"])
    read = reader(app)

    @routes.get("/library/{kind}")
    def listing(kind: str, principal: Principal = Depends(read)) -> list[dict[str, Any]]:
        """All records of a kind: intents, recipes, roles, patterns, handoffs, evaluations, tracks …"""
        allow(app, principal, "intent.view", "intent")
        return plain(list(app.graph().records(kind).values()))

    @routes.get("/library/{kind}/record")
    def one(
        kind: str,
        record_id: Annotated[str, Query(alias="id", max_length=200)],
        principal: Principal = Depends(read),
    ) -> dict[str, Any]:
        """One record with its file and its lineage both ways."""
        allow(app, principal, "intent.view", "intent", record_id)
        graph = app.graph()
        return {
            "record": plain(graph.of(kind, record_id)),
            "file": graph.file_of(kind, record_id),
            "depends_on": plain(graph.depends_on(kind, record_id)),
            "used_by": plain(graph.used_by(kind, record_id)),
        }

    return routes
