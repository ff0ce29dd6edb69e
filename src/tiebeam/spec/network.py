"""Settings of `tiebeam.toml` about the network: whom we may call, and as whom we answer."""

from __future__ import annotations

import re
from ipaddress import ip_network
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from tiebeam.spec.base import Frozen, Text
from tiebeam.spec.secret import SecretRef

_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?")


class OutgoingRules(Frozen):
    """Which places beyond the public internet may be called, and how calls leave."""

    allow: tuple[Text, ...] = ()
    """Hosts, addresses and networks that may be private and spoken to without encryption: "erp.internal",
    "10.1.0.0/16". This machine only as "localhost" or "127.0.0.1"."""
    proxy: Text | None = None
    """`http://host:port`: what is not in `allow` leaves through it. Proxies of the environment are not used."""
    proxy_user: Text | None = None
    proxy_password: SecretRef | None = None
    ca_file: Text | None = None
    """Certificates of the organisation's own authority, besides those the machine trusts; below the workspace."""

    @field_validator("proxy")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme != "http" or not parts.hostname or "@" in parts.netloc or parts.path not in {"", "/"}:
            raise ValueError("write http://host:port; a user and password go into proxy_user and proxy_password")
        return value


class ServerUse(Frozen):
    """By which names this installation is reached."""

    hosts: tuple[str, ...] = ()
    """Names in the `Host` header that are answered, besides this machine's own: "tiebeam.example", "*.example:8443"."""
    base_url: Text | None = None
    """Where people reach the console from outside, such as "https://tiebeam.example"; links begin with it."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    hsts_seconds: int = Field(default=31_536_000, ge=0, le=126_144_000)
    """How long browsers keep to https once they came by it; 0 says nothing to them."""

    @field_validator("hosts")
    @classmethod
    def _host_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host!r} is no host name in lower case, with or without a port")
        return value

    @field_validator("base_url")
    @classmethod
    def _bare_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        return checked_base_url(value)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if ip_network(one).prefixlen == 0:
                raise ValueError(f"{one!r} trusts everybody; name the proxy's own address")
        return value


def checked_base_url(value: str) -> str:
    """An http(s) URL of a host alone, without its slash. Raises ValueError."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _HOST.fullmatch(parts.netloc.lower()):
        raise ValueError(f"{value!r} is no address such as https://tiebeam.example")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "*" in parts.netloc:
        raise ValueError(f"{value!r} holds more than scheme and host; the console lies at the root")
    return f"{parts.scheme}://{parts.netloc.lower()}"
