"""Roles given to colleagues for a time, and roles taken in an emergency."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.http import Caller
from tiebeam.kit import plain
from tiebeam.workforce import Finding

Name = Annotated[str, Field(max_length=160)]


class NewDelegation(Body):
    """`giver` is yourself when left out; an administrator may delegate for a colleague, who is told."""

    receiver: Name
    role: Name
    first: date
    last: date
    reason: str = Field(max_length=2000)
    giver: Name | None = None


class NewEmergency(Body):
    """You hold `role` for `minutes`; administrators and the role's holders are told at once."""

    role: Name
    minutes: int = Field(ge=1, le=240)
    reason: str = Field(max_length=2000)


class Review(Body):
    finding: Finding
    note: str = Field(max_length=2000)


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["access"])
    _delegations(app, routes)
    _emergencies(app, routes)
    return routes


def _delegations(app: App, routes: APIRouter) -> None:
    @routes.get("/delegations")
    def listing(
        caller: Caller = Depends(asks(app, "delegation.view", "delegation", inside=True)), ended: bool = False
    ) -> dict[str, Any]:
        """What you gave and received, or everybody's if you are an administrator, newest first."""
        with app.store.read() as conn:
            found = app.workforce.delegations.find(conn, caller.principal, with_ended=ended)
        return {
            "rows": [{**plain(one), "state": one.state(app.workforce.delegations.day_of(one.giver))} for one in found]
        }

    @routes.post("/delegations", status_code=201)
    def create(
        body: NewDelegation, caller: Caller = Depends(changes(app, "delegation.create", "delegation", inside=True))
    ) -> dict[str, Any]:
        """Let a colleague act in one of your roles, from the first to the last day."""
        made = app.workforce.delegations.create(
            caller.principal,
            giver=body.giver,
            receiver=body.receiver,
            role=body.role,
            first=body.first,
            last=body.last,
            reason=body.reason,
        )
        return {"delegation": plain(made)}

    @routes.delete("/delegations/{delegation_id}")
    def revoke(
        delegation_id: str, caller: Caller = Depends(changes(app, "delegation.revoke", "delegation", inside=True))
    ) -> dict[str, Any]:
        """End a delegation now."""
        return {"delegation": plain(app.workforce.delegations.revoke(caller.principal, delegation_id))}


def _emergencies(app: App, routes: APIRouter) -> None:
    def told(one: Any) -> dict[str, Any]:
        return {**plain(one), "state": one.state(app.store.clock.now())}

    @routes.get("/emergencies")
    def listing(
        caller: Caller = Depends(asks(app, "emergency.view", "emergency", inside=True)), reviewed: bool = False
    ) -> dict[str, Any]:
        """Emergency access that is open or waits for a review, newest first; the reviewed ones too when asked for."""
        with app.store.read() as conn:
            return {
                "rows": [
                    told(one) for one in app.workforce.emergencies.find(conn, caller.principal, with_reviewed=reviewed)
                ]
            }

    @routes.post("/emergencies", status_code=201)
    def open_one(
        body: NewEmergency, caller: Caller = Depends(changes(app, "emergency.open", "emergency", inside=True))
    ) -> dict[str, Any]:
        """Take a role in an emergency. Everything done under it is on the record, and somebody else reviews it."""
        made = app.workforce.emergencies.open(
            caller.principal, role=body.role, minutes=body.minutes, reason=body.reason
        )
        return {"emergency": told(made)}

    @routes.post("/emergencies/{emergency_id}/close")
    def close(
        emergency_id: str, caller: Caller = Depends(changes(app, "emergency.review", "emergency", inside=True))
    ) -> dict[str, Any]:
        """End it before it expires: your own, or one you may review."""
        return {"emergency": told(app.workforce.emergencies.close(caller.principal, emergency_id))}

    @routes.post("/emergencies/{emergency_id}/review")
    def review(
        emergency_id: str,
        body: Review,
        caller: Caller = Depends(changes(app, "emergency.review", "emergency", inside=True)),
    ) -> dict[str, Any]:
        """Judge what somebody else did in an emergency, once."""
        return {
            "emergency": told(
                app.workforce.emergencies.review(caller.principal, emergency_id, finding=body.finding, note=body.note)
            )
        }
