"""ids: EC-21 — the official JavaScript clients, installed from npm by their lock file and run by node."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.builders.gateway import gateway_workspace, lines, make_key, price_record, served_record
from tests.gateway import answers
from tests.gateway.running import running_gateway
from tests.gateway.upstream import Says, upstream
from tiebeam.app import open_app

pytestmark = pytest.mark.clients

HERE = Path(__file__).parent / "javascript"
BUILT = Path(__file__).parents[2] / "build" / "javascript"
_NATIVE = ("claude", "claude-tools")
_MORE = ("structured", "broken", "breaking")


def _installed() -> Path:
    """The folder with the clients. Skips where they cannot be had."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not on this machine; install Node.js 20 or newer to run the JavaScript clients")
    BUILT.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "clients.test.mjs"):
        shutil.copyfile(HERE / name, BUILT / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    try:
        done = subprocess.run(command, cwd=BUILT, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install the JavaScript clients within three minutes; is its registry reachable?")
    if done.returncode:
        said = done.stderr.strip().splitlines()[-6:]
        if not any(sign in done.stderr for sign in ("EINTEGRITY", "EUSAGE")):
            pytest.skip("npm cannot install the JavaScript clients: " + " / ".join(said))
        raise AssertionError("\n".join(said))
    return BUILT


def test_the_javascript_clients_work_unchanged(tmp_path: Path) -> None:
    folder = _installed()
    with upstream() as far:
        native = lines(
            title="Native",
            kind="anthropic",
            provider="far",
            base_url=f"http://127.0.0.1:{far.port}/v1",
            private_network=True,
        )
        workspace = gateway_workspace(
            tmp_path / "work",
            port=far.port,
            records={
                "upstreams/native.toml": native,
                **{
                    f"served/{name}.toml": served_record(name, upstream="native") for name in ("claude", "claude-tools")
                },
                **{f"served/{name}.toml": served_record(name) for name in _MORE},
                **{f"prices/far-{name}.toml": price_record(name) for name in ("claude", "claude-tools", *_MORE)},
            },
        )
        events = "text/event-stream"
        far.by_model.update(
            {
                "far-frontier": Says(body=answers.CHAT_TOOL),
                "far-mid": Says(body=answers.CHAT_TOOL_STREAM, content_type=events),
                "far-structured": Says(body=answers.CHAT_STRUCTURED),
                "far-claude-tools": Says(body=answers.MESSAGE_TOOL_STREAM, content_type=events),
                "far-broken": Says(status=500, body=b"<html>oops</html>"),
                "far-breaking": Says(breaks_after=2),
            }
        )
        with closing(open_app(workspace)) as app:
            key, poor_key = make_key(app), make_key(app, cap_usd="0.000001")
        with running_gateway(workspace) as address:
            told = {"GATEWAY_ADDRESS": address, "GATEWAY_KEY": key, "GATEWAY_POOR_KEY": poor_key}
            done = subprocess.run(
                ["node", "--throw-deprecation", "--test", "clients.test.mjs"],
                cwd=folder,
                env={**os.environ, **told},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
    assert done.returncode == 0, done.stdout + done.stderr
