"""The gateway as its users start it: a process of its own, on a free port."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

_SECONDS_TO_START = 30.0


@contextmanager
def running_gateway(workspace: Path, *arguments: str) -> Generator[str]:
    """Its address, once it takes calls. What it logs is shown when it does not start."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    log = workspace / "gateway.log"
    command = [sys.executable, "-c", "from tiebeam.cli import main; main()", "gateway", "--workspace", str(workspace)]
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), *arguments], stdout=said, stderr=subprocess.STDOUT
        )
        try:
            _wait(address, process, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"the gateway did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]
