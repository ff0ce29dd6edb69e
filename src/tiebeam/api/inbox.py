"""Review tasks: the inbox, deciding, and passing on."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.http import Caller
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
    @routes.get("/tasks")
    def listing(
        caller: Caller = Depends(asks(app, "task.view", "task")),
        state: Annotated[str | None, Query(max_length=40)] = "active",
        role: Annotated[str | None, Query(max_length=160)] = None,
        mine: bool = False,
        query: Annotated[str, Query(max_length=200)] = "",
        sort: Annotated[str, Query(max_length=40)] = "due",
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        size: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> dict[str, Any]:
        """Review tasks you may see, most urgent first."""
        visible = caller.visible("task.view")
        with app.store.read() as conn:
            found = app.workforce.tasks(
                conn,
                state=None if state in {None, "all"} else state,
                role=role,
                person=caller.principal.person_id if mine else None,
                query=query,
                sort=sort,
                page=page,
                size=size,
                visible=visible,
            )
            return plain(found)

    @routes.get("/tasks/{task_id}")
    def one(task_id: str, caller: Caller = Depends(asks(app, "task.view", "task", "task_id"))) -> dict[str, Any]:
        """A task with its packet, history, ladder and decision; `draft` is what you entered last and was refused."""
        app.workforce.viewed(caller.principal, task_id)
        with app.store.read() as conn:
            draft = app.workforce.draft(conn, caller.principal, task_id)
            return {**plain(app.workforce.task(conn, task_id)), "draft": plain(draft)}


def _deciding(app: App, routes: APIRouter) -> None:
    deciding = changes(app, "task.decide", "task", "task_id", inside=True)
    answering = changes(app, "task.reassign", "task", "task_id")

    @routes.post("/tasks/{task_id}/decide")
    def decide(task_id: str, body: DecideBody, caller: Caller = Depends(deciding)) -> dict[str, Any]:
        """Decide. The first decision wins; a second one is answered with 409 and the first.

        Wrong input is answered with 422 and what is wrong `by_field`, kept as your draft, and the task stays open.
        """
        decision = app.workforce.decide(
            caller.principal,
            task_id,
            verb=body.verb,
            payload_hash=body.payload_hash,
            input=body.input,
            minutes=body.minutes,
        )
        return decision.as_json()

    @routes.post("/tasks/{task_id}/answer")
    def answer(task_id: str, body: AnswerBody, _caller: Caller = Depends(answering)) -> dict[str, Any]:
        """Put an answer that came outside of mail into the task."""
        return plain(app.workforce.answer(None, task_id, text=body.text, sender=body.sender))


def _passing_on(app: App, routes: APIRouter) -> None:
    claiming = changes(app, "task.claim", "task", "task_id", inside=True)
    releasing = changes(app, "task.release", "task", "task_id", inside=True)
    reassigning = changes(app, "task.reassign", "task", "task_id", inside=True)
    snoozing = changes(app, "task.snooze", "task", "task_id", inside=True)

    @routes.post("/tasks/{task_id}/claim")
    def claim(task_id: str, caller: Caller = Depends(claiming)) -> dict[str, Any]:
        """Take a task, so that colleagues see it is being worked on."""
        return plain(app.workforce.claim(caller.principal, task_id))

    @routes.post("/tasks/{task_id}/release")
    def release(task_id: str, caller: Caller = Depends(releasing)) -> dict[str, Any]:
        """Give a claimed task back to its role."""
        return plain(app.workforce.release(caller.principal, task_id))

    @routes.post("/tasks/{task_id}/reassign")
    def reassign(task_id: str, body: ReassignBody, caller: Caller = Depends(reassigning)) -> dict[str, Any]:
        """Pass a task to another role or person; its due time is counted anew."""
        to = {"role": body.role, "person": body.person}
        return plain(app.workforce.reassign(caller.principal, task_id, **to, reason=body.reason))

    @routes.post("/tasks/{task_id}/snooze")
    def snooze(task_id: str, body: SnoozeBody, caller: Caller = Depends(snoozing)) -> dict[str, Any]:
        """Put a task aside until a moment; its deadline stays."""
        until: datetime = body.until
        return plain(app.workforce.snooze(caller.principal, task_id, until=until))
