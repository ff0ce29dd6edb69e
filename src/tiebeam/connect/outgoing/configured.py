"""The client as a workspace's settings describe it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tiebeam.connect.outgoing.outgoing import Outgoing
from tiebeam.connect.secrets import read_secret
from tiebeam.spec import OutgoingRules


def outgoing_for(
    rules: OutgoingRules,
    *,
    workspace: Path,
    also_allowed: Collection[str] = (),
    timeout: float = 20.0,
    largest: int = 1_000_000,
) -> Outgoing:
    """`also_allowed` are destinations that another record vouches for, in the same form as `[outgoing] allow`."""
    user, reference = rules.proxy_user, rules.proxy_password

    def login() -> tuple[str, str]:
        assert user is not None
        assert reference is not None
        return user, read_secret(reference, base=workspace).reveal()

    return Outgoing(
        allow_private=(*rules.allow, *also_allowed),
        timeout=timeout,
        largest=largest,
        proxy=rules.proxy,
        proxy_login=login if user is not None and reference is not None else None,
        ca_file=None if rules.ca_file is None else str((workspace / rules.ca_file).resolve()),
    )
