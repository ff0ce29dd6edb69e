"""A company whose systems all need secrets, and whose counterparts repeat them: they are found nowhere. ids: B14"""

from __future__ import annotations

import base64
import json
import logging
import os
import secrets
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.builders.far_server import far_server, reply
from tests.builders.workspaces import INTENT, make_workspace, opened
from tests.faces.terminal import Terminal
from tiebeam.api import PREFIX
from tiebeam.app import App, DatabaseUnreachable, open_app
from tiebeam.engine import Segment
from tiebeam.errors import TiebeamError
from tiebeam.kit import forms_of
from tiebeam.serve import build_asgi

pytestmark = pytest.mark.deep

ADMINISTRATOR = "kerstin-blohm"
DOCUMENTS = ("IN-260010.xml", "IN-260023.xml")
REFERENCES = {
    "erp password": "PLANTED_ERP",
    "anchor token": "PLANTED_ANCHORS",
    "database password": "PLANTED_SOURCES",
    "client secret": "PLANTED_OIDC",
    "proxy password": "PLANTED_PROXY",
}


@dataclass
class Search:
    """What was planted, and everything that was said or written."""

    planted: dict[str, str] = field(default_factory=dict[str, str])
    said: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def plant(self, name: str, value: str = "") -> str:
        # With characters that every encoding writes differently.
        self.planted[name] = value or f'{secrets.token_hex(8)}/+{secrets.token_hex(8)}="&'
        return self.planted[name]

    def hear(self, place: str, text: str | bytes) -> None:
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        self.said[place] = self.said.get(place, b"") + data

    def read(self, folder: Path) -> None:
        """Every file, and what packed files hold."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.hear(str(path.relative_to(folder)), path.read_bytes())
                if zipfile.is_zipfile(path):
                    with zipfile.ZipFile(path) as packed:
                        for name in packed.namelist():
                            self.hear(f"{path.relative_to(folder)}/{name}", packed.read(name))

    def found(self) -> list[str]:
        forms = {name: [form.encode() for form in forms_of(value)] for name, value in self.planted.items()}
        return sorted(
            f"{name} in {place}"
            for place, data in self.said.items()
            for name, spellings in forms.items()
            if any(form in data for form in spellings)
        )


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Search]:
    """The log as a handler of the operator's own would write it, and temporary files, are searched too."""
    searching = Search()
    for name, variable in REFERENCES.items():
        monkeypatch.setenv(variable, searching.plant(name))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    handler = logging.FileHandler(tmp_path / "operator.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield searching
    root.removeHandler(handler)
    root.setLevel(level)
    handler.close()


def _furnish(folder: Path, *, erp: int, anchors: int) -> None:
    record = folder / "systems" / "erp.toml"
    meta = record.read_text().partition("[meta]")[2]
    record.write_text(
        f'title = "Ledger"\nkind = "http"\nlocation = "http://127.0.0.1:{erp}"\nprivate_network = true\n'
        f'[settings]\nuser = "feed"\npassword = "env:PLANTED_ERP"\n[meta]{meta}'
    )
    settings = folder / "tiebeam.toml"
    text = settings.read_text().replace("[access]\n", '[access]\nsign_in = ["link", "oidc"]\n')
    assert "sign_in" in text
    settings.write_text(
        f'{text}\n[outgoing]\nallow = ["127.0.0.1"]\nproxy = "http://127.0.0.1:3128"\nproxy_user = "us"\n'
        'proxy_password = "env:PLANTED_PROXY"\n'
        f'[[anchors.http]]\nurl = "http://127.0.0.1:{anchors}/anchors"\ntoken = "env:PLANTED_ANCHORS"\n'
        '[access.oidc]\nissuer = "https://login.example"\n'
        'client_id = "tiebeam"\nclient_secret = "env:PLANTED_OIDC"\n'
    )


def _echoing(moods: list[str]) -> Callable[[bytes], bytes]:
    """Answers that repeat the request's credentials in their headers, their JSON or as text."""
    calls: list[bytes] = []

    def answer(request: bytes) -> bytes:
        calls.append(request)
        mood = moods[min(len(calls), len(moods)) - 1]
        head = request.partition(b"\r\n\r\n")[0].decode("latin-1")
        line = next((one for one in head.split("\r\n") if one.lower().startswith("authorization")), "")
        if request.startswith(b"GET"):
            return reply(json.dumps({"error": line}).encode(), status="404 Not Found", headers=(f"X-Echo: {line}",))
        if mood == "201 Created":
            body = json.dumps({"voucher": "V-1", "note": line, "gross": "1.00"}).encode()
            return reply(body, status=mood, headers=(f"X-Echo: {line}",))
        body = head.encode() if mood.startswith("500") else json.dumps({"error": line, "message": head}).encode()
        return reply(body, status=mood, headers=(f"X-Echo: {line}",))

    return answer


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_secrets_are_found_nowhere(
    database: str,
    tmp_path: Path,
    search: Search,
    tiebeam: Terminal,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = None
    if database == "postgresql":
        url = request.getfixturevalue("postgres_server").create()
        monkeypatch.setenv("TIEBEAM_DATABASE_URL", url)
    folder = make_workspace(tmp_path / "harbour-tools", example="harbour-tools", url=url)
    erp_moods = ["403 Forbidden", "201 Created", "500 Broken"]
    with (
        far_server(_echoing(erp_moods)) as erp,
        far_server(_echoing(["500 Broken"])) as anchors,
    ):
        _furnish(folder, erp=erp.port, anchors=anchors.port)
        with opened(folder, url=url, work=True) as app:
            with app.store.unit() as unit:
                app.graph.apply(unit, actor=f"person:{ADMINISTRATOR}")
            runs = _work(app, folder)
            _break(app, search)
            app.anchoring.work()
            _surf(app, search, runs)
            _read_database(app, search)
        _wrong_database(folder, search)
        _at_the_terminal(tiebeam, folder, tmp_path, search, runs)
        assert any(search.planted["erp password"] in _basic(head) for head in erp.heads)
        assert any(search.planted["anchor token"].encode() in head for head in anchors.heads)
    search.read(folder)
    search.hear("operator.log", (tmp_path / "operator.log").read_bytes())
    for path in (tmp_path / "tmp").rglob("*.log"):
        search.hear(f"tmp/{path.name}", path.read_bytes())
    assert len(search.said) > 40
    assert search.found() == []


def _read_database(app: App, search: Search) -> None:
    """Every cell of every table, those of the engine included."""
    with app.store.read() as conn:
        look = sa.inspect(conn)
        schemas = [name for name in look.get_schema_names() if name not in {"information_schema", "pg_catalog"}]
        tables = [(schema, name) for schema in schemas for name in look.get_table_names(schema)]
        for schema, name in tables:
            rows = conn.execute(sa.text(f'SELECT * FROM "{schema}"."{name}"')).all()
            cells = (cell if isinstance(cell, str) else json.dumps(cell, default=str) for row in rows for cell in row)
            search.hear(f"table {schema}.{name}", "\n".join(cells))
    assert len(tables) > 30


def test_the_search_finds_what_is_there(search: Search) -> None:
    search.hear("a log", json.dumps({"said": search.planted["erp password"]}))
    search.hear("a harmless log", "nothing")
    assert search.found() == ["erp password in a log"]


def _basic(head: bytes) -> str:
    line = next((one for one in head.split(b"\r\n") if one.lower().startswith(b"authorization: basic ")), b"")
    return base64.b64decode(line.rpartition(b" ")[2] or b"").decode("utf-8", "replace")


def _work(app: App, folder: Path) -> list[str]:
    """Invoices that are posted: refused with an echo, taken with an echo, and answered with a failure."""
    today = app.store.clock.now().date()
    runs: list[str] = []
    for name in DOCUMENTS:
        content = (folder / "data" / "inbox" / name).read_bytes()
        batch = app.starting.upload(app.principal(), INTENT, [(name, content)], channel="test", received_at=today)
        assert app.engine.drain(timeout=60)
        runs += batch.run_ids
    return runs


def _break(app: App, search: Search) -> None:
    """A step that fails with a secret in its words, until it is put aside; and a source that nobody reaches."""

    def broken(_segment: Segment) -> None:
        raise RuntimeError(f"the driver said: password={os.environ['PLANTED_ERP']} is wrong")

    app.engine.register("planted", broken)
    with app.store.unit() as unit:
        app.engine.enqueue(unit, kind="planted", key="k", seq=1, queue="work", team="default")
        unit.journal("run:planted", "planted", actor="system:test", payload={"said": [os.environ["PLANTED_ERP"]]})
    assert app.engine.drain(timeout=60)
    settings = app.workspace / "tiebeam.toml"
    text = settings.read_text()
    away = 'orders = "postgresql://reader@127.0.0.1:1/erp"\npassword = "env:PLANTED_SOURCES"'
    settings.write_text(text.replace('orders = "data/orders"', away))
    with app.store.unit() as unit:
        app.graph.apply(unit, actor=f"person:{ADMINISTRATOR}")
    with pytest.raises(TiebeamError) as unread:
        app.starting.upload(
            app.principal(), INTENT, [("x.xml", b"<x/>")], channel="test", received_at=app.store.clock.now().date()
        )
    search.hear("an unreachable source", f"{unread.value} {unread.value.data}")
    settings.write_text(text)
    with app.store.unit() as unit:
        app.graph.apply(unit, actor=f"person:{ADMINISTRATOR}")


def _surf(app: App, search: Search, runs: list[str]) -> None:
    """Every page and answer of a signed-in administrator, and what strangers are told."""
    with app.store.unit() as unit:
        link = search.plant("one-time link", app.workforce.access.create_link(unit, ADMINISTRATOR))
    client = TestClient(build_asgi(app), raise_server_exceptions=False)
    made = client.post(f"{PREFIX}/session", json={"token": link})
    search.plant("session", client.cookies["tiebeam_session"])
    csrf = {"x-csrf-token": made.json()["csrf_token"]}
    later = app.store.clock.now() + timedelta(days=30)
    asked = {"name": "probe", "scopes": ["run.view"], "expires_at": later.isoformat()}
    token = client.post(f"{PREFIX}/tokens", json=asked, headers=csrf)
    assert token.status_code == 201, token.text
    secret = search.plant("api token", token.json()["secret"])
    pages = ["/", "/inbox", "/runs", "/runs.csv", "/runs.json", "/audit", "/audit.csv", "/workflows", "/settings"]
    pages += ["/audit/verify", "/audit/anchors", "/audit/entry?stream=run:planted&seq=1", "/settings/policy"]
    pages += [f"{PREFIX}/journal/anchors", f"{PREFIX}/journal/verify", f"{PREFIX}/overview"]
    pages += [f"/runs/{run}" for run in runs] + [f"{PREFIX}/runs/{run}" for run in runs]
    pages += [f"{PREFIX}/{name}" for name in ("runs", "inbox", "journal", "ledger", "session", "health", "tokens")]
    pages += [f"/sign-in?token={link}&x", f"/no/such/page?token={secret}", f"{PREFIX}/runs?size={secret}"]
    for path in pages:
        answer = client.get(path, follow_redirects=False)
        if "?token" not in path:
            search.hear(path.partition("?")[0], f"{answer.text} {answer.headers!r}")
    stranger = TestClient(build_asgi(app), raise_server_exceptions=False)
    with_token = {"authorization": f"Bearer {secret}"}
    for headers in (with_token, {"authorization": f"Bearer {secret}x"}, {"cookie": "tiebeam_session=x", **with_token}):
        answer = stranger.get(f"{PREFIX}/runs", headers=headers)
        search.hear("a token", f"{answer.text} {answer.headers!r}")
    answer = stranger.post(f"{PREFIX}/session", json={"token": link})
    search.hear("a used link", answer.text)
    answer = stranger.get("/sign-in/oidc", follow_redirects=False)
    search.hear("the provider is away", f"{answer.text} {answer.headers!r}")


def _wrong_database(folder: Path, search: Search) -> None:
    password = search.plant("database password in the address", secrets.token_urlsafe(24))
    for url in (
        f"postgresql://ada:{password}@127.0.0.1:1/x",
        f"postgresql://ada:{password}@[::1",
        f"mysql://a:{password}@h/x",
    ):
        with pytest.raises(TiebeamError) as failed:
            open_app(folder, url=url)
        search.hear("a database that is away", f"{failed.value} {failed.value.data} {failed.value!r}")
        if isinstance(failed.value, DatabaseUnreachable):
            assert failed.value.status == 503


def _at_the_terminal(tiebeam: Terminal, folder: Path, tmp_path: Path, search: Search, runs: list[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    commands: list[tuple[str | Path, ...]] = [
        ("status",),
        ("runs", "list", "--json"),
        ("journal", "list", "--json"),
        ("journal", "export", out / "journal.jsonl"),
        ("journal", "export", out / "journal.csv"),
        ("journal", "anchor"),
        ("journal", "anchors", "--json"),
        ("ledger", "list", "--json"),
        ("tokens", "list", "--json"),
        ("secrets", "check"),
        ("secrets", "check", "--json"),
        *(("evidence", "export", run, out / f"{run}.zip") for run in runs),
    ]
    for command in commands:
        said = tiebeam(*command, "--workspace", folder)
        search.hear("the terminal", said.out + said.err)
    search.read(out)
    assert (out / "journal.jsonl").is_file()
    assert list(out.glob("*.zip"))
    listed = json.loads(tiebeam("secrets", "check", "--json", "--workspace", folder).out)
    in_use = set(REFERENCES.values()) - {"PLANTED_SOURCES"}
    assert {one["reference"] for one in listed} == {f"env:{name}" for name in in_use}
    assert all(one["resolves"] for one in listed)
