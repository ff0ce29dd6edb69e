"""Kill -9 and failing power in the middle of metering: no charge is lost and none is counted twice (ids: EC-21).

Run as a program this file is the gateway's meter that gets killed.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.builders.metering import attempt, open_meter, settlement
from tiebeam.economics.metering import ChargeJournal, adopt, check_usage, spent_of
from tiebeam.economics.metering.files import AppendFile, DiskFiles
from tiebeam.economics.tables import usage_charge
from tiebeam.kit import RandomIds, SystemClock
from tiebeam.spec import Durability
from tiebeam.store import Store

pytestmark = pytest.mark.crash

ROUNDS = 4
WORKERS = 8
WORST = 5_000


class Forgetful(DiskFiles):
    """A disk whose cache is lost with the process: only what was synced is ever in the file."""

    def create(self, path: Path) -> AppendFile:
        return _Cached(super().create(path))


class _Cached:
    def __init__(self, file: AppendFile) -> None:
        self._file = file
        self._guard = threading.Lock()
        self._cache: list[bytes] = []

    def write(self, data: bytes) -> int:
        with self._guard:
            self._cache.append(data)
        return len(data)

    def sync(self) -> None:
        with self._guard:
            cached, self._cache = b"".join(self._cache), []
            # A torn one at times, as disks do: the rest of it comes with the next piece.
            half = len(cached) // 2
            self._file.write(cached[:half])
            self._file.write(cached[half:])
        self._file.sync()

    def close(self) -> None:
        self._file.close()


def _open(url: str) -> Store:
    clock = SystemClock()
    return Store(url, clock=clock, ids=RandomIds(clock))


def _note(path: Path, text: str) -> None:
    handle = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    os.write(handle, f"{text}\n".encode())
    os.close(handle)


def _work(journal: ChargeJournal, place: Path, worker: int) -> None:
    """Call after call: on record, made, charged by the provider, settled, answered."""
    number = 0
    while True:
        number += 1
        name, cost = f"{journal.id}-{worker}-{number}", random.randrange(WORST)
        mark = journal.attempt(attempt(name, worst=WORST))
        if journal.waits:
            journal.wait_durable(mark)
        _note(place / "provider", f"{name} {cost}")
        mark = journal.settle(settlement(name, nano=cost))
        if journal.waits:
            journal.wait_durable(mark)
        _note(place / "replies", f"{name} {cost}")


def main(url: str, place: Path, durability: Durability) -> None:
    files = Forgetful() if durability is Durability.POWER else None
    meter = open_meter(place / "meters", _open(url), durability=durability, files=files, adopt_seconds=0.05)
    for worker in range(WORKERS):
        threading.Thread(target=_work, args=(meter.journal, place, worker), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


def _kill_one(url: str, place: Path, durability: Durability) -> None:
    command = [sys.executable, "-m", "tests.crash.test_metering", url, str(place), durability.value]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(random.uniform(0.05, 0.8))
        process.send_signal(signal.SIGKILL)


def _told(path: Path) -> dict[str, int]:
    return {name: int(cost) for name, cost in (line.split() for line in path.read_text().splitlines())}


@pytest.mark.parametrize("durability", list(Durability))
def test_no_charge_is_lost_or_counted_twice_when_processes_are_killed(
    database_url: str, tmp_path: Path, durability: Durability
) -> None:
    # complaint: 3
    for _ in range(ROUNDS):
        _kill_one(database_url, tmp_path, durability)
    store = _open(database_url)
    adopt(tmp_path / "meters", store)

    with store.read() as conn:
        rows = {row.id: row for row in conn.execute(sa.select(usage_charge)).all()}
        count = conn.scalar(sa.select(sa.func.count()).select_from(usage_charge))
        spent = spent_of(conn, attempt("any").nodes)
        faults = check_usage(conn)
    store.close()
    replies, charged = _told(tmp_path / "replies"), _told(tmp_path / "provider")
    assert len(charged) > ROUNDS * WORKERS
    assert count == len(rows)
    assert {name: rows[name].usd_nano for name in replies} == replies
    for name, cost in charged.items():
        row = rows[name]
        assert row.usd_nano == (WORST if row.ended == "lost" else cost)
    assert sum(row.ended == "lost" for row in rows.values()) <= ROUNDS * WORKERS
    assert faults == []
    total = sum(row.usd_nano for row in rows.values())
    assert {one.nano for one in spent.values()} == {total}
    assert total >= sum(charged.values())
    assert list((tmp_path / "meters").iterdir()) == []


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Durability(sys.argv[3]))
