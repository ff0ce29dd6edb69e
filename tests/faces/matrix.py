"""A company of two departments, everybody who may call, and every call of every face."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.builders.two_departments import (
    AGENT,
    FINANCE,
    LEGAL,
    MARKER,
    OWN_MARKER,
    SERVICE,
    Case,
)
from tests.faces.conftest import ADMINISTRATOR
from tests.faces.papers import invoice_bytes
from tests.faces.test_every_route import Filling, api_routes, methods_of
from tests.faces.test_every_route import page_routes as all_pages
from tiebeam.app import App
from tiebeam.http import COOKIE
from tiebeam.store import metadata
from tiebeam.workforce import Session

BODIES: Mapping[str, Any] = {
    "/tasks/{task_id}/decide": {"verb": "approve"},
    "/tasks/{task_id}/reassign": {"role": "controller"},
    "/tasks/{task_id}/snooze": {"until": "2030-01-01T00:00:00Z"},
    "/tasks/{task_id}/answer": {"text": "yes", "sender": "them"},
    "/runs/{run_id}/cancel": {"reason": "a test"},
    "/workflows/{intent}/promote": {"to": "retired"},
    "/journal/export": {"stream": "run:{run_id}"},
    "/journal/redactions": {
        "stream": "run:{run_id}",
        "seq": 1,
        "fields": ["subject"],
        "reason": "a test of the matrix",
    },
    "/policy/explain": {"verb": "run.view", "object": "run:{run_id}"},
}
"""What would change something if it were allowed."""
FORMS: Mapping[str, Mapping[str, str]] = {
    "/inbox/{task}/decide": {"verb": "approve"},
    "/inbox/{task}/query": {"message": "Whose is this?", "to": "somebody@example.org"},
    "/inbox/{task}/reassign": {"to": "role:controller"},
    "/inbox/{task}/snooze": {"hours": "2"},
    "/workflows/{intent}/promote": {"to": "retired"},
    "/settings/link": {"person": "lex"},
    "/audit/export": {"format": "jsonl", "stream": "run:{run}"},
    "/audit/redact": {"stream": "run:{run}", "seq": "1", "field": "subject", "reason": "a test of the matrix"},
}
LEAVING = {"/session", "/sign-out"}


@dataclass(frozen=True, slots=True)
class Caller:
    """`owns` is the intent whose papers are this caller's, None for who has no part in any."""

    name: str
    owns: str | None
    is_machine: bool = False

    @property
    def foreign(self) -> str:
        return FINANCE if self.owns == LEGAL else LEGAL


CALLERS = (
    Caller("ada", FINANCE),
    Caller("bea", FINANCE),
    Caller("cleo", FINANCE),
    Caller("lex", LEGAL),
    Caller("aud", LEGAL),
    Caller("nora", None),
    Caller(f"agent:{AGENT}", FINANCE, is_machine=True),
    Caller(f"service:{SERVICE}", FINANCE, is_machine=True),
)
"""Analyst, approver, audit owner; the same of another department; somebody without a part; an agent; a service."""


@dataclass(frozen=True, slots=True)
class House:
    app: App
    api: Any
    pages: Starlette
    cases: Mapping[str, Case]

    def session(self, person: str) -> Session:
        with self.app.store.unit() as unit:
            return self.app.workforce.access.start_session(unit, person, method="link", subject="link")

    def token(self, holder: str, *scopes: str) -> str:
        by = self.app.workforce.access.principal(self.session(_maker_of(holder)))
        made = self.app.workforce.access.create_token(
            by,
            holder=holder,
            name="a test",
            scopes=scopes or ("read", "run.start"),
            expires_at=self.app.store.clock.now() + timedelta(days=1),
        )
        return made.secret


def _maker_of(holder: str) -> str:
    kind, _, name = holder.partition(":")
    return name if kind == "person" else "ada"


def api_client(house: House, caller: Caller, clients: ExitStack) -> TestClient:
    client = TestClient(house.api, base_url="https://testserver", raise_server_exceptions=False)
    clients.enter_context(client)
    if caller.is_machine:
        client.headers["authorization"] = f"Bearer {house.token(caller.name)}"
    else:
        session = house.session(caller.name)
        client.cookies.set(COOKIE, session.secret, domain="testserver.local")
        client.headers["x-csrf-token"] = session.csrf_token
    return client


def page_client(house: House, person: str) -> tuple[TestClient, str]:
    session = house.session(person)
    client = TestClient(house.pages, base_url="http://console.test", raise_server_exceptions=False)
    client.cookies.set(COOKIE, session.secret, domain="console.test")
    return client, session.csrf_token


def parts_of(case: Case) -> Filling:
    return Filling(
        run_id=case.run,
        run=case.run,
        task_id=case.task,
        task=case.task,
        document_id=case.document,
        document=case.document,
        batch_id=case.batch,
        intent=case.intent,
        workflow=case.intent,
        kind="intents",
        person_id="bea" if case.intent == LEGAL else "lex",
        page="1",
        format="json",
    )


def words_of(case: Case) -> set[str]:
    """What gives a paper of this department away."""
    own = {MARKER, "Bills of counsel"} if case.intent == LEGAL else {OWN_MARKER}
    return own | {case.run, case.task, case.document, case.batch}


def rows_of(house: House, case: Case) -> str:
    """A digest of every row that speaks of this department's paper; what callers leave about themselves is left out."""
    words = words_of(case) | {case.intent}
    found = hashlib.sha256()
    with house.app.store.read() as conn:
        for table in metadata.sorted_tables:
            if table.name.startswith("access_"):
                continue
            if table.name == "journal_anchor_leaf":
                continue
            for row in conn.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings():
                # An anchor covers the ends of all streams, whoever asked for it, and changes none.
                text = repr({name: value for name, value in row.items() if name != "anchored_length"})
                if str(row.get("stream", "")).startswith(("person:", "agent:", "service:")):
                    continue
                if table.name == "engine_timer" and row["action"] == "access.refusals":
                    continue
                if table.name == "task_viewing" and row["person_id"] == ADMINISTRATOR:
                    continue
                if any(word in text for word in words):
                    found.update(f"{table.name}{text}".encode())
    return found.hexdigest()


def api_calls(house: House) -> list[tuple[str, APIRoute]]:
    found = [(method, route) for route in api_routes(house.app) for method in methods_of(route)]
    return sorted(found, key=lambda one: one[1].path in LEAVING)


def call(client: TestClient, method: str, route: APIRoute, parts: Filling) -> tuple[int, str, str]:
    """(status, body, what the request itself said)."""
    url = route.path.format_map(parts)
    sent: dict[str, Any] = {}
    if method == "POST" and route.path == "/runs":
        sent = {"files": {"files": ("a.xml", invoice_bytes("X-1"))}, "data": {"intent": parts["intent"]}}
    elif method != "GET":
        sent = {"json": _filled(BODIES.get(route.path), parts)}
    elif route.path.endswith("/record"):
        sent = {"params": {"id": parts["intent"]}}
    elif "{" not in route.path:
        sent = {"params": {"intent": parts["intent"], "run_id": parts["run_id"], "stream": f"run:{parts['run_id']}"}}
    answer = client.request(method, url, **sent)
    return answer.status_code, answer.text, f"{url} {sent!r}"


def _filled(body: Any, parts: Filling) -> Any:
    if isinstance(body, dict):
        return {key: _filled(value, parts) for key, value in body.items()}
    return body.format_map(parts) if isinstance(body, str) else body


def leaks(body: str, said: str, words: set[str]) -> set[str]:
    """Foreign words in an answer that the request did not bring itself."""
    return {word for word in words if word in body and word not in said}


def page_calls(house: House) -> list[tuple[str, Route]]:
    found = [
        (method, route)
        for route in all_pages(house.app)
        for method in methods_of(route)
        if route.path != "/live" and not route.path.startswith("/sign-in/oidc")
    ]
    return sorted(found, key=lambda one: one[1].path in LEAVING)


def visit(client: TestClient, method: str, route: Route, parts: Filling, csrf: str) -> tuple[int, str, str]:
    url = route.path.replace(":int", "").replace(":path", "").format_map(parts)
    sent: dict[str, Any] = {}
    if method == "POST":
        sent = {"data": {"csrf": csrf, "intent": parts["intent"], **_filled(dict(FORMS.get(route.path, {})), parts)}}
        if route.path == "/upload":
            sent["files"] = {"files": ("a.xml", invoice_bytes("X-2"))}
    elif "{" not in route.path:
        sent = {"params": {"q": "", "intent": parts["intent"], "stream": f"run:{parts['run']}", "seq": "1"}}
    answer = client.request(method, url, follow_redirects=False, **sent)
    return answer.status_code, answer.text, f"{url} {sent!r}"


def carry(client: TestClient, pages: TestClient, session: Session) -> None:
    client.cookies.set(COOKIE, session.secret, domain="testserver.local")
    client.headers["x-csrf-token"] = session.csrf_token
    pages.cookies.set(COOKIE, session.secret, domain="console.test")
