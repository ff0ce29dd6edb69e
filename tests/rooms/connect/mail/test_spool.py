from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tiebeam.connect.documents import ContentRefused, Reader
from tiebeam.connect.mail import (
    Attachment,
    InvalidMessage,
    MailSpool,
    Message,
    answer_text,
    letter_form,
    letter_from_form,
    subject_for,
    task_of,
)
from tiebeam.errors import Conflict, NotFound

_MIXED = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n"
QUERY = Message(
    sender="ap@harbour-tools.example",
    to=("billing@supplier.example",),
    subject=subject_for("task_01k3abc", "Rechnung RE-77: Menge weicht ab"),
    text="Sehr geehrte Damen und Herren,\nwir haben 20 statt 22 Stück erhalten.\n",
    sent_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
)


def arrive(folder: Path, name: str, data: bytes) -> None:
    (folder / "inbox").mkdir(exist_ok=True)
    (folder / "inbox" / name).write_bytes(data)


def test_a_query_is_written_once_as_a_standard_letter(tmp_path: Path) -> None:
    spool = MailSpool(tmp_path)
    path = spool.send("task_01:ask:1", QUERY)
    assert spool.send("task_01:ask:1", QUERY) == path == spool.sent("task_01:ask:1")
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert mail["Subject"] == "[TB-task_01k3abc] Rechnung RE-77: Menge weicht ab"
    assert mail["To"] == "billing@supplier.example"
    assert mail["Message-ID"] == spool.message_id("task_01:ask:1")
    assert "22 Stück" in mail.get_content()


def test_a_letter_with_attachments_is_the_same_letter_each_time(tmp_path: Path) -> None:
    letter = replace(QUERY, attachments=(Attachment("RE-77.pdf", "application/pdf", b"%PDF-1.7"),))
    first = MailSpool(tmp_path / "a").send("k", letter).read_bytes()
    assert first == MailSpool(tmp_path / "b").send("k", letter).read_bytes()
    with pytest.raises(Conflict):
        MailSpool(tmp_path / "a").send("k", QUERY)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Hello\r\nBcc: everyone@example.com"},
        {"subject": "Hello\x0bBcc: everyone@example.com"},
        {"to": ("a@example.com\nBcc: b@example.com",)},
        {"to": ("a@example.com, b@example.com",)},
        {"to": ()},
        {"sender": "A <a@example.com>"},
        {"in_reply_to": "<x@y>\r\nBcc: b@example.com"},
        {"attachments": (Attachment("a\r\nX: y", "text/plain", b""),)},
        {"text": "x" * 200_000},
    ],
)
def test_a_letter_that_would_smuggle_in_a_header_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage):
        MailSpool(tmp_path).send("k", replace(QUERY, **change))  # pyright: ignore[reportArgumentType]
    assert not (tmp_path / "outbox").exists()


def test_an_answer_is_linked_to_its_task_and_put_away_once(tmp_path: Path) -> None:
    arrive(
        tmp_path,
        "1.eml",
        (
            "From: Billing <billing@supplier.example>\r\nTo: ap@harbour-tools.example\r\n"
            "Subject: AW: [TB-task_01k3abc] Rechnung RE-77\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            "Sie haben recht, Gutschrift folgt für 2 Stück.\r\n\r\n"
            "Am 02.03.2026 um 10:00 schrieb Harbour Tools:\r\n> wir haben 20\r\n"
        ).encode(),
    )
    spool = MailSpool(tmp_path)
    ((path, answer),) = spool.incoming()
    assert task_of(answer) == "task_01k3abc"
    assert answer.sender == "billing@supplier.example"
    assert answer_text(answer) == "Sie haben recht, Gutschrift folgt für 2 Stück."
    assert spool.done(path) == tmp_path / "done" / "1.eml"
    assert spool.incoming() == []
    with pytest.raises(NotFound):
        spool.done(path)


def test_a_letter_without_a_token_belongs_to_no_task() -> None:
    assert task_of(replace(QUERY, subject="Re: your invoice")) is None


def test_an_html_letter_is_read_as_text_without_its_scripts(tmp_path: Path) -> None:
    arrive(
        tmp_path,
        "1.eml",
        b"From: a@b.example\r\nSubject: [TB-t1] x\r\nContent-Type: text/html\r\n\r\n"
        b"<html><head><title>no</title></head><body><p>Credit &amp; regrets</p>"
        b"<script>steal()</script>OK</body></html>",
    )
    ((_, answer),) = MailSpool(tmp_path).incoming()
    assert answer_text(answer) == "Credit & regrets\nOK"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"From: a@b.example\r\n\r\n" + b"x" * 5000, "larger"),
        (b"\x00\xff\xfe garbage", "no sender"),
        (b"From: a@b.example\r\nContent-Type: text/plain; charset=no-such-set\r\n\r\n\xffx", "cannot be read"),
    ],
)
def test_an_unreadable_letter_is_set_aside_with_the_reason_never_lost(tmp_path: Path, data: bytes, says: str) -> None:
    arrive(tmp_path, "bad.eml", data)
    assert MailSpool(tmp_path, largest_bytes=2000).incoming() == []
    assert (tmp_path / "refused" / "bad.eml").read_bytes() == data
    assert says in (tmp_path / "refused" / "bad.txt").read_text()


def test_letters_of_the_same_name_do_not_overwrite_each_other_when_put_away(tmp_path: Path) -> None:
    spool = MailSpool(tmp_path)
    for text in (b"one", b"two"):
        arrive(tmp_path, "1.eml", b"From: a@b.example\r\n\r\n" + text)
        ((path, _),) = spool.incoming()
        spool.done(path)
    assert sorted(one.name for one in (tmp_path / "done").iterdir()) == ["1-2.eml", "1.eml"]


def test_a_link_out_of_the_inbox_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "secret.txt").write_text("From: a@b.example\n\nsecret")
    (tmp_path / "inbox" / "1.eml").symlink_to(tmp_path / "secret.txt")
    assert MailSpool(tmp_path).incoming() == []
    assert (tmp_path / "secret.txt").exists()


def test_a_letter_made_to_break_the_parser_does_not_keep_back_those_behind_it(tmp_path: Path) -> None:
    spool = MailSpool(tmp_path)
    arrive(tmp_path, "1-nested.eml", b"From: " + b"(" * 5000 + b"a@b.example\r\nSubject: [TB-task_1] x\r\n\r\nhello")
    arrive(tmp_path, "2-good.eml", b"From: a@b.example\r\nSubject: [TB-task_1] x\r\n\r\nThey come\x00 on Thursday.")
    ((path, letter),) = spool.incoming()
    assert path.name == "2-good.eml"
    assert letter.text.strip() == "They come on Thursday."
    assert (tmp_path / "refused" / "1-nested.eml").is_file()


# ids: B7, HO-10
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"Subject: " + b"x" * 100_000 + b"\r\nFrom: a@b.example\r\n\r\nhello", "headers have"),
        (b"From: a@b.example\r\n" + b"X: y\r\n" * 20_000 + b"\r\nhello", "headers have"),
        (
            b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            + b"--b\r\n\r\nx\r\n" * 500
            + b"--b--",
            "parts",
        ),
        (
            b"From: a@b.example\r\n"
            + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(30))
            + b"\r\nhello",
            "nested deeper",
        ),
    ],
    ids=["a long header", "many headers", "many parts", "deep parts"],
)
def test_a_letter_beyond_the_limits_is_set_aside_at_once(tmp_path: Path, data: bytes, says: str) -> None:
    arrive(tmp_path, "bad.eml", data)
    assert MailSpool(tmp_path).incoming() == []
    assert says in (tmp_path / "refused" / "bad.txt").read_text()


# ids: B7
def test_a_letter_is_the_same_after_another_process_read_it() -> None:
    data = (
        b"From: Billing <b@s.example>\r\nTo: ap@h.example\r\nSubject: [TB-t1] x\r\n"
        b"Date: Mon, 2 Mar 2026 09:00:00 +0000\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n"
        b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n"
        b"%PDF\r\n--b--\r\n"
    )
    with Reader(workers=1, parsers={"letter": "tiebeam.connect.mail:letter_form"}) as reader:
        letter = letter_from_form(reader.parse("letter", data, name="a.eml"))
        with pytest.raises(ContentRefused, match="names no sender"):
            reader.parse("letter", b"Subject: x\r\n\r\nhello", name="b.eml")
    assert letter == letter_from_form(letter_form(data))
    assert (letter.text.strip(), [one.name for one in letter.attachments]) == ("hello", ["a.pdf"])
    with pytest.raises(InvalidMessage):
        letter_from_form({"sender": 1})
