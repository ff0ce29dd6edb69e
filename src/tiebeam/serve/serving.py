"""The server: mounts the HTTP faces on one ASGI application, and keeps the work going beside them."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from tiebeam import web
from tiebeam.api import PREFIX, build_api
from tiebeam.app import App, open_app
from tiebeam.authority import Principal, PrincipalKind
from tiebeam.errors import TiebeamError
from tiebeam.gateway import Gateway
from tiebeam.http import Reached, Shutdown, make_link, middleware, reached_by
from tiebeam.spec import ServerUse
from tiebeam.workflow.intake import arrivals_in

INTENT = "finance.invoice-processing-matching"
WATCH_SECONDS = 2.0
SETTLED_SECONDS = 1.0
GRACE_SECONDS = 5
BACKLOG = 2048
_log = logging.getLogger("tiebeam.serve")

INBOX_FOLDER = Principal("system:inbox-folder", "Inbox folder", kind=PrincipalKind.SYSTEM, method="system")
"""In whose name the documents of the inbox folder are taken in: whoever started the server has no part in it."""

Mark = tuple[int, int]
"""When a file was last written, in nanoseconds, and its size."""


def build_asgi(app: App, *, shutdown: Shutdown | None = None, bound_to: tuple[str, ...] = ()) -> Starlette:
    """The console at `/`, the API at `/api/v1` and the gateway at `/v1`, answering by the names the settings and
    `bound_to` allow."""
    ending = shutdown or Shutdown()
    # What it needs of budgets and journal is opened with the first call, so a console without any costs nothing.
    gateway = Gateway(lambda: app.calls, prepare=app.calls.open)

    @asynccontextmanager
    async def lifespan(_asgi: Starlette) -> AsyncGenerator[None]:
        yield
        ending.begin()
        await gateway.close()

    routes = [Mount(PREFIX, build_api(app)), Mount("/v1", gateway), *web.routes(app, ending)]
    return Starlette(
        routes=routes,
        middleware=middleware(_reached(app, bound_to)),
        exception_handlers=web.exception_handlers(app),
        lifespan=lifespan,
    )


class PortTaken(TiebeamError):
    """Somebody else listens where we should."""

    code = "port_taken"
    status = 409


class Watch:
    """Takes in what people put into the workspace's inbox folder, and the answers that come by mail."""

    def __init__(self, app: App, principal: Principal) -> None:
        self._app = app
        self._principal = principal
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tiebeam-watch", daemon=True)
        self._taken: dict[Path, Mark] = {}
        self._last: dict[Path, Mark] = {}
        self._warned = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=GRACE_SECONDS)

    def look(self) -> int:
        """One look; returns how many new documents were taken in. Files that are still being written are left."""
        self._app.correspondence.collect()
        settings = self._app.graph().settings
        folder = None if settings is None else settings.sources.inbox
        if folder is None or not (self._app.workspace / folder).is_dir():
            return 0
        arrivals = arrivals_in(self._app.workspace / folder)
        marks = {item.path: _mark_of(item.path) for item in arrivals if item.path and os.access(item.path, os.R_OK)}
        ready = [item for item in arrivals if item.path in marks and self._is_ready(item.path, marks[item.path])]
        self._last = marks
        if not ready:
            return 0
        new = self._app.starting.take_in(self._principal, INTENT, ready, source=str(folder)).new
        self._taken |= {item.path: marks[item.path] for item in ready if item.path}
        return new

    def _is_ready(self, path: Path, mark: Mark) -> bool:
        if self._taken.get(path) == mark:
            return False
        return self._last.get(path) == mark or time.time() - mark[0] / 1e9 > SETTLED_SECONDS

    def _run(self) -> None:
        while True:
            try:
                self.look()
                self._warned = ""
            except TiebeamError as problem:
                self._warn(problem.message)
            except Exception:  # noqa: BLE001 - the watch goes on; the next look may succeed
                _log.exception("looking into the inbox folder failed")
            if self._stop.wait(WATCH_SECONDS):
                return

    def _warn(self, message: str) -> None:
        """Once for each new reason, not at every look."""
        if message != self._warned:
            _log.warning("the inbox folder was not taken in: %s", message)
        self._warned = message


def _mark_of(path: Path) -> Mark:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def serve_workspace(
    workspace: Path,
    *,
    host: str,
    port: int,
    with_worker: bool,
    say: Callable[[str], None],
    person: str | None = None,
    identify: Callable[[App, str | None], Principal] | None = None,
) -> None:
    """Serve until interrupted. Who starts it gets a link; whoever nobody can vouch for is told where to sign in."""
    listening = _listen(host, port)
    app = open_app(workspace)
    shutdown = Shutdown()
    try:
        app.identify = identify
        invited = _invited(app, person)
        names = () if host in {"0.0.0.0", "::"} else (f"[{host}]" if ":" in host else host.lower(),)  # noqa: S104
        server = _Server(_config(app, shutdown, names), shutdown)
        here = _base_url(listening)
        base_url = _reached(app, names).base_url or here
        server.once_up = lambda: say(
            f"Tiebeam serves {workspace} at {here}\n{_invitation(app, invited, base_url)}\nStop with Ctrl-C."
        )
        with _left_to_us(signal.SIGINT, signal.SIGTERM), _working(app, with_worker=with_worker):
            server.run(sockets=[listening])
    finally:
        app.close()
        listening.close()


def _invited(app: App, person: str | None) -> Principal | None:
    """Who starts the server; None when that is nobody we know, which keeps no server from running."""
    try:
        return app.principal(person)
    except TiebeamError as refusal:
        if person is not None or refusal.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise
        return None


def _invitation(app: App, invited: Principal | None, base_url: str) -> str:
    if invited is None or invited.method == "token":
        return f"Sign in at {base_url}/sign-in"
    return f"Sign in as {invited.name}: {make_link(app, invited, invited.person_id, base_url=base_url)}"


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket, before anything else is begun. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Two sockets may be bound to one address as long as neither listens.
        listening.listen(BACKLOG)
    except OSError as problem:
        listening.close()
        raise PortTaken(
            f"cannot listen at {host!r} port {port}: {problem.strerror or problem}; "
            "is Tiebeam running already? Give another port with --port, 0 picks a free one",
            host=host,
            port=port,
        ) from problem
    return listening


def _base_url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _reached(app: App, bound_to: tuple[str, ...]) -> Reached:
    settings = app.graph().settings
    return reached_by(settings.server if settings is not None else ServerUse(), also=bound_to)


def _config(app: App, shutdown: Shutdown, bound_to: tuple[str, ...]) -> uvicorn.Config:
    return uvicorn.Config(
        build_asgi(app, shutdown=shutdown, bound_to=bound_to),
        log_level="warning",
        # What a proxy says is believed by our own rule, from the addresses in [server] trusted_proxies alone.
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
        backlog=BACKLOG,
    )


@contextmanager
def _working(app: App, *, with_worker: bool) -> Generator[None]:
    """Work is done and the inbox folder watched meanwhile."""
    if not with_worker:
        yield
        return
    watch = Watch(app, INBOX_FOLDER)
    app.engine.launch()
    watch.start()
    try:
        yield
    finally:
        watch.stop()


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
    """Says where it listens once it does, and ends open streams before it waits for them."""

    once_up: Callable[[], None]

    def __init__(self, config: uvicorn.Config, shutdown: Shutdown) -> None:
        super().__init__(config)
        self._shutdown = shutdown

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.once_up()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._shutdown.begin()
        await super().shutdown(sockets)


def run_worker(workspace: Path, *, say: Callable[[str], None]) -> None:
    """Work until interrupted or terminated."""
    app = open_app(workspace)
    stop = threading.Event()
    try:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        app.engine.launch()
        say(f"working for {workspace}; stop with Ctrl-C")
        stop.wait()
    finally:
        app.close()
