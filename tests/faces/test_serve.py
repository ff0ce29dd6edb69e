"""The server in a process of its own: it says where it is, signs people in, takes documents in, and ends when told."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.builders.workspaces import opened
from tests.faces.papers import invoice_bytes
from tests.faces.terminal import INTENT, finish, start
from tiebeam.serve import Watch
from tiebeam.workflow.promotion import NotInService, Stage

Serve = Callable[..., "Served"]


class Served:
    """A running server. `link` is what it printed for signing in."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.clients: list[httpx.Client] = []
        assert process.stdout is not None
        while not self.lines or "Ctrl-C" not in self.lines[-1]:
            line = process.stdout.readline()
            if not line:
                pytest.fail(f"the server ended: {finish(process)}")
            self.lines.append(line)
        text = "".join(self.lines)
        self.url = re.search(r"at (http://\S+)", text)[1]  # type: ignore[index]
        self.link = re.search(r"Sign in as .+: (\S+)", text)[1]  # type: ignore[index]
        self.token = self.link.partition("token=")[2]

    def client(self) -> httpx.Client:
        client = httpx.Client(base_url=self.url, timeout=20)
        self.clients.append(client)
        answer = client.post("/api/v1/session", json={"token": self.token})
        assert answer.status_code == 201, answer.text
        client.headers["x-csrf-token"] = answer.json()["csrf_token"]
        return client

    def stop(self, name: signal.Signals = signal.SIGTERM) -> float:
        """Seconds until it had ended; it must have ended well."""
        began = time.monotonic()
        os.killpg(self.process.pid, name)
        said = finish(self.process, timeout=20)
        assert said.code == 0, said.err
        assert "Traceback" not in said.err, said.err
        return time.monotonic() - began


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    running: list[Served] = []

    def started(workspace: Path, *arguments: str) -> Served:
        process = start("serve", "--workspace", workspace, "--port", "0", *arguments, cwd=tmp_path)
        running.append(Served(process))
        return running[-1]

    yield started
    for served in running:
        for client in served.clients:
            client.close()
        if served.process.poll() is None:
            os.killpg(served.process.pid, signal.SIGKILL)
            served.process.communicate()


def _until(found: Callable[[], bool], *, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found():
            return True
        time.sleep(0.2)
    return found()


def test_the_printed_link_signs_in_through_the_console(serve: Serve, workspace: Path) -> None:
    served = serve(workspace)
    with httpx.Client(base_url=served.url, timeout=20) as browser:
        outside = browser.get("/inbox")
        page = browser.get(served.link)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        signed = browser.post("/sign-in", data={"token": served.token, **hidden})
        home = browser.get("/")
        who = browser.get("/api/v1/session")

    assert outside.is_redirect
    assert outside.headers["location"].startswith("/sign-in")
    assert page.status_code == 200
    assert signed.is_redirect, signed.text
    assert home.status_code == 200
    assert "Local administrator" in home.text
    assert who.json()["principal"]["person_id"] == "local-administrator"
    assert served.stop(signal.SIGINT) < 8


def test_headers_protect_the_api_too(serve: Serve, workspace: Path) -> None:
    served = serve(workspace, "--no-worker")
    answer = httpx.get(f"{served.url}/api/v1/health")
    refused = httpx.get(f"{served.url}/api/v1/runs")

    assert answer.json() == {"status": "ok", "workers": 0}
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
    for headers in (answer.headers, refused.headers):
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_within_seconds_while_somebody_watches(serve: Serve, workspace: Path, name: signal.Signals) -> None:
    served = serve(workspace)
    client = served.client()
    with client.stream("GET", "/live") as stream:
        assert stream.status_code == 200
        assert "text/event-stream" in stream.headers["content-type"]
        took = served.stop(name)

    assert took < 8
    with opened(workspace) as app:
        # It has left properly: nobody has to find out that it is gone.
        assert {worker["state"] for worker in app.engine.health()["workers"]} == {"closed"}


def test_what_is_uploaded_is_worked_on(serve: Serve, workspace: Path) -> None:
    client = serve(workspace).client()
    accepted = client.post("/api/v1/runs", files={"files": ("a.xml", invoice_bytes("R-1"))})
    run = accepted.json()["run_ids"][0]

    assert accepted.status_code == 202
    assert _until(lambda: client.get(f"/api/v1/runs/{run}").json()["item"]["state"] == "waiting")


def test_what_is_put_into_the_inbox_folder_is_taken_in(serve: Serve, workspace: Path) -> None:
    _declare_inbox(workspace)
    client = serve(workspace).client()
    (workspace / "inbox" / "dropped.xml").write_bytes(invoice_bytes("R-5"))

    assert _until(lambda: client.get("/api/v1/runs?state=waiting").json()["total"] == 1)
    (item,) = client.get("/api/v1/runs").json()["items"]
    assert "R-5" in item["subject"]


def test_a_taken_port_is_told(workspace: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = finish(start("serve", "--workspace", workspace, "--port", port, cwd=tmp_path))

    assert said.code == 1
    assert port in said.err
    assert "[port_taken]" in said.err
    assert said.out == ""


def test_a_second_server_on_the_same_workspace_works_beside_the_first(serve: Serve, workspace: Path) -> None:
    first, second = serve(workspace), serve(workspace)
    one, two = first.client(), second.client()
    accepted = one.post("/api/v1/runs", files={"files": ("a.xml", invoice_bytes("R-1"))}).json()

    assert first.url != second.url
    assert _until(lambda: two.get(f"/api/v1/runs/{accepted['run_ids'][0]}").json()["item"]["state"] == "waiting")
    assert two.get("/api/v1/health").json()["workers"] == 2
    first.stop()
    again = two.post("/api/v1/runs", files={"files": ("b.xml", invoice_bytes("R-2"))}).json()
    assert _until(lambda: two.get(f"/api/v1/runs/{again['run_ids'][0]}").json()["item"]["state"] == "waiting")


def test_a_worker_works_alone_and_ends_when_told(workspace: Path, tmp_path: Path) -> None:
    process = start("worker", "--workspace", workspace, cwd=tmp_path)
    assert process.stdout is not None
    assert "working for" in process.stdout.readline()
    os.killpg(process.pid, signal.SIGTERM)

    assert finish(process, timeout=20).code == 0


def test_the_watch_leaves_half_written_files_and_tries_again_after_trouble(workspace: Path) -> None:
    _declare_inbox(workspace)
    with opened(workspace) as app:
        watch = Watch(app, app.principal())
        path = workspace / "inbox" / "slow.xml"
        whole = invoice_bytes("R-6")
        path.write_bytes(whole[:300])
        assert watch.look() == 0
        path.write_bytes(whole)
        assert watch.look() == 0
        assert watch.look() == 1
        assert watch.look() == 0

        app.promotion.promote(INTENT, to=Stage.RETIRED, actor="person:local-administrator")
        (workspace / "inbox" / "later.xml").write_bytes(invoice_bytes("R-7"))
        os.utime(workspace / "inbox" / "later.xml", (1_000_000_000, 1_000_000_000))
        with pytest.raises(NotInService, match="retired"):
            watch.look()
        for stage in (Stage.DRAFT, Stage.PILOT):
            app.promotion.promote(INTENT, to=stage, actor="person:local-administrator")
        assert watch.look() == 1


def _declare_inbox(workspace: Path) -> None:
    settings = workspace / "tiebeam.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[sources]\n", '[sources]\ninbox = "inbox"\n'), encoding="utf-8")
    (workspace / "inbox").mkdir()
    with opened(workspace) as app, app.store.unit() as unit:
        app.graph.apply(unit, actor="person:local-administrator")
