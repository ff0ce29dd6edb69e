"""What metering a call costs: the two appends beside it, and the writer's work behind it.

    python -m benchmarks.metering [--attempts 20000] [--soak 0] [--postgres]

With `--soak N`, N attempts go through while the memory of the process is watched.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.builders.databases import PostgresServer
from tests.builders.metering import attempt, prices, settlement

from tiebeam.economics.metering import ChargeJournal, Meter, Rates, Usage, check_usage
from tiebeam.economics.metering.follower import Follower
from tiebeam.kit import RandomIds, SystemClock
from tiebeam.spec import Durability
from tiebeam.store import Store

USED = Usage(input=900, cached=100, output=120, reasoning=40)
TEAMS, WORKFLOWS = 20, 200


def meter_calls(journal: ChargeJournal, rates: Rates, count: int, *, first: int = 0) -> None:
    """What the gateway does for each attempt: make it, note it, price its usage, note its end."""
    for number in range(first, first + count):
        name = f"att_{number:020d}"
        team, workflow = f"team-{number % TEAMS}", f"workflow-{number % WORKFLOWS}"
        nodes = (("organisation", 0), (team, 0), (workflow, 0), ("key:k1", 0))
        journal.attempt(attempt(name, team=team, workflow=workflow, nodes=nodes, price=rates.digest))
        charged = rates.charge(USED, worst=10_000_000)
        journal.settle(settlement(name, nano=charged.nano, usage=USED))


def open_store(url: str) -> Store:
    clock = SystemClock()
    store = Store(url, clock=clock, ids=RandomIds(clock))
    store.migrate()
    return store


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Processor seconds of this thread, and seconds."""
    cpu, wall = time.thread_time(), time.perf_counter()
    work()
    return time.thread_time() - cpu, time.perf_counter() - wall


def write(url: str, place: Path, rates: Rates, count: int) -> None:
    store = open_store(url)
    for durability in Durability:
        journal = ChargeJournal(place, id=f"{store.ids.new('m')}", durability=durability)
        cpu, _ = timed(lambda to=journal: meter_calls(to, rates, count))
        print(f"| {store.dialect}, {durability.value} | both appends, pricing included | {cpu / count * 1e6:.1f} | |")
        journal.close()
    follower = Follower(store, journal.folder)

    def follow() -> None:
        while follower.step():
            pass

    cpu, wall = timed(follow)
    print(f"| {store.dialect} | writer | {cpu / count * 1e6:.1f} | {count / wall:,.0f} |")
    with store.read() as conn:
        assert check_usage(conn) == []
    store.close()


def soak(url: str, place: Path, count: int) -> None:
    store = open_store(url)
    meter = Meter.open(place, store=store, prices=prices(store.clock))
    rates = meter.book.rates("small-1", provider="acme", at=attempt("a").at)
    assert isinstance(rates, Rates)
    part = max(1, count // 10)
    for first in range(0, part * 10, part):
        meter_calls(meter.journal, rates, part, first=first)
        meter.writer.drain(seconds=600)
        print(f"{first + part:>10,} attempts: {resident_mb():.1f} MB")
    assert meter.close()
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=20_000)
    parser.add_argument("--soak", type=int, default=0)
    parser.add_argument("--postgres", action="store_true")
    chosen = parser.parse_args()
    rates = Rates(prices(SystemClock()).price("small-1"))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        url = f"sqlite:///{place / 'ledger.sqlite'}"
        print("| database, durability | what | CPU-µs | rows/s |\n|---|---|---|---|")
        write(url, place / "meters", rates, chosen.attempts)
        if chosen.postgres:
            with PostgresServer() as server:
                write(server.create(), place / "meters", rates, chosen.attempts)
        if chosen.soak:
            soak(f"sqlite:///{place / 'soak.sqlite'}", place / "soak", chosen.soak)


if __name__ == "__main__":
    main()
