"""Who administers the database can change all of it, and another machine still finds out (ids: B14, F12, G1)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.builders.hostile_administrator import cut_tail, rewrite_history

import tiebeam.verifier
from tiebeam.kit import FixedClock
from tiebeam.store import (
    Store,
    Stretch,
    has_unanchored,
    journal_lines,
    journal_report,
    make_anchor,
    part_lines,
    read_anchors,
    stretches_of,
    verify_journal,
)
from tiebeam.verifier import canonical
from tiebeam.verifier import read_anchors as read_kept

ALONE = Path(tiebeam.verifier.__file__)


@pytest.fixture
def elsewhere(store: Store, clock: FixedClock, tmp_path: Path) -> Path:
    """A journal with three anchors, which were kept in a file elsewhere."""
    for number in range(1, 4):
        with store.unit() as unit:
            for run in range(1, 6):
                payload = {"verb": "approve", "n": number, "share": 0.25}
                unit.journal(f"run:{run}", "task.decided", actor="person:ann", payload=payload)
        clock.advance(minutes=10)
        with store.unit() as unit:
            assert make_anchor(unit) is not None
    kept = tmp_path / "anchors.jsonl"
    with store.read() as conn:
        kept.write_text("".join(canonical(one.as_json()) + "\n" for one in read_anchors(conn)))
    return kept


def judged(store: Store, anchors: Path) -> tuple[int, dict[str, Any]]:
    """What another machine says, which has the verifier's file, the export and the anchors, and nothing else."""
    export, alone = anchors.parent / "export.jsonl", anchors.parent / "verifier.py"
    alone.write_bytes(ALONE.read_bytes())
    with store.read() as conn:
        export.write_bytes(b"".join(journal_lines(conn, exported_at=store.clock.now())))
    command = [sys.executable, "-I", "-S", str(alone), str(export), "--anchors", str(anchors), "--json"]
    done = subprocess.run(command, env={}, cwd=anchors.parent, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def codes(report: dict[str, Any]) -> set[str]:
    return {one["code"] for one in report["findings"]}


def test_an_untouched_journal_is_proven_by_its_anchors(store: Store, elsewhere: Path) -> None:
    code, report = judged(store, elsewhere)
    assert (code, report["findings"]) == (0, [])
    assert report["proven_by"]["number"] == 3
    assert report["counts"]["anchored_entries"] == report["counts"]["entries"] == 15


def test_one_flipped_byte_is_found(store: Store, elsewhere: Path) -> None:
    with store.unit() as unit:
        unit.conn.execute(
            sa.text("UPDATE journal_entry SET payload = replace(payload, 'approve', 'bpprove') WHERE seq = 2")
        )
    code, report = judged(store, elsewhere)
    assert (code, codes(report)) == (1, {"entry-altered"})


def test_a_cut_tail_is_found_though_heads_and_anchors_were_cut_too(store: Store, elsewhere: Path) -> None:
    for run in range(1, 6):
        cut_tail(store, f"run:{run}", keep=2, anchors=2)
    with store.read() as conn:
        assert verify_journal(conn) == []
    code, report = judged(store, elsewhere)
    assert (code, codes(report)) == (1, {"anchor-missing"})


def test_a_stream_that_was_removed_is_found(store: Store, elsewhere: Path) -> None:
    with store.unit() as unit:
        for table in ("journal_entry", "journal_stream"):
            unit.conn.execute(sa.text(f"DELETE FROM {table} WHERE stream = 'run:3'"))
    code, report = judged(store, elsewhere)
    assert (code, codes(report)) == (1, {"anchored-missing"})


def test_a_whole_history_rewritten_with_all_its_hashes_heads_and_anchors_is_found(
    store: Store, elsewhere: Path
) -> None:
    rewrite_history(store, lambda _kind, payload: payload | {"verb": "reject"} if payload["n"] == 2 else payload)
    with store.read() as conn:
        assert verify_journal(conn) == [], "the forgery agrees with itself"
    code, report = judged(store, elsewhere)
    assert (code, codes(report)) == (1, {"anchor-differs"})


def test_the_live_database_is_verified_against_anchors_kept_elsewhere(store: Store, elsewhere: Path) -> None:
    with elsewhere.open("rb") as kept:
        external = read_kept(kept)

    def report() -> dict[str, Any]:
        with store.read() as conn:
            return journal_report(conn, external=external, exported_at=store.clock.now())

    assert report()["sound"] is True
    rewrite_history(store, lambda _kind, payload: payload | {"verb": "reject"})
    assert "anchor-differs" in codes(report())


def test_an_anchor_covers_what_is_new_and_nothing_needs_none(store: Store, elsewhere: Path) -> None:
    with store.read() as conn:
        assert not has_unanchored(conn)
    with store.unit() as unit:
        assert make_anchor(unit) is None
        unit.journal("run:9", "noted", actor="person:ann", payload={})
    with store.unit() as unit:
        made = make_anchor(unit)
    assert made is not None
    assert (made.number, made.leaves) == (4, 1)


def test_anchors_keep_their_distance(store: Store, elsewhere: Path, clock: FixedClock) -> None:
    with store.unit() as unit:
        unit.journal("run:9", "noted", actor="person:ann", payload={})
    with store.unit() as unit:
        assert make_anchor(unit, every=timedelta(minutes=10)) is None
    clock.advance(minutes=10)
    with store.unit() as unit:
        assert make_anchor(unit, every=timedelta(minutes=10)) is not None


def test_several_workers_make_one_chain_of_anchors_while_work_goes_on(store: Store, elsewhere: Path) -> None:
    errors: list[Exception] = []

    def work(worker: int) -> None:
        try:
            for number in range(8):
                with store.unit() as unit:
                    unit.journal(f"run:{number}", "noted", actor="person:ann", payload={"worker": worker})
                with store.unit() as unit:
                    make_anchor(unit)
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with store.unit() as unit:
        make_anchor(unit)
    with store.read() as conn:
        numbers = [anchor.number for anchor in read_anchors(conn, limit=1000)]
        elsewhere.write_text("".join(canonical(one.as_json()) + "\n" for one in read_anchors(conn, limit=1000)))
        assert not has_unanchored(conn)
    assert numbers == list(range(1, len(numbers) + 1))
    code, report = judged(store, elsewhere)
    assert (code, report["findings"]) == (0, [])
    assert report["counts"]["anchored_entries"] == report["counts"]["entries"]


def test_a_part_is_proven_without_showing_the_rest(store: Store, elsewhere: Path, tmp_path: Path) -> None:
    with store.read() as conn:
        data = b"".join(part_lines(conn, [Stretch("run:2", {2})], exported_at=store.clock.now()))
    assert b"run:1" not in data
    path = tmp_path / "part.jsonl"
    path.write_bytes(data)
    report = tiebeam.verifier.verify(path, anchors=elsewhere)
    assert report["sound"] is True
    assert report["counts"]["anchored_entries"] == report["counts"]["entries"] == 1
    rewrite_history(store, lambda _kind, payload: payload | {"verb": "reject"})
    with store.read() as conn:
        path.write_bytes(b"".join(part_lines(conn, [Stretch("run:2", {2})], exported_at=store.clock.now())))
    assert "anchor-differs" in codes(tiebeam.verifier.verify(path, anchors=elsewhere))


def test_what_lies_between_is_there_as_commitments_alone(store: Store, elsewhere: Path, tmp_path: Path) -> None:
    with store.read() as conn:
        lines = list(part_lines(conn, [Stretch("run:2", {1, 3})], exported_at=store.clock.now()))
    between = json.loads(lines[-3])
    assert (between["seq"], between["payload"], "actor" in between) == (2, {}, False)
    path = tmp_path / "part.jsonl"
    path.write_bytes(b"".join(lines))
    report = tiebeam.verifier.verify(path, anchors=elsewhere)
    assert (report["sound"], report["counts"]["withheld"]) == (True, 4)


def test_a_time_is_exported_with_what_proves_it(
    store: Store, elsewhere: Path, clock: FixedClock, tmp_path: Path
) -> None:
    with store.read() as conn:
        chosen = stretches_of(
            conn, since=clock.now() - timedelta(minutes=20), until=clock.now() - timedelta(minutes=20)
        )
        path = tmp_path / "part.jsonl"
        path.write_bytes(b"".join(part_lines(conn, chosen, exported_at=clock.now(), withhold=["actor"])))
    report = tiebeam.verifier.verify(path, anchors=elsewhere)
    assert report["sound"] is True
    assert report["counts"]["entries"] == report["counts"]["anchored_entries"] == 5
    assert b"person:ann" not in path.read_bytes()
