"""Values leave the journal on the record, and its chain stays whole (ids: B14, F12)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tiebeam.errors import Invalid
from tiebeam.kit import FixedClock
from tiebeam.store import (
    NotRedactable,
    Store,
    UnknownEntry,
    journal_lines,
    journal_report,
    make_anchor,
    read_journal,
    redact,
    redact_old,
    search_journal,
    verify_journal,
)
from tiebeam.verifier import verify


@pytest.fixture
def filled(store: Store) -> Store:
    with store.unit() as unit:
        for number in range(1, 4):
            payload = {"comment": f"call me at {number}", "n": number}
            unit.journal("run:1", "task.decided", actor="person:ann", payload=payload)
    with store.unit() as unit:
        make_anchor(unit)
    return store


def test_a_removed_value_is_gone_and_the_journal_verifies(filled: Store, tmp_path: Path) -> None:
    with filled.unit() as unit:
        record = redact(unit, "run:1", 2, fields=["comment"], reason="asked for", actor="person:gus")
    with filled.read() as conn:
        entry = read_journal(conn, "run:1")[1]
        assert verify_journal(conn) == []
        stored = str(conn.execute(sa.text("SELECT * FROM journal_entry WHERE seq = 2 AND stream = 'run:1'")).one())
        export = tmp_path / "export"
        export.write_bytes(b"".join(journal_lines(conn, exported_at=filled.clock.now())))
    assert (entry.payload, entry.redacted, entry.actor) == ({"n": 2}, ("comment",), "person:ann")
    assert "call me" not in stored
    assert record.payload["reason"] == "asked for"
    (told,) = verify(export)["redactions"]
    assert (told["stream"], told["seq"], told["field"], told["actor"]) == (
        "run:1",
        2,
        "payload.comment",
        "person:gus",
    )


def test_an_actor_can_be_removed_and_more_later(filled: Store) -> None:
    with filled.unit() as unit:
        redact(unit, "run:1", 1, fields=["actor"], reason="left", actor="person:gus")
    with filled.unit() as unit:
        redact(unit, "run:1", 1, fields=["comment", "n"], reason="asked for", actor="person:gus")
    with filled.read() as conn:
        entry = read_journal(conn, "run:1")[0]
        assert verify_journal(conn) == []
        assert [one.seq for one in search_journal(conn, stream_prefix="run:1", actor="person:ann")] == [3, 2]
    assert (entry.actor, entry.payload, entry.redacted) == ("", {}, ("actor", "comment", "n"))


def test_a_value_put_back_or_removed_in_silence_is_found(filled: Store) -> None:
    def problems() -> list[str]:
        with filled.read() as conn:
            report = journal_report(conn, external=None, exported_at=filled.clock.now())
        return sorted({one["code"] for one in report["findings"]})

    with filled.unit() as unit:
        before = unit.conn.execute(sa.text("SELECT payload, salt FROM journal_entry WHERE seq = 2")).one()
        redact(unit, "run:1", 2, fields=["comment"], reason="asked for", actor="person:gus")
    undo = sa.text("UPDATE journal_entry SET payload = :payload, salt = :salt, redaction = NULL WHERE seq = 2")
    with filled.unit() as unit:
        unit.conn.execute(undo, {"payload": before.payload, "salt": before.salt})
    assert problems() == ["redaction-undone"]
    with filled.unit() as unit:
        redact(unit, "run:1", 2, fields=["comment"], reason="asked for", actor="person:gus")
    with filled.unit() as unit:
        for table in ("journal_entry", "journal_stream"):
            unit.conn.execute(sa.text(f"DELETE FROM {table} WHERE stream = 'journal'"))
    assert problems() == ["redaction-unrecorded"]


def test_what_cannot_be_redacted_says_why(filled: Store) -> None:
    def attempt(stream: str, seq: int, *fields: str, reason: str = "asked for") -> None:
        with filled.unit() as unit:
            redact(unit, stream, seq, fields=fields, reason=reason, actor="person:gus")

    with pytest.raises(UnknownEntry, match="no entry 9"):
        attempt("run:1", 9, "comment")
    with pytest.raises(Invalid, match="holds actor, comment, n"):
        attempt("run:1", 1, "salary")
    with pytest.raises(Invalid, match="needs a reason"):
        attempt("run:1", 1, "comment", reason=" ")
    attempt("run:1", 1, "comment")
    with pytest.raises(Invalid, match="holds actor, n"):
        attempt("run:1", 1, "comment")
    with pytest.raises(NotRedactable, match="stays whole"):
        attempt("journal", 1, "reason")
    with filled.unit() as unit:
        unit.conn.execute(sa.text("UPDATE journal_entry SET format = 1 WHERE seq = 3"))
    with pytest.raises(NotRedactable, match="before values were sealed"):
        attempt("run:1", 3, "comment")


def test_a_retention_rule_removes_what_is_old_enough_and_goes_on_where_it_stopped(
    filled: Store, clock: FixedClock
) -> None:
    def expire() -> int:
        with filled.unit() as unit:
            return redact_old(
                unit,
                kind="task.decided",
                fields=["comment", "absent"],
                after=timedelta(days=30),
                reason="kept for 30 days",
                actor="system:retention",
                limit=2,
            )

    assert expire() == 0
    clock.advance(days=31)
    with filled.unit() as unit:
        unit.journal("run:1", "task.decided", actor="person:ann", payload={"comment": "new"})
    assert [expire(), expire(), expire()] == [2, 1, 0]
    with filled.read() as conn:
        entries = read_journal(conn, "run:1")
        records = read_journal(conn, "journal")
        assert verify_journal(conn) == []
    assert [entry.redacted for entry in entries] == [("comment",), ("comment",), ("comment",), ()]
    assert [record.payload["seq"] for record in records] == [1, 2, 3]
    clock.advance(days=31)
    assert expire() == 1


def test_one_stream_alone_is_whole_after_a_removal_and_not_without_its_record(store: Store) -> None:
    with store.unit() as unit:
        unit.journal("run:1", "noted", actor="person:ann", payload={"comment": "call Uwe", "amount": 5})
        unit.journal("run:2", "noted", actor="person:ann", payload={"comment": "nothing"})
    with store.unit() as unit:
        redact(unit, "run:1", 1, fields=["comment"], reason="asked for", actor="person:aud")
    with store.read() as conn:
        assert verify_journal(conn, "run:1") == []
        assert verify_journal(conn, "journal") == []
    with store.unit() as unit:
        unit.conn.execute(sa.text("UPDATE journal_entry SET payload = '{}' WHERE stream = 'journal'"))
    with store.read() as conn:
        assert {one.stream for one in verify_journal(conn, "run:1")} == {"run:1"}
        assert verify_journal(conn, "run:2") == []
