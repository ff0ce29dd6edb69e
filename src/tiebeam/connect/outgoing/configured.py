"""The client as a workspace's settings describe it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from tiebeam.connect.outgoing.outgoing import Outgoing
from tiebeam.connect.outgoing.ways import Ways
from tiebeam.connect.secrets import read_secret
from tiebeam.spec import OutgoingRules


def outgoing_for(
    rules: OutgoingRules,
    *,
    workspace: Path,
    also_allowed: Collection[str] = (),
    timeout: float = 20.0,
    connect_timeout: float = 5.0,
    largest: int = 1_000_000,
) -> Outgoing:
    """`also_allowed` are destinations that another record vouches for, in the same form as `[outgoing] allow`."""
    return Outgoing(
        allow_private=(*rules.allow, *also_allowed),
        timeout=timeout,
        connect_timeout=connect_timeout,
        largest=largest,
        proxy=rules.proxy,
        proxy_login=_proxy_login(rules, workspace=workspace),
        ca_file=_ca_file(rules, workspace=workspace),
    )


def ways_for(rules: OutgoingRules, *, workspace: Path, also_allowed: Collection[str] = ()) -> Ways:
    """For a client that opens its own connections: the same places, proxy and certificates."""
    return Ways(
        allow_private=(*rules.allow, *also_allowed),
        proxy=rules.proxy,
        proxy_login=_proxy_login(rules, workspace=workspace),
        ca_file=_ca_file(rules, workspace=workspace),
    )


def _proxy_login(rules: OutgoingRules, *, workspace: Path) -> Callable[[], tuple[str, str]] | None:
    user, reference = rules.proxy_user, rules.proxy_password
    if user is None or reference is None:
        return None
    return lambda: (user, read_secret(reference, base=workspace).reveal())


def _ca_file(rules: OutgoingRules, *, workspace: Path) -> str | None:
    return None if rules.ca_file is None else str((workspace / rules.ca_file).resolve())
