"""Review tasks: the inbox, deciding, and passing on."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from tiebeam.api.access import allow, changer, reader
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.authority import Principal
from tiebeam.kit import plain


class DecideBody(Body):
    """`payload_hash` is the hash of the packet as it was shown; another one is answered with 409."""

    verb: Literal["approve", "reject", "edit", "ask"]
    payload_hash: str | None = Field(default=None, max_length=64)
    input: dict[str, Any] = Field(default_factory=dict)
    minutes: Decimal | None = Field(default=None, ge=0, le=1440)


class ReassignBody(Body):
    role: str | None = Field(default=None, max_length=160)
    person: str | None = Field(default=None, max_length=160)
    reason: str = Field(default="", max_length=2000)


class SnoozeBody(Body):
    until: AwareDatetime


class AnswerBody(Body):
    text: str = Field(min_length=1, max_length=20_000)
    sender: str = Field(min_length=1, max_length=320)


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["inbox"])
    _looking(app, routes)
    _deciding(app, routes)
    _passing_on(app, routes)
    return routes


def _looking(app: App, routes: APIRouter) -> None:
    read = reader(app)

    @routes.get("/tasks")
    def listing(
        principal: Principal = Depends(read),
        state: Annotated[str | None, Query(max_length=40)] = "active",
        role: Annotated[str | None, Query(max_length=160)] = None,
        mine: bool = False,
        query: Annotated[str, Query(max_length=200)] = "",
        sort: Annotated[str, Query(max_length=40)] = "due",
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        size: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> dict[str, Any]:
        """Review tasks, most urgent first."""
        allow(app, principal, "task.view", "task")
        with app.store.read() as conn:
            found = app.workforce.tasks(
                conn,
                state=None if state in {None, "all"} else state,
                role=role,
                person=principal.person_id if mine else None,
                query=query,
                sort=sort,
                page=page,
                size=size,
            )
            return plain(found)

    @routes.get("/tasks/{task_id}")
    def one(task_id: str, principal: Principal = Depends(read)) -> dict[str, Any]:
        """A task with its packet, history, ladder and decision."""
        allow(app, principal, "task.view", "task", task_id)
        app.workforce.viewed(principal, task_id)
        with app.store.read() as conn:
            return plain(app.workforce.task(conn, task_id))


def _deciding(app: App, routes: APIRouter) -> None:
    change = changer(app)

    @routes.post("/tasks/{task_id}/decide")
    def decide(task_id: str, body: DecideBody, principal: Principal = Depends(change)) -> dict[str, Any]:
        """Decide. The first decision wins; a second one is answered with 409 and the first."""
        decision = app.workforce.decide(
            principal,
            task_id,
            verb=body.verb,
            payload_hash=body.payload_hash,
            input=body.input,
            minutes=body.minutes,
        )
        return decision.as_json()

    @routes.post("/tasks/{task_id}/answer")
    def answer(task_id: str, body: AnswerBody, principal: Principal = Depends(change)) -> dict[str, Any]:
        """Put an answer that came outside of mail into the task."""
        with app.store.read() as conn:
            task = app.workforce.task(conn, task_id)
        allow(app, principal, "task.reassign", "task", task_id, {"role": task.role, "audit_owner": task.audit_owner})
        return plain(app.workforce.answer(None, task_id, text=body.text, sender=body.sender))


def _passing_on(app: App, routes: APIRouter) -> None:
    change = changer(app)

    @routes.post("/tasks/{task_id}/claim")
    def claim(task_id: str, principal: Principal = Depends(change)) -> dict[str, Any]:
        """Take a task, so that colleagues see it is being worked on."""
        return plain(app.workforce.claim(principal, task_id))

    @routes.post("/tasks/{task_id}/release")
    def release(task_id: str, principal: Principal = Depends(change)) -> dict[str, Any]:
        """Give a claimed task back to its role."""
        return plain(app.workforce.release(principal, task_id))

    @routes.post("/tasks/{task_id}/reassign")
    def reassign(task_id: str, body: ReassignBody, principal: Principal = Depends(change)) -> dict[str, Any]:
        """Pass a task to another role or person; its due time is counted anew."""
        return plain(app.workforce.reassign(principal, task_id, role=body.role, person=body.person, reason=body.reason))

    @routes.post("/tasks/{task_id}/snooze")
    def snooze(task_id: str, body: SnoozeBody, principal: Principal = Depends(change)) -> dict[str, Any]:
        """Put a task aside until a moment; its deadline stays."""
        until: datetime = body.until
        return plain(app.workforce.snooze(principal, task_id, until=until))
