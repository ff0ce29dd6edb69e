"""A house served over a real socket, and a real browser before it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import uvicorn

from tests.browser.chromium import Browser, Page, find_chromium, open_browser
from tests.builders.console_people import console, link_for
from tests.builders.workspaces import make_workspace, opened, take_in
from tests.rooms.web.conftest import keep_some
from tiebeam.app import App
from tiebeam.http import Shutdown


@dataclass(frozen=True)
class House:
    app: App
    url: str


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ending: Shutdown) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending.begin()
        await super().shutdown(sockets)


class Served:
    """The console of an app in a thread; `stop` returns the seconds it took to go down."""

    def __init__(self, app: App) -> None:
        ending = Shutdown()
        config = uvicorn.Config(
            console(app, ending), port=0, log_level="warning", timeout_graceful_shutdown=10, ws="none"
        )
        self._server = _Server(config, ending)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        self.url = f"http://localhost:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> float:
        started = time.monotonic()
        self._server.should_exit = True
        self._thread.join(15)
        assert not self._thread.is_alive(), "the server did not stop"
        return time.monotonic() - started


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    folder = tmp_path_factory.mktemp("house") / "company"
    make_workspace(folder, example="harbour-tools")
    keep_some(folder / "data")
    with opened(folder, work=True) as found:
        take_in(found, folder / "data" / "inbox")
        yield found


@pytest.fixture(scope="module")
def bare_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A house in which nothing has happened yet."""
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with opened(make_workspace(tmp_path_factory.mktemp("house") / "company", example="harbour-tools")) as found:
        yield found


@pytest.fixture(scope="module")
def house(app: App) -> Iterator[House]:
    served = Served(app)
    yield House(app, served.url)
    served.stop()


@pytest.fixture
def browser(app: App) -> Iterator[Browser]:
    """A fresh profile for every test."""
    with open_browser() as found:
        yield found


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(house: House, browser: Browser) -> SignIn:
    """Sign a person in by their one-time link, as they would; answers the page they land on."""

    def enter(person_id: str = "jonas-petersen", *, within: Browser | None = None, width: int = 1440) -> Page:
        page = (within or browser).page(width=width)
        page.go(house.url + link_for(house.app, person_id))
        page.click("form button.primary")
        page.until("document.querySelector('.who strong') !== null && document.readyState === 'complete'")
        return page

    return enter
