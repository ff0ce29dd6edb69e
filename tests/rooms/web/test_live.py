"""The stream of changes: one watcher, many listeners, an end when the server goes down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tiebeam.http import Shutdown
from tiebeam.web import live
from tiebeam.web.live import Ears, Hub, stream


class Watch:
    def __init__(self) -> None:
        self.looks = 0
        self.next: set[str] = set()

    def __call__(self) -> set[str]:
        self.looks += 1
        found, self.next = self.next, set()
        return found


class Listener(Ears):
    """Ears that hear of everything, of somebody who is welcome or not."""

    def __init__(self, *, is_welcome: bool) -> None:
        self._is_welcome = is_welcome

    @property
    def is_stale(self) -> bool:
        return False

    def is_welcome(self) -> bool:
        return self._is_welcome

    def hears(self, topic: str) -> bool:
        del topic
        return True


async def _first(topics: AsyncIterator[str | None]) -> str | None:
    return await asyncio.wait_for(anext(topics), 5)


def test_every_listener_hears_of_a_change_from_one_watcher() -> None:
    async def scene() -> None:
        watch = Watch()
        hub = Hub(watch, shutdown=Shutdown())
        listeners = [hub.listen() for _ in range(3)]
        heard = [asyncio.create_task(_first(one)) for one in listeners]
        await asyncio.sleep(0.05)
        watch.next = {"runs"}
        assert await asyncio.gather(*heard) == ["runs"] * 3
        looks = watch.looks
        await asyncio.sleep(live.WATCH_SECONDS * 2.5)
        assert watch.looks - looks <= 3
        for one in listeners:
            await one.aclose()  # type: ignore[attr-defined]
        await asyncio.sleep(live.WATCH_SECONDS * 2)
        looks = watch.looks
        await asyncio.sleep(live.WATCH_SECONDS * 2)
        assert watch.looks == looks, "it watches although nobody listens"

    asyncio.run(scene())


def test_a_shutdown_ends_open_streams() -> None:
    async def scene() -> None:
        ending = Shutdown()
        hub = Hub(Watch(), shutdown=ending)
        pieces: list[str] = []

        async def read() -> None:
            body = stream(hub.listen(), Listener(is_welcome=True)).body_iterator
            pieces.extend([str(piece) async for piece in body])

        reading = asyncio.create_task(read())
        await asyncio.sleep(0.1)
        ending.begin()
        await asyncio.wait_for(reading, 3)
        assert pieces[0].startswith("retry: 2000")

    asyncio.run(scene())


def test_a_session_that_ended_ends_its_stream() -> None:
    async def topics() -> AsyncIterator[str | None]:
        yield "runs"
        yield None
        yield "never told"

    async def scene() -> str:
        return "".join([str(piece) async for piece in stream(topics(), Listener(is_welcome=False)).body_iterator])

    said = asyncio.run(scene())
    assert '"runs"' in said
    assert "never told" not in said
