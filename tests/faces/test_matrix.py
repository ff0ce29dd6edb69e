"""Every kind of caller at every route, with objects of their own and with others': nothing foreign is seen or changed.

A company of two departments: what belongs to one is foreign to the people of the other. Answers are searched for
whatever marks the foreign papers; the rows of foreign papers are compared before and after.
ids: HO-02, B14, C5, G1
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.builders.console_people import console
from tests.builders.two_departments import (
    AGENT,
    FINANCE,
    LEGAL,
    MARKER,
    OWN_MARKER,
    SERVICE,
    Case,
    case_of,
    make_two_departments,
    work_in,
)
from tests.builders.workspaces import opened
from tests.faces.conftest import ADMINISTRATOR
from tests.faces.papers import invoice_bytes
from tests.faces.terminal import Terminal
from tests.faces.test_every_route import OPEN_COMMANDS, Filling, api_routes, arguments_of, commands, methods_of
from tests.faces.test_every_route import page_routes as all_pages
from tiebeam.api import build_api
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


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = make_two_departments(tmp_path_factory.mktemp("matrix") / "company")
    with opened(folder, work=True) as app:
        work_in(app, folder)
    with opened(folder) as app:
        cases = {intent: case_of(app, intent) for intent in (FINANCE, LEGAL)}
        yield House(app, build_api(app), console(app), cases)


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as opened_ones:
        yield opened_ones


def _api_client(house: House, caller: Caller, clients: ExitStack) -> TestClient:
    client = TestClient(house.api, base_url="https://testserver", raise_server_exceptions=False)
    clients.enter_context(client)
    if caller.is_machine:
        client.headers["authorization"] = f"Bearer {house.token(caller.name)}"
    else:
        session = house.session(caller.name)
        client.cookies.set(COOKIE, session.secret, domain="testserver.local")
        client.headers["x-csrf-token"] = session.csrf_token
    return client


def _page_client(house: House, person: str) -> tuple[TestClient, str]:
    session = house.session(person)
    client = TestClient(house.pages, base_url="http://console.test", raise_server_exceptions=False)
    client.cookies.set(COOKIE, session.secret, domain="console.test")
    return client, session.csrf_token


def _parts(case: Case) -> Filling:
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


def _words(case: Case) -> set[str]:
    """What gives a paper of this department away."""
    own = {MARKER, "Bills of counsel"} if case.intent == LEGAL else {OWN_MARKER}
    return own | {case.run, case.task, case.document, case.batch}


def _rows_of(house: House, case: Case) -> str:
    """A digest of every row that speaks of this department's paper; what callers leave about themselves is left out."""
    words = _words(case) | {case.intent}
    found = hashlib.sha256()
    with house.app.store.read() as conn:
        for table in metadata.sorted_tables:
            if table.name.startswith("access_"):
                continue
            for row in conn.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings():
                text = repr(dict(row))
                if str(row.get("stream", "")).startswith(("person:", "agent:", "service:")):
                    continue
                if table.name == "engine_timer" and row["action"] == "access.refusals":
                    continue
                if table.name == "task_viewing" and row["person_id"] == ADMINISTRATOR:
                    continue
                if any(word in text for word in words):
                    found.update(f"{table.name}{text}".encode())
    return found.hexdigest()


def _api_calls(house: House) -> list[tuple[str, APIRoute]]:
    found = [(method, route) for route in api_routes(house.app) for method in methods_of(route)]
    return sorted(found, key=lambda one: one[1].path in LEAVING)


def _call(client: TestClient, method: str, route: APIRoute, parts: Filling) -> tuple[int, str, str]:
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


def _leaks(body: str, said: str, words: set[str]) -> set[str]:
    """Foreign words in an answer that the request did not bring itself."""
    return {word for word in words if word in body and word not in said}


@pytest.mark.parametrize("caller", CALLERS, ids=lambda one: one.name)
def test_the_api_shows_and_changes_nothing_foreign(house: House, clients: ExitStack, caller: Caller) -> None:
    foreign = house.cases[caller.foreign]
    before = _rows_of(house, foreign)
    wrong: dict[str, Any] = {}
    for case in (foreign, house.cases[caller.owns or FINANCE]):
        client = _api_client(house, caller, clients)
        for method, route in _api_calls(house):
            if case is not foreign and method != "GET":
                continue
            code, body, said = _call(client, method, route, _parts(case))
            leaked = _leaks(body, said, _words(foreign))
            if code >= 500 or leaked:
                wrong[f"{method} {route.path} of {case.intent}"] = (code, leaked)

    assert wrong == {}
    assert _rows_of(house, foreign) == before


@pytest.mark.parametrize("caller", [one for one in CALLERS if not one.is_machine], ids=lambda one: one.name)
def test_the_console_shows_and_changes_nothing_foreign(house: House, caller: Caller) -> None:
    foreign = house.cases[caller.foreign]
    before = _rows_of(house, foreign)
    wrong: dict[str, Any] = {}
    for case in (foreign, house.cases[caller.owns or FINANCE]):
        client, csrf = _page_client(house, caller.name)
        for method, route in _page_calls(house):
            if case is not foreign and method != "GET":
                continue
            code, body, said = _visit(client, method, route, _parts(case), csrf)
            leaked = _leaks(body, said, _words(foreign))
            if code >= 500 or leaked:
                wrong[f"{method} {route.path} of {case.intent}"] = (code, leaked)

    assert wrong == {}
    assert _rows_of(house, foreign) == before


def _page_calls(house: House) -> list[tuple[str, Route]]:
    found = [
        (method, route)
        for route in all_pages(house.app)
        for method in methods_of(route)
        if route.path != "/live" and not route.path.startswith("/sign-in/oidc")
    ]
    return sorted(found, key=lambda one: one[1].path in LEAVING)


def _visit(client: TestClient, method: str, route: Route, parts: Filling, csrf: str) -> tuple[int, str, str]:
    url = route.path.replace(":int", "").replace(":path", "").format_map(parts)
    sent: dict[str, Any] = {}
    if method == "POST":
        sent = {"data": {"csrf": csrf, "intent": parts["intent"], **FORMS.get(route.path, {})}}
        if route.path == "/upload":
            sent["files"] = {"files": ("a.xml", invoice_bytes("X-2"))}
    elif "{" not in route.path:
        sent = {"params": {"q": "", "intent": parts["intent"], "stream": f"run:{parts['run']}"}}
    answer = client.request(method, url, follow_redirects=False, **sent)
    return answer.status_code, answer.text, f"{url} {sent!r}"


def test_whoever_has_a_part_sees_their_own_and_nobody_elses(house: House, clients: ExitStack) -> None:
    seen: dict[tuple[str, str], set[int]] = {}
    for caller in (*CALLERS, Caller(ADMINISTRATOR, None)):
        client = _api_client(house, caller, clients)
        for case in house.cases.values():
            paths = (
                f"/runs/{case.run}",
                f"/tasks/{case.task}",
                f"/documents/{case.document}",
                f"/workflows/{case.intent}",
            )
            seen[(caller.name, case.intent)] = {client.get(path).status_code for path in paths}
            listed = client.get("/runs").json()
            assert listed["total"] == len(listed["items"]), "a page and its count speak of the same runs"

    of_finance = {name for (name, intent), codes in seen.items() if intent == FINANCE and codes == {200}}
    of_legal = {name for (name, intent), codes in seen.items() if intent == LEGAL and codes == {200}}

    assert of_finance == {"ada", "bea", "cleo", f"agent:{AGENT}", f"service:{SERVICE}", ADMINISTRATOR}
    assert of_legal == {"lex", "aud", ADMINISTRATOR}
    assert {frozenset(codes) for codes in seen.values()} == {frozenset({200}), frozenset({404})}


def test_a_foreign_object_and_an_absent_one_answer_alike(house: House, clients: ExitStack) -> None:
    client = _api_client(house, Caller("ada", FINANCE), clients)
    case = house.cases[LEGAL]
    for kind, foreign in (
        ("runs", case.run),
        ("tasks", case.task),
        ("documents", case.document),
        ("batches", case.batch),
    ):
        absent = foreign[:-3] + "zzz"
        answers = [client.get(f"/{kind}/{one}") for one in (foreign, absent)]
        told = [one.text.replace(foreign, "?").replace(absent, "?") for one in answers]

        assert [one.status_code for one in answers] == [404, 404]
        assert told[0] == told[1]


@pytest.mark.parametrize("state", ["signed out", "expired", "ended", "revoked token", "token of nobody"])
def test_who_is_not_in_any_more_sees_nothing(house: House, state: str) -> None:
    client = TestClient(house.api, base_url="https://testserver", raise_server_exceptions=False)
    pages = TestClient(house.pages, base_url="http://console.test", raise_server_exceptions=False)
    clock = house.app.store.clock
    match state:
        case "expired":
            session = house.session("ada")
            with house.app.store.unit() as unit:
                table = metadata.tables["access_session"]
                unit.conn.execute(
                    sa.update(table)
                    .where(table.c.id == session.id)
                    .values(expires_at=clock.now() - timedelta(minutes=1))
                )
            _carry(client, pages, session)
        case "ended":
            session = house.session("ada")
            house.app.workforce.access.sign_out(session.secret)
            _carry(client, pages, session)
        case "revoked token":
            secret = house.token("person:ada", "read")
            access = house.app.workforce.access
            access.revoke_token(
                access.principal(house.session("ada")), access.principal_of_token(secret).session_id or ""
            )
            client.headers["authorization"] = f"Bearer {secret}"
        case "token of nobody":
            client.headers["authorization"] = "Bearer tb_p_00000000_" + "0" * 43 + "_000000"
        case _:
            pass
    words = _words(house.cases[FINANCE]) | _words(house.cases[LEGAL])
    wrong: dict[str, Any] = {}
    for method, route in _api_calls(house):
        code, body, said = _call(client, method, route, _parts(house.cases[FINANCE]))
        # Guessing is slowed down, which is an answer without content too.
        open_to_all = route.path in {"/health", "/session", "/sign-in"}
        if not open_to_all and (code not in {401, 429} or _leaks(body, said, words)):
            wrong[f"{method} {route.path}"] = code
    for method, route in _page_calls(house):
        code, body, said = _visit(pages, method, route, _parts(house.cases[FINANCE]), "")
        is_public = route.path.startswith(("/static", "/sign-in"))
        if (code not in {303, 401} or _leaks(body, said, words)) and not is_public:
            wrong[f"{method} page {route.path}"] = code

    assert wrong == {}


def _carry(client: TestClient, pages: TestClient, session: Session) -> None:
    client.cookies.set(COOKIE, session.secret, domain="testserver.local")
    client.headers["x-csrf-token"] = session.csrf_token
    pages.cookies.set(COOKIE, session.secret, domain="console.test")


@pytest.mark.parametrize("person", ["ada", "nora"])
def test_the_command_line_shows_and_changes_nothing_foreign(
    house: House, tiebeam: Terminal, monkeypatch: pytest.MonkeyPatch, person: str
) -> None:
    scopes = ("read", "task.decide", "task.release_money", "run.*", "task.*", "recipe.*", "journal.*", "workspace.*")
    monkeypatch.setenv("TIEBEAM_TOKEN", house.token(f"person:{person}", *scopes))
    Path("a.xml").write_bytes(invoice_bytes("X-3"))
    Path("cases.toml").write_text("", encoding="utf-8")
    foreign = house.cases[LEGAL]
    before = _rows_of(house, foreign)
    wrong: dict[str, Any] = {}
    for name, command in commands():
        if name in OPEN_COMMANDS:
            continue
        given = arguments_of(name, command, _parts(foreign))
        said = tiebeam(*name.split(), *given, "--workspace", house.app.workspace)
        leaked = _leaks(said.out + said.err, " ".join(given), _words(foreign))
        if said.code > 2 or leaked:
            wrong[name] = (said.code, leaked)

    assert wrong == {}
    assert _rows_of(house, foreign) == before
