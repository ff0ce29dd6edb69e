"""The near side of one confined process: start it, hand it a document, wait no longer than allowed."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from tiebeam.connect.documents.framing import HEADER_BYTES, frame, frame_length
from tiebeam.connect.documents.result import Limits

_BOOT_SECONDS = 60.0
_CHUNK = 256 * 1024


class WorkerLost(Exception):
    """The process ended or broke the protocol; `returncode` is negative for a signal, None where it still ran."""

    def __init__(self, returncode: int | None) -> None:
        super().__init__(f"the reading process was lost ({returncode})")
        self.returncode = returncode


class WorkerProcess:
    """Not for several threads at once; `Reader` hands each process to one caller at a time."""

    def __init__(self, *, limits: Limits) -> None:
        self.documents = 0
        self._limits = limits
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-s", "-m", "tiebeam.connect.documents.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_clean_environment(),
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Raises WorkerLost when it does not come up. Booting never counts against a document."""
        try:
            answer = self._exchange(iter((frame({"limits": asdict(self._limits)}),)), seconds=_BOOT_SECONDS)
        except TimeoutError as problem:
            raise WorkerLost(None) from problem
        if not answer.get("ready"):
            raise WorkerLost(self._process.poll())

    def ask(self, question: Mapping[str, Any], chunks: Iterator[bytes], *, size: int) -> dict[str, Any]:
        """The answer to a question about one document of exactly `size` bytes. Raises TimeoutError and WorkerLost."""
        self.documents += 1

        def message() -> Iterator[bytes]:
            yield frame({**question, "size": size})
            yield from chunks

        return self._exchange(message(), seconds=self._limits.seconds)

    def stop(self) -> None:
        """Kills the process and its session, and collects it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._process.wait()

    def _lost(self) -> WorkerLost:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        return WorkerLost(self._process.poll())

    def _exchange(self, chunks: Iterator[bytes], *, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        pending = memoryview(b"")
        sending = True
        received = bytearray()
        while True:
            if sending and not pending:
                following = next(chunks, None)
                sending = following is not None
                pending = memoryview(following or b"")
                continue
            self._wait(sending=sending, deadline=deadline)
            if sending:
                pending = pending[self._write(pending) :]
            answer = self._receive(received)
            if answer is not None:
                return answer

    def _wait(self, *, sending: bool, deadline: float) -> None:
        left = deadline - time.monotonic()
        poller = select.poll()
        poller.register(self._from, select.POLLIN)
        if sending:
            poller.register(self._to, select.POLLOUT)
        if left <= 0 or not poller.poll(max(1, int(left * 1000))):
            raise TimeoutError

    def _write(self, pending: memoryview) -> int:
        try:
            return os.write(self._to, pending[:_CHUNK])
        except BlockingIOError:
            return 0
        except BrokenPipeError as problem:
            raise self._lost() from problem

    def _receive(self, received: bytearray) -> dict[str, Any] | None:
        try:
            data = os.read(self._from, _CHUNK)
        except BlockingIOError:
            return None
        if not data:
            raise self._lost()
        received.extend(data)
        if len(received) < HEADER_BYTES:
            return None
        try:
            length = frame_length(bytes(received[:HEADER_BYTES]))
            if len(received) < HEADER_BYTES + length:
                return None
            answer = json.loads(bytes(received[HEADER_BYTES : HEADER_BYTES + length]))
        except ValueError as problem:
            raise WorkerLost(None) from problem
        if not isinstance(answer, dict):
            raise WorkerLost(None)
        return answer


def _clean_environment() -> dict[str, str]:
    """Only what Python needs to start: no keys, tokens, proxies or home folder of the parent."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }
