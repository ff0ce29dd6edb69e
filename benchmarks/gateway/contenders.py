"""The gateways compared: how each is started and called."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.gateway.load import Work
from benchmarks.gateway.processes import GATEWAY_CORE, Server, Upstream, answer_of, free_port
from benchmarks.gateway.workspaces import command, make_key, make_workspace

PROMPT = "Does this invoice match its order, and if it does not, in which line and by how much? " * 6
BOOT_SECONDS = 120


@dataclass
class Contender:
    """One that is called: the upstream itself, or a gateway before it."""

    name: str
    port: int
    server: Server | None
    headers: dict[str, str] = field(default_factory=dict)
    path: str = "/v1/chat/completions"
    prefix: str = ""
    """What its names of models begin with."""
    boot_seconds: float | None = None

    def work(self, *, model: str = "small", stream: bool = False, concurrency: int = 1, seconds: float = 5) -> Work:
        asked = {
            "model": f"{self.prefix}{model}",
            "messages": [
                {"role": "system", "content": "You compare invoices with orders."},
                {"role": "user", "content": PROMPT},
            ],
            "temperature": 0,
            "max_tokens": 256,
        }
        if stream:
            asked["stream"] = True
        return Work(
            port=self.port,
            path=self.path,
            headers=self.headers,
            body=json.dumps(asked, separators=(",", ":")),
            concurrency=concurrency,
            seconds=seconds,
        )

    def wait(self, *, or_refused: bool = False) -> None:
        """Until it answers a call of a model, or refuses it because nothing is left; that is its boot."""
        if self.server is None:
            return
        asked, last, enough = self.work(), None, {200, 429} if or_refused else {200}
        while time.perf_counter() - self.server.begun < BOOT_SECONDS:
            last = answer_of(asked)
            if last is not None and last["status"] in enough:
                self.boot_seconds = time.perf_counter() - self.server.begun
                return
            if self.server.process.poll() is not None:
                break
            time.sleep(0.02)
        self.stop()
        raise SystemExit(f"{self.name} does not answer: {last}")

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()


@dataclass(frozen=True)
class Bench:
    """What contenders are started with."""

    scratch: Path
    upstream: Upstream
    peers: Path
    workspace: Path
    key: str

    @classmethod
    def of(cls, scratch: Path, upstream: Upstream, peers: Path) -> Bench:
        workspace = make_workspace(scratch / "workspace", port=upstream.port)
        return cls(scratch=scratch, upstream=upstream, peers=peers, workspace=workspace, key=make_key(workspace))


def direct(bench: Bench) -> Contender:
    return Contender("direct", bench.upstream.port, None)


def gateway_of(
    workspace: Path, key: str, *, log: Path, processes: int = 1, port: int = 0, core: int = GATEWAY_CORE
) -> Contender:
    port = port or free_port()
    words = ["gateway", "-w", str(workspace), "--port", str(port), "--processes", str(processes)]
    return Contender("tiebeam", port, Server(command(*words), core=core, log=log), {"authorization": f"Bearer {key}"})


def tiebeam(bench: Bench) -> Contender:
    return gateway_of(bench.workspace, bench.key, log=bench.scratch / "tiebeam.log")


def litellm(bench: Bench) -> Contender:
    """Without a database, so without budgets, keys or a ledger of its own: less work than the others do."""
    port, config = free_port(), bench.scratch / "litellm.yaml"
    served = "".join(
        f"  - model_name: {name}\n    litellm_params:\n      model: openai/far-{name}\n"
        f"      api_base: http://127.0.0.1:{bench.upstream.port}/v1\n      api_key: none\n"
        for name in ("small", "paced", "slow")
    )
    config.write_text(
        f"model_list:\n{served}litellm_settings:\n  telemetry: false\ngeneral_settings:\n  master_key: sk-bench\n",
        encoding="utf-8",
    )
    program = bench.peers / "litellm" / "bin" / "litellm"
    words = ["--config", str(config), "--port", str(port), "--host", "127.0.0.1", "--num_workers", "1"]
    quiet = {"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    server = Server([str(program), *words], core=GATEWAY_CORE, log=bench.scratch / "litellm.log", environment=quiet)
    return Contender("litellm", port, server, {"authorization": "Bearer sk-bench"})


def portkey(bench: Bench) -> Contender:
    """Without budgets, keys or a ledger, which its open gateway has not."""
    port = free_port()
    program = bench.peers / "portkey" / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    server = Server(
        ["node", str(program), f"--port={port}", "--headless"], core=GATEWAY_CORE, log=bench.scratch / "portkey.log"
    )
    headers = {
        "authorization": "Bearer none",
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": f"http://127.0.0.1:{bench.upstream.port}/v1",
    }
    return Contender("portkey", port, server, headers)


CONTENDERS: dict[str, Callable[[Bench], Contender]] = {
    "direct": direct,
    "tiebeam": tiebeam,
    "litellm": litellm,
    "portkey": portkey,
}
