"""Every route of the API, every page of the console and every command is decided: none slips by.

The lists are those the application really has, so whoever adds a route without saying what it asks fails here.
ids: HO-02, B14, C5
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient

from tests.builders.console_people import console, signed_in
from tests.builders.two_departments import FINANCE, case_of, forbid_everything, make_two_departments, work_in
from tests.builders.workspaces import opened
from tests.faces.conftest import ADMINISTRATOR, link_token
from tests.faces.terminal import Terminal
from tiebeam import web
from tiebeam.api import access as api_access
from tiebeam.api import build_api
from tiebeam.api.gate import OPEN as OPEN_TO_THE_WORLD
from tiebeam.app import App
from tiebeam.authority import VERBS
from tiebeam.cli import asking
from tiebeam.cli.main import cli
from tiebeam.http import BUILDERS, COOKIE, Ask
from tiebeam.store import metadata
from tiebeam.web import visit as web_visit

OPEN_API = {
    ("POST", "/hooks/{source}"): "asks for a signature, which is itself the proof",
    ("POST", "/session"): "redeems a one-time link, which is itself the proof",
    ("GET", "/health"): "says that it works and nothing else",
    ("GET", "/openapi.json"): "the shape of the API, the same in every installation",
    ("HEAD", "/openapi.json"): "the shape of the API, the same in every installation",
    ("GET", "/session"): "who is signed in, told to themselves",
    ("DELETE", "/session"): "whoever is signed in may leave",
    ("GET", "/sign-in"): "the ways in that are offered, for those who are not in yet",
}
OPEN_PAGES = {
    ("GET", "/sign-in"): "signing in",
    ("POST", "/sign-in"): "signing in",
    ("POST", "/sign-out"): "whoever is signed in may leave",
    ("POST", "/settings/theme"): "light or dark, a cookie of one's own",
    ("GET", "/{path:path}"): "there is no such page",
    ("GET", "/static/{version}/{name}"): "style, script and letters, the same in every installation",
    ("GET", "/sign-in/oidc"): "signing in",
    ("GET", "/sign-in/oidc/callback"): "signing in",
    ("GET", "/sign-in/oidc/sign-out"): "leaving, told by the identity provider",
}
OPEN_COMMANDS = {
    "extensions": "reads which packages are installed, no workspace",
    "init": "writes a new folder with the rights of the operating system",
    "restore": "writes where there is no workspace yet, with the rights of the operating system",
    "check": "reads the files of a folder with the rights of the operating system, no database",
    "library list": "reads the files of a folder with the rights of the operating system, no database",
    "library show": "reads the files of a folder with the rights of the operating system, no database",
    "library lock": "writes the library's own lock file, for those who write the library",
    "cost": "reads the files of a folder with the rights of the operating system, no database",
    "prices list": "reads the files of a folder with the rights of the operating system, no database",
    "prices show": "reads the files of a folder with the rights of the operating system, no database",
    "prices history": "reads the files of a folder with the rights of the operating system, no database",
    "prices drift": "reads the files of a folder with the rights of the operating system, no database",
    "hosting estimate": "reads the files of a folder with the rights of the operating system, no database",
    "hosting offers": "reads the files of a folder with the rights of the operating system, no database",
    "prices search": "reads the installed public list, the same for everybody",
    "prices drop": "arithmetic on figures the caller gives",
    "prices discrepancies": "reads a file of the caller's own, needs no workspace",
    "prices import": "writes a new file with the rights of the operating system, no database",
    "bench serve": "measures a server the caller names, with the caller's own rights and key, needs no workspace",
    "hosting import-benchmark": "writes a new file with the rights of the operating system, no database",
    "hosting import-offers": "writes a new file with the rights of the operating system, no database",
    "hosting compute": "writes a new file with the rights of the operating system, no database",
    "evidence verify": "reads a file of the caller's own, needs no workspace",
    "documents read": "reads files of the caller's own, needs no workspace",
    "secrets check": "says which references of a folder's files can be read, with the rights of the operating system",
    "login": "signing in",
    "logout": "whoever is signed in may leave",
    "whoami": "who is signed in, told to themselves",
    **dict.fromkeys(
        (
            "cost",
            "prices discrepancies",
            "prices drift",
            "prices drop",
            "prices history",
            "prices import",
            "prices list",
            "prices search",
            "prices show",
            "hosting estimate",
            "hosting import-benchmark",
            "hosting import-offers",
            "hosting offers",
            "tco",
            "studies list",
            "studies show",
            "studies drivers",
        ),
        "computes from published figures and the files of a folder, no database",
    ),
    "gateway": "opens the face of model calls, which asks for a key",
    "serve": "opens the faces, which ask themselves; the link it prints is asked for",
    "worker": "does what was decided before, in the house's own name",
}


ARGUMENTS = {
    "sessions revoke": ["--all"],
    "run": [FINANCE, "a.xml"],
    "runs cancel": ["x", "--reason", "x"],
    "runs fork": ["x", "--reason", "x"],
    "policy test": ["cases.toml"],
}
"""Where what a command needs cannot be told from its parameters."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_two_departments(tmp_path_factory.mktemp("two") / "company")
    with opened(folder, work=True) as app:
        work_in(app, folder)
    return folder


@pytest.fixture(scope="module")
def shut(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A house in which a rule of the workspace forbids everybody everything. Nobody works in it."""
    folder = tmp_path_factory.mktemp("shut") / "company"
    shutil.copytree(template, folder)
    with opened(folder) as app:
        forbid_everything(app)
        yield app


@pytest.fixture(scope="module")
def parts(shut: App) -> dict[str, str]:
    """Real ids for every name of a path's or a command's parameter."""
    case = case_of(shut, FINANCE)
    return {
        "run_id": case.run,
        "run": case.run,
        "task_id": case.task,
        "task": case.task,
        "document_id": case.document,
        "document": case.document,
        "batch_id": case.batch,
        "intent": FINANCE,
        "workflow": FINANCE,
        "kind": "intents",
        "person_id": "ada",
        "for_person": "ada",
        "page": "1",
        "format": "json",
        "study": "70b-four-years",
        "budget": next(iter(shut.graph().budgets)),
    }


def api_routes(app: App) -> list[APIRoute]:
    found = [context.original_route for context in iter_route_contexts(build_api(app).routes)]
    return [route for route in found if isinstance(route, APIRoute)]


def page_routes(app: App) -> list[Route]:
    return [route for route in web.routes(app) if isinstance(route, Route)]


def commands(group: click.Group = cli, path: str = "") -> Iterator[tuple[str, click.Command]]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            full = f"{path} {name}".strip()
            yield from commands(command, full) if isinstance(command, click.Group) else [(full, command)]


def ask_of(route: APIRoute) -> Ask | None:
    found = [api_access.declared_by(one.call) for one in route.dependant.dependencies]
    return next((one for one in found if one is not None), None)


def methods_of(route: BaseRoute) -> list[str]:
    assert isinstance(route, Route | APIRoute)
    return sorted((route.methods or set()) - {"HEAD"})


def digest(app: App) -> dict[str, str]:
    """Of every table of the database, but for what a refusal and a request leave by themselves."""
    own = {"access_refusal", "access_session", "access_secret", "access_link", "engine_worker"}
    found: dict[str, str] = {}
    with app.store.read() as conn:
        for table in metadata.sorted_tables:
            if table.name in own:
                continue
            statement = sa.select(table).order_by(*table.primary_key.columns)
            if table.name == "engine_timer":
                statement = statement.where(table.c.action != "access.refusals")
            if table.name in {"journal_entry", "journal_stream"}:
                statement = statement.where(sa.not_(table.c.stream.startswith("person:")))
            rows = [tuple(row) for row in conn.execute(statement)]
            found[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def test_every_route_of_the_api_says_what_it_asks(shut: App) -> None:
    undecided = {
        (method, route.path)
        for route in api_routes(shut)
        for method in methods_of(route)
        if ask_of(route) is None and (method, route.path) not in OPEN_API
    }

    assert undecided == set()
    assert set(OPEN_API) >= OPEN_TO_THE_WORLD


def test_every_page_says_what_it_asks(shut: App) -> None:
    undecided = {
        (method, route.path)
        for route in page_routes(shut)
        for method in methods_of(route)
        if web_visit.declared_by(route.endpoint) is None and (method, route.path) not in OPEN_PAGES
    }
    assert undecided == set()
    assert not [route for route in web.routes(shut) if isinstance(route, Mount)], "what is mounted escapes this list"


def test_every_command_says_what_it_asks() -> None:
    undecided = {
        name for name, command in commands() if asking.declared_by(command) is None and name not in OPEN_COMMANDS
    }

    assert undecided == set()
    assert {name for name, _ in commands()} >= set(OPEN_COMMANDS)


def test_what_is_asked_is_known_to_the_rules(shut: App) -> None:
    asked = [ask_of(route) for route in api_routes(shut)]
    asked += [web_visit.declared_by(route.endpoint) for route in page_routes(shut)]
    named = [(one.verb, one.kind) for one in asked if one is not None]
    named += [(one.verb, one.kind) for _, command in commands() if (one := asking.declared_by(command)) is not None]

    assert {verb for verb, _ in named} <= set(VERBS)
    assert {kind for _, kind in named} <= set(BUILDERS) | set(shut.authority.policies.shape.kinds)


def test_a_house_that_forbids_everything_answers_every_route_of_the_api_with_403(
    shut: App, parts: dict[str, str]
) -> None:
    before = digest(shut)
    answers: dict[tuple[str, str], int] = {}
    with ExitStack() as clients:
        client = clients.enter_context(TestClient(build_api(shut), base_url="https://testserver"))
        answer = client.post("/session", json={"token": link_token(shut, ADMINISTRATOR)})
        client.headers["x-csrf-token"] = answer.json()["csrf_token"]
        for route in api_routes(shut):
            for method in methods_of(route):
                if (method, route.path) not in OPEN_API:
                    url = route.path.format_map(Filling(parts))
                    answers[(method, route.path)] = client.request(method, url, **_sent(method, url)).status_code

    assert len(answers) > 25
    assert {route: code for route, code in answers.items() if code != 403} == {}
    assert digest(shut) == before


def test_a_house_that_forbids_everything_answers_every_page_with_403(shut: App, parts: dict[str, str]) -> None:
    before = digest(shut)
    answers: dict[tuple[str, str], int] = {}
    client = signed_in(shut, ADMINISTRATOR, asgi=console(shut))
    csrf = _csrf(shut, client)
    for route in page_routes(shut):
        for method in methods_of(route):
            if (method, route.path) not in OPEN_PAGES:
                url = route.path.replace(":int", "").replace(":path", "").format_map(Filling(parts))
                sent: dict[str, Any] = (
                    {"data": {"csrf": csrf, "intent": FINANCE, "person": "ada"}} if method == "POST" else {}
                )
                if url == "/upload" and method == "POST":
                    sent["files"] = {"files": ("a.xml", b"<a/>")}
                answers[(method, route.path)] = client.request(method, url, follow_redirects=False, **sent).status_code

    assert len(answers) > 30
    assert {route: code for route, code in answers.items() if code != 403} == {}
    assert digest(shut) == before


@pytest.mark.deep
def test_a_house_that_forbids_everything_refuses_every_command(
    shut: App, parts: dict[str, str], tiebeam: Terminal
) -> None:
    Path("a.xml").write_bytes(b"<a/>")
    Path("cases.toml").write_text("", encoding="utf-8")
    before = digest(shut)
    answers: dict[str, str] = {}
    for name, command in commands():
        if name in OPEN_COMMANDS:
            continue
        said = tiebeam(*name.split(), *arguments_of(name, command, parts), "--workspace", shut.workspace)
        answers[name] = f"{said.code} {said.err[-200:]}"

    assert len(answers) > 15
    assert {name: said for name, said in answers.items() if not (said.startswith("1 ") and "[refused]" in said)} == {}
    assert digest(shut) == before


def test_what_was_refused_is_on_the_record(shut: App) -> None:
    with shut.store.read() as conn:
        table = metadata.tables["journal_entry"]
        streams = set(conn.execute(sa.select(table.c.stream).where(table.c.kind == "access.refused")).scalars())

    assert streams == {f"person:{ADMINISTRATOR}"}


class Filling(dict[str, str]):
    """Ids by the name of a parameter; what nobody knows is called `x`."""

    def __missing__(self, key: str) -> str:
        return "x"


def _sent(method: str, url: str) -> dict[str, Any]:
    if url == "/runs" and method == "POST":
        return {"files": {"files": ("a.xml", b"<a/>")}}
    return {"params": {"id": FINANCE}} if url.endswith("/record") else {}


def _csrf(app: App, client: TestClient) -> str:
    session = app.workforce.access.session(client.cookies[COOKIE])
    assert session is not None
    return session.csrf_token


def arguments_of(name: str, command: click.Command, parts: Mapping[str, str]) -> list[str]:
    """Something for every parameter a command asks for."""
    return ARGUMENTS.get(name) or _arguments(command, parts)


def _arguments(command: click.Command, parts: Mapping[str, str]) -> list[str]:
    given: list[str] = []
    for parameter in command.params:
        name = parameter.name or ""
        value = "a.xml" if isinstance(parameter.type, click.Path | click.File) else parts.get(name, "x")
        if isinstance(parameter.type, click.Choice):
            value = str(parameter.type.choices[0])
        if isinstance(parameter.type, click.IntRange) or parameter.type is click.INT or parameter.type.name == "number":
            value = "1"
        if isinstance(parameter.type, click.DateTime):
            value = "2030-01-01"
        if isinstance(parameter, click.Argument) and (parameter.required or name in parts):
            given.append(value)
        elif isinstance(parameter, click.Option) and parameter.required:
            given += [parameter.opts[0], value]
    return given
