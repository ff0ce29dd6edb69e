"""kill -9 at every boundary of a batch: no document lost, nothing posted or paid twice, books and journal true.

Run as a program this file is the process that gets killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.builders.databases import PostgresServer
from tests.builders.workspaces import INTENT, make_workspace
from tiebeam.app import App, open_app
from tiebeam.store import verify_journal
from tiebeam.workflow.intake import arrivals_in
from tiebeam.workflow.runs import RunFilter, RunState, list_runs, run_view

pytestmark = pytest.mark.crash

DOCUMENTS = ("IN-260002", "IN-260003", "IN-260004", "IN-260026", "IN-260031", "IN-260046")
"""Three that are paid without a person, one that is held, a duplicate without its original, one that cannot be read."""
TIMEOUT = 1.0
MOST_KILLS = 200


@dataclass(frozen=True)
class Place:
    folder: Path
    url: str


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "company"
    server: PostgresServer | None = None
    url = f"sqlite:///{tmp_path / 'tiebeam.sqlite'}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        assert server is not None
        url = server.create()
    make_workspace(folder, example="harbour-tools", url=url)
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    for item in (folder / "data" / "inbox").iterdir():
        if item.stem in DOCUMENTS:
            shutil.copy(item, chosen / item.name)
    yield Place(folder, url)
    if server is not None:
        server.drop(url)


def work(place: Place, kill_at: int) -> bool:
    """Run the batch in a process that kills itself at its `kill_at`-th boundary. True when it came to its end."""
    command = [sys.executable, __file__, str(place.folder), place.url, str(kill_at)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr[-3000:]
    return done.returncode == 0


def test_a_batch_survives_being_killed_at_every_boundary(place: Place) -> None:
    """ids: B8, WF-15. Every new process gets one boundary further than the one before."""
    kills = 0
    while not work(place, kill_at=1 + kills % 23):
        kills += 1
        assert kills < MOST_KILLS, "the batch never came to its end"
    assert kills >= 10
    app = open_app(place.folder, url=place.url)
    try:
        check_truth(app, place)
        settle_doubts(app)
        check_truth(app, place)
        assert app.engine.idle()
        with app.store.read() as conn:
            states = Counter(item.state for item in list_runs(conn, RunFilter(), size=500).items)
        assert states[RunState.WAITING] == 2
    finally:
        app.close()


def check_truth(app: App, place: Place) -> None:
    """Each document has one run in one final or waiting state; nothing is twice; ledger and journal are consistent."""
    with app.store.read() as conn:
        items = list_runs(conn, RunFilter(), size=500).items
        views = [run_view(conn, item.id) for item in items]
        assert verify_journal(conn) == []
        assert app.economics.check_ledger(conn) == []
        for view in views:
            assert view.item.state.is_final or view.item.state is RunState.WAITING, view.item
            open_tasks = app.workforce.tasks(conn, run_id=view.item.id, state="active").total
            assert open_tasks == (1 if view.item.state is RunState.WAITING else 0), view.item
            ends = [line for line in app.economics.run_cost(conn, view.item.id).by_step if line is None]
            assert len(ends) <= 1
    assert sorted(str(view.input["document"]) for view in views) == sorted(DOCUMENTS)
    posted = Counter(key for key, _ in vouchers(place))
    assert all(count == 1 for count in posted.values()), posted
    numbers = Counter(number for _, number in vouchers(place))
    assert all(count == 1 for count in numbers.values()), numbers
    files = [path.read_bytes() for path in (place.folder / "outside" / "payments").glob("*.xml")]
    assert len(files) == len(set(files))
    assert len(files) <= len(posted)
    for view in views:
        if view.item.outcome == "accepted":
            assert f"{view.item.id}:post" in posted


def settle_doubts(app: App) -> None:
    """Answer "did this leave?" from what the outer system itself knows, and let the runs go on."""
    app.engine.launch()
    while True:
        with app.store.read() as conn:
            tasks = [t for t in app.workforce.tasks(conn, state="active", size=500).rows if "effect" in t.payload]
        if not tasks:
            return
        for task in tasks:
            verb = "approve" if task.payload["found"] else "reject"
            person = task.people[0].person_id
            app.workforce.decide(app.workforce.principal(person), task.id, verb=verb)
        assert app.engine.drain(timeout=60)


def vouchers(place: Place) -> list[tuple[str, str]]:
    """(key, supplier and invoice number) of everything the ERP holds."""
    path = place.folder / "outside" / "ledger.sqlite"
    if not path.exists():
        return []
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as conn:
        rows = conn.execute(sa.text("select idempotency_key, supplier_id || invoice_number from ap_voucher")).all()
    engine.dispose()
    return [(str(key), str(number)) for key, number in rows]


class Killer:
    def __init__(self, at: int) -> None:
        self._left = at

    def __call__(self, _boundary: str) -> None:
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, url: str, kill_at: int) -> None:
    app = open_app(folder, url=url, observer=Killer(kill_at), heartbeat_timeout=TIMEOUT)
    app.starting.take_in(app.principal(), INTENT, arrivals_in(folder.parent / "chosen"), source="batch")
    app.engine.launch()
    assert app.engine.drain(timeout=60)
    app.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
