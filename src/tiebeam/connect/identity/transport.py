"""The few requests that go straight to the provider: bounded in time and size, never redirected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from tiebeam.connect.identity.errors import ProviderUnreachable
from tiebeam.errors import TiebeamError

LARGEST_ANSWER = 256 * 1024
TIMEOUT_SECONDS = 10.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Answer(Protocol):
    """What came back; `body` is at most `LARGEST_ANSWER` bytes."""

    @property
    def status(self) -> int: ...

    @property
    def body(self) -> bytes: ...


class Http(Protocol):
    """Whoever carries requests. Raises TiebeamError where no answer came."""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """A JSON object and the status it came with."""

    status: int
    data: dict[str, Any]


def is_safe(url: str) -> bool:
    """https, or http to this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def ask(
    http: Http,
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """GET, or POST a form, and read a JSON object. Raises ProviderUnreachable."""
    where = urlsplit(url).netloc
    if not is_safe(url):
        raise ProviderUnreachable(f"the identity provider names {where!r} without https; nothing is sent there")
    sent = {"accept": "application/json", **(headers or {})}
    content = None
    if form is not None:
        sent["content-type"] = "application/x-www-form-urlencoded"
        content = urlencode(form).encode()
    try:
        answer = http.request("GET" if form is None else "POST", url, headers=sent, content=content)
    except TiebeamError as problem:
        raise ProviderUnreachable(
            f"the identity provider at {where!r} cannot be reached: {problem.message}; try again in a moment"
        ) from problem
    if len(answer.body) > LARGEST_ANSWER:
        raise ProviderUnreachable(f"the identity provider at {where!r} answered with more than {LARGEST_ANSWER} bytes")
    try:
        data = json.loads(answer.body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise ProviderUnreachable(
            f"the identity provider at {where!r} answered {answer.status} without a JSON object; "
            "check that [access.oidc] issuer names an OpenID provider"
        )
    return Reply(answer.status, data)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
