"""Calls of providers over kept connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from tiebeam.connect.outgoing import Resolver, resolve
from tiebeam.connect.upstreams.answer import UpstreamAnswer
from tiebeam.connect.upstreams.connection import Stale
from tiebeam.connect.upstreams.dialling import Dialling
from tiebeam.connect.upstreams.errors import Failed, Unreachable
from tiebeam.connect.upstreams.lane import Lane
from tiebeam.connect.upstreams.limits import LARGEST_ANSWER
from tiebeam.connect.upstreams.target import Place, Target
from tiebeam.spec import OutgoingRules, Upstream

PASSED = frozenset((b"accept", b"anthropic-beta", b"anthropic-version", b"idempotency-key", b"openai-beta"))
"""Headers of a client that go on to the provider. Keys, cookies and what concerns one connection never do."""
_STALE_TRIES = 3


class UpstreamPool:
    """`rules` say where calls may lead, as for every client of the house; `largest` is the most bytes of an answer.

    One for each event loop. `target` is asked once for each record, `send` for each call.
    """

    def __init__(
        self, rules: OutgoingRules, *, workspace: Path, largest: int = LARGEST_ANSWER, resolver: Resolver = resolve
    ) -> None:
        self._rules = rules
        self._workspace = workspace
        self._largest = largest
        self._resolver = resolver
        self._lanes: dict[Target, Lane] = {}
        self._is_closed = False

    def target(self, upstream: Upstream) -> Target:
        """Raises Invalid where the record's address leads nowhere."""
        return Target.of(upstream, rules=self._rules, workspace=self._workspace, largest=self._largest)

    async def send(
        self, target: Target, path: Place, headers: Iterable[tuple[bytes, bytes]], body: bytes
    ) -> UpstreamAnswer:
        """A POST; the answer is there when its head is. `headers` by lower-case name: only those in `PASSED` go on.

        Raises Unreachable when nothing was sent, and Failed (TooSlow and AnswerOverLimit among them) when it is unknown
        what became of the call. A status of any kind is an answer.
        """
        credential = target.credential
        key = None
        if credential is not None:
            key = credential.ready() or await credential.wait()
        head = _head(target, path, headers, key, len(body))
        lane = self._lanes.get(target) or self._lane(target)
        for _ in range(_STALE_TRIES):
            connection = await lane.take()
            waiting = connection.ask(head, body)
            try:
                answer = await waiting
            except Stale:
                lane.drop_spare()
                continue
            except asyncio.CancelledError:
                connection.fail(Failed("the call was cancelled"))
                raise
            if answer.status == 401 and credential is not None:
                credential.forget()
            return answer
        raise Failed(f"{target.id!r} closed {_STALE_TRIES} connections without a word")

    def connections(self, target: Target) -> int:
        """How many were opened to that target so far."""
        lane = self._lanes.get(target)
        return 0 if lane is None else lane.opened

    async def aclose(self) -> None:
        """Ends every connection, and every call under way with Failed."""
        self._is_closed = True
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()
        # Sockets are closed by the loop's next turn.
        await asyncio.sleep(0)

    def _lane(self, target: Target) -> Lane:
        if self._is_closed:
            raise Unreachable("the pool of connections is closed")
        for other in [one for one, lane in self._lanes.items() if lane.is_unused]:
            del self._lanes[other]
        dialling = Dialling(target.ways, target.way, seconds=target.limits.connect, resolver=self._resolver)
        lane = Lane(target.id, target.limits, dialling, asyncio.get_running_loop())
        self._lanes[target] = lane
        return lane


def _head(
    target: Target, place: Place, headers: Iterable[tuple[bytes, bytes]], key: bytes | None, length: int
) -> bytes:
    version = place.version
    parts = [b"POST ", place.line, b" HTTP/1.1\r\n", target.head]
    passed = 0
    for name, value in headers:
        if name in PASSED:
            parts += (name, b": ", value, b"\r\n")
            passed += 1
            if name == b"anthropic-version":
                version = b""
    if key is not None:
        parts += (place.key_header, key, b"\r\n")
        passed += 1
    parts += (version, b"content-length: %d\r\n\r\n" % length)
    head = b"".join(parts)
    # The lines of ours: the request's, host, user-agent, accept-encoding, content-type and -length, the empty one.
    ours = 7 + (1 if version else 0)
    if head.count(b"\n") != ours + passed or head.count(b"\r") != ours + passed:
        raise Unreachable("a header of the call holds a line break")
    return head
