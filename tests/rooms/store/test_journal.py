"""The journal is one hash chain per stream (ids: F12)."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from tiebeam.kit import FixedClock
from tiebeam.store import Store, list_streams, read_journal, search_journal, verify_journal
from tiebeam.verifier import GENESIS


@pytest.fixture
def filled(store: Store, clock: FixedClock) -> Store:
    for number in range(1, 4):
        with store.unit() as unit:
            unit.journal("run:1", "step-done", actor="system:worker", payload={"amount": Decimal("1.10"), "n": number})
            unit.journal("run:2", "step-done", actor="person:ann", payload={"n": number})
            unit.journal("run:1", "noted", actor="person:ann", payload={})
        clock.advance(minutes=1)
    return store


def test_every_entry_carries_the_hash_of_the_one_before(filled: Store) -> None:
    with filled.read() as conn:
        entries = read_journal(conn, "run:1")
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [entry.previous_hash for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:-1])]


def test_reading_goes_on_where_the_last_page_ended(filled: Store) -> None:
    with filled.read() as conn:
        first = read_journal(conn, "run:1", limit=4)
        rest = read_journal(conn, "run:1", limit=4, after_seq=first[-1].seq)
    assert [entry.seq for entry in (*first, *rest)] == [1, 2, 3, 4, 5, 6]


def test_a_search_shows_the_newest_first_and_pages_back(filled: Store) -> None:
    with filled.read() as conn:
        page = search_journal(conn, stream_prefix="run:", actor="person:ann", limit=4)
        older = search_journal(conn, stream_prefix="run:", actor="person:ann", before=page[-1].position)
        by_kind = search_journal(conn, stream_prefix="run:1", kind="noted")
        assert search_journal(conn, stream_prefix="batch:") == []
    assert len(page) == 4
    assert len(older) == 2
    positions = [entry.position for entry in (*page, *older)]
    assert positions == sorted(positions, reverse=True)
    assert {entry.kind for entry in by_kind} == {"noted"}


def test_streams_are_listed_with_their_length(filled: Store) -> None:
    with filled.read() as conn:
        heads = list_streams(conn)
        assert [head.stream for head in list_streams(conn, after="run:1")] == ["run:2"]
    assert [(head.stream, head.length) for head in heads] == [("run:1", 6), ("run:2", 3)]


def test_an_untouched_journal_verifies(filled: Store) -> None:
    with filled.read() as conn:
        assert verify_journal(conn) == []
        assert verify_journal(conn, "run:1") == []
        assert verify_journal(conn, "run:never") == []


@pytest.mark.parametrize(
    ("tampering", "seq", "problem"),
    [
        ("UPDATE journal_entry SET payload = '{}' WHERE stream = 'run:1' AND seq = 3", 3, "does not match its hash"),
        ("UPDATE journal_entry SET actor = 'person:bob' WHERE stream = 'run:1' AND seq = 2", 2, "does not match"),
        ("DELETE FROM journal_entry WHERE stream = 'run:1' AND seq = 2", 3, "entry 2 is missing"),
        ("DELETE FROM journal_entry WHERE stream = 'run:1' AND seq = 6", 6, "does not end with this entry"),
        ("DELETE FROM journal_entry WHERE stream = 'run:1'", 6, "does not end with this entry"),
        ("DELETE FROM journal_stream WHERE stream = 'run:1'", 1, "no head"),
    ],
)
def test_tampering_is_found(filled: Store, tampering: str, seq: int, problem: str) -> None:
    with filled.unit() as unit:
        unit.conn.execute(sa.text(tampering))
    with filled.read() as conn:
        breaks = verify_journal(conn)
    assert [found.stream for found in breaks] == ["run:1"] * len(breaks)
    assert (breaks[0].seq, problem in breaks[0].problem) == (seq, True)


def test_a_rewritten_entry_with_a_fresh_hash_breaks_the_next_one(filled: Store) -> None:
    with filled.unit() as unit:
        unit.conn.execute(
            sa.text("UPDATE journal_entry SET hash = :h WHERE stream = 'run:1' AND seq = 1"), {"h": "f" * 64}
        )
    with filled.read() as conn:
        problems = [found.problem for found in verify_journal(conn, "run:1")]
    assert problems == ["content does not match its hash", "does not follow the entry before it"]


def test_hashes_that_were_kept_as_digits_are_read_and_verified_beside_those_kept_as_bytes(filled: Store) -> None:
    with filled.unit() as unit:
        if filled.dialect == "sqlite":
            unit.conn.execute(sa.text("UPDATE journal_entry SET hash = lower(hex(hash)) WHERE seq < 3"))
            unit.conn.execute(sa.text("UPDATE journal_stream SET head_hash = lower(hex(head_hash))"))
        unit.journal("run:1", "noted", actor="person:ann", payload={})
    with filled.read() as conn:
        assert verify_journal(conn) == []
        assert len(read_journal(conn, "run:1")[0].hash) == 64
