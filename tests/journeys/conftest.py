"""One company whose whole inbox was processed, on each database; its exceptions wait for people."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.builders.databases import PostgresServer
from tests.builders.workspaces import make_workspace, opened, take_in
from tiebeam.app import App
from tiebeam.workflow.runs import RunFilter, RunView, list_runs, run_view
from tiebeam.workforce import Decision, TaskView


@dataclass
class Company:
    """Harbour Tools at work, with the questions tests ask."""

    app: App
    folder: Path
    url: str
    runs: dict[str, str]
    """Run id by document stem."""
    expected: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def run(self, document: str) -> RunView:
        with self.app.store.read() as conn:
            return run_view(conn, self.runs[document])

    def outcome(self, document: str, step: str) -> str | None:
        found = [item for item in self.run(document).steps if item.step_id == step]
        return found[0].outcome if found else None

    def output(self, document: str, step: str) -> dict[str, Any]:
        return dict(next(item.output for item in self.run(document).steps if item.step_id == step))

    def task(self, document: str) -> TaskView:
        """The one task of a run that waits for a decision."""
        with self.app.store.read() as conn:
            page = self.app.workforce.tasks(conn, run_id=self.runs[document], state="active")
            assert page.total == 1, [row.title for row in page.rows]
            return self.app.workforce.task(conn, page.rows[0].id)

    def decide(self, document: str, verb: str, *, by: str | None = None, **given: Any) -> Decision:
        """Decide the waiting task as `by`, or as the first person who may, and let the run go on."""
        task = self.task(document)
        person = by or task.people[0].person_id
        decision = self.app.workforce.decide(
            self.app.workforce.principal(person), task.id, verb=verb, payload_hash=task.payload_hash, input=given
        )
        assert self.app.engine.drain(timeout=60)
        return decision

    def vouchers(self, document: str) -> list[dict[str, Any]]:
        """What the ERP holds for a run."""
        engine = sa.create_engine(f"sqlite:///{self.folder / 'outside' / 'ledger.sqlite'}")
        with engine.connect() as conn:
            rows = conn.execute(
                sa.text("select * from ap_voucher where idempotency_key like :key"), {"key": f"{self.runs[document]}%"}
            )
            found = [dict(row) for row in rows.mappings()]
        engine.dispose()
        return found

    def payments(self, document: str) -> list[Path]:
        name = self.runs[document].replace("_", "-")
        return sorted((self.folder / "outside" / "payments").glob(f"{name}*.xml"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The whole example, processed once per database and module; tests use different documents of it."""
    folder = tmp_path_factory.mktemp("company") / "harbour-tools"
    url, server = f"sqlite:///{folder.parent / 'tiebeam.sqlite'}", None
    if request.param == "postgresql":
        server: PostgresServer | None = request.getfixturevalue("postgres_server")
        assert server is not None
        url = server.create()
    make_workspace(folder, example="harbour-tools", url=url)
    with opened(folder, url=url, work=True) as app:
        take_in(app, folder / "data" / "inbox")
        with app.store.read() as conn:
            items = list_runs(conn, RunFilter(), size=500).items
            runs = {run_view(conn, item.id).input["document"]: item.id for item in items}
        lines = (folder / "data" / "expected.jsonl").read_text(encoding="utf-8").splitlines()
        expected = {row["document"]: row for row in map(json.loads, lines)}
        yield Company(app, folder, url, runs, expected)
    if server is not None:
        server.drop(url)
    shutil.rmtree(folder, ignore_errors=True)
