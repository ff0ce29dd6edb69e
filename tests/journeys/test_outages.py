"""Systems around us that are away: what needs them waits for a person, everything else goes on."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from tests.builders.workspaces import INTENT, make_workspace, opened
from tiebeam.app import App
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


# ids: WF-08, WF-15
def test_an_invoice_whose_run_was_stopped_before_it_was_posted_can_still_be_paid(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "harbour-tools", example="harbour-tools")
    system = folder / "systems" / "erp.toml"
    there = system.read_text(encoding="utf-8")
    system.write_text(there.replace('"outside/ledger.sqlite"', f'"{NOBODY_LISTENS}"'), encoding="utf-8")
    document = (folder / "data" / "inbox" / "IN-260010.xml").read_bytes()
    with opened(folder, work=True) as app:
        _apply(app)
        first = _hand_in(app, document)
        with app.store.read() as conn:
            (task,) = app.workforce.tasks(conn, state="active").rows
        holder = app.workforce.principal(next(one.id for one in app.graph().people.values() if task.role in one.roles))
        app.workforce.decide(holder, task.id, verb="reject", input={"comment": "the ledger is away"})
        assert app.engine.drain(timeout=60)
        system.write_text(there, encoding="utf-8")
        _apply(app)
        second = _hand_in(app, document + b"\n")
        with app.store.read() as conn:
            views = [run_view(conn, run_id) for run_id in (first, second)]
    assert [view.item.state for view in views] == [RunState.STOPPED, RunState.WAITING]
    # Not thrown away as a duplicate of something that was paid: a person sees both and says which one counts.
    assert (views[1].item.decision, list(views[1].item.labels)) == ("hold", ["duplicate_invoice"])


def _apply(app: App) -> None:
    with app.store.unit() as unit:
        app.graph.apply(unit, actor="person:kerstin-blohm")


def _hand_in(app: App, document: bytes) -> str:
    today = app.store.clock.now().date()
    batch = app.starting.upload(app.principal(), INTENT, [("a.xml", document)], channel="test", received_at=today)
    assert app.engine.drain(timeout=60)
    return batch.run_ids[0]


def test_an_invoice_goes_to_the_ledger_in_force_when_it_is_posted(tmp_path: Path) -> None:
    """A process that already opened the old ledger does not go on using it."""
    folder = make_workspace(tmp_path / "harbour-tools", example="harbour-tools")
    system = folder / "systems" / "erp.toml"
    documents = [(folder / "data" / "inbox" / name).read_bytes() for name in ("IN-260010.xml", "IN-260023.xml")]
    with opened(folder, work=True) as app:
        today = app.store.clock.now().date()
        app.starting.upload(app.principal(), INTENT, [("a.xml", documents[0])], channel="test", received_at=today)
        assert app.engine.drain(timeout=60)
        there = system.read_text(encoding="utf-8")
        system.write_text(there.replace("outside/ledger.sqlite", "outside/other.sqlite"), encoding="utf-8")
        with app.store.unit() as unit:
            app.graph.apply(unit, actor="person:kerstin-blohm")
        app.starting.upload(app.principal(), INTENT, [("b.xml", documents[1])], channel="test", received_at=today)
        assert app.engine.drain(timeout=60)
    assert _vouchers(folder / "outside" / "ledger.sqlite") == 1
    assert _vouchers(folder / "outside" / "other.sqlite") == 1


def _vouchers(ledger: Path) -> int:
    engine = sa.create_engine(f"sqlite:///{ledger}")
    with engine.connect() as conn:
        number = int(conn.execute(sa.text("select count(*) from ap_voucher")).scalar_one())
    engine.dispose()
    return number
