"""From the journal into the ledger: every attempt a row, every sum true, nothing lost (ids: EC-21, EC-19)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from tests.builders.metering import NODES, attempt, open_meter, settlement, until

from tiebeam.economics.metering import ChargeJournal, Ended, Rates, Usage, adopt, check_usage, spent_of
from tiebeam.economics.metering.follower import Follower
from tiebeam.economics.metering.writer import Writer
from tiebeam.economics.metering.writing import Overtaken
from tiebeam.economics.tables import usage_charge, usage_daily, usage_journal, usage_price, usage_spend
from tiebeam.store import Store, Unit


class Away(Store):
    """A store whose database can be taken away, or made to take everything and answer nothing."""

    is_away = False
    stalled: threading.Event | None = None

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        if self.stalled is not None:
            self.stalled.wait(30)
        if self.is_away:
            raise OperationalError("INSERT", {}, ConnectionError("the database is away"))
        with super().unit() as unit:
            yield unit


class Leasing:
    """What a room that leases budgets is told, in the units in which it is told."""

    def __init__(self) -> None:
        self.sums: dict[tuple[str, str, int], int] = {}
        self.over: list[str] = []

    def written(self, unit: Unit, process: str, sums: Mapping[tuple[str, int], int]) -> None:
        for (node, start), nano in sums.items():
            self.sums[process, node, start] = self.sums.get((process, node, start), 0) + nano

    def closed(self, unit: Unit, process: str) -> None:
        self.over.append(process)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[ChargeJournal]:
    opened = ChargeJournal(tmp_path / "meters", id="one", snapshot=lambda digest: {"digest": digest})
    yield opened
    opened.close()


def _rows(store: Store, table: sa.Table = usage_charge) -> list[dict[str, Any]]:
    with store.read() as conn:
        return [dict(row) for row in conn.execute(sa.select(table)).mappings()]


def _faults(store: Store) -> list[str]:
    with store.read() as conn:
        return check_usage(conn)


def _write(store: Store, journal: ChargeJournal) -> Follower:
    follower = Follower(store, journal.folder)
    while follower.step():
        pass
    return follower


def test_a_call_becomes_a_row_its_sums_and_its_price_in_one_commit(store: Store, journal: ChargeJournal) -> None:
    journal.attempt(attempt("a", execution="run-7", step_id="match", task_class="saturated"))
    used = Usage(input=1000, cached=200, cache_write=30, output=90, reasoning=10, cache_write_1h=7)
    journal.settle(settlement("a", usage=used, fingerprint="chatcmpl-1", first_byte_millis=80))
    _write(store, journal)

    (row,) = _rows(store)
    assert row["day"] == "2026-03-02"
    assert row["at"].isoformat() == "2026-03-02T12:00:00+00:00"
    assert (row["execution"], row["step_id"], row["task_class"], row["route"]) == (
        "run-7",
        "match",
        "saturated",
        "first of small",
    )
    assert [row[f"{name}_tokens"] for name in Usage.__struct_fields__] == [1000, 200, 30, 90, 10, 0, 0, 7]
    assert (row["usd_nano"], row["worst_nano"], row["estimated"], row["concluded"]) == (
        140_000,
        10_000_000,
        False,
        True,
    )
    assert (row["status"], row["millis"], row["first_byte_millis"], row["ended"]) == (200, 500, 80, "ok")
    assert (row["fingerprint"], row["corrects"]) == ("chatcmpl-1", None)
    assert row["nodes"] == [list(node) for node in NODES]
    (day,) = _rows(store, usage_daily)
    assert (day["requests"], day["attempts"], day["input_tokens"], day["usd_nano"]) == (1, 1, 1000, 140_000)
    assert {(one["node"], one["spent_nano"]) for one in _rows(store, usage_spend)} == {(n, 140_000) for n, _ in NODES}
    assert _rows(store, usage_price) == [{"digest": "digest-of-small", "snapshot": {"digest": "digest-of-small"}}]
    assert _faults(store) == []


def test_every_attempt_is_a_row_and_a_call_is_the_sum_of_its_attempts(store: Store, journal: ChargeJournal) -> None:
    # complaint: 21
    for number, (ended, nano) in enumerate(((Ended.BROKEN, 900), (Ended.REFUSED, 0), (Ended.OK, 500))):
        name = f"try-{number}"
        journal.attempt(attempt(name, call_id="call-1", upstream=f"upstream-{number}"))
        journal.settle(settlement(name, nano=nano, ended=ended, concluded=number == 2))
    _write(store, journal)

    rows = _rows(store)
    assert [row["ended"] for row in rows] == ["broken", "refused", "ok"]
    assert sum(row["usd_nano"] for row in rows) == 1_400
    days = _rows(store, usage_daily)
    assert sum(day["requests"] for day in days) == 1
    assert sum(day["attempts"] for day in days) == 3
    assert sum(day["retried_nano"] for day in days) == 900
    assert _faults(store) == []


def test_replaying_the_journal_after_a_crash_charges_nothing_twice(store: Store, journal: ChargeJournal) -> None:
    # complaint: 3
    journal.attempt(attempt("a"))
    journal.settle(settlement("a"))
    _write(store, journal)
    _write(store, journal)
    with store.unit() as unit:
        # As if power had failed after the charge was committed and before its position was.
        unit.conn.execute(sa.delete(usage_journal))
    journal.attempt(attempt("b"))
    journal.settle(settlement("b"))
    _write(store, journal)

    assert [row["id"] for row in _rows(store)] == ["a", "b"]
    with store.read() as conn:
        spent = spent_of(conn, [("finance", NODES[1][1])])
    assert [(one.nano, one.requests) for one in spent.values()] == [(280_000, 2)]
    assert _faults(store) == []


def test_two_who_write_the_same_lines_write_them_once(store: Store, journal: ChargeJournal) -> None:
    # complaint: 3
    first, second = Follower(store, journal.folder), Follower(store, journal.folder)
    assert not second.step()
    journal.attempt(attempt("a"))
    journal.settle(settlement("a"))
    assert first.step()
    with pytest.raises(Overtaken, match="somebody else"):
        second.step()
    assert not second.step()

    assert len(_rows(store)) == 1
    assert _faults(store) == []


def test_ten_thousand_keys_between_two_flushes_are_ten_thousand_rows(store: Store, journal: ChargeJournal) -> None:
    # complaint: 15
    for number in range(10_000):
        name = f"a{number}"
        journal.attempt(
            attempt(
                name,
                team=f"team-{number % 100}",
                model=f"model-{number // 100}",
                workflow=f"workflow-{number}",
                nodes=(("organisation", 0), (f"workflow-{number}", 0)),
            )
        )
        journal.settle(settlement(name, nano=number))
    follower = _write(store, journal)

    assert follower.written == 10_000
    with store.read() as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(usage_charge)) == 10_000
        assert conn.scalar(sa.select(sa.func.count()).select_from(usage_daily)) == 10_000
        assert conn.scalar(sa.select(sa.func.count()).select_from(usage_spend)) == 10_001
        assert int(conn.scalar(sa.select(sa.func.sum(usage_daily.c.usd_nano))) or 0) == sum(range(10_000))
        assert check_usage(conn) == []


@pytest.mark.parametrize("way", ["stalled", "away"])
def test_a_database_that_stalls_or_goes_away_loses_nothing_and_shows(store: Store, tmp_path: Path, way: str) -> None:
    # complaint: 16
    unreliable = Away(str(store.url.render_as_string(hide_password=False)), clock=store.clock, ids=store.ids)
    journal = ChargeJournal(tmp_path / "meters", id="one")
    writer = Writer(unreliable, journal, pause_seconds=0.01)
    gate = threading.Event()
    unreliable.stalled = gate if way == "stalled" else None
    unreliable.is_away = way == "away"
    writer.start()
    for number in range(2_000):
        journal.attempt(attempt(f"a{number}"))
        journal.settle(settlement(f"a{number}"))

    assert not writer.drain(seconds=0.2)
    state = writer.state()
    assert state.behind_bytes > 500_000
    assert _rows(store) == []
    if way == "away":
        until(lambda: writer.state().away_since is not None)
        assert "the database is away" in writer.state().problem
    unreliable.is_away = False
    gate.set()

    assert writer.drain(seconds=30)
    until(lambda: writer.state().away_since is None)
    assert (writer.state().behind_bytes, writer.state().written, writer.state().problem) == (0, 2_000, "")
    assert writer.stop()
    assert len(_rows(store)) == 2_000
    assert _faults(store) == []
    journal.close()
    unreliable.close()


def test_metering_starts_without_a_database_and_catches_up_when_there_is_one(store: Store, tmp_path: Path) -> None:
    # complaint: 17
    unreliable = Away(str(store.url.render_as_string(hide_password=False)), clock=store.clock, ids=store.ids)
    unreliable.is_away = True
    meter = open_meter(tmp_path / "meters", unreliable)
    rates = meter.book.rates("small-1", provider="acme", at=attempt("a").at)
    assert isinstance(rates, Rates)
    meter.journal.attempt(attempt("a", price=rates.digest))
    meter.journal.settle(settlement("a"))
    until(lambda: meter.writer.state().away_since is not None)
    unreliable.is_away = False

    assert meter.writer.drain(seconds=30)
    assert [row["id"] for row in _rows(store)] == ["a"]
    assert [row["digest"] for row in _rows(store, usage_price)] == [rates.digest]
    assert meter.close()
    assert list((tmp_path / "meters").iterdir()) == []
    assert _rows(store, usage_journal) == []
    unreliable.close()


def test_what_a_database_does_not_take_is_mended_or_set_aside_and_holds_nothing_up(
    store: Store, journal: ChargeJournal
) -> None:
    journal.attempt(attempt("before"))
    journal.settle(settlement("before"))
    journal.attempt(attempt("odd", asked="small\0", route="r\0"))
    journal.settle(settlement("odd", usage=Usage(input=2**70, output=5), nano=7, millis=2**40))
    journal.attempt(attempt("after"))
    journal.settle(settlement("after"))
    _write(store, journal)

    rows = {row["id"]: row for row in _rows(store)}
    assert set(rows) == {"before", "odd", "after"}
    assert rows["odd"]["usd_nano"] == 7
    assert rows["odd"]["input_tokens"] == 10**12
    assert _faults(store) == []


def test_segments_are_removed_once_they_are_written(store: Store, tmp_path: Path) -> None:
    journal = ChargeJournal(tmp_path, id="one", segment_bytes=20_000)
    journal.attempt(attempt("stream"))
    for number in range(300):
        journal.attempt(attempt(f"a{number}"))
        journal.settle(settlement(f"a{number}"))
        if number % 50 == 0:
            _write(store, journal)
    journal.settle(settlement("stream"))
    _write(store, journal)
    journal.close()

    assert len(list(journal.folder.glob("*.charges"))) == 1
    assert len(_rows(store)) == 301
    assert _faults(store) == []


def test_a_dead_process_is_adopted_with_its_open_attempts_at_worst(store: Store, tmp_path: Path) -> None:
    leases = Leasing()
    folder = tmp_path / "meters"
    dead = ChargeJournal(folder, id="dead")
    alive = ChargeJournal(folder, id="alive")
    for one in (dead, alive):
        one.attempt(attempt(f"{one.id}-ended"))
        one.settle(settlement(f"{one.id}-ended"))
        one.attempt(attempt(f"{one.id}-open"))
    dead.close()

    (adopted,) = adopt(folder, store, leases=leases)
    again = adopt(folder, store, leases=leases)

    assert (adopted.journal, adopted.charges, adopted.lost) == ("dead", 1, 1)
    assert again == []
    rows = {row["id"]: row for row in _rows(store)}
    assert set(rows) == {"dead-ended", "dead-open"}
    lost = rows["dead-open"]
    assert (lost["usd_nano"], lost["ended"], lost["estimated"]) == (10_000_000, "lost", True)
    assert [path.name for path in folder.iterdir()] == ["alive"]
    assert leases.sums["dead", "finance", NODES[1][1]] == 10_140_000
    assert "dead" in leases.over
    with store.read() as conn:
        spent = spent_of(conn, [NODES[0]])[NODES[0]]
    assert (spent.nano, spent.estimated_nano, spent.requests) == (10_140_000, 10_000_000, 2)
    assert _faults(store) == []
    alive.close()


def test_an_adopter_killed_in_the_middle_leaves_nothing_undone_or_done_twice(store: Store, tmp_path: Path) -> None:
    # complaint: 3
    dead = ChargeJournal(tmp_path, id="dead")
    dead.attempt(attempt("ended"))
    dead.settle(settlement("ended"))
    dead.attempt(attempt("open"))
    dead.close()
    # The first one wrote everything, charged the open one, and died before it removed the files.
    follower = Follower(store, dead.folder)
    while follower.step():
        pass
    follower.lose_open(0)

    adopt(tmp_path, store)

    assert [row["id"] for row in _rows(store)] == ["ended", "open"]
    assert not dead.folder.exists()
    assert _faults(store) == []


def test_lines_that_power_took_after_they_were_committed_are_no_second_charge(store: Store, tmp_path: Path) -> None:
    # complaint: 3
    dead = ChargeJournal(tmp_path, id="dead")
    dead.attempt(attempt("a"))
    (path,) = dead.folder.glob("*.charges")
    synced = path.stat().st_size
    dead.settle(settlement("a"))
    _write(store, dead)
    dead.close()
    with path.open("r+b") as file:
        file.truncate(synced)

    adopt(tmp_path, store)

    assert [(row["id"], row["usd_nano"]) for row in _rows(store)] == [("a", 140_000)]
    assert _faults(store) == []


def test_several_processes_add_to_the_same_days_and_budgets(store: Store, tmp_path: Path) -> None:
    journals = [ChargeJournal(tmp_path, id=f"process-{number}") for number in range(6)]

    def work(journal: ChargeJournal) -> None:
        writer = Writer(store, journal, pause_seconds=0.001)
        writer.start()
        for number in range(150):
            journal.attempt(attempt(f"{journal.id}-{number}"))
            journal.settle(settlement(f"{journal.id}-{number}", nano=1))
        assert writer.drain(seconds=30)
        writer.stop()

    threads = [threading.Thread(target=work, args=(one,)) for one in journals]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    with store.read() as conn:
        assert spent_of(conn, [NODES[0]])[NODES[0]].nano == 900
        assert check_usage(conn) == []
    for one in journals:
        one.close()


def test_what_is_open_is_told_with_the_position(store: Store, journal: ChargeJournal) -> None:
    journal.attempt(attempt("a"))
    journal.attempt(attempt("b", worst=5))
    _write(store, journal)

    (row,) = _rows(store, usage_journal)
    assert row["held"] == {f"{node}@{start}": 10_000_005 for node, start in NODES}
