"""The server: mounts the HTTP faces on one ASGI application, and keeps the work going beside them."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from tiebeam import web
from tiebeam.api import PREFIX, build_api
from tiebeam.app import App, open_app
from tiebeam.errors import TiebeamError
from tiebeam.http import Shutdown
from tiebeam.workflow.intake import arrivals_in
from tiebeam.workforce import Obj, Principal, require

INTENT = "finance.invoice-processing-matching"
WATCH_SECONDS = 5.0
GRACE_SECONDS = 10
_log = logging.getLogger("tiebeam.serve")


def build_asgi(app: App, *, shutdown: Shutdown | None = None) -> Starlette:
    """The console at `/` and the API at `/api/v1`."""
    ending = shutdown or Shutdown()

    @asynccontextmanager
    async def lifespan(_asgi: Starlette) -> AsyncGenerator[None]:
        yield
        ending.begin()

    routes = [Mount(PREFIX, build_api(app)), *web.routes(app, ending)]
    return Starlette(
        routes=routes,
        middleware=web.middleware(),
        exception_handlers=web.exception_handlers(app),
        lifespan=lifespan,
    )


class Watch:
    """Takes in what people put into the workspace's inbox folder, and the answers that come by mail."""

    def __init__(self, app: App, principal: Principal) -> None:
        self._app = app
        self._principal = principal
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tiebeam-watch", daemon=True)
        self._seen: dict[Path, tuple[int, int]] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=WATCH_SECONDS)

    def look(self) -> int:
        """One look; returns how many new documents were taken in."""
        self._app.correspondence.collect()
        settings = self._app.graph().settings
        folder = None if settings is None or settings.sources.inbox is None else settings.sources.inbox
        if folder is None or not (self._app.workspace / folder).is_dir():
            return 0
        place = self._app.workspace / folder
        arrivals = [item for item in arrivals_in(place) if item.path is not None and self._is_new(item.path)]
        if not arrivals:
            return 0
        return self._app.starting.take_in(self._principal, INTENT, arrivals, source=str(folder)).new

    def _is_new(self, path: Path) -> bool:
        stat = path.stat()
        mark = (stat.st_mtime_ns, stat.st_size)
        if self._seen.get(path) == mark:
            return False
        self._seen[path] = mark
        return True

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except TiebeamError as problem:
                _log.warning("the inbox folder was not taken in: %s", problem.message)
            except Exception:  # noqa: BLE001 - the watch goes on; the next look may succeed
                _log.exception("looking into the inbox folder failed")
            if self._stop.wait(WATCH_SECONDS):
                return


def make_link(app: App, principal: Principal, person_id: str, *, base_url: str) -> str:
    """A one-time link that signs `person_id` in. Raises Refused and NotFound."""
    require(principal, "person.link", Obj("person", person_id, {"person": person_id}))
    with app.store.unit() as unit:
        token = app.workforce.access.create_link(unit, person_id, actor=principal.actor)
    return f"{base_url.rstrip('/')}/sign-in?token={token}"


def serve_workspace(
    workspace: Path,
    *,
    host: str,
    port: int,
    with_worker: bool,
    person_id: str | None,
    say: Callable[[str], None],
) -> None:
    """Serve until interrupted."""
    app = open_app(workspace)
    principal = app.principal(person_id)
    watch = Watch(app, principal)
    shutdown = Shutdown()
    config = uvicorn.Config(
        build_asgi(app, shutdown=shutdown),
        host=host,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )
    server = _Server(config, shutdown)
    server.once_up = lambda bound: say(
        f"Tiebeam serves {workspace} at http://{host}:{bound}\n"
        f"Sign in as {principal.name}: {make_link(app, principal, principal.person_id, base_url=f'http://{host}:{bound}')}\n"
        "Stop with Ctrl-C."
    )
    try:
        if with_worker:
            app.engine.launch()
            watch.start()
        server.run()
    finally:
        if with_worker:
            watch.stop()
        app.close()


class _Server(uvicorn.Server):
    """Says where it listens once it does, and ends open streams before it waits for them."""

    once_up: Callable[[int], None]

    def __init__(self, config: uvicorn.Config, shutdown: Shutdown) -> None:
        super().__init__(config)
        self._shutdown = shutdown

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.once_up(self.servers[0].sockets[0].getsockname()[1])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._shutdown.begin()
        await super().shutdown(sockets)


def run_worker(workspace: Path, *, say: Callable[[str], None]) -> None:
    """Work until interrupted or terminated."""
    app = open_app(workspace)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    app.engine.launch()
    say(f"working for {workspace}; stop with Ctrl-C")
    try:
        stop.wait()
    finally:
        app.close()
