"""Processes of the benchmark: started on one core each, watched through /proc, ended by their own ids."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.gateway.load import Seen, Work

GATEWAY_CORE, LOAD_CORE = 0, 1


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def on_core(core: int) -> list[str]:
    """The words that pin a command to a core; none where there is only one."""
    return ["taskset", "-c", str(core)] if (os.cpu_count() or 1) > 1 else []


class Server:
    """A server pinned to a core, with everything it starts."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        core: int,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self._log = log.open("ab")
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            [*on_core(core), *command],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            start_new_session=True,
        )

    @property
    def ids(self) -> list[int]:
        return tree(self.process.pid)

    def cpu_seconds(self) -> float:
        return sum(cpu_seconds(one) for one in self.ids)

    def rss_mb(self) -> float:
        return round(sum(rss_bytes(one) for one in self.ids) / 1e6, 1)

    def kill(self) -> None:
        """All at once, as the machine would."""
        for one in self.ids:
            end(one, signal.SIGKILL)
        self.process.wait()
        self._log.close()

    def stop(self) -> None:
        end(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self._log.close()


def end(process_id: int, how: signal.Signals) -> None:
    try:
        os.kill(process_id, how)
    except ProcessLookupError:
        return


def tree(process_id: int) -> list[int]:
    """A process and all it started, by /proc."""
    parents: dict[int, int] = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                stat = (place / "stat").read_text(encoding="ascii", errors="replace")
            except OSError:
                continue
            parents[int(place.name)] = int(stat.rpartition(")")[2].split()[1])
    found = [process_id]
    for one in found:
        found.extend(child for child, parent in parents.items() if parent == one)
    return found


def cpu_seconds(process_id: int) -> float:
    """Time on a core of all its threads, to a hundredth of a second."""
    try:
        words = (
            Path(f"/proc/{process_id}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def rss_bytes(process_id: int) -> int:
    try:
        pages = int(Path(f"/proc/{process_id}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


class Upstream(Server):
    """The provider, on the core of the load."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "benchmarks.gateway.upstream", "--port", str(self.port)]
        super().__init__(command, core=LOAD_CORE, log=log)
        wait_for(self.port)

    def counts(self) -> dict[str, int]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as far:
            far.sendall(b"GET /counts HTTP/1.1\r\nhost: x\r\n\r\n")
            data = b""
            while b"}" not in data:
                data += far.recv(4096)
        return json.loads(data.partition(b"\r\n\r\n")[2])


def wait_for(port: int, *, seconds: float = 30) -> None:
    until = time.perf_counter() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.perf_counter() > until:
                raise SystemExit(f"nothing listens at port {port} after {seconds:.0f} seconds") from None
            time.sleep(0.01)
        else:
            return


def load(work: Work) -> Seen:
    """Runs the load on its core to its end."""
    said = start_load(work).communicate()[0]
    return Seen(**json.loads(said))


def start_load(work: Work) -> subprocess.Popen[str]:
    command = [*on_core(LOAD_CORE), sys.executable, "-m", "benchmarks.gateway.load"]
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if running.stdin is None:
        raise SystemExit("the load has no input")
    running.stdin.write(json.dumps(asdict(work)))
    running.stdin.close()
    running.stdin = None
    return running


def answer_of(work: Work) -> dict[str, Any] | None:
    """One call by itself: its status and body, None where nothing answered."""
    body = work.body.encode()
    lines = {"host": "127.0.0.1", "content-type": "application/json", "connection": "close", **work.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    try:
        with socket.create_connection(("127.0.0.1", work.port), timeout=30) as far:
            far.sendall(f"POST {work.path} HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            data = b""
            while part := far.recv(65_536):
                data += part
    except OSError:
        return None
    if len(data) < 12:
        return None
    return {"status": int(data[9:12]), "text": data.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")}
