"""One request: when its first token came, when it ended, and how many tokens the server counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tiebeam.connect.outgoing import Outgoing, OutgoingFailed, OutgoingUnreachable
from tiebeam.connect.serving.load import Load

Timer = Callable[[], float]
"""Seconds of a clock that never goes back."""
_SAID = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """Times in seconds of the timer. `problem` says why there are no tokens."""

    began: float
    ended: float
    first: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    problem: str = ""

    @property
    def is_done(self) -> bool:
        return not self.problem


class _Stream:
    """Reads server-sent events piece by piece; a line may be cut anywhere."""

    def __init__(self, timer: Timer) -> None:
        self._timer = timer
        self._rest = b""
        self.first: float | None = None
        self.usage: Mapping[str, Any] | None = None
        self.problem = ""

    def watch(self, piece: bytes) -> None:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                self._event(line[5:].strip())

    def _event(self, data: bytes) -> None:
        if data == b"[DONE]":
            return
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            self.problem = "the stream holds something that is no JSON"
            return
        if not isinstance(event, dict):
            return
        if "error" in event:
            self.problem = f"the server said: {_words(event['error'])}"
        if isinstance(event.get("usage"), dict):
            self.usage = event["usage"]
        if self.first is None and _has_text(event):
            self.first = self._timer()


def send(outgoing: Outgoing, load: Load, number: int, *, timer: Timer, headers: Mapping[str, str]) -> Sent:
    """One request of the load. What goes wrong is in the answer."""
    stream, began = _Stream(timer), timer()
    try:
        answer = outgoing.request("POST", load.address, headers=headers, json=load.body(number), watch=stream.watch)
    except (OutgoingFailed, OutgoingUnreachable) as problem:
        return Sent(began, timer(), problem=problem.message)
    ended = timer()
    if not answer.is_success:
        said = answer.body[:_SAID].decode("utf-8", "replace").strip()
        return Sent(began, ended, problem=f"status {answer.status}: {said or 'no reason given'}")
    if stream.problem:
        return Sent(began, ended, problem=stream.problem)
    counted = [_count(stream.usage, name) for name in ("prompt_tokens", "completion_tokens")]
    if stream.first is None or None in counted:
        return Sent(began, ended, problem="the stream ended without text, or without the server's count of tokens")
    return Sent(began, ended, stream.first, counted[0] or 0, counted[1] or 0)


def _has_text(event: Mapping[str, Any]) -> bool:
    choices = event.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return False
    delta = choices[0].get("delta")
    names = ("content", "reasoning_content", "reasoning")
    return isinstance(delta, dict) and any(isinstance(delta.get(name), str) and delta[name] for name in names)


def _count(usage: Mapping[str, Any] | None, name: str) -> int | None:
    value = None if usage is None else usage.get(name)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 10**9
    return value if is_count else None


def _words(error: Any) -> str:
    said = error.get("message") if isinstance(error, dict) else error
    return str(said)[:_SAID]
