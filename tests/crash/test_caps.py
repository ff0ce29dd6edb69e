"""Four processes spend from one budget, fifty writers in each, and two are killed -9 in the middle (ids: EC-21, D10).

Run as a program this file is the process that gets killed. The provider is a file to which every call appends what it
costs the moment it begins: the one truth about what was really spent.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.builders.budgets import USD, budget, graph_of, path_of
from tiebeam.economics import Prices
from tiebeam.economics.metering import Attempt, Ended, Meter, Settlement, Usage, adopt, check_usage, spent_of
from tiebeam.economics.spending import Bank, Hold, Keeper, Spending, Trees, Why
from tiebeam.economics.spending.tables import spend_lease
from tiebeam.economics.tables import usage_charge
from tiebeam.graph import apply
from tiebeam.kit import RandomIds, SystemClock
from tiebeam.store import Store

pytestmark = pytest.mark.crash

CAP = 20 * USD
WORST = USD // 100
WRITERS = 50
PROCESSES = 4
Starting = Callable[[str, Path, float], subprocess.Popen[str]]
PLACE = ("a", 0)
GRAPH = graph_of(
    budget("a", 20, level="organisation", window="ever", usd_per_window=20),
    budget("b", 100, parent="a", covers=["team"], window="ever", usd_per_window=100),
)


def _store(url: str) -> Store:
    clock = SystemClock()
    return Store(url, clock=clock, ids=RandomIds(clock))


def _spend(url: str, folder: Path, *, patience: float) -> None:
    """Fifty writers, each until it is refused."""
    store = _store(url)
    trees = Trees(store, lambda: GRAPH)
    bank = Bank(store, version=trees.version)
    spending = Spending(trees())
    meter = Meter.open(
        folder / "charges", store=store, prices=Prices({}, clock=store.clock), leases=bank, adopt_seconds=0.5
    )
    keeper = Keeper(bank, spending, process=meter.id, clock=store.clock, make_tree=trees)
    keeper.start()
    provider = os.open(folder / "provider", os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    refused = os.open(folder / "refused", os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    print(meter.id, flush=True)

    def write(number: int) -> None:
        chance = random.Random(f"{meter.id}/{number}")
        count = 0
        while (hold := _reserve(spending, patience)) is not None:
            count += 1
            name = f"{meter.id}.{number}.{count}"
            meter.journal.attempt(_attempt(name, hold))
            cost = chance.randrange(WORST // 10, WORST + 1)
            os.write(provider, f"{name} {cost}\n".encode())
            time.sleep(chance.random() * 0.05)
            meter.journal.settle(_settled(name, cost))
            spending.settle(hold, cost)
        os.write(refused, f"{time.time()}\n".encode())

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keeper.stop()
    meter.close()
    store.close()


def _reserve(spending: Spending, patience: float) -> Hold | None:
    """A hold, waited for; None when it is refused."""
    end = time.monotonic() + patience
    while True:
        found = spending.reserve(path_of(spending), WORST, int(time.time() * 1000))
        if isinstance(found, Hold):
            return found
        # The database is asked in any case; patience is for what others hold.
        may_wait = found.why is Why.NEEDS_LEASE or time.monotonic() < end
        if found.why is Why.CAP or not may_wait:
            return None
        woken = threading.Event()
        leave = spending.when_room(found, woken.set)
        woken.wait(10 if found.why is Why.NEEDS_LEASE else max(0, end - time.monotonic()))
        leave()


def _attempt(name: str, hold: Hold) -> Attempt:
    texts = ("step_id", "asked", "model", "provider", "upstream", "region", "service", "task_class", "route", "price")
    return Attempt(
        id=name,
        call_id=name,
        at=int(time.time() * 1000),
        worst=hold.nano,
        nodes=hold.nodes,
        team="team",
        workflow="flow",
        key_id="",
        agent="",
        environment="",
        execution="",
        is_run=False,
        endpoint="chat/completions",
        **dict.fromkeys(texts, ""),
    )


def _settled(name: str, cost: int) -> Settlement:
    return Settlement(attempt_id=name, at=int(time.time() * 1000), nano=cost, usage=Usage(), ended=Ended.OK)


@pytest.fixture
def start() -> Iterator[Starting]:
    started: list[subprocess.Popen[str]] = []

    def one_more(url: str, folder: Path, patience: float) -> subprocess.Popen[str]:
        started.append(_start(url, folder, patience))
        return started[-1]

    yield one_more
    for one in started:
        one.kill()
        one.communicate()


def _start(url: str, folder: Path, patience: float) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, __file__, url, str(folder), str(patience)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _provider(folder: Path) -> dict[str, int]:
    path = folder / "provider"
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: int(cost) for name, cost in (line.split() for line in lines)}


def _prepare(url: str) -> Store:
    store = _store(url)
    with store.unit() as unit:
        apply(unit, GRAPH, actor="system:test")
    return store


# ids: EC-21
# complaint: 5
def test_no_budget_is_overspent_by_four_processes_of_which_two_are_killed(
    database_url: str, tmp_path: Path, start: Starting
) -> None:
    store = _prepare(database_url)
    running = [start(database_url, tmp_path, 3) for _ in range(PROCESSES)]
    named = {_line(one): one for one in running}
    for share in (4, 2):
        while sum((called := _provider(tmp_path)).values()) < CAP // share:
            time.sleep(0.01)
        # Whoever called last is in the middle of it.
        latest = next(name for name in reversed(called) if name.split(".")[0] in named)
        killed = named.pop(latest.split(".")[0])
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        running.append(start(database_url, tmp_path, 3))
    for one in running:
        if one.wait(timeout=120) == 0:
            continue
        assert one.returncode == -signal.SIGKILL
    adopt(tmp_path / "charges", store, leases=Bank(store))
    called = _provider(tmp_path)
    with store.read() as conn:
        booked = spent_of(conn, [PLACE])[PLACE]
        charges = {row.id: row for row in conn.execute(sa.select(usage_charge))}
        assert conn.execute(sa.select(sa.func.count()).select_from(spend_lease)).scalar() == 0
        assert check_usage(conn) == []
    truly = sum(called.values())
    print(f"cap {CAP / USD} truly {truly / USD} booked {booked.nano / USD} estimated {booked.estimated_nano / USD}")
    assert truly <= booked.nano <= CAP
    # No call is missing, none is twice, and only those of the killed are at their worst.
    assert set(called) <= set(charges)
    for name, cost in called.items():
        assert charges[name].usd_nano == (WORST if charges[name].estimated else cost)
    assert 0 < booked.estimated_nano <= 2 * WRITERS * WORST
    assert booked.nano >= CAP * 95 // 100
    store.close()


# ids: EC-21
@pytest.mark.parametrize("patience", [0.0, 2.0])
def test_nearly_all_of_a_budget_is_spent_before_the_first_refusal(
    database_url: str, tmp_path: Path, start: Starting, patience: float
) -> None:
    store = _prepare(database_url)
    running = [start(database_url, tmp_path, patience) for _ in range(PROCESSES)]
    first: int | None = None
    while any(one.poll() is None for one in running):
        if first is None and (tmp_path / "refused").exists() and (tmp_path / "refused").stat().st_size:
            first = sum(_provider(tmp_path).values())
        time.sleep(0.005)
    store.close()
    assert first is not None
    spent = sum(_provider(tmp_path).values())
    print(f"patience {patience}: first refusal at {first / CAP:.2%}, at the end {spent / CAP:.2%}")
    assert first >= CAP * 95 // 100
    assert spent <= CAP


if __name__ == "__main__":
    _spend(sys.argv[1], Path(sys.argv[2]), patience=float(sys.argv[3]))
