"""Messages leave signed, once recognisable, and only for where requests may go (ids: EC-21, EC-27)."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders.certificates import certificate_for
from tests.builders.far_server import FAR, far_server, reply
from tests.builders.mail_server import mail_server
from tiebeam.connect.notify import NotTold, SmtpPlace, Told, WebhookPlace, notify_places
from tiebeam.connect.outgoing import Outgoing, OutgoingRefused
from tiebeam.connect.secrets import Secret
from tiebeam.kit import FixedClock
from tiebeam.spec import NotifyUse, WebhookUse, WorkspaceSettings

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TOLD = Told(
    id="msg_1",
    kind="budget.warning",
    subject="Accounts payable has spent\n80 % of its budget",
    text="Grüße: 80 % are spent.\n",
    at=NOW,
    facts={"budget": "accounts-payable", "percent": 80},
    to=("owner@example.com",),
)
LOCAL = Outgoing(allow_private=["127.0.0.1"])


def _webhook(port: int) -> WebhookPlace:
    secret = Secret("a secret of our own", reference="env:HOOK")
    url = f"http://127.0.0.1:{port}/hooks/T0KEN"
    return WebhookPlace(url, outgoing=LOCAL, clock=FixedClock(NOW), secret=lambda: secret)


def test_a_webhook_can_be_proved_to_come_from_here() -> None:
    with far_server(lambda _request: reply()) as far:
        _webhook(far.port).tell(TOLD)
    head, _, body = far.heads[0].partition(b"\r\n\r\n")
    said = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
    at, digest = said[b"x-tiebeam-signature"].decode().removeprefix("t=").split(",v1=")
    assert int(at) == int(NOW.timestamp())
    assert digest == hmac.new(b"a secret of our own", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert said[b"x-tiebeam-message"] == b"msg_1"
    assert json.loads(body)["facts"] == {"budget": "accounts-payable", "percent": 80}


def test_a_webhook_that_says_no_was_not_told_and_its_path_stays_secret() -> None:
    with far_server(lambda _request: reply(status="503 Busy")) as far:
        place = _webhook(far.port)
        with pytest.raises(NotTold) as refused:
            place.tell(TOLD)
    assert "T0KEN" not in str(refused.value)
    assert "T0KEN" not in place.name


def _letters(port: int, **changes: object) -> NotifyUse:
    return NotifyUse.model_validate(
        {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_starttls": False, "to": ("cfo@example.com",), **changes}
    )


def test_a_letter_reaches_the_configured_and_the_owner_once_each() -> None:
    with mail_server() as server:
        use = _letters(server.port, to=("cfo@example.com", "owner@example.com"))
        SmtpPlace(use, outgoing=LOCAL, password=None).tell(TOLD)
    assert server.recipients == [["cfo@example.com", "owner@example.com"]]
    letter = server.letters[0]
    assert letter["Subject"] == "Accounts payable has spent 80 % of its budget"
    assert letter["Message-ID"] == "<msg_1@localhost>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().strip() == "Grüße: 80 % are spent."


def test_the_password_of_the_mail_server_goes_over_tls_alone(tmp_path: Path) -> None:
    ca_file, tls = certificate_for("mail.example.com", folder=tmp_path)
    with mail_server(tls=tls) as server:
        outgoing = Outgoing(
            ca_file=str(ca_file),
            resolver=lambda _host, _port: [FAR],
            connect=lambda _address, _port, seconds: _dial(server.port, seconds),
        )
        use = _letters(server.port, smtp_host="mail.example.com", smtp_starttls=True, smtp_user="tiebeam")
        SmtpPlace(use, outgoing=outgoing, password=lambda: Secret("hush", reference="env:MAIL")).tell(TOLD)
    assert server.logins == [("tiebeam", "hush", True)]
    assert len(server.letters) == 1


def _dial(port: int, seconds: float) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), seconds)


def test_a_server_without_the_asked_encryption_gets_neither_password_nor_letter() -> None:
    with mail_server() as server:
        use = _letters(server.port, smtp_starttls=True, smtp_user="tiebeam")
        with pytest.raises(NotTold):
            SmtpPlace(use, outgoing=LOCAL, password=lambda: Secret("hush", reference="env:MAIL")).tell(TOLD)
    assert (server.logins, server.letters) == ([], [])


def test_a_refused_recipient_and_a_closed_server_are_failures() -> None:
    with mail_server(refuses=frozenset({"owner@example.com"})) as server:
        place = SmtpPlace(_letters(server.port), outgoing=LOCAL, password=None)
        with pytest.raises(NotTold, match=r"owner@example\.com"):
            place.tell(TOLD)
        server.is_closed = True
        with pytest.raises(NotTold, match="421"):
            place.tell(TOLD)


def test_nobody_to_write_to_is_no_letter_and_no_failure() -> None:
    with mail_server() as server:
        place = SmtpPlace(_letters(server.port, to=()), outgoing=LOCAL, password=None)
        place.tell(Told("msg_2", "budget.warning", "s", "t", NOW, {}))
    assert server.letters == []


def test_mail_goes_only_where_requests_may_go() -> None:
    with mail_server() as server, pytest.raises(OutgoingRefused, match="this machine"):
        SmtpPlace(_letters(server.port), outgoing=Outgoing(), password=None).tell(TOLD)


def test_the_places_are_those_of_the_settings(tmp_path: Path) -> None:
    use = NotifyUse(webhook=(WebhookUse(url="https://hooks.example.com/a/b"),), smtp_host="mail.example.com")
    settings = WorkspaceSettings.model_validate({"company": {"name": "Harbour"}, "notify": use.model_dump()})
    names = [place.name for place in notify_places(settings, workspace=tmp_path, clock=FixedClock(NOW))]
    assert names[0].startswith("webhook:hooks.example.com:")
    assert names[1] == "smtp:mail.example.com:587"
