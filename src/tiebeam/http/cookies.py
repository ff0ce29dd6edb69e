"""Cookies over https carry the prefix `__Host-`: no other host, and nothing unencrypted, can have set them."""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope

PREFIX = "__Host-"
_PATH = re.compile(r";\s*path=([^;]*)", re.IGNORECASE)
_DOMAIN = re.compile(r";\s*domain=", re.IGNORECASE)
_SECURE = re.compile(r";\s*secure\b", re.IGNORECASE)


def read_prefixed(scope: Scope) -> None:
    """The routes see our cookies by their plain names, and over https none that came without the prefix."""
    if scope["scheme"] != "https":
        return
    said = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    pairs = [pair.strip() for value in said for pair in value.split(";")]
    ours = "; ".join(pair.removeprefix(PREFIX) for pair in pairs if pair.startswith(PREFIX))
    others = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
    scope["headers"] = [*others, (b"cookie", ours.encode("latin-1"))] if ours else others


def write_prefixed(scope: Scope, message: Message) -> None:
    """Every cookie of an answer over https becomes Secure, and one for the whole host gets the prefix."""
    headers = MutableHeaders(scope=message)
    cookies = headers.getlist("set-cookie")
    if scope["scheme"] != "https" or not cookies:
        return
    del headers["set-cookie"]
    for cookie in cookies:
        headers.append("set-cookie", _prefixed(cookie))


def _prefixed(cookie: str) -> str:
    secure = cookie if _SECURE.search(cookie) else f"{cookie}; Secure"
    path = _PATH.search(cookie)
    is_whole_host = path is not None and path[1].strip() == "/" and not _DOMAIN.search(cookie)
    return f"{PREFIX}{secure}" if is_whole_host and not secure.startswith(PREFIX) else secure
