"""A pilot pays nothing that no person approved; going up asks every gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.workspaces import INTENT, make_workspace, opened
from tiebeam.workflow.intake import Arrival
from tiebeam.workflow.promotion import NotInService, Stage
from tiebeam.workflow.runs import RunState, run_view


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tiebeam.sqlite'}"
    return request.getfixturevalue("postgres_server").create()


# ids: B16
def test_in_a_pilot_what_the_rules_would_pay_waits_for_a_person(tmp_path: Path, url: str) -> None:
    folder = make_workspace(tmp_path / "company", example="harbour-tools", url=url, stage=Stage.PILOT)
    invoice = next((folder / "data" / "inbox").glob("IN-260002.*"))
    with opened(folder, url=url, work=True) as app:
        arrival = Arrival(invoice.name, path=invoice)
        (run_id,) = app.starting.take_in(app.principal(), INTENT, [arrival], source="test").run_ids
        assert app.engine.drain(timeout=60)
        with app.store.read() as conn:
            assert run_view(conn, run_id).item.decision == "auto_pay"
            assert run_view(conn, run_id).item.state is RunState.WAITING
            (task,) = app.workforce.tasks(conn, run_id=run_id).rows
        assert list((folder / "outside").rglob("*.xml")) == []
        app.workforce.decide(app.workforce.principal(task.people[0].person_id), task.id, verb="approve")
        assert app.engine.drain(timeout=60)
        with app.store.read() as conn:
            assert run_view(conn, run_id).item.outcome == "accepted"
        assert len(list((folder / "outside").rglob("*.xml"))) == 1


def test_a_draft_and_a_retired_workflow_take_no_work(tmp_path: Path, url: str) -> None:
    folder = make_workspace(tmp_path / "company", example="harbour-tools", url=url, stage=Stage.PILOT)
    with opened(folder, url=url) as app:
        for stage in (Stage.DRAFT, Stage.RETIRED):
            app.promotion.promote(INTENT, to=stage, actor="person:test")
            with pytest.raises(NotInService, match="takes no work"):
                app.starting.take_in(app.principal(), INTENT, [Arrival("x.xml", data=b"x")], source="test")
