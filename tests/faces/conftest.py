"""What the faces are tried on: a small company's workspace, its application, and people signed in over HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from tests.builders.workspaces import make_workspace, opened, take_in
from tests.faces.papers import write_invoices
from tests.faces.terminal import Terminal
from tiebeam.api import build_api
from tiebeam.app import App
from tiebeam.cli.main import run_cli
from tiebeam.graph import init_workspace
from tiebeam.http import middleware
from tiebeam.workflow.promotion import Stage

ADMINISTRATOR = "local-administrator"
META = "[meta]\nversion = 1\nsince = 2026-01-01\nreviewed = 2026-01-01\n"
PEOPLE = {
    "bea": ("Bea Brandt", ["budget-owner", "controller"]),
    "carl": ("Carl Coste", ["budget-owner"]),
    "gus": ("Gus Goods", ["goods-receiver"]),
    "nora": ("Nora Neighbour", ["workflow-designer"]),
}

SignIn = Callable[[str], TestClient]


def add_people(folder: Path) -> None:
    for person, (name, roles) in PEOPLE.items():
        listed = ", ".join(f'"{role}"' for role in roles)
        text = (
            f'name = "{name}"\nemail = "{person}@example.org"\nteam = "accounts-payable"\nroles = [{listed}]\n\n{META}'
        )
        (folder / "people" / f"{person}.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose workflow is a pilot, with colleagues and a policy without orders or suppliers."""
    folder = tmp_path_factory.mktemp("template") / "company"
    make_workspace(folder, example="empty", stage=Stage.PILOT)
    add_people(folder)
    with opened(folder) as app, app.store.unit() as unit:
        app.graph.apply(unit, actor=f"person:{ADMINISTRATOR}")
    return folder


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Harbour Tools as `tiebeam init` leaves it; tests take a copy."""
    folder = tmp_path_factory.mktemp("example") / "ws"
    assert run_cli(["init", str(folder), "--example", "harbour-tools"]) == 0
    return folder


@pytest.fixture
def workspace(template: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "company"
    shutil.copytree(template, folder)
    return folder


@pytest.fixture
def fresh_workspace(tmp_path: Path) -> Path:
    """The files of an empty workspace, with nothing in a database yet."""
    folder = tmp_path / "fresh"
    init_workspace(folder, example="empty")
    return folder


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return write_invoices(tmp_path / "papers", "R-1", "R-2")


@pytest.fixture
def app(workspace: Path) -> Iterator[App]:
    """The application with its worker at work."""
    with opened(workspace, work=True) as app:
        yield app


def served(app: App) -> Starlette:
    """The API behind what stands around all faces."""
    return Starlette(routes=[Mount("/", build_api(app))], middleware=middleware())


@pytest.fixture
def anonymous(app: App) -> Iterator[TestClient]:
    with TestClient(served(app), base_url="https://testserver", raise_server_exceptions=False) as client:
        yield client


def link_token(app: App, person: str) -> str:
    with app.store.unit() as unit:
        return app.workforce.access.create_link(unit, person)


@pytest.fixture
def sign_in(app: App) -> Iterator[SignIn]:
    """Signs a person in and returns a client that sends their cookie and token."""
    with ExitStack() as clients:

        def signed_in(person: str) -> TestClient:
            client = TestClient(served(app), base_url="https://testserver", raise_server_exceptions=False)
            clients.enter_context(client)
            answer = client.post("/session", json={"token": link_token(app, person)})
            assert answer.status_code == 201, answer.text
            client.headers["x-csrf-token"] = answer.json()["csrf_token"]
            return client

        yield signed_in


@pytest.fixture
def admin(sign_in: SignIn) -> TestClient:
    return sign_in(ADMINISTRATOR)


@pytest.fixture
def waiting_task(app: App, papers: Path) -> str:
    """An invoice without an order waits for who owns a budget."""
    take_in(app, papers / "R-1.xml")
    with app.store.read() as conn:
        (task,) = app.workforce.tasks(conn, state="active").rows
    assert task.role == "budget-owner"
    return task.id


@pytest.fixture
def tiebeam(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    """The command line, standing in an empty folder."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("TIEBEAM_DATABASE_URL", raising=False)
    monkeypatch.delenv("TIEBEAM_PERSON", raising=False)
    monkeypatch.delenv("TIEBEAM_TOKEN", raising=False)
    monkeypatch.setenv("TIEBEAM_CREDENTIALS", str(tmp_path / "signed-in" / "credentials.json"))
    return Terminal(capsys)
