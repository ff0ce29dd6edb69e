"""The places that a workspace's settings name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tiebeam.connect.notify.message import Place
from tiebeam.connect.notify.smtp import SECONDS, SmtpPlace
from tiebeam.connect.notify.webhook import WebhookPlace
from tiebeam.connect.outgoing import outgoing_for
from tiebeam.connect.secrets import Secret, read_secret
from tiebeam.kit import Clock
from tiebeam.spec import SecretRef, WorkspaceSettings


def notify_places(settings: WorkspaceSettings, *, workspace: Path, clock: Clock) -> tuple[Place, ...]:
    """Webhooks in their order, then the mail server; empty where `[notify]` names none."""
    use = settings.notify
    outgoing = outgoing_for(settings.outgoing, workspace=workspace, timeout=SECONDS)
    places: list[Place] = [
        WebhookPlace(hook.url, outgoing=outgoing, clock=clock, secret=_reading(hook.secret, workspace))
        for hook in use.webhook
    ]
    if use.smtp_host is not None:
        places.append(SmtpPlace(use, outgoing=outgoing, password=_reading(use.smtp_password, workspace)))
    return tuple(places)


def _reading(reference: SecretRef | None, workspace: Path) -> Callable[[], Secret] | None:
    return None if reference is None else lambda: read_secret(reference, base=workspace)
