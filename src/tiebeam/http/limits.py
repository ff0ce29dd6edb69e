"""How large a request may be, and that it says so in one way only."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from tiebeam.errors import Invalid, TiebeamError
from tiebeam.http.problems import TooLarge

LONGEST_TARGET = 8 * 1024
LARGEST_HEADERS = 32 * 1024
MOST_HEADERS = 100
LARGEST_BODY = 1024 * 1024
LARGEST_UPLOAD = 210 * 1024 * 1024
"""All documents of one form together. A single one is bounded where it is taken in."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CHANGING = METHODS - {"GET", "HEAD", "OPTIONS"}


class AddressTooLong(TiebeamError):
    code = "address_too_long"
    status = 414


class HeadersTooLarge(TiebeamError):
    code = "headers_too_large"
    status = 431


class MethodUnknown(TiebeamError):
    code = "method_unknown"
    status = 405


def check_head(scope: Scope) -> None:
    """The request's first line and headers. Raises what is wrong with them."""
    if scope["method"] not in METHODS:
        raise MethodUnknown(f"there is no method {scope['method'][:20]!r} here; use {', '.join(sorted(METHODS))}")
    if len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"]) > LONGEST_TARGET:
        raise AddressTooLong(f"the address is longer than {LONGEST_TARGET} characters; send less in its query")
    if "\x00" in scope["path"] or b"%00" in scope["query_string"] or b"\x00" in scope["query_string"]:
        raise Invalid("the address holds a NUL character; leave it out")
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > LARGEST_HEADERS:
        raise HeadersTooLarge(
            f"the request has more than {MOST_HEADERS} headers or {LARGEST_HEADERS // 1024} KiB of them"
        )
    _check_lengths(Headers(scope=scope))


def _check_lengths(headers: Headers) -> None:
    """Two programs in a row must agree on where a request ends."""
    lengths = headers.getlist("content-length")
    if len(lengths) > 1 or (lengths and "transfer-encoding" in headers):
        raise Invalid("the request gives its length more than once")
    if lengths and not (lengths[0].isascii() and lengths[0].isdigit() and len(lengths[0]) < 16):
        raise Invalid("the request's Content-Length is no number")


def bounded(headers: Headers, receive: Receive, *, body: int = LARGEST_BODY, upload: int = LARGEST_UPLOAD) -> Receive:
    """`receive` that raises TooLarge once more came than allowed, whatever the request said of its length.

    `upload` is the limit of forms with files. Raises TooLarge at once where the request admits to more.
    """
    most = upload if headers.get("content-type", "").lower().startswith("multipart/form-data") else body
    told = headers.get("content-length", "0")
    if not (told.isascii() and told.isdigit()) or len(told) > 15 or int(told) > most:
        raise _too_large(most)
    came = 0

    async def counted() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > most:
            raise _too_large(most)
        return message

    return counted


def is_at_most(request: Request, size: int) -> bool:
    """Whether the request says how large its body is, and that it is no larger; browsers always do."""
    said = request.headers.get("content-length", "")
    return said.isascii() and said.isdigit() and len(said) < 16 and int(said) <= size


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"the request is larger than {most // 1024 // 1024} MiB; send less at once", most=most)
