"""ids: EC-21 — what a call costs the gateway itself. `python -m benchmarks.gateway` says it beside others."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from tests.builders.gateway import gateway_workspace, make_key
from tests.gateway.upstream import upstream
from tiebeam.app import open_app
from tiebeam.gateway import Gateway

CALLS = 300
MOST_MILLISECONDS = 1.5
"""Of processor time for a call. A quiet machine needs a fifth; four hundred microseconds are 2,500 calls a second."""


# complaint: 23
def test_a_call_costs_the_gateway_little_processor_time(tmp_path: Path) -> None:
    with upstream() as far:
        app = open_app(gateway_workspace(tmp_path / "work", port=far.port, workflow_usd="400"))
        try:
            key = make_key(app, cap_usd="100", requests_per_minute=100_000, concurrent=100)
            app.calls.open()
            taken, statuses = asyncio.run(_measured(Gateway(lambda: app.calls), key))
        finally:
            app.close()
    assert statuses == {200}
    assert taken / CALLS * 1_000 < MOST_MILLISECONDS


async def _measured(gateway: Gateway, key: str) -> tuple[float, set[int]]:
    """Seconds of this thread's processor time for all calls, after a few that open what is opened once."""
    body = json.dumps({"model": "small", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 20}).encode()
    headers = [(b"authorization", f"Bearer {key}".encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "path": "/v1/chat/completions", "method": "POST", "headers": headers}
    statuses: set[int] = set()
    gone = asyncio.Event()

    async def call() -> None:
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if not messages:
                await gone.wait()
            return messages.pop()

        async def send(message: Any) -> None:
            if "status" in message:
                statuses.add(message["status"])

        await gateway(dict(scope), receive, send)

    for _ in range(20):
        await call()
    began = time.thread_time()
    for _ in range(CALLS):
        await call()
    taken = time.thread_time() - began
    await gateway.close()
    return taken, statuses
