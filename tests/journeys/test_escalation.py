"""The library's own ladders really fire, in business hours, in a running company."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders.workspaces import INTENT, make_workspace, opened
from tiebeam.app import App
from tiebeam.kit import FixedClock
from tiebeam.workflow.intake import Arrival
from tiebeam.workflow.runs import RunState, run_view
from tiebeam.workforce import TaskView

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tiebeam.sqlite'}"
    return request.getfixturevalue("postgres_server").create()


def the_task(app: App, run_id: str) -> TaskView:
    with app.store.read() as conn:
        (row,) = app.workforce.tasks(conn, run_id=run_id).rows
        return app.workforce.task(conn, row.id)


# ids: B12, HO-01
def test_a_task_nobody_touches_climbs_its_declared_ladder(tmp_path: Path, url: str) -> None:
    folder = make_workspace(tmp_path / "company", example="harbour-tools", url=url)
    clock = FixedClock(MONDAY)
    with opened(folder, url=url, clock=clock, work=True) as app:
        broken = folder / "data" / "inbox" / "IN-260059.xml"
        accepted = app.starting.take_in(app.principal(), INTENT, [Arrival("x.xml", path=broken)], source="test")
        (run_id,) = accepted.run_ids
        assert app.engine.drain(timeout=60)
        task = the_task(app, run_id)
        rungs = list(task.protocol.ladder)
        assert rungs, "the protocol of unreadable documents declares a ladder"
        fired: list[str] = []
        while (following := the_task(app, run_id).next_rung) is not None:
            before = the_task(app, run_id)
            clock.advance(seconds=(following.at - clock.now()).total_seconds() + 1)
            app.engine.sweep()
            fired.append(following.action.value)
            after = the_task(app, run_id)
            assert [event.kind for event in after.history] != [event.kind for event in before.history]
        assert fired == [rung.action.value for rung in rungs]
        assert app.engine.drain(timeout=60)
        with app.store.read() as conn:
            state = run_view(conn, run_id).item.state
        last = rungs[-1].action.value
        assert (state is not RunState.WAITING) == (last in {"abort", "default"})
