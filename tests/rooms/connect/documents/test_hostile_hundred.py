"""A hundred kinds of hostile documents and more, from a generator: each is harmless, and explained."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders.hostile import DATA, Hostile, hostile_documents
from tiebeam.connect.documents import ArchiveRefused, Limits, Reader, ReadErrorCode, ReadResult, is_archive

pytestmark = pytest.mark.deep

SEED = 20260101
LIMITS = Limits(seconds=8)
MEMORY_GROWTH = 200 * 1024 * 1024


@dataclass
class Outcome:
    """What came of one document, and how long it took."""

    hostile: Hostile
    result: ReadResult
    unpacked: list[tuple[str, bytes]] | str | None
    seconds: float


@dataclass
class Trial:
    outcomes: list[Outcome]
    callers: list[object]
    memory_growth: int
    new_files: set[str]


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def _nobody_may_call() -> Iterator[tuple[int, list[object]]]:
    callers: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, address = server.accept()
                    connection.close()
                    callers.append(address)

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], callers
        ended.set()
        thread.join()


def _outcome(reader: Reader, hostile: Hostile) -> Outcome:
    began = time.monotonic()
    unpacked: list[tuple[str, bytes]] | str | None = None
    if is_archive(hostile.data[:4096]):
        try:
            unpacked = list(reader.unpack(hostile.data, name=hostile.name))
        except ArchiveRefused as refused:
            unpacked = refused.message
    result = reader.read(hostile.data, name=hostile.name)
    return Outcome(hostile, result, unpacked, time.monotonic() - began)


@pytest.fixture(scope="module")
def trial() -> Trial:
    """Every document once, in the real confined process."""
    places = [Path("/dev/shm"), Path("/etc/cron.d"), Path.cwd(), Path.home()]
    with _nobody_may_call() as (port, callers), Reader(workers=1, limits=LIMITS) as reader:
        made = hostile_documents(seed=SEED, port=port)
        assert reader.read(made[0].data, name="warm").error
        files = {str(path) for place in places if place.is_dir() for path in place.iterdir()}
        before = _memory()
        outcomes = [_outcome(reader, hostile) for hostile in made]
        growth = _memory() - before
        after = {str(path) for place in places if place.is_dir() for path in place.iterdir()}
        time.sleep(0.3)
    return Trial(outcomes, callers, growth, after - files)


# ids: B7, CA-05
def test_there_are_more_than_a_hundred_kinds_and_the_same_seed_makes_the_same(trial: Trial) -> None:
    kinds = {outcome.hostile.kind for outcome in trial.outcomes}
    assert len(kinds) > 150
    again = hostile_documents(seed=SEED, port=1)
    assert [one.kind for one in again] == [outcome.hostile.kind for outcome in trial.outcomes]


# ids: B7, CA-05
def test_each_is_explained_or_read_as_data(trial: Trial) -> None:
    codes = {code.value for code in ReadErrorCode}
    wrong: list[str] = []
    for outcome in trial.outcomes:
        told, expected = outcome.result.error_code, outcome.hostile.codes
        is_expected = (
            told in expected
            or (expected == DATA and (told is None or told in codes))
            or ("data" in expected and told is None)
        )
        if not is_expected:
            wrong.append(f"{outcome.hostile.kind}: {told} {outcome.result.error}")
        if outcome.result.error is not None and not outcome.result.error.endswith("."):
            wrong.append(f"{outcome.hostile.kind}: not a sentence: {outcome.result.error}")
        if (outcome.result.error is None) == (outcome.result.invoice is None):
            wrong.append(f"{outcome.hostile.kind}: neither read nor refused")
    assert wrong == []


# ids: B7, CA-05
def test_none_reaches_the_network_or_leaves_a_file(trial: Trial) -> None:
    assert trial.callers == []
    assert [name for name in trial.new_files if "owned" in name] == []
    assert not Path("/dev/shm/owned").exists()


# ids: B7, CA-05
def test_none_takes_more_time_or_memory_than_it_may(trial: Trial) -> None:
    slow = [outcome.hostile.kind for outcome in trial.outcomes if outcome.seconds > 2 * LIMITS.seconds + 2]
    assert slow == []
    assert trial.memory_growth < MEMORY_GROWTH


# ids: B7, CA-05
def test_an_archive_with_a_sign_of_an_attack_gives_nothing_and_says_why(trial: Trial) -> None:
    refused = [one for one in trial.outcomes if one.hostile.codes in {("archive_refused",), ("archive_encrypted",)}]
    assert len(refused) > 20
    for outcome in refused:
        assert isinstance(outcome.unpacked, str), outcome.hostile.kind
        assert "Nothing was taken from this ZIP archive: " in outcome.unpacked
        assert outcome.result.error is not None
        assert outcome.result.error.partition(": ")[2] in outcome.unpacked


# ids: B7, CA-05
def test_an_honest_archive_gives_its_documents_in_its_order(trial: Trial) -> None:
    commented = next(one for one in trial.outcomes if one.hostile.kind == "archive: a comment")
    assert isinstance(commented.unpacked, list)
    assert [name for name, _ in commented.unpacked] == ["a.xml", "b.xml"]
    assert commented.result.error_code == "unsupported"


# ids: B7, CA-05
def test_no_amount_of_a_document_is_a_number_nobody_can_add_up(trial: Trial) -> None:
    for outcome in trial.outcomes:
        invoice = outcome.result.invoice
        for amount in () if invoice is None else (invoice.net, invoice.tax, invoice.gross, invoice.payable):
            assert amount is None or (amount.is_finite() and abs(amount) < 10**40), outcome.hostile.kind
