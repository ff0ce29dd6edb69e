"""One answer of a model for a step: let in, held for, tried, charged and settled like any other call."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tiebeam.connect.models import ModelAnswer, ModelClient
from tiebeam.connect.upstreams import Failed, TooSlow, Unreachable
from tiebeam.economics.admission import Admission, Admitted, Call, Charged, Outcome, Priced, Running
from tiebeam.economics.metering import ChargeJournal, Ended, Usage
from tiebeam.economics.spending import Short, Spending, Why
from tiebeam.economics.tokens import Limits, limit_member, read_request, usage_of
from tiebeam.errors import TiebeamError
from tiebeam.kit import canonical_json
from tiebeam.spec import Endpoint, GatewayUse, OutgoingRules
from tiebeam.workflow.models.refusals import ModelAnswerUnusable, ModelAway, ModelRefused
from tiebeam.workflow.steps import RunInfo

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
_ELSEWHERE = frozenset({401, 402, 403, 404})
"""Statuses that speak of this upstream and not of the request."""
_BYTES_A_TOKEN = 3


class Calling(Protocol):
    """What a process opens to let model calls in."""

    @property
    def admission(self) -> Admission: ...
    @property
    def spending(self) -> Spending: ...
    @property
    def journal(self) -> ChargeJournal: ...
    @property
    def use(self) -> GatewayUse: ...
    @property
    def outgoing(self) -> OutgoingRules: ...
    def refusal(self, short: Short) -> TiebeamError: ...


@dataclass(frozen=True, slots=True)
class Completed:
    """`nano` are nano-dollars of all attempts; `estimated` where the provider stated no usage."""

    text: str
    call_id: str
    model: str
    upstream: str
    route: str
    nano: int
    input_tokens: int
    output_tokens: int
    estimated: bool


class Completing:
    """Asks models on behalf of runs. Safe to share between threads; a call holds its thread until it is answered."""

    def __init__(self, calls: Calling, *, workspace: Path) -> None:
        self._calls = calls
        self._workspace = workspace

    def complete(
        self,
        run: RunInfo,
        step_id: str,
        *,
        model: str,
        messages: list[dict[str, str]],
        task_class: str = "",
        max_output_tokens: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Completed:
        """Raises ModelRefused, ModelAway and ModelAnswerUnusable."""
        parts = {"messages": messages, **(options or {})}
        admission = self._calls.admission
        try:
            limit = {} if max_output_tokens is None else {"max_tokens": max_output_tokens}
            limits = Limits(largest_bytes=self._calls.use.largest_request_bytes)
            asked = read_request(Endpoint.CHAT, _body(model, {**parts, **limit}), limits=limits)
            call = Call(
                asked=asked,
                team=run.team,
                workflow=run.intent,
                execution=run.id,
                step_id=step_id,
                task_class=task_class,
                is_run=True,
                source="step",
            )
            admitted = admission.admit(call)
        except TiebeamError as refusal:
            raise ModelRefused(f"the model {model!r} was not asked: {refusal.message}") from refusal
        return _Asking(self._calls, admitted, parts, max_output_tokens, workspace=self._workspace).run()


@dataclass(frozen=True, slots=True)
class _Then:
    """Whether there is somewhere to go on: here once more or elsewhere, and elsewhere alone."""

    here: bool
    elsewhere: bool


class _Asking:
    """The attempts of one admitted call, one after another."""

    def __init__(
        self, calls: Calling, admitted: Admitted, parts: Mapping[str, Any], limit: int | None, *, workspace: Path
    ) -> None:
        self._calls = calls
        self._admitted = admitted
        self._parts = parts
        self._limit = limit
        self._client = ModelClient(calls.outgoing, workspace=workspace, largest=calls.use.largest_answer_bytes)
        self._nano = 0
        self._is_done_here = False
        """Whether the same place need not be tried again."""

    def run(self) -> Completed:
        sent = False
        try:
            for place, then in self._tries():
                running = self._begin(place)
                sent = True
                found = self._attempt(running, then)
                if found is not None:
                    return found
        finally:
            self._calls.admission.close(self._admitted, counts=sent)
        raise ModelAway(f"no provider of {self._admitted.call.asked.model!r} gave an answer; try again later")

    def _tries(self) -> Iterator[tuple[Priced, _Then]]:
        """Each place as often as its record says, with a pause before the same one is tried again."""
        places = self._admitted.places
        for number, place in enumerate(places):
            attempts = place.target.upstream.attempts
            for attempt in range(attempts):
                if attempt:
                    time.sleep(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1)))
                elsewhere = number + 1 < len(places)
                yield place, _Then(here=attempt + 1 < attempts or elsewhere, elsewhere=elsewhere)
                if self._is_done_here:
                    break
            self._is_done_here = False

    def _begin(self, place: Priced) -> Running:
        admission, spending = self._calls.admission, self._calls.spending
        deadline = time.monotonic() + self._calls.use.wait_seconds
        try:
            found = admission.begin(self._admitted, place)
            while isinstance(found, Short) and found.why not in {Why.CAP, Why.STORE_AWAY}:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                told = threading.Event()
                leave = spending.when_room(found, told.set)
                told.wait(left)
                leave()
                found = admission.begin(self._admitted, place)
            if isinstance(found, Short):
                found = admission.begin(self._admitted, place, is_last=True)
        except TiebeamError as refusal:
            raise ModelRefused(f"the model was not asked: {refusal.message}") from refusal
        if isinstance(found, Short):
            refusal = self._calls.refusal(found)
            raise ModelRefused(f"the model was not asked: {refusal.message}") from refusal
        return found

    def _attempt(self, running: Running, then: _Then) -> Completed | None:
        """The answer, or None where it is to be tried on. Whatever happens, the attempt is ended."""
        try:
            return self._try(running, then)
        finally:
            # A fault of ours: what was sent may be charged for, so it is charged at worst.
            self._end(running, Ended.BROKEN)

    def _try(self, running: Running, then: _Then) -> Completed | None:
        target = running.place.target
        upstream = target.upstream
        if self._calls.journal.waits:
            self._calls.journal.wait_durable(running.mark)
        try:
            answer = self._client.call(upstream, Endpoint.CHAT, model=target.model, body=self._body_for(running))
        except Unreachable as problem:
            return self._failed(running, Ended.UNREACHED, problem, goes_on=then.here)
        except Failed as problem:
            self._is_done_here = isinstance(problem, TooSlow)
            goes_on = then.elsewhere if self._is_done_here else then.here
            return self._failed(running, Ended.BROKEN, problem, goes_on=goes_on)
        if not answer.is_success:
            return self._refused(running, answer, then)
        return self._answered(running, answer)

    def _body_for(self, running: Running) -> bytes:
        target = running.place.target
        limit = self._limit if running.output_limit is None else running.output_limit
        member = limit_member(Endpoint.CHAT, target.upstream.kind, target.upstream.provider)
        limited = {} if limit is None or member is None else {member: limit}
        return _body(target.model, {**self._parts, **limited})

    def _answered(self, running: Running, answer: ModelAnswer) -> Completed:
        place = running.place
        usage = usage_of(Endpoint.CHAT, place.target.upstream.kind, answer.body)
        text, why = _text_of(answer.body)
        seen = Usage(input=place.inputs, output=min(running.outputs, -(-len(answer.body) // _BYTES_A_TOKEN)))
        ended = Ended.OK if usage is not None or text is not None else Ended.BROKEN
        charged = self._end(running, ended, usage=usage, seen=seen, status=answer.status)
        if text is None:
            raise ModelAnswerUnusable(f"{place.target.model!r} at {place.target.upstream.id!r} {why}")
        return Completed(
            text=text,
            call_id=self._admitted.id,
            model=place.target.model,
            upstream=place.target.upstream.id,
            route=self._admitted.route.explanation,
            nano=self._nano,
            input_tokens=charged.usage.all_input,
            output_tokens=charged.usage.all_output,
            estimated=charged.estimated,
        )

    def _refused(self, running: Running, answer: ModelAnswer, then: _Then) -> None:
        self._is_done_here = answer.status in _ELSEWHERE
        goes_on = then.elsewhere if self._is_done_here else (then.here and answer.status in _AGAIN)
        self._end(running, Ended.REFUSED, status=answer.status, is_last=not goes_on)
        if not goes_on:
            upstream = running.place.target.upstream.id
            raise ModelAway(f"the upstream {upstream!r} answered with status {answer.status}; try again later")

    def _failed(self, running: Running, ended: Ended, problem: TiebeamError, *, goes_on: bool) -> None:
        self._end(running, ended, is_last=not goes_on)
        if not goes_on:
            raise ModelAway(f"the model gave no answer: {problem.message}") from problem

    def _end(
        self,
        running: Running,
        ended: Ended,
        *,
        usage: Usage | None = None,
        seen: Usage | None = None,
        status: int = 0,
        is_last: bool = True,
    ) -> Charged:
        admission = self._calls.admission
        outcome = Outcome(ended=ended, at=admission.now(), usage=usage, seen=seen, status=status, concluded=is_last)
        charged = admission.end(running, outcome)
        self._nano += charged.nano
        return charged


def _body(model: str, parts: Mapping[str, Any]) -> bytes:
    return canonical_json({"model": model, **parts}).encode()


def _text_of(body: bytes) -> tuple[str | None, str]:
    """The text of an answer, or None and why there is none, in words that go on after the model's name."""
    try:
        (choice, *_) = json.loads(body)["choices"]
        text, finish = choice["message"].get("content"), choice.get("finish_reason")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None, "answered with something that is no chat completion"
    if finish == "length":
        return None, "was cut off at its output limit; raise max_output_tokens of the step or the cap of its class"
    if not isinstance(text, str) or not text:
        return None, f"answered without text (it ended with {str(finish)[:40]!r})"
    return text, ""
