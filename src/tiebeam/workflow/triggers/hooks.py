"""Signed messages of other programs that become events: who sent it, whether it came before, and what of it is one."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tiebeam.connect.secrets import read_secret
from tiebeam.connect.signing import SignatureRefused, Signed, verify_stamped, verify_standard
from tiebeam.errors import Invalid, TiebeamError
from tiebeam.graph import Graph
from tiebeam.spec import Condition, ConditionFailed, EventSource, HookScheme, compile_condition
from tiebeam.store import Store
from tiebeam.workflow.triggers.declared import event_names, key_text
from tiebeam.workflow.triggers.events import Events, Received
from tiebeam.workflow.triggers.rows import NewEvent, count_refusal

LARGEST_HOOK = 1024 * 1024
_COUNT_SECONDS = 1.0
_MOST_NAMES = 200
_KINDS = {
    "signature_refused": "signature",
    "hook_too_large": "size",
    "too_many_events": "rate",
    "payload_refused": "payload",
    "events_kept_full": "kept",
    "event_differs": "differs",
}


class HookTooLarge(TiebeamError):
    """A message is larger than its source may send."""

    code = "hook_too_large"
    status = 413


class TooManyEvents(TiebeamError):
    """A source sends faster than it was agreed; `retry_after` seconds later there is room again."""

    code = "too_many_events"
    status = 429


class HookNotReady(TiebeamError):
    """What a source signs with cannot be read here, so nothing of it can be checked. `reason` is for the house."""

    code = "hook_not_ready"
    status = 503

    def __init__(self, reason: str) -> None:
        super().__init__("messages of this source cannot be checked at the moment; send this one again later")
        self.reason = reason


class Hooks:
    """One for each process. Rates are counted in memory, so each replica lets as many through."""

    def __init__(
        self,
        store: Store,
        *,
        workspace: Path,
        graph: Callable[[], Graph],
        events: Events,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._graph = graph
        self._events = events
        self._seconds = seconds
        self._counting = threading.Lock()
        self._room: dict[str, tuple[float, float]] = {}
        self._refused: dict[tuple[str, str], tuple[int, str]] = {}
        self._written = float("-inf")

    def largest(self, source_id: str) -> int:
        """Bytes of a message that are worth reading at all; the same for a source that is not there."""
        source = self._graph().event_sources.get(source_id)
        return LARGEST_HOOK if source is None else source.max_kilobytes * 1024

    def take(self, source_id: str, *, headers: Mapping[str, str], body: bytes) -> Received:
        """Take one message as it came; `headers` by names in lower case.

        Raises SignatureRefused, also where there is no such source, HookTooLarge, TooManyEvents, Invalid, and what
        events raise. Whatever is refused is counted.
        """
        source = self._graph().event_sources.get(source_id)
        if source is None:
            # Not counted: anybody can think of names without end.
            raise SignatureRefused("there is no such source")
        try:
            return self._taken(source, headers=headers, body=body)
        except TiebeamError as refusal:
            self._refuse(source_id, refusal)
            raise

    def refuse_large(self, source_id: str) -> TiebeamError:
        """The refusal of a message that was not read to its end."""
        refusal = HookTooLarge(f"a message of this source has at most {self.largest(source_id) // 1024} KiB")
        if source_id in self._graph().event_sources:
            self._refuse(source_id, refusal)
        return refusal

    def _taken(self, source: EventSource, *, headers: Mapping[str, str], body: bytes) -> Received:
        if len(body) > source.max_kilobytes * 1024:
            raise HookTooLarge(f"a message of this source has at most {source.max_kilobytes} KiB")
        signed = self._verified(source, headers=headers, body=body)
        self._let_in(source)
        message = _message(body)
        wanted = source.when is None or _value(source.when, message, wanted="when") is True
        new = self._event(source, message, signed=signed, body=body, named=wanted)
        if not wanted:
            left = "the source's own condition leaves it alone"
        else:
            known = new.name in event_names(self._graph())
            left = None if known else "no adopted recipe waits for it or is triggered by it"
        return self._events.take(new, actor=f"source:{source.id}", left=left)

    def _verified(self, source: EventSource, *, headers: Mapping[str, str], body: bytes) -> Signed:
        references = [one for one in (source.secret, source.former_secret) if one is not None]
        try:
            secrets = [read_secret(one, base=self._workspace).reveal().encode() for one in references]
        except TiebeamError as problem:
            raise HookNotReady(problem.message) from problem
        now = self._store.clock.now()
        if source.scheme is HookScheme.STANDARD:
            return verify_standard(headers, body, secrets=secrets, now=now)
        return verify_stamped(headers.get(source.signature_header), body, secrets=secrets, now=now)

    def _event(self, source: EventSource, message: Any, *, signed: Signed, body: bytes, named: bool) -> NewEvent:
        name, key, payload = source.event or "", "", {}
        if named:
            name = source.event or _name(_value(source.event_from or "", message, wanted="event_from"))
            key = key_text(_value(source.key, message, wanted="key"))
            payload = message if source.payload is None else _value(source.payload, message, wanted="payload")
        return self._events.checked(
            name=name or "left-alone",
            key=key or "none",
            payload=payload,
            source=f"source:{source.id}",
            source_id=_id_of(source, message, signed=signed, body=body),
            at=signed.at,
        )

    def _let_in(self, source: EventSource) -> None:
        """A bucket that fills evenly: a minute's worth at once at most. Raises TooManyEvents."""
        now, most = self._seconds(), float(source.per_minute)
        with self._counting:
            room, since = self._room.get(source.id, (most, now))
            room = min(most, room + (now - since) * most / 60)
            if room < 1:
                self._room[source.id] = (room, now)
                wait = max(1, round((1 - room) * 60 / most))
                raise TooManyEvents(
                    f"this source sends more than {source.per_minute} messages a minute; go on in {wait} seconds",
                    retry_after=wait,
                )
            self._room[source.id] = (room - 1, now)

    def _refuse(self, source_id: str, refusal: TiebeamError) -> None:
        """Count it. Written at most once a second, so that knocking costs the house no more than that."""
        detail = refusal.reason if isinstance(refusal, SignatureRefused | HookNotReady) else refusal.message
        kind = _KINDS.get(refusal.code, "message" if isinstance(refusal, Invalid) else "house")
        now = self._seconds()
        with self._counting:
            times, _ = self._refused.get((source_id, kind), (0, ""))
            self._refused[source_id, kind] = (times + 1, detail)
            if now - self._written < _COUNT_SECONDS:
                return
            self._written, waiting = now, self._refused
            self._refused = {}
        self._write(waiting)

    def work(self) -> float:
        """One turn of the worker's loop: write down what was counted and not written yet."""
        with self._counting:
            waiting, self._refused = self._refused, {}
        if waiting:
            self._write(waiting)
        return 5.0

    def _write(self, waiting: Mapping[tuple[str, str], tuple[int, str]]) -> None:
        with self._store.unit() as unit:
            for (source_id, kind), (times, detail) in sorted(waiting.items()):
                count_refusal(unit, source_id, kind, times=times, detail=detail)


def _message(body: bytes) -> Any:
    """Raises Invalid for what is no JSON object."""
    try:
        message = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        raise Invalid(f"the message is no JSON: {problem}") from problem
    if not isinstance(message, dict):
        raise Invalid("the message is no JSON object")
    return message


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _value(expression: str, message: Any, *, wanted: str) -> Any:
    """Raises Invalid, for what a message lacks is its sender's to mend."""
    try:
        return _compiled(expression).value({"body": message})
    except ConditionFailed as failure:
        raise Invalid(f"the source's '{wanted}' cannot be worked out of this message: {failure.message}") from failure


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_NAMES or not value.isprintable():
        raise Invalid("the source's 'event_from' gives no name of an event")
    return value[:160]


def _id_of(source: EventSource, message: Any, *, signed: Signed, body: bytes) -> str:
    """By what a repeat is known: only what is signed counts, a header anybody could change does not."""
    if signed.id is not None:
        return signed.id
    if source.id_from is not None:
        return key_text(_value(source.id_from, message, wanted="id_from"))
    return hashlib.sha256(f"{signed.at.timestamp()}.".encode() + body).hexdigest()


@lru_cache(maxsize=256)
def _compiled(text: str) -> Condition:
    return compile_condition(text, ("body",))
