"""Serves the gateway alone: one process, or several that share the port and are kept running."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import uvicorn

from tiebeam.errors import Invalid, TiebeamError
from tiebeam.gateway.gateway import Gateway
from tiebeam.gateway.heads import CallerProtocol
from tiebeam.gateway.opening import Opening

_log = logging.getLogger("tiebeam.gateway")

GRACE_SECONDS = 30
"""Calls under way have so long to end when the process is stopped; what they used is charged in any case."""
KEEP_ALIVE_SECONDS = 75
BACKLOG = 2048
RESTART_SECONDS = 1.0
ORPHAN_SECONDS = 1.0
"""How often a process looks whether the one that started it is still there."""
GC_THRESHOLD = (20_000, 20, 20)
"""Objects made before the collector looks; a call makes hundreds and leaves no circles behind."""
_STOPS = (signal.SIGINT, signal.SIGTERM)


class PortTaken(TiebeamError):
    """Somebody else listens where the gateway should."""

    code = "port_taken"
    status = 409


def run_gateway(workspace: Path, *, host: str, port: int, processes: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted or terminated. Raises PortTaken, and what is wrong with the workspace."""
    if processes > 1 and not hasattr(socket, "SO_REUSEPORT"):
        raise Invalid("several processes cannot share a port on this system; leave --processes out")
    # Bound before anything else, so that a taken port is told at once and port 0 is chosen once for all processes.
    bound = _bind(host, port, is_shared=processes > 1)
    address = _address(bound)
    try:
        if processes == 1:
            _serve(workspace, bound, say=lambda: say(f"The gateway of {workspace} listens at {address}/v1"))
        else:
            _Processes(workspace, host, bound.getsockname()[1], processes).run(
                say=lambda: say(f"The gateway of {workspace} listens at {address}/v1 with {processes} processes")
            )
    finally:
        bound.close()


def _serve(
    workspace: Path, bound: socket.socket, *, say: Callable[[], None], processes: int = 1, number: int = 0
) -> None:
    opening = Opening(workspace, processes=processes, number=number)
    try:
        opening.start()
        # What was loaded by now stays for good: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLD)
        bound.listen(BACKLOG)
        server = _Server(_config(Gateway(lambda: opening.calls)))
        server.once_up = say
        with _left_to_us(*_STOPS):
            server.run(sockets=[bound])
    finally:
        opening.close()


def _config(gateway: Gateway) -> uvicorn.Config:
    return uvicorn.Config(
        gateway,
        loop="uvloop" if find_spec("uvloop") is not None else "asyncio",
        http=CallerProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=BACKLOG,
    )


@contextmanager
def _left_to_us(*signals: signal.Signals) -> Generator[None]:
    """The server raises the signal that ended it once more; here that must not end the process before it has closed."""
    former = {name: signal.signal(name, lambda *_: None) for name in signals}
    try:
        yield
    finally:
        for name, handler in former.items():
            signal.signal(name, handler)


class _Server(uvicorn.Server):
    """Says once that it is up, and leaves it to us how the process ends after a signal."""

    once_up: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.once_up()


class _Processes:
    """Several processes that listen at one port. One that dies is replaced; its open calls are charged by whoever
    adopts its journal."""

    def __init__(self, workspace: Path, host: str, port: int, count: int) -> None:
        self._workspace = workspace
        self._host = host
        self._port = port
        self._count = count
        self._numbers: dict[int, int] = {}
        """Of the processes that run, by their process id."""
        self._is_stopping = False
        self._parent = os.getpid()

    def run(self, *, say: Callable[[], None]) -> None:
        former = {name: signal.signal(name, self._stop) for name in _STOPS}
        try:
            for number in range(self._count):
                self._start(number)
            say()
            self._watch()
        finally:
            for name, handler in former.items():
                signal.signal(name, handler)

    def _start(self, number: int) -> None:
        pid = os.fork()
        if pid:
            self._numbers[pid] = number
            return
        code = 1
        try:
            for name in _STOPS:
                signal.signal(name, signal.SIG_DFL)
            threading.Thread(target=_end_with, args=(self._parent,), name="tiebeam-parent", daemon=True).start()
            with _bind(self._host, self._port, is_shared=True) as bound:
                _serve(self._workspace, bound, say=lambda: None, processes=self._count, number=number)
            code = 0
        except BaseException:  # noqa: BLE001 - the end of a forked process: it is told, and the parent goes on
            _log.exception("a process of the gateway ended")
        finally:
            os._exit(code)

    def _watch(self) -> None:
        while self._numbers:
            try:
                pid, status = os.wait()
            except InterruptedError:
                continue
            except ChildProcessError:
                return
            number = self._numbers.pop(pid, None)
            if number is None or self._is_stopping:
                continue
            _log.warning("process %d of the gateway ended with %d and is started again", number, status)
            time.sleep(RESTART_SECONDS)
            if not self._is_stopping:
                self._start(number)

    def _stop(self, _signal: int, _frame: object) -> None:
        self._is_stopping = True
        for pid in tuple(self._numbers):
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue


def _end_with(parent: int) -> None:
    """Stop this process once the one that started it is gone: nobody else would."""
    while os.getppid() == parent:
        time.sleep(ORPHAN_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _bind(host: str, port: int, *, is_shared: bool) -> socket.socket:
    """A bound socket that does not listen yet. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
        if not is_shared:
            # Two sockets may be bound to one address as long as neither listens.
            bound.listen(BACKLOG)
    except OSError as problem:
        bound.close()
        raise PortTaken(
            f"cannot listen at {host!r} port {port}: {problem.strerror or problem}; give another port with --port, "
            "0 picks a free one",
            host=host,
            port=port,
        ) from problem
    return bound


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
