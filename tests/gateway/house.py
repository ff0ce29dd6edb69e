"""A gateway in this process: a real server on a free port, a real workspace behind it, a provider before it.

with house(tmp_path) as here:
    here.far.says = Says(output=5)
    answer = here.ask()
    assert here.charges()[0].usd_nano == 120_000
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
import uvicorn

from tests.builders.gateway import gateway_workspace, make_key
from tests.gateway.upstream import Upstream, upstream
from tiebeam.app import App, Calls, open_app
from tiebeam.economics.tables import usage_charge, usage_spend
from tiebeam.gateway import CallerProtocol, Gateway

HELLO = [{"role": "user", "content": "Hello"}]


@dataclass
class House:
    app: App
    far: Upstream
    url: str
    key: str
    gateway: Gateway
    client: httpx.Client = field(repr=False)

    @property
    def calls(self) -> Calls:
        return self.app.calls

    def ask(self, path: str = "chat/completions", *, key: str | None = None, headers: Any = None, **said: Any) -> Any:
        """One call; `said` goes into its body."""
        return self.client.post(f"/v1/{path}", json=self.body(path, **said), headers=self.signed(key) | (headers or {}))

    def stream(
        self, path: str = "chat/completions", *, key: str | None = None, headers: Any = None, **said: Any
    ) -> Any:
        """A call whose answer is read as it comes, in a `with`."""
        body = self.body(path, stream=True, **said)
        return self.client.stream("POST", f"/v1/{path}", json=body, headers=self.signed(key))

    def signed(self, key: str | None = None) -> dict[str, str]:
        return {"authorization": f"Bearer {key or self.key}"}

    def key_id(self, key: str) -> str:
        found = self.calls.ring.find(key, self.calls.admission.now())
        assert found is not None
        return found.id

    @staticmethod
    def body(path: str = "chat/completions", **said: Any) -> dict[str, Any]:
        if path == "embeddings":
            return {"model": "small", "input": "Hello"} | said
        if path == "responses":
            return {"model": "small", "input": "Hello"} | said
        needed = {"max_tokens": 100} if path == "messages" else {}
        return {"model": "small", "messages": HELLO} | needed | said

    def charges(self) -> Sequence[Any]:
        """Every row of the ledger, once all that ended is written."""
        self.wait_until_quiet()
        assert self.calls.meter.writer.drain(seconds=10)
        with self.app.store.read() as conn:
            return conn.execute(sa.select(usage_charge).order_by(usage_charge.c.seq)).all()

    def wait_until_quiet(self) -> None:
        """Until no call is under way."""
        end = time.monotonic() + 10
        while (self.gateway.counts.inside or self.calls.journal.open_attempts) and time.monotonic() < end:
            time.sleep(0.005)
        assert not self.gateway.counts.inside
        assert not self.calls.journal.open_attempts

    def held(self) -> int:
        return sum(one.held_nano for one in self.calls.spending.snapshot())

    def spent(self) -> dict[str, int]:
        """What memory says was spent, by budget."""
        found: dict[str, int] = {}
        for one in self.calls.spending.snapshot():
            found[one.node] = found.get(one.node, 0) + one.spent_nano
        return found

    def booked(self) -> dict[str, int]:
        """What the books say was spent, by budget."""
        with self.app.store.read() as conn:
            wanted = sa.select(usage_spend.c.node, sa.func.sum(usage_spend.c.spent_nano)).group_by(usage_spend.c.node)
            return {node: int(nano) for node, nano in conn.execute(wanted)}

    def assert_settled(self) -> list[Any]:
        """Nothing is held, and what was spent is the sum of the ledger, to the nano-dollar. Returns the ledger."""
        rows = list(self.charges())
        assert self.held() == 0
        total = sum(row.usd_nano for row in rows)
        assert self.booked()["company"] == total
        return rows


@contextmanager
def house(folder: Path, *, far: Upstream | None = None, **workspace: Any) -> Generator[House]:
    """`workspace` is for `gateway_workspace`."""
    if far is None:
        with upstream() as made, house(folder, far=made, **workspace) as one:
            yield one
        return
    app = open_app(gateway_workspace(folder / "work", port=far.port, **workspace))
    key = make_key(app)
    app.calls.open()
    gateway = Gateway(lambda: app.calls)
    try:
        with served(gateway) as url, httpx.Client(base_url=url, timeout=30) as client:
            yield House(app=app, far=far, url=url, key=key, gateway=gateway, client=client)
    finally:
        app.close()


@contextmanager
def served(gateway: Gateway) -> Generator[str]:
    """Its address. It runs on an event loop of its own, in a thread."""
    config = uvicorn.Config(
        gateway,
        host="127.0.0.1",
        port=0,
        http=CallerProtocol,
        loop="uvloop",
        ws="none",
        log_level="error",
        lifespan="on",
        timeout_keep_alive=75,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="gateway", daemon=True)
    thread.start()
    end = time.monotonic() + 10
    while not server.started and time.monotonic() < end:
        time.sleep(0.002)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
