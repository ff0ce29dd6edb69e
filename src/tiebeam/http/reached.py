"""By which names and through which proxies this installation is reached."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection
from starlette.types import Scope

from tiebeam.app import App
from tiebeam.errors import Invalid, TiebeamError
from tiebeam.spec import ServerUse, checked_base_url

HOSTS_VARIABLE = "TIEBEAM_ALLOWED_HOSTS"
BASE_URL_VARIABLE = "TIEBEAM_BASE_URL"
_ALWAYS = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(?P<name>[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:(?P<port>[0-9]{1,5}))?")


class HostUnknown(TiebeamError):
    """The request names a host that this installation does not go by."""

    code = "host_unknown"
    status = 421


@dataclass(frozen=True, slots=True)
class Reached:
    """`hosts` are names, with or without a port, `*.` before a name stands for all below it."""

    hosts: frozenset[str] = frozenset(_ALWAYS)
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    base_url: str | None = None
    hsts_seconds: int = 31_536_000

    def check_host(self, scope: Scope) -> None:
        """Raises Invalid and HostUnknown."""
        said = [value for name, value in scope["headers"] if name == b"host"]
        if len(said) != 1:
            raise Invalid("a request names its host exactly once")
        found = _HOST.fullmatch(said[0].decode("latin-1").lower())
        if found is None:
            raise Invalid("the request's Host header is no host name with or without a port")
        name, port = found["name"].rstrip("."), found["port"]
        if not any(self._is(entry, name, port) for entry in self.hosts):
            raise HostUnknown(
                f"this installation does not go by the name {name[:80]!r}; list it under [server] hosts in "
                f"tiebeam.toml or in {HOSTS_VARIABLE}, and start the server again",
                host=name,
            )

    def apply_proxy(self, scope: Scope) -> None:
        """Believe what a trusted proxy says about scheme and caller; of everyone else it is ignored."""
        if not self.proxies or not self._is_proxy(_caller_of(scope)):
            return
        headers = HTTPConnection(scope).headers
        said = headers.getlist("x-forwarded-proto")
        proto = said[-1].rpartition(",")[2].strip().lower() if said else ""
        if proto in {"http", "https"}:
            scope["scheme"] = proto
        chain = [part.strip() for value in headers.getlist("x-forwarded-for") for part in value.split(",")]
        # From the right: each proxy of ours adds whom it saw; what stands before an unknown one may be made up.
        caller = next((address for address in reversed(chain) if not self._is_proxy(address)), "")
        if _is_address(caller):
            scope["client"] = (caller, 0)

    def _is(self, entry: str, name: str, port: str | None) -> bool:
        bare, mark, wanted = entry.rpartition(":") if not entry.endswith("]") else (entry, "", "")
        host = bare if mark else entry
        if mark and wanted != port:
            return False
        return name.endswith(host[1:]) and len(name) > len(host) - 1 if host.startswith("*.") else name == host

    def _is_proxy(self, address: str) -> bool:
        if not _is_address(address):
            return False
        known = ip_address(address)
        return any(known in network for network in self.proxies if network.version == known.version)


def reached_by(settings: ServerUse, *, also: Collection[str] = ()) -> Reached:
    """From the workspace's settings, the environment and `also`, the address it is bound to."""
    variable = [entry.strip().lower() for entry in os.environ.get(HOSTS_VARIABLE, "").split(",") if entry.strip()]
    base_url = _base_url(settings)
    named = [] if base_url is None else [base_url.partition("://")[2]]
    hosts = frozenset((*_ALWAYS, *settings.hosts, *variable, *named, *also))
    if "*" in hosts:
        raise Invalid(f"'*' in {HOSTS_VARIABLE} would answer to any name; list the names people really use")
    return Reached(
        hosts=hosts,
        proxies=tuple(ip_network(one) for one in settings.trusted_proxies),
        base_url=base_url,
        hsts_seconds=settings.hsts_seconds,
    )


def base_url_of(app: App, request: HTTPConnection) -> str:
    """Where links to the console begin: as configured, else as the request, whose host was checked, reached us."""
    settings = app.graph().settings
    configured = _base_url(settings.server if settings is not None else ServerUse())
    return configured or f"{request.url.scheme}://{request.url.netloc}"


def _base_url(settings: ServerUse) -> str | None:
    given = os.environ.get(BASE_URL_VARIABLE)
    if not given:
        return settings.base_url
    try:
        return checked_base_url(given)
    except ValueError as problem:
        raise Invalid(f"{BASE_URL_VARIABLE}: {problem}") from problem


def _caller_of(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
