"""ids: EC-21 — gateways are stopped and killed under load: no cap is passed, and no charge is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from tests.builders.gateway import gateway_workspace, make_key_in
from tests.gateway.running import running_gateway
from tests.gateway.upstream import Says, Upstream, upstream
from tiebeam.app import open_app
from tiebeam.economics.metering import check_usage
from tiebeam.economics.tables import usage_charge, usage_spend

pytestmark = pytest.mark.crash

CAP = 1_000_000_000
BODY = {"model": "small", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1_000}
# What the provider counts, at its price: below what the gateway holds for such a call.
NANO = 150 * 1_000 + 1_000 * 4_000


@pytest.fixture
def far() -> Generator[Upstream]:
    with upstream(input=150, output=1_000, delay=0.02) as one:
        yield one


def _workspace(folder: Path, far: Upstream) -> tuple[Path, str]:
    workspace = gateway_workspace(folder / "work", port=far.port, company_usd="1", team_usd="1")
    return workspace, make_key_in(workspace)


def _children(address: str) -> list[int]:
    """The processes behind a gateway's parent, found by the port they listen at."""
    port = address.rpartition(":")[2]
    running = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]
    parents = [one for one in running if _has(one, "gateway", "--port", port)]
    return [one for one in parents if _parent_of(one) in parents]


def _has(pid: int, *words: str) -> bool:
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return all(word.encode() in said for word in words)


def _parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _books(workspace: Path) -> tuple[list[Any], int]:
    """Every charge, and what the company's budget says was spent; after whatever was left behind was adopted."""
    app = open_app(workspace)
    try:
        app.calls.open()
        end = time.monotonic() + 20
        folder = workspace / ".tiebeam" / "charges"
        while len([one for one in folder.iterdir() if one.is_dir()]) > 1 and time.monotonic() < end:
            time.sleep(0.1)
        with app.store.read() as conn:
            rows = list(conn.execute(sa.select(usage_charge)).all())
            spent = sa.select(sa.func.sum(usage_spend.c.spent_nano)).where(usage_spend.c.node == "company")
            assert check_usage(conn) == []
            return rows, int(conn.execute(spent).scalar_one())
    finally:
        app.close()


# complaint: 5
def test_four_processes_and_two_hundred_writers_never_pass_a_cap_though_one_is_killed(
    tmp_path: Path, far: Upstream
) -> None:
    workspace, key = _workspace(tmp_path, far)
    signed = {"authorization": f"Bearer {key}"}
    statuses: list[int] = []

    async def write(client: httpx.AsyncClient) -> None:
        for _ in range(10):
            try:
                answer = await client.post("/v1/chat/completions", json=BODY, headers=signed)
            except httpx.HTTPError:
                continue
            statuses.append(answer.status_code)

    async def load(address: str, pid: int) -> None:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
            writers = [asyncio.create_task(write(client)) for _ in range(200)]
            while statuses.count(200) < 60:
                await asyncio.sleep(0.01)
            os.kill(pid, signal.SIGKILL)
            await asyncio.gather(*writers)

    with running_gateway(workspace, "--processes", "4") as address:
        children = _children(address)
        assert len(children) == 4
        asyncio.run(load(address, children[0]))
        asked = len(far.calls)
    rows, spent = _books(workspace)
    # What the provider was asked never costs more than the cap, and every such call is a line of the ledger.
    assert asked * NANO <= CAP
    assert spent == sum(row.usd_nano for row in rows) <= CAP
    assert len([row for row in rows if row.ended != "unreached"]) >= asked
    assert statuses.count(200) <= asked
    assert 429 in statuses


def test_a_gateway_that_is_stopped_lets_calls_under_way_end(tmp_path: Path, far: Upstream) -> None:
    workspace, key = _workspace(tmp_path, far)
    far.says = Says(input=150, output=1_000, chunks=20, pause=0.05)
    with _process(workspace) as (process, address):
        signed = {"authorization": f"Bearer {key}"}
        body = BODY | {"stream": True}
        with httpx.stream("POST", f"{address}/v1/chat/completions", json=body, headers=signed, timeout=30) as answer:
            parts = answer.iter_bytes()
            next(parts)
            process.send_signal(signal.SIGTERM)
            text = b"".join(parts)
        assert text.endswith(b"data: [DONE]\n\n")
        assert process.wait(timeout=20) == 0
    rows, spent = _books(workspace)
    assert [(row.usd_nano, row.estimated, row.ended) for row in rows] == [(NANO, False, "ok")]
    assert spent == NANO


def test_a_gateway_that_is_killed_in_a_call_charges_it_at_worst(tmp_path: Path, far: Upstream) -> None:
    workspace, key = _workspace(tmp_path, far)
    far.says = Says(silent=True)
    with _process(workspace) as (process, address):
        with pytest.raises(httpx.HTTPError):
            httpx.post(
                f"{address}/v1/chat/completions", json=BODY, headers={"authorization": f"Bearer {key}"}, timeout=1
            )
        process.kill()
        process.wait()
    rows, spent = _books(workspace)
    assert [(row.ended, row.estimated, row.usd_nano) for row in rows] == [("lost", True, rows[0].worst_nano)]
    assert spent == rows[0].worst_nano


@contextmanager
def _process(workspace: Path) -> Generator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-c", "from tiebeam.cli import main; main()", "gateway", "--workspace", str(workspace)]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        try:
            yield process, said.split(" listens at ")[1].split("/v1")[0]
        finally:
            process.kill()
