"""One connection to a provider: an HTTP/1.1 exchange at a time, over httptools."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import cast

import httptools

from tiebeam.connect.upstreams.answer import UpstreamAnswer
from tiebeam.connect.upstreams.errors import AnswerOverLimit, Failed, TooSlow
from tiebeam.connect.upstreams.limits import LARGEST_HEAD, Limits

STALE_SECONDS = 1.0
"""A kept connection that the server closes so soon, without a byte, had been closed before the request came."""
_MOST_INTERIM = 16
_OF_ONE_HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-connection", b"te", b"trailer", b"upgrade")
) | {b"transfer-encoding"}


class Stale(Exception):
    """The server had closed a kept connection; the request can go out on another one."""


class Connection(asyncio.Protocol):
    """`gone` is told once when it ends, `free` each time when the next exchange may begin."""

    __slots__ = (
        "_answer", "_asked_at", "_came", "_complete", "_deadline", "_ended", "_fault", "_free", "_gone", "_head",
        "_interim", "_is_last", "_keep", "_last", "_length", "_limits", "_loop", "_name", "_parser", "_paused", "_poll",
        "_silent", "_timer", "_timer_at", "_unframed", "transport", "uses",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        limits: Limits,
        *,
        loop: asyncio.AbstractEventLoop,
        free: Callable[[Connection], None],
        gone: Callable[[Connection], None],
    ) -> None:
        self.uses = 0
        self.transport: asyncio.Transport | None = None
        self._name = name
        self._limits = limits
        self._loop = loop
        self._free = free
        self._gone = gone
        self._parser = httptools.HttpResponseParser(self)
        self._poll: select.poll | None = None
        self._head: asyncio.Future[UpstreamAnswer] | None = None
        self._answer: UpstreamAnswer | None = None
        self._ended = False
        self._paused = False
        self._fault: Failed | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._deadline = 0.0
        self._begin_answer()
        self._interim = self._came = self._silent = 0
        self._asked_at = self._last = 0.0
        self._keep = limits.keep_alive

    # An exchange.

    def ask(self, head: bytes, body: bytes) -> asyncio.Future[UpstreamAnswer]:
        """Sends a request. The future gives the answer when its head is there; or Stale, or a kind of Failed."""
        transport = self.transport
        assert transport is not None
        now = self._loop.time()
        self.uses += 1
        self._begin_answer()
        self._interim = self._came = self._silent = 0
        self._asked_at = now
        self._head = waiting = self._loop.create_future()
        self._answer = UpstreamAnswer(self, self._loop)
        self._due(now + min(self._limits.first_byte, self._limits.total))
        if len(body) < 65_536:
            transport.write(head + body)
        else:
            transport.write(head)
            transport.write(body)
        return waiting

    def is_quiet(self) -> bool:
        """Whether it stands and the server has neither spoken nor closed since the last answer."""
        transport = self.transport
        if self._ended or transport is None or transport.is_closing():
            return False
        if self._poll is None:
            return True
        return not self._poll.poll(0)

    def resume(self, answer: UpstreamAnswer) -> None:
        transport = self.transport
        if answer is self._answer and self._paused and transport is not None and not transport.is_closing():
            self._paused = False
            self._last = self._loop.time()
            transport.resume_reading()

    def leave(self, answer: UpstreamAnswer) -> None:
        if answer is self._answer:
            self.fail(Failed(f"the answer of {self._name!r} was left before its end"))

    def fail(self, problem: Failed) -> None:
        """Ends the exchange and the connection."""
        head, answer = self._head, self._answer
        self._head = self._answer = None
        if head is not None and not head.done():
            head.set_exception(problem)
        elif answer is not None:
            answer.end(problem)
        self.close()

    def close(self) -> None:
        transport = self.transport
        if transport is not None and not transport.is_closing():
            transport.abort()
        self._end()

    # asyncio's calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.attach(cast(asyncio.Transport, transport))  # uvloop's are of no such class

    def attach(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        raw = transport.get_extra_info("socket")
        if raw is not None and hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(raw.fileno(), select.POLLIN | select.POLLPRI)

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if answer is None:
            self.close()  # it spoke without being asked
            return
        self._last = self._loop.time()
        self._came += len(data)
        self._silent += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fault = self._broken("switched to another protocol")
        except httptools.HttpParserError as problem:
            if not self._complete:
                self._fault = self._fault or self._broken(f"does not speak HTTP ({type(problem).__name__})")
            self._unframed = True
        if self._fault is not None:
            self.fail(self._fault)
        elif self._complete:
            self._finish(answer)
        elif self._silent > LARGEST_HEAD:
            self.fail(AnswerOverLimit(f"{self._name!r} sent {self._silent} bytes of headers or framing in one piece"))
        else:
            answer.wake()

    def eof_received(self) -> bool:
        answer = self._answer
        if answer is not None and self._head is None and self._unframed and not self._complete:
            self._answer = None
            answer.end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        head = self._head
        if head is not None and not head.done() and not self._came and self._was_stale():
            self._head = self._answer = None
            head.set_exception(Stale())
        elif self._answer is not None:
            early = "in the middle of its answer" if self._came else "before it answered"
            self.fail(self._broken(f"closed the connection {early}"))
        self._end()

    # httptools' calls.

    def on_message_begin(self) -> None:
        if self._complete:
            self._unframed = True  # more than was asked for: not used again

    def on_header(self, name: bytes, value: bytes) -> None:
        answer = self._answer
        if self._complete or answer is None:
            return
        name = name.lower()
        if name in _OF_ONE_HOP:
            if name == b"transfer-encoding":
                self._framed_by(value.strip().lower() == b"chunked")
            elif name == b"keep-alive":
                self._keep = _kept(value, self._limits.keep_alive)
            return
        if self._head is None:
            return  # trailers
        if name == b"content-length":
            self._framed_by(value.isdigit())
        answer.headers.append((name, value))

    def on_headers_complete(self) -> None:
        answer, head = self._answer, self._head
        if self._complete or answer is None or head is None:
            return
        answer.status = status = self._parser.get_status_code()
        if status < 200:
            self._interim += 1
            if status == 101 or self._interim > _MOST_INTERIM:
                self._fault = self._fault or self._broken("answers with nothing but interim answers")
            return
        if self._fault is None:
            self._unframed = self._length == 0 and status not in {204, 304}
            self._is_last = not self._parser.should_keep_alive()
            self._head = None
            now = self._last
            self._due(min(now + self._limits.idle, self._asked_at + self._limits.total))
            if not head.done():
                head.set_result(answer)

    def on_body(self, data: bytes) -> None:
        answer = self._answer
        if self._complete or answer is None or self._fault is not None:
            return
        self._silent = 0
        if answer.size + len(data) > self._limits.largest:
            self._fault = AnswerOverLimit(f"the answer of {self._name!r} is larger than {self._limits.largest} bytes")
        elif answer.more(data) and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()

    def on_message_complete(self) -> None:
        answer = self._answer
        if answer is None or self._fault is not None:
            return
        if self._head is not None:  # an interim answer is over, the real one follows
            answer.headers.clear()
            self._begin_answer()
            return
        self._complete = True

    # Within.

    def _begin_answer(self) -> None:
        self._complete = False
        self._unframed = self._is_last = False
        self._length = 0

    def _framed_by(self, is_sound: bool) -> None:
        self._length += 1
        if not is_sound or self._length > 1:
            self._fault = self._broken("says in two ways how long its answer is")

    def _finish(self, answer: UpstreamAnswer) -> None:
        """The whole answer is here; the connection can serve the next one unless anything speaks against it."""
        self._answer = None
        answer.end()
        transport = self.transport
        assert transport is not None
        if self._paused:
            self._paused = False
            transport.resume_reading()
        if self._unframed or self._is_last or transport.get_write_buffer_size():
            self.close()
            return
        self._due(self._last + self._keep)
        self._free(self)

    def _was_stale(self) -> bool:
        return self.uses > 1 and self._loop.time() - self._asked_at < STALE_SECONDS

    def _broken(self, how: str) -> Failed:
        return Failed(f"{self._name!r} {how}")

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        self._gone(self)

    # One timer for a connection's life: it looks where the deadline is by then, so most exchanges never touch it.

    def _due(self, deadline: float) -> None:
        self._deadline = deadline
        if self._timer is None or deadline < self._timer_at:
            self._arm(deadline)

    def _arm(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = moment
        self._timer = self._loop.call_at(moment, self._ring)

    def _ring(self) -> None:
        now = self._loop.time()
        if self._answer is not None and self._head is None:
            end = self._asked_at + self._limits.total
            # A reader of ours that takes its time is no silence of theirs.
            self._deadline = end if self._paused else min(self._last + self._limits.idle, end)
        if now < self._deadline:
            # The clock of a timer may run a little before the loop's own.
            self._arm(max(self._deadline, now + 0.001))
        elif self._answer is None:
            self.close()
        else:
            self.fail(self._late(now))

    def _late(self, now: float) -> TooSlow:
        limits = self._limits
        if now >= self._asked_at + limits.total:
            return TooSlow(f"{self._name!r} did not end its answer within {limits.total:g} seconds")
        if self._head is not None:
            return TooSlow(f"{self._name!r} did not begin to answer within {limits.first_byte:g} seconds")
        return TooSlow(f"{self._name!r} fell silent for {limits.idle:g} seconds in the middle of its answer")


def _kept(value: bytes, most: float) -> float:
    """A server's `timeout=5`, and a second less: the request is on its way meanwhile."""
    for part in value.split(b","):
        name, _, seconds = part.strip().partition(b"=")
        if name.lower() == b"timeout" and seconds.isdigit() and len(seconds) < 6:
            return min(max(int(seconds) - 1.0, 0.05), most)
    return most
