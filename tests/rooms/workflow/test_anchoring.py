"""Workers anchor the journal while work goes on, and bring the anchors elsewhere (ids: B14, F12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tiebeam.connect.anchors import AnchorEndpointFailed, AnchorPlace, FilePlace, Load
from tiebeam.engine import Engine
from tiebeam.kit import FixedClock
from tiebeam.spec import RetentionRule
from tiebeam.store import Store, read_anchors, read_journal
from tiebeam.verifier import read_anchors as read_kept
from tiebeam.workflow.evidence import Anchoring


class Flaky:
    """A place that takes one anchor at a time and fails when told to."""

    name = "http:https://far.example/anchors"

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.fails = False

    def bring(self, load: Load, *, written: int) -> Iterator[int]:
        for anchor in load(written):
            if self.fails and self.taken:
                raise AnchorEndpointFailed("far.example answered 503")
            self.taken.append(anchor["number"])
            yield anchor["number"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "anchors.jsonl"


def anchoring(store: Store, *places: AnchorPlace, retention: tuple[RetentionRule, ...] = ()) -> Anchoring:
    return Anchoring(store, every=lambda: timedelta(minutes=10), places=lambda: places, retention=lambda: retention)


def append(store: Store, number: int = 1) -> None:
    with store.unit() as unit:
        unit.journal("run:1", "noted", actor="person:ann", payload={"n": number, "comment": "hello"})


def test_a_quiet_journal_is_left_alone(store: Store, path: Path) -> None:
    anchoring(store, FilePlace(path, name="file")).work()
    assert not path.exists()


def test_anchors_are_made_in_their_time_and_brought_to_the_file(store: Store, path: Path, clock: FixedClock) -> None:
    at_work = anchoring(store, FilePlace(path, name="file"))
    for number in range(1, 5):
        append(store, number)
        at_work.work()
        clock.advance(minutes=6)
    with path.open("rb") as kept:
        assert sorted(read_kept(kept)) == [1, 2]
    state = at_work.state()
    assert state.last is not None
    assert (state.last.number, state.has_more, state.places[0].number, state.places[0].failures) == (2, True, 2, 0)


def test_a_place_that_fails_is_tried_again_later_and_later_and_gets_everything_in_the_end(
    store: Store, clock: FixedClock
) -> None:
    place = Flaky()
    at_work = anchoring(store, place)
    for number in range(3):
        append(store, number)
        place.fails = number > 0
        clock.advance(minutes=10)
        at_work.work()
    assert place.taken == [1]
    failed = at_work.state().places[0]
    assert (failed.number, failed.error) == (1, "far.example answered 503")
    assert failed.failures == 2
    assert failed.next_at - clock.now() == timedelta(minutes=1)
    at_work.work()
    assert at_work.state().places[0].failures == 2, "not before its time"
    clock.advance(minutes=1)
    at_work.work()
    assert at_work.state().places[0].next_at - clock.now() == timedelta(minutes=2)
    place.fails = False
    clock.advance(minutes=2)
    at_work.work()
    healed = at_work.state().places[0]
    assert place.taken == [1, 2, 3]
    assert (healed.number, healed.failures, healed.error) == (3, 0, None)


def test_a_file_of_another_history_is_refused_and_the_state_says_so(store: Store, path: Path) -> None:
    path.write_text('{"number":1,"hash":"00"}\n')
    at_work = anchoring(store, FilePlace(path, name="file"))
    append(store)
    at_work.anchor()
    assert "another history" in str(at_work.state().places[0].error)
    assert path.read_text() == '{"number":1,"hash":"00"}\n'


def test_one_place_that_fails_keeps_back_no_other(store: Store, path: Path) -> None:
    broken = Flaky()
    broken.fails, broken.taken = True, [0]
    at_work = anchoring(store, broken, FilePlace(path, name="file"))
    append(store)
    at_work.anchor()
    assert [place.number for place in at_work.state().places] == [0, 1]


def test_two_workers_bring_each_anchor_once(store: Store) -> None:
    place = Flaky()
    first, second = anchoring(store, place), anchoring(store, place)
    append(store)
    first.anchor()
    second.deliver()
    append(store, 2)
    second.anchor()
    first.deliver()
    assert place.taken == [1, 2]


def test_a_retention_rule_is_carried_out_by_the_worker(store: Store, clock: FixedClock) -> None:
    rule = RetentionRule(kind="noted", fields=("comment",), after_days=30, reason="kept for 30 days")
    at_work = anchoring(store, retention=(rule,))
    append(store)
    at_work.work()
    clock.advance(days=31)
    at_work.work()
    with store.read() as conn:
        (entry,), (record,) = read_journal(conn, "run:1"), read_journal(conn, "journal")
    assert (entry.payload, entry.redacted) == ({"n": 1}, ("comment",))
    assert (record.actor, record.payload["reason"]) == ("system:retention", "kept for 30 days")


def test_a_launched_engine_does_it_by_itself(store: Store, engine: Engine, path: Path) -> None:
    at_work = anchoring(store, FilePlace(path, name="file"))
    append(store)
    engine.repeat("anchors", at_work.work)
    engine.launch()
    assert _within(10, path.exists)
    engine.close()
    with store.read() as conn:
        assert [anchor.number for anchor in read_anchors(conn)] == [1]


def _within(seconds: float, done: Callable[[], Any]) -> bool:
    import time

    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(done())
