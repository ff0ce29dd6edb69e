"""Adopted workflows: where they stand, their gates, evaluating and promoting."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.http import Caller
from tiebeam.kit import plain
from tiebeam.workflow import recipe_object
from tiebeam.workflow.evaluations import last_evaluation
from tiebeam.workflow.promotion import Stage
from tiebeam.workflow.runs import decision_counts


class PromoteBody(Body):
    to: Stage
    override: str | None = Field(default=None, max_length=2000)
    until: date | None = None


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["workflows"])
    _looking(app, routes)
    _moving(app, routes)
    return routes


def _looking(app: App, routes: APIRouter) -> None:
    @routes.get("/workflows")
    def listing(caller: Caller = Depends(asks(app, "intent.view", "intent"))) -> list[dict[str, Any]]:
        """Every adopted workflow you may see, with its state and the present answer of every gate."""
        seen = caller.intents()
        with app.store.read() as conn:
            return [
                {
                    "standing": plain(app.promotion.standing(conn, intent)),
                    "gates": plain(app.promotion.ask_gates(conn, intent)),
                }
                for intent in app.graph().adoptions
                if intent in seen
            ]

    @routes.get("/workflows/{intent}")
    def one(intent: str, _caller: Caller = Depends(asks(app, "intent.view", "recipe", "intent"))) -> dict[str, Any]:
        """One workflow: state, gates, history, last evaluation and the figures of the last thirty days."""
        _, adoption, recipe = app.promotion.adopted(intent)
        today = app.store.clock.now().date()
        with app.store.read() as conn:
            summary = app.economics.workflow_summary(
                conn,
                recipe.intent,
                since=today - timedelta(days=30),
                until=today,
                instrumentation=recipe.instrumentation,
            )
            return {
                "adoption": plain(adoption),
                "recipe": plain(recipe),
                "standing": plain(app.promotion.standing(conn, intent)),
                "gates": plain(app.promotion.ask_gates(conn, intent)),
                "history": plain(app.promotion.history(conn, intent)),
                "evaluation": plain(last_evaluation(conn, recipe.id)),
                "decisions": decision_counts(conn, intent=recipe.intent),
                "summary": plain(summary),
            }


def _moving(app: App, routes: APIRouter) -> None:
    change = changes(app, "recipe.promote", "recipe", "intent")

    @routes.post("/workflows/{intent}/evaluate")
    def evaluate(intent: str, caller: Caller = Depends(change)) -> dict[str, Any]:
        """Run the evaluation set of the adopted recipe."""
        return plain(app.evaluate(intent, actor=caller.principal.actor))

    @routes.post("/workflows/{intent}/promote")
    def promote(intent: str, body: PromoteBody, caller: Caller = Depends(change)) -> dict[str, Any]:
        """Move a workflow. A shut gate is answered with 409 and every gate's reason."""
        if body.override is not None:
            name, _, _ = app.promotion.adopted(intent)
            caller.require("recipe.override", recipe_object(app.intent_facts, name), {"reason": body.override})
        record = app.promotion.promote(
            intent, to=body.to, actor=caller.principal.actor, override=body.override, until=body.until
        )
        return plain(record)
