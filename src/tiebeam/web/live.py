"""Server-sent events: one watcher per process asks the database what changed and tells every open stream."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from tiebeam.app import App
from tiebeam.economics.metering import use_pulse
from tiebeam.http import Caller, Shutdown
from tiebeam.store import search_journal
from tiebeam.workflow.runs import runs_pulse, seen_runs

WATCH_SECONDS = 0.5
ALIVE_SECONDS = 10.0
_WAITING_ROOM = 100
_LOOK_BACK = 50


class ChangeWatch:
    """What has changed since the last look, as topics: `runs`, `tasks`, `use`, `run:<id>`.

    Sees other processes' work too.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._pulse: str | None = None
        self._position = 0
        self._spent = 0

    def __call__(self) -> set[str]:
        with self._app.store.read() as conn:
            pulse = runs_pulse(conn)
            entries = search_journal(conn, limit=_LOOK_BACK)
            spent = use_pulse(conn)
        topics: set[str] = {"use"} if spent != self._spent else set()
        self._spent = spent
        is_first = self._pulse is None
        if pulse != self._pulse:
            topics |= {"runs", "tasks"}
        for entry in entries:
            if entry.position > self._position:
                topics |= {"journal", "tasks", entry.stream}
        self._pulse = pulse
        self._position = max([self._position, *(entry.position for entry in entries)])
        return set() if is_first else topics


class Hub:
    """Open streams of this process. Watches only while somebody listens; all streams end when a shutdown begins."""

    def __init__(self, watch: Callable[[], set[str]], *, shutdown: Shutdown) -> None:
        self._watch = watch
        self._shutdown = shutdown
        self._listeners: set[asyncio.Queue[str | None]] = set()
        self._task: asyncio.Task[None] | None = None

    async def listen(self) -> AsyncIterator[str | None]:
        """Topics as they change; None now and then so that both sides know the other is there."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_WAITING_ROOM)
        self._listeners.add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            while not self._shutdown.has_begun:
                try:
                    topic = await asyncio.wait_for(queue.get(), ALIVE_SECONDS)
                except TimeoutError:
                    topic = None
                if not self._shutdown.has_begun:
                    yield topic
        finally:
            self._listeners.discard(queue)

    async def _run(self) -> None:
        while self._listeners:
            topics: list[str | None] = [*sorted(await run_in_threadpool(self._watch))]
            ends = await self._shutdown.wait(WATCH_SECONDS)
            for topic in [None] if ends else topics:
                for queue in self._listeners:
                    # A full queue belongs to a stuck reader, who will fetch everything when it wakes.
                    with suppress(asyncio.QueueFull):
                        queue.put_nowait(topic)
            if ends:
                return


class Ears:
    """What one open stream may hear: of runs only those its person may see, and of other streams nothing.

    `again` gives the person anew, with today's rights; None once their session has ended.
    """

    def __init__(self, caller: Caller, again: Callable[[], Caller | None]) -> None:
        self._caller = caller
        self._again = again
        self._known: dict[str, bool] = {}
        self._asked = time.monotonic()

    @property
    def is_stale(self) -> bool:
        """Whether what is known of the person's rights is too old to go by."""
        return time.monotonic() - self._asked >= ALIVE_SECONDS

    def is_welcome(self) -> bool:
        self._asked = time.monotonic()
        caller = self._again()
        if caller is None:
            return False
        self._caller, self._known = caller, {}
        return True

    def hears(self, topic: str) -> bool:
        if topic in {"runs", "tasks", "use"}:
            return True
        if topic not in self._known:
            self._known[topic] = self._may_hear(topic)
        return self._known[topic]

    def _may_hear(self, topic: str) -> bool:
        kind, _, name = topic.partition(":")
        if kind == "run" and name:
            with self._caller.app.store.read() as conn:
                return name in seen_runs(conn, [name], self._caller.visible("run.view"))
        return topic == "journal" and self._caller.audits()


async def _lines(topics: AsyncIterator[str | None], ears: Ears) -> AsyncIterator[str]:
    yield "retry: 2000\nevent: alive\ndata: {}\n\n"
    async for topic in topics:
        if (topic is None or ears.is_stale) and not await run_in_threadpool(ears.is_welcome):
            return
        if topic is None:
            yield "event: alive\ndata: {}\n\n"
        elif await run_in_threadpool(ears.hears, topic):
            yield f"event: change\ndata: {json.dumps({'topic': topic})}\n\n"


def stream(topics: AsyncIterator[str | None], ears: Ears) -> StreamingResponse:
    """The response for EventSource. Whether it is welcome is asked again regularly: an ended session ends it."""
    return StreamingResponse(
        _lines(topics, ears),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )
