"""The append-first journal of charges: what is taken down is there, whole, once (ids: EC-21)."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.metering import attempt, settlement

from tiebeam.economics.metering import Attempt, ChargeJournal, JournalUnwritable, Settlement, Usage, read_journal
from tiebeam.economics.metering.files import AppendFile, DiskFiles
from tiebeam.economics.metering.lines import Priced, line_of, record_of
from tiebeam.economics.metering.reader import JournalReader
from tiebeam.spec import Durability


class FullDisk(DiskFiles):
    """A disk that takes so many bytes more, and then some again once there is room."""

    def __init__(self, room: int) -> None:
        self.room = room

    def create(self, path: Path) -> AppendFile:
        return _Limited(super().create(path), self)


class _Limited:
    def __init__(self, file: AppendFile, disk: FullDisk) -> None:
        self._file = file
        self._disk = disk

    def write(self, data: bytes) -> int:
        taken = min(len(data), self._disk.room)
        if taken == 0:
            raise OSError(28, "No space left on device")
        self._disk.room -= taken
        return self._file.write(data[:taken])

    def sync(self) -> None:
        self._file.sync()

    def close(self) -> None:
        self._file.close()


class BrokenDisk(DiskFiles):
    """A disk that takes bytes and cannot keep them."""

    def create(self, path: Path) -> AppendFile:
        return _Unsyncable(super().create(path))


class _Unsyncable:
    def __init__(self, file: AppendFile) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def sync(self) -> None:
        raise OSError(5, "Input/output error")

    def close(self) -> None:
        self._file.close()


@pytest.fixture
def journal(tmp_path: Path) -> ChargeJournal:
    return ChargeJournal(tmp_path, id="one", snapshot=lambda digest: {"digest": digest})


def _records(journal: ChargeJournal) -> list[object]:
    return list(read_journal(journal.folder))


def test_an_attempt_its_price_and_its_end_come_back_in_order(journal: ChargeJournal) -> None:
    made, ended = attempt("a"), settlement("a", fingerprint="chatcmpl-1")
    journal.attempt(made)
    journal.attempt(attempt("b"))
    journal.settle(ended)
    journal.close()

    price, first, second, end = _records(journal)
    assert price == Priced("digest-of-small", '{"digest":"digest-of-small"}')
    assert (first, second, end) == (made, attempt("b"), ended)


def test_settling_again_changes_nothing(journal: ChargeJournal) -> None:
    # complaint: 3
    journal.attempt(attempt("a"))

    assert journal.settle(settlement("a")) > 0
    assert journal.settle(settlement("a", nano=999)) == 0
    assert journal.settle(settlement("never made")) == 0
    journal.close()

    assert [one.nano for one in _records(journal) if isinstance(one, Settlement)] == [140_000]


def test_a_torn_last_line_is_waited_for_while_it_may_still_grow(journal: ChargeJournal) -> None:
    journal.attempt(attempt("a"))
    line = line_of(attempt("b"))
    path = next(journal.folder.glob("*.charges"))
    reader = JournalReader(journal.folder)
    with path.open("ab") as file:
        file.write(line[:100])
        file.flush()
        before = reader.read()
        nothing = reader.read()
        file.write(line[100:])
    after = reader.read()
    journal.close()

    assert [type(one) for one in before] == [Priced, Attempt]
    assert nothing == []
    assert after == [attempt("b")]
    assert reader.damaged == 0


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_is_torn_or_changed_every_whole_line_is_read_and_nothing_is_made_up(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    written = [attempt(f"a{number}") for number in range(6)]
    raw = bytearray(b"".join(line_of(one) for one in written))
    for _ in range(data.draw(st.integers(0, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(0, len(raw))) :]
    (folder / "00000001.charges").write_bytes(bytes(raw))

    read = list(read_journal(folder))

    whole = [one for one in written if line_of(one) in bytes(raw)]
    assert read == whole


def test_a_very_long_line_is_read_like_any_other(journal: ChargeJournal) -> None:
    long = attempt("long", asked="x" * 3_000_000)
    journal.attempt(long)
    journal.attempt(attempt("short"))
    journal.close()

    assert [one.id for one in _records(journal) if isinstance(one, Attempt)] == ["long", "short"]


def test_a_new_segment_begins_with_what_is_open_and_needs_no_other(tmp_path: Path) -> None:
    journal = ChargeJournal(tmp_path, id="one", segment_bytes=2_000)
    journal.attempt(attempt("stream"))
    for number in range(12):
        journal.attempt(attempt(f"a{number}"))
        journal.settle(settlement(f"a{number}"))
    journal.settle(settlement("stream"))
    journal.close()

    segments = sorted(journal.folder.glob("*.charges"))
    assert len(segments) > 2
    for one in segments[:-1]:
        one.unlink()
    left = _records(journal)
    assert left[0] == attempt("stream")
    assert left[-1] == settlement("stream")
    made = {one.id for one in left if isinstance(one, Attempt)}
    assert {one.attempt_id for one in left if isinstance(one, Settlement)} <= made


def test_a_full_disk_refuses_attempts_and_keeps_the_ends_of_those_that_were_made(tmp_path: Path) -> None:
    line = len(line_of(attempt("a")))
    disk = FullDisk(room=line + 50)
    journal = ChargeJournal(tmp_path, id="one", files=disk)
    journal.attempt(attempt("a"))

    with pytest.raises(JournalUnwritable, match="50 of"):
        journal.attempt(attempt("b"))
    journal.settle(settlement("a"))
    with pytest.raises(JournalUnwritable, match="No space left"):
        journal.attempt(attempt("c"))
    disk.room = 10_000
    journal.attempt(attempt("d"))
    journal.close()

    assert _records(journal) == [attempt("a"), settlement("a"), attempt("d")]
    assert JournalUnwritable.status == 503


def test_a_disk_that_loses_what_it_took_is_trusted_no_more(tmp_path: Path) -> None:
    journal = ChargeJournal(tmp_path, id="one", durability=Durability.POWER, files=BrokenDisk())
    mark = journal.attempt(attempt("a"))

    with pytest.raises(JournalUnwritable, match="Input/output error"):
        journal.wait_durable(mark)
    with pytest.raises(JournalUnwritable):
        asyncio.run(journal.durable(mark))
    with pytest.raises(JournalUnwritable):
        journal.attempt(attempt("b"))
    journal.close()


def test_many_wait_for_one_sync(tmp_path: Path) -> None:
    journal = ChargeJournal(tmp_path, id="one", durability=Durability.POWER)

    async def call(name: str) -> None:
        await journal.durable(journal.attempt(attempt(name)))
        mark = journal.settle(settlement(name))
        await journal.durable(mark)
        assert journal.is_durable(mark)

    async def calls() -> None:
        await asyncio.gather(*(call(f"a{number}") for number in range(200)))

    asyncio.run(calls())
    journal.close()

    assert journal.waits
    assert len(_records(journal)) == 400


def test_threads_and_the_loop_write_whole_lines(journal: ChargeJournal) -> None:
    def work(worker: int) -> None:
        for number in range(200):
            journal.attempt(attempt(f"{worker}-{number}"))
            journal.settle(settlement(f"{worker}-{number}"))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    journal.close()

    assert len(_records(journal)) == 1 + 2 * 800
    assert journal.open_attempts == 0


def test_a_closed_journal_takes_nothing(journal: ChargeJournal) -> None:
    journal.close()
    journal.close()

    with pytest.raises(JournalUnwritable, match="closed"):
        journal.attempt(attempt("a"))


def test_only_this_user_reads_the_journal(journal: ChargeJournal) -> None:
    journal.attempt(attempt("a"))
    journal.close()

    for path in [journal.folder, *journal.folder.iterdir()]:
        assert path.stat().st_mode & 0o077 == 0


def test_a_line_says_what_it_is() -> None:
    assert record_of(line_of(settlement("a"))[:-1]) == settlement("a", usage=Usage(input=1000, output=100))
    assert record_of(b"") is None
    assert record_of(b"00000000[]") is None
