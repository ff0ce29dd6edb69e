"""Signing people in to the console without a browser."""

from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tiebeam import web
from tiebeam.app import App
from tiebeam.http import Shutdown, middleware
from tiebeam.workforce import TaskView

INTENT = "finance.invoice-processing-matching"
BUYER, OTHER_BUYER = "carla-reuter", "david-okafor"
CONTROLLER, ADMINISTRATOR = "jonas-petersen", "kerstin-blohm"
ANALYST = "leyla-aydin"


def console(app: App, shutdown: Shutdown | None = None) -> Starlette:
    """The console alone, as the server mounts it."""
    return Starlette(
        routes=web.routes(app, shutdown),
        middleware=middleware(),
        exception_handlers=web.exception_handlers(app),
    )


def link_for(app: App, person_id: str) -> str:
    """The path of a fresh one-time link."""
    with app.store.unit() as unit:
        return f"/sign-in?token={app.workforce.access.create_link(unit, person_id)}"


def signed_in(app: App, person_id: str, *, asgi: Starlette | None = None) -> TestClient:
    client = TestClient(asgi or console(app), base_url="http://console.test")
    token = link_for(app, person_id).split("token=")[1]
    answer = client.post("/sign-in", data={"token": token, "next": "/"}, follow_redirects=False)
    assert answer.status_code == 303
    return client


def csrf_in(html: str) -> str:
    """The token of the first form on a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', html)
    assert found is not None
    return found.group(1)


def hash_in(html: str) -> str:
    """The payload hash of the decision form."""
    found = re.search(r'name="payload_hash" value="([0-9a-f]{64})"', html)
    assert found is not None
    return found.group(1)


def open_tasks(app: App, *, role: str | None = None, handoff: str = "") -> list[TaskView]:
    with app.store.read() as conn:
        rows = app.workforce.tasks(conn, state="active", role=role, size=200).rows
    return [task for task in rows if handoff in task.handoff]


def take_one(app: App, role: str, *, handoff: str = "") -> TaskView:
    found = open_tasks(app, role=role, handoff=handoff)
    if not found:
        pytest.skip(f"the example leaves no open task for {role}")
    return found[0]
