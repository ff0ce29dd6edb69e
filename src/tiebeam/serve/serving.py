"""The server: mounts the HTTP faces on one ASGI application, and keeps the work going beside them."""

from __future__ import annotations

import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from http import HTTPStatus
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from tiebeam import web
from tiebeam.api import PREFIX, build_api
from tiebeam.app import App, Vitals, open_app
from tiebeam.authority import Principal
from tiebeam.errors import TiebeamError
from tiebeam.gateway import Gateway
from tiebeam.http import Reached, Shutdown, make_link, middleware, reached_by
from tiebeam.serve.listening import BACKLOG, base_url, listen
from tiebeam.serve.probing import Place, probed
from tiebeam.serve.watching import INBOX_FOLDER, Watch
from tiebeam.spec import ServerUse

GRACE_SECONDS = 5


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


def serve_workspace(
    workspace: Path,
    *,
    host: str,
    port: int,
    with_worker: bool,
    say: Callable[[str], None],
    person: str | None = None,
    identify: Callable[[App, str | None], Principal] | None = None,
    health: Place | None = None,
) -> None:
    """Serve until interrupted. Who starts it gets a link; whoever nobody can vouch for is told where to sign in.

    `health` is where probes are answered, apart from the pages.
    """
    listening = listen(host, port)
    app = open_app(workspace)
    shutdown = Shutdown()
    try:
        app.identify = identify
        invited = _invited(app, person)
        names = () if host in {"0.0.0.0", "::"} else (f"[{host}]" if ":" in host else host.lower(),)  # noqa: S104
        server = _Server(_config(app, shutdown, names), shutdown)
        here = base_url(listening)
        link_base = _reached(app, names).base_url or here
        server.once_up = lambda: say(
            f"Tiebeam serves {workspace} at {here}\n{_invitation(app, invited, link_base)}\nStop with Ctrl-C."
        )
        vitals = Vitals(app, works=with_worker)
        with (
            _left_to_us(signal.SIGINT, signal.SIGTERM),
            nullcontext() if health is None else probed(health, vitals),
            _working(app, with_worker=with_worker),
        ):
            server.run(sockets=[listening])
            vitals.begin_draining()
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
