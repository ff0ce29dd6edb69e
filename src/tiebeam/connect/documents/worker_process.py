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
from dataclasses import asdict, dataclass, field
from typing import Any

from tiebeam.connect.documents.confinement import Confinement, confinement_from
from tiebeam.connect.documents.framing import HEADER_BYTES, frame, frame_length
from tiebeam.connect.documents.result import Limits

_BOOT_SECONDS = 60.0
_CHUNK = 256 * 1024


class WorkerLost(Exception):
    """The process ended or broke the protocol; `returncode` is negative for a signal, None where it still ran."""

    def __init__(self, returncode: int | None) -> None:
        super().__init__(f"the reading process was lost ({returncode})")
        self.returncode = returncode


class WorkerRefused(Exception):
    """The process would not read without being confined; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a process is told before its first document."""

    limits: Limits = field(default_factory=Limits)
    parsers: Mapping[str, str] = field(default_factory=dict[str, str])
    """{verb: `package.module:function`}: what else it can be asked to parse; loaded before it is shut in."""
    unconfined: bool = False
    """It may read although the filter of system calls is missing."""
    landlock: bool = True
    """False stands for a kernel without Landlock."""


class WorkerProcess:
    """Not for several threads at once; `Reader` hands each process to one caller at a time."""

    confinement: Confinement
    """What holds it; known once it is ready."""

    def __init__(self, terms: Terms) -> None:
        self.documents = 0
        self._terms = terms
        self._limits = terms.limits
        self._received = bytearray()
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
        """Raises WorkerLost when it does not come up, WorkerRefused when it must not. Booting never counts against a
        document."""
        try:
            (answer,) = self._exchange(iter((frame(asdict(self._terms)),)), seconds=_BOOT_SECONDS)
        except TimeoutError as problem:
            raise WorkerLost(None) from problem
        if "why" in answer:
            raise WorkerRefused(str(answer["why"]))
        try:
            self.confinement = confinement_from(answer["confinement"])
        except (KeyError, TypeError) as problem:
            raise WorkerLost(self._process.poll()) from problem

    def ask(self, question: Mapping[str, Any], chunks: Iterator[bytes], *, size: int) -> Iterator[dict[str, Any]]:
        """The answers to a question about one document of exactly `size` bytes; all but the last carry `more`.

        Raises TimeoutError and WorkerLost.
        """
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

    def _exchange(self, chunks: Iterator[bytes], *, seconds: float) -> Iterator[dict[str, Any]]:
        deadline = time.monotonic() + seconds
        pending = memoryview(b"")
        sending = True
        while True:
            if sending and not pending:
                following = next(chunks, None)
                sending = following is not None
                pending = memoryview(following or b"")
                continue
            answer = self._next_answer()
            if answer is None:
                self._wait(sending=sending, deadline=deadline)
                if sending:
                    pending = pending[self._write(pending) :]
                self._receive()
            elif answer.get("more"):
                yield answer
            elif sending or self._received:
                # It spoke before it was asked, or on after the end: whatever it says is not to be believed.
                raise WorkerLost(None)
            else:
                yield answer
                return

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

    def _receive(self) -> None:
        try:
            data = os.read(self._from, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            raise self._lost()
        self._received.extend(data)

    def _next_answer(self) -> dict[str, Any] | None:
        """The next whole answer that came in, if any."""
        received = self._received
        if len(received) < HEADER_BYTES:
            return None
        try:
            length = frame_length(bytes(received[:HEADER_BYTES]))
            if len(received) < HEADER_BYTES + length:
                return None
            answer = json.loads(bytes(received[HEADER_BYTES : HEADER_BYTES + length]))
        except (ValueError, RecursionError) as problem:
            raise WorkerLost(None) from problem
        if not isinstance(answer, dict):
            raise WorkerLost(None)
        del received[: HEADER_BYTES + length]
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
