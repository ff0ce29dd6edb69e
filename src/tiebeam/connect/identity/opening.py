"""From the settings of a workspace to a client of its provider."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tiebeam.connect.identity.client import OidcClient
from tiebeam.connect.identity.transport import LARGEST_ANSWER, TIMEOUT_SECONDS
from tiebeam.connect.outgoing import outgoing_for
from tiebeam.connect.secrets import read_secret
from tiebeam.kit import Clock
from tiebeam.spec import OidcUse, OutgoingRules, WorkspaceSettings


def open_provider(use: OidcUse, *, workspace: Path, clock: Clock, rules: OutgoingRules) -> OidcClient:
    """Nothing is asked or read before somebody signs in; the secret is read at each use."""
    host = urlsplit(use.issuer).hostname
    http = outgoing_for(
        rules,
        workspace=workspace,
        also_allowed=(host,) if use.private_network and host else (),
        timeout=TIMEOUT_SECONDS,
        largest=LARGEST_ANSWER,
    )
    return OidcClient(use, http=http, clock=clock, client_secret=_secret_of(use, workspace))


def _secret_of(use: OidcUse, workspace: Path) -> Callable[[], str] | None:
    reference = use.client_secret
    if reference is None:
        return None
    return lambda: read_secret(reference, base=workspace).reveal()


class ProviderInForce:
    """The provider of the applied settings: opened once, and again when other settings were applied."""

    def __init__(self, settings: Callable[[], WorkspaceSettings | None], *, workspace: Path, clock: Clock) -> None:
        self._settings = settings
        self._workspace = workspace
        self._clock = clock
        self._opening = threading.Lock()
        self._open: tuple[OidcUse, OutgoingRules, OidcClient] | None = None

    def __call__(self) -> OidcClient | None:
        """None where the workspace names no provider."""
        settings = self._settings()
        if settings is None or settings.access.oidc is None:
            return None
        use, rules = settings.access.oidc, settings.outgoing
        with self._opening:
            if self._open is None or self._open[:2] != (use, rules):
                client = open_provider(use, workspace=self._workspace, clock=self._clock, rules=rules)
                self._open = (use, rules, client)
            return self._open[2]
