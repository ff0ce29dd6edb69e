"""Systems around us that are away: what needs them waits for a person, everything else goes on."""

from __future__ import annotations

from pathlib import Path

from tests.builders.workspaces import INTENT, make_workspace, opened
from tiebeam.workflow.runs import RunState, run_view

NOBODY_LISTENS = "postgresql://reader@127.0.0.1:1/ledger"


# ids: WF-15
def test_while_the_erp_is_away_invoices_are_read_and_decided_and_only_posting_waits(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "harbour-tools", example="harbour-tools")
    system = folder / "systems" / "erp.toml"
    there = system.read_text(encoding="utf-8")
    system.write_text(there.replace('"outside/ledger.sqlite"', f'"{NOBODY_LISTENS}"'), encoding="utf-8")
    document = (folder / "data" / "inbox" / "IN-260010.xml").read_bytes()
    with opened(folder, work=True) as app:
        with app.store.unit() as unit:
            app.graph.apply(unit, actor="person:kerstin-blohm")
        files = [("clean.xml", document), ("junk.xml", b"no invoice")]
        today = app.store.clock.now().date()
        runs = app.starting.upload(app.principal(), INTENT, files, channel="test", received_at=today).run_ids
        assert app.engine.drain(timeout=60)
        with app.store.read() as conn:
            views = [run_view(conn, run_id) for run_id in runs]
            tasks = app.workforce.tasks(conn, state="active").rows
        assert [view.item.state for view in views] == [RunState.WAITING, RunState.WAITING]
        assert sorted(task.step_id for task in tasks) == ["capture", "post"]
        assert "cannot be reached" in next(task.summary for task in tasks if task.step_id == "post")
