"""One call from its admission to its end: attempts follow one another until one has an answer."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from tiebeam.connect.upstreams import AnswerOverLimit, Failed, TooSlow, Unreachable, UpstreamAnswer
from tiebeam.economics.admission import Admitted, Charged, Outcome, Priced, Running
from tiebeam.economics.metering import Ended, Usage
from tiebeam.economics.spending import Short, Why
from tiebeam.economics.tokens import (
    StreamUsage,
)
from tiebeam.errors import Invalid, TiebeamError
from tiebeam.gateway.bodies import edited, id_of, is_answer, is_packed, is_stream, usage_in
from tiebeam.gateway.desk import Desk
from tiebeam.gateway.problems import AnswerTooLarge, CeilingReached, UpstreamFailed, UpstreamsResting, UpstreamTooSlow
from tiebeam.gateway.reading import CallerLeft, Receive, Send
from tiebeam.gateway.relaying import READER_SECONDS, Relay
from tiebeam.gateway.replying import reply_headers, send_whole
from tiebeam.gateway.telling import Form, problem_of
from tiebeam.kit import decimal_text, usd_of_nano

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
"""Seconds between two tries at one upstream."""
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request may well succeed."""
_ELSEWHERE = _AGAIN | {401, 402, 403, 404}
"""Statuses that speak of this upstream and not of the request."""
_OURS = frozenset({401, 402, 403})
"""Statuses that speak of the gateway's own key, which is no matter of the caller's."""
_BYTES_A_TOKEN = 3

LEASE_SECONDS = 3.0
"""So long a call waits at least for the answer of a database that is there; budgets say earlier when it is not."""

_T = TypeVar("_T")

Step = tuple[int, int]
"""A place, and which try it is there."""


class Exchange:
    """An admitted call and whoever waits for its answer. Run it once."""

    def __init__(
        self,
        desk: Desk,
        admitted: Admitted,
        *,
        body: bytes,
        headers: list[tuple[bytes, bytes]],
        form: Form,
        receive: Receive,
        send: Send,
    ) -> None:
        self.desk = desk
        self.admitted = admitted
        self.form = form
        self.send = send
        self.is_begun = False
        """Whether the caller was sent something."""
        self.is_left = False
        """Whether the caller went away."""
        self.status = 0
        self._body = body
        self._headers = headers
        self._receive = receive
        self._is_sent = False
        self._asked_at = 0.0
        self._watch: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Raises TiebeamError where nothing was sent to the caller yet; and CallerLeft where nothing was begun."""
        if self.admitted.call.asked.stream:
            self.watch()
        step = self._following(None)
        if step is None:
            raise self._resting()
        try:
            while step is not None:
                running = await self._begin(self.admitted.places[step[0]])
                step = await self._attempt(running, step)
        finally:
            if self._watch is not None:
                self._watch.cancel()

    def watch(self) -> None:
        """Notice from now on when the caller goes away."""
        if self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._look_out())

    async def _look_out(self) -> None:
        # The body was read to its end, so the next that can come is that the caller went.
        message = await self._receive()
        self.is_left = message["type"] == "http.disconnect"

    async def _begin(self, place: Priced) -> Running:
        """Room for an attempt, waited for as long as the workspace says. Raises what admission refuses with."""
        admission = self.desk.calls.admission
        found = admission.begin(self.admitted, place)
        if isinstance(found, Short):
            found = await self._waited_for(found, lambda: admission.begin(self.admitted, place))
        if isinstance(found, Short):
            found = admission.begin(self.admitted, place, is_last=True)
        if isinstance(found, Short):
            if self.admitted.attempts:
                admission.forgo(self.admitted, place)
            raise self.desk.calls.refusal(found)
        return found

    async def _may_go_on(self, running: Running, tokens: int) -> bool:
        """Whether there is room for an answer that outgrew its bound."""
        admission = self.desk.calls.admission
        found = admission.may_go_on(running, tokens)
        if found is not None:
            found = await self._waited_for(found, lambda: admission.may_go_on(running, tokens))
        return found is None

    async def _waited_for(self, found: _T | Short, again: Callable[[], _T | Short]) -> _T | Short:
        """What `again` says once there is room, or when the time to wait for it is over. Raises CallerLeft."""
        loop = asyncio.get_running_loop()
        began, wait = loop.time(), self.desk.calls.use.wait_seconds
        deadlines = {Why.HOLDS_IN_FLIGHT: began + wait, Why.NEEDS_LEASE: began + max(wait, LEASE_SECONDS)}
        self.desk.counts.waited += 1
        self.watch()
        while isinstance(found, Short) and loop.time() < deadlines.get(found.why, 0):
            await self._room(found, deadlines[found.why])
            if self.is_left and self.admitted.attempts == 0:
                raise CallerLeft
            found = again()
        return found

    async def _room(self, short: Short, deadline: float) -> None:
        """Until there may be room, or the time is over."""
        loop = asyncio.get_running_loop()
        told = asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):
                # The loop may have ended meanwhile, and with it the call.
                loop.call_soon_threadsafe(told.set)

        leave = self.desk.calls.spending.when_room(short, wake)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await told.wait()
        finally:
            leave()

    async def _attempt(self, running: Running, step: Step) -> Step | None:
        """One try; where to go on, or None when the caller has an answer."""
        self._is_sent = False
        try:
            return await self._try(running, step)
        except BaseException:
            # Cancelled, or a fault of ours: what was sent may be charged for, so it is charged at worst.
            if not running.is_ended:
                self.end(running, Ended.BROKEN if self._is_sent else Ended.UNREACHED)
            raise

    async def _try(self, running: Running, step: Step) -> Step | None:
        place = running.place
        upstream = place.target.upstream
        desk = self.desk
        try:
            body = edited(self._body, running)
            pool = desk.sending.pool()
            target = desk.sending.target(upstream, pool)
            path = target.path(self.admitted.call.asked.endpoint, place.target.model)
            if desk.calls.journal.waits:
                await desk.calls.journal.durable(running.mark)
            self._is_sent = True
            self._asked_at = asyncio.get_running_loop().time()
            answer = await pool.send(target, path, self._headers, body)
        except (Unreachable, Invalid) as problem:
            return await self.failed(running, step, Ended.UNREACHED, problem, again=True)
        except Failed as problem:
            return await self.failed(running, step, Ended.BROKEN, problem, again=not isinstance(problem, TooSlow))
        if answer.status >= 300:
            return await self._refused(running, step, answer)
        if self.admitted.call.asked.stream and is_stream(answer):
            return await self._relay(running, step, answer)
        return await self._whole(running, step, answer)

    async def _whole(self, running: Running, step: Step, answer: UpstreamAnswer) -> Step | None:
        """An answer in one piece: read to its end, charged, and only then handed on."""
        try:
            data = await answer.read()
        except AnswerOverLimit as problem:
            self.end(running, Ended.BROKEN, status=answer.status)
            raise AnswerTooLarge(
                f"{problem.message}; ask for less, or raise largest_answer_bytes in [gateway]"
            ) from None
        except Failed as problem:
            return await self.failed(running, step, Ended.BROKEN, problem, again=not isinstance(problem, TooSlow))
        self._judge(running, is_broken=False)
        place, endpoint = running.place, self.admitted.call.asked.endpoint
        usage = usage_in(data, endpoint, place.target.upstream.kind, keeps_an_hour=place.keeps_an_hour)
        ended, seen = Ended.OK, None
        if usage is None and not is_packed(answer):
            ended = Ended.OK if is_answer(data) else Ended.BROKEN
            seen = Usage(input=place.inputs, output=min(running.outputs, -(-len(data) // _BYTES_A_TOKEN)))
        charged = self.end(
            running,
            ended,
            usage=usage,
            seen=seen,
            status=answer.status,
            fingerprint=id_of(data),
        )
        if self.desk.calls.journal.waits:
            await self.desk.calls.journal.durable(charged.mark)
        headers = reply_headers(answer, running)
        headers.append((b"x-tiebeam-cost-usd", decimal_text(usd_of_nano(charged.nano)).encode("ascii")))
        self.is_begun, self.status = True, answer.status
        await send_whole(self.send, answer.status, headers, data)
        return None

    async def _relay(self, running: Running, step: Step, answer: UpstreamAnswer) -> Step | None:
        """A stream: handed on as it comes, and charged at its end, whoever is still there to see it."""
        asked, upstream = self.admitted.call.asked, running.place.target.upstream
        relay = Relay(
            answer,
            StreamUsage(
                asked.endpoint,
                upstream.kind,
                strip=not asked.wants_usage,
                keeps_an_hour=asked.keeps_an_hour,
            ),
            headers=reply_headers(answer, running),
            send=self.send,
            is_left=lambda: self.is_left,
            known=lambda: running.outputs,
            may_go_on=lambda tokens: self._may_go_on(running, tokens),
            seconds=upstream.total_seconds + READER_SECONDS,
        )
        problem: Failed | None = None
        try:
            await relay.run()
        except Failed as broken:
            problem = broken
        finally:
            self.is_begun = self.is_begun or relay.is_begun
            if problem is None or relay.began_at:
                self._charge_stream(running, relay, is_broken=problem is not None or sys.exception() is not None)
        if not running.is_ended and problem is not None:
            return await self.failed(running, step, Ended.BROKEN, problem, again=not isinstance(problem, TooSlow))
        self._judge(running, is_broken=problem is not None)
        self.status = answer.status
        await relay.close(self._last_words(relay, problem))
        return None

    def _charge_stream(self, running: Running, relay: Relay, *, is_broken: bool) -> None:
        stated = relay.usage.usage
        if relay.is_cut:
            ended = Ended.CUT
        elif self.is_left:
            ended = Ended.LEFT
        else:
            ended = Ended.BROKEN if is_broken or (stated is None and not relay.usage.finished) else Ended.OK
        began = relay.began_at - self._asked_at if relay.began_at else 0.0
        self.end(
            running,
            ended,
            usage=stated,
            # Packed text, and reasoning that does not show, are charged for all the same.
            seen=relay.usage.estimate(input_tokens=running.place.inputs) if relay.is_seen else None,
            status=200,
            first_byte_millis=round(began * 1000),
            fingerprint=relay.fingerprint,
        )

    def _last_words(self, relay: Relay, problem: Failed | None) -> bytes:
        """What a stream that did not end by itself is ended with, in the form its client reads as an error."""
        if relay.is_cut:
            told = problem_of(CeilingReached("the answer was stopped: it reached the ceiling of what it may cost"))
        elif problem is not None:
            told = problem_of(problem)
        else:
            return b""
        return told.event(self.form, self.admitted.id)

    async def _refused(self, running: Running, step: Step, answer: UpstreamAnswer) -> Step | None:
        """The provider answered with an error: tried again where that helps, else handed on as it is."""
        status = answer.status
        try:
            data = await answer.read()
        except Failed:
            data = b""
        self._judge(running, is_broken=status >= 500)
        following = self._following(step, again=status in _AGAIN) if status in _ELSEWHERE else None
        self.end(running, Ended.REFUSED, status=status, is_last=following is None)
        if following is not None:
            await self._pause(following, answer.header(b"retry-after"))
            return following
        if status in _OURS or not data or status < 400:
            raise UpstreamFailed(
                f"the upstream {running.place.target.upstream.id!r} answered with status {status}"
                + (", so the gateway's own key for it may be wrong" if status in _OURS else ""),
                upstream=running.place.target.upstream.id,
                upstream_status=status,
            )
        self.is_begun, self.status = True, status
        await send_whole(self.send, status, reply_headers(answer, running), data)
        return None

    async def failed(
        self, running: Running, step: Step, ended: Ended, problem: TiebeamError, *, again: bool
    ) -> Step | None:
        """No usable answer came. Where to go on; raises what to tell where there is nowhere."""
        self._judge(running, is_broken=True)
        following = self._following(step, again=again)
        self.end(running, ended, is_last=following is None)
        if following is not None:
            await self._pause(following, None)
            return following
        kind = UpstreamTooSlow if isinstance(problem, TooSlow) else UpstreamFailed
        raise kind(problem.message, upstream=running.place.target.upstream.id) from problem

    def end(
        self,
        running: Running,
        ended: Ended,
        *,
        usage: Usage | None = None,
        seen: Usage | None = None,
        status: int = 0,
        is_last: bool = True,
        first_byte_millis: int = 0,
        fingerprint: str = "",
    ) -> Charged:
        """Charge an attempt and count it."""
        admission, counts = self.desk.calls.admission, self.desk.counts
        outcome = Outcome(
            ended=ended,
            at=admission.now(),
            usage=usage,
            seen=seen,
            status=status,
            concluded=is_last,
            first_byte_millis=first_byte_millis,
            fingerprint=fingerprint,
        )
        charged = admission.end(running, outcome)
        counts.attempts[running.place.target.upstream.id, ended.value] += 1
        counts.nano += charged.nano
        counts.estimated += charged.estimated
        return charged

    def _following(self, step: Step | None, *, again: bool = True) -> Step | None:
        """Where to try next: here once more, or the first place after it that is not left alone."""
        places, now = self.admitted.places, asyncio.get_running_loop().time()
        at, tried = (0, -1) if step is None else step
        if self.is_left:
            return None
        here = places[at].target.upstream
        if again and tried + 1 < here.attempts and self.desk.sending.breaker(here).may_pass(now):
            return at, tried + 1
        for place in range(at + 1, len(places)):
            if self.desk.sending.breaker(places[place].target.upstream).may_pass(now):
                return place, 0
        return None

    async def _pause(self, step: Step, wanted: bytes | None) -> None:
        """A moment before the same upstream is tried again: what it asked for, or longer each time."""
        if step[1] == 0:
            return
        seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (step[1] - 1))
        if wanted is not None and wanted.isdigit() and len(wanted) < 6 and int(wanted) <= LONGEST_PAUSE:
            seconds = max(seconds, float(wanted))
        await asyncio.sleep(seconds)

    def _judge(self, running: Running, *, is_broken: bool) -> None:
        """Tell the upstream's breaker how it went."""
        breaker = self.desk.sending.breaker(running.place.target.upstream)
        if is_broken:
            breaker.failed(asyncio.get_running_loop().time())
        else:
            breaker.succeeded()

    def _resting(self) -> UpstreamsResting:
        now = asyncio.get_running_loop().time()
        ups = [place.target.upstream for place in self.admitted.places]
        wait = min(self.desk.sending.breaker(one).seconds_left(now) for one in ups)
        return UpstreamsResting(
            f"{', '.join(dict.fromkeys(repr(one.id) for one in ups))} failed too often of late and is left alone for "
            f"another {wait:.0f} s; try again then",
            retry_after=max(1, round(wait)),
        )
