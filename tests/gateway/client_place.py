"""A gateway with a provider double behind it, and the official clients pointed at it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import openai

from tests.builders.gateway import gateway_workspace, lines, make_key, price_record, served_record, upstream_record
from tests.gateway.running import running_gateway
from tests.gateway.upstream import Upstream, upstream
from tiebeam.app import open_app


@dataclass
class Place:
    address: str
    far: Upstream
    key: str
    poor_key: str

    def openai(self, key: str | None = None, **said: Any) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.address}/v1", api_key=key or self.key, max_retries=0, **said)

    def anthropic(self, key: str | None = None, **said: Any) -> anthropic.Anthropic:
        return anthropic.Anthropic(base_url=self.address, api_key=key or self.key, max_retries=0, **said)


@contextmanager
def client_place(folder: Path) -> Generator[Place]:
    with upstream() as far:
        native = lines(
            title="Native",
            kind="anthropic",
            provider="far",
            base_url=f"http://127.0.0.1:{far.port}/v1",
            private_network=True,
            breaker_failures=1_000,
        )
        workspace = gateway_workspace(
            folder,
            port=far.port,
            records={
                "upstreams/far.toml": upstream_record(far.port, breaker_failures=1_000),
                "upstreams/native.toml": native,
                "served/claude.toml": served_record("claude", upstream="native", model="far-claude"),
                "prices/far-claude.toml": price_record("claude"),
            },
        )
        with closing(open_app(workspace)) as app:
            key, poor_key = make_key(app), make_key(app, cap_usd="0.000001")
        with running_gateway(workspace) as address:
            yield Place(address, far, key, poor_key)
