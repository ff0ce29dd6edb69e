"""The one client for requests to other machines."""

from __future__ import annotations

import json as json_form
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tiebeam.connect.outgoing.allowing import unencrypted
from tiebeam.connect.outgoing.answer import Answer, read_body, read_headers
from tiebeam.connect.outgoing.destination import Destination, joined, read_destination, read_host
from tiebeam.connect.outgoing.errors import OutgoingFailed, OutgoingRefused, OutgoingUnreachable
from tiebeam.connect.outgoing.ways import Resolver, Way, Ways, resolve
from tiebeam.errors import Invalid

if TYPE_CHECKING:
    import socket
    import ssl

    import httpcore

    from tiebeam.connect.outgoing.network import Deadline, Dial, GuardedNetwork

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e\t]*")
_OURS = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "accept-encoding"}
_KEPT_ACROSS_HOSTS = {"accept", "user-agent"}
_REDIRECTS = {301, 302, 303, 307, 308}


class Outgoing:
    """Requests within limits, to places that are public or explicitly allowed.

    `allow_private` are hosts, addresses and networks that may be private and spoken to over plain http. `timeout` is
    for the whole request in seconds, redirects included; `largest` is the most bytes of an answer, unpacked.
    With `proxy` ("http://host:port") everything goes through it but what is in `allow_private`; the proxy then resolves
    the names. `proxy_login` gives its user and password at each use. Neither the environment's proxies nor `.netrc` or
    cookies are used. Safe to share between threads.
    """

    def __init__(
        self,
        *,
        allow_private: Collection[str] = (),
        timeout: float = 20.0,
        connect_timeout: float = 5.0,
        largest: int = 1_000_000,
        proxy: str | None = None,
        proxy_login: Callable[[], tuple[str, str]] | None = None,
        ca_file: str | None = None,
        resolver: Resolver | None = None,
        connect: Dial | None = None,
    ) -> None:
        self._ways = Ways(allow_private=allow_private, proxy=proxy, proxy_login=proxy_login, ca_file=ca_file)
        self._timeout = timeout
        self._connect_timeout = min(connect_timeout, timeout)
        self._largest = largest
        self._resolver = resolver
        self._connect = connect

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        follow: int = 0,
        watch: Callable[[bytes], object] | None = None,
    ) -> Answer:
        """One of `content`, `json` and `form` is the body. `follow` is how many redirects a GET or HEAD may take.
        `watch` is called with each piece of the answer as it arrives.

        Raises OutgoingRefused before anything leaves, OutgoingUnreachable when nothing was sent, and OutgoingFailed
        (AnswerTooLarge among them) when it is unknown what became of the request. A status of any kind is an answer.
        """
        from tiebeam.connect.outgoing.network import Deadline

        if method not in _METHODS:
            raise Invalid(f"{method!r} is no HTTP method used here")
        body, sent = _body(content, json, form)
        sent |= _checked(headers or {})
        deadline = Deadline(self._timeout)
        destination = read_destination(url)
        for _ in range(follow + 1):
            answer = self._once(method, destination, sent, body, deadline, watch)
            if follow == 0 or answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            if method not in {"GET", "HEAD"}:
                raise OutgoingFailed(f"{destination} answered a {method} with a redirect, which is not followed")
            onward = read_destination(joined(destination, answer.headers["location"]))
            if destination.scheme == "https" and onward.scheme != "https":
                raise OutgoingRefused(f"{destination} redirects to {onward}, which is not encrypted")
            if onward.origin != destination.origin:
                sent = {name: value for name, value in sent.items() if name in _KEPT_ACROSS_HOSTS}
            destination = onward
        raise OutgoingFailed(f"{destination} redirects more than {follow} times")

    def connect(self, scheme: str, host: str, port: int, *, seconds: float) -> socket.socket:
        """A connection for another protocol, such as "smtp": by the same rules, and never through the proxy.

        Raises OutgoingRefused and OutgoingUnreachable.
        """
        from tiebeam.connect.outgoing.network import Deadline

        name, address = read_host(host)
        destination = Destination(scheme, name, port, "", address)
        way = Way(destination, destination, self._ways.allowed)
        connected = self._network(way, Deadline(seconds)).open_socket(name, port)
        connected.settimeout(seconds)
        return connected

    def tls(self) -> ssl.SSLContext:
        """What certificates are checked by, the company's own authority among them."""
        return self._ways.tls

    def check(self, url: str) -> None:
        """Whether the URL as such may be asked for; the addresses behind a name are seen at the request only.

        Raises OutgoingRefused.
        """
        destination = read_destination(url)
        if destination.address is not None:
            self._ways.allowed.check(destination, [destination.address])
        elif destination.scheme == "http" and not (
            self._ways.allowed.names(destination) or self._ways.allowed.networks
        ):
            raise unencrypted(destination)

    def _once(
        self,
        method: str,
        destination: Destination,
        headers: Mapping[str, str],
        body: bytes,
        deadline: Deadline,
        watch: Callable[[bytes], object] | None,
    ) -> Answer:
        import httpcore

        request = httpcore.Request(
            method=method,
            url=httpcore.URL(
                scheme=destination.scheme.encode(),
                host=destination.host.encode(),
                port=destination.port,
                target=destination.target.encode(),
            ),
            headers=_wire_headers(destination, headers, body, method),
            content=body,
        )
        try:
            with self._pool(destination, deadline) as pool:
                response = pool.handle_request(request)
                heads = read_headers(response.headers)
                try:
                    parts = response.iter_stream() if watch is None else _watched(response.iter_stream(), watch)
                    data = b"" if method == "HEAD" else read_body(parts, heads, largest=self._largest)
                finally:
                    response.close()
                return Answer(str(destination), response.status, heads, data)
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError) as problem:
            raise OutgoingUnreachable(f"{destination} cannot be reached: {problem}") from problem
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as problem:
            # The words of a protocol error repeat what came over the wire.
            raise OutgoingFailed(f"{destination} gave no full answer ({type(problem).__name__})") from problem

    def _pool(self, destination: Destination, deadline: Deadline) -> httpcore.ConnectionPool:
        import httpcore

        way = self._ways.way(destination)
        context = self.tls() if destination.scheme == "https" else None
        network = self._network(way, deadline)
        if not way.is_tunnelled:
            return httpcore.ConnectionPool(ssl_context=context, network_backend=network)
        proxy, login = way.dialled, self._ways.proxy_login
        return httpcore.HTTPProxy(
            proxy_url=httpcore.URL(scheme=b"http", host=proxy.host.encode(), port=proxy.port, target=b"/"),
            proxy_auth=None if login is None else login(),
            ssl_context=context,
            network_backend=network,
        )

    def _network(self, way: Way, deadline: Deadline) -> GuardedNetwork:
        from tiebeam.connect.outgoing.network import HEADER_ROOM, GuardedNetwork, dial

        return GuardedNetwork(
            way,
            resolver=self._resolver or resolve,
            connect=self._connect or dial,
            deadline=deadline,
            connect_seconds=self._connect_timeout,
            most_bytes=self._largest + HEADER_ROOM,
        )


def _watched(parts: Iterable[bytes], watch: Callable[[bytes], object]) -> Iterator[bytes]:
    for part in parts:
        watch(part)
        yield part


def _body(content: bytes | None, json: Any, form: Mapping[str, str] | None) -> tuple[bytes, dict[str, str]]:
    given = [one for one in (content, json, form) if one is not None]
    if len(given) > 1:
        raise Invalid("a request has one body: content, json or form")
    if json is not None:
        text = json_form.dumps(json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode(), {"content-type": "application/json"}
    if form is not None:
        return urlencode(form).encode(), {"content-type": "application/x-www-form-urlencoded"}
    return content or b"", {}


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """By lower-case name. The value of a bad header may be a secret and is never repeated."""
    checked: dict[str, str] = {}
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("proxy-"):
            raise Invalid(f"the header {name[:60]!r} is not set by a request")
        if not _VALUE.fullmatch(value):
            raise Invalid(f"the header {name!r} holds a line break or a character outside of ASCII")
        checked[name.lower()] = value.strip()
    return checked


def _wire_headers(
    destination: Destination, headers: Mapping[str, str], body: bytes, method: str
) -> Sequence[tuple[bytes, bytes]]:
    sent = {"host": destination.authority, "user-agent": "tiebeam", "accept": "*/*", **headers}
    sent |= {"accept-encoding": "identity", "connection": "close"}
    if body or method in {"POST", "PUT", "PATCH"}:
        sent["content-length"] = str(len(body))
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in sent.items()]
