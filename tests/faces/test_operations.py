"""Looking after a system that runs: backups and back again, workers that leave gently, probes and figures."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.builders.console_people import ADMINISTRATOR, BUYER, signed_in
from tests.builders.databases import PostgresServer
from tests.builders.workspaces import make_workspace, opened, take_in
from tests.faces.papers import write_invoices
from tests.faces.terminal import Terminal, finish, start
from tiebeam.app import App, Vitals, back_up, restore
from tiebeam.store import BackupUnreadable, NotEmpty, journal_report
from tiebeam.workflow.runs import run_counts


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_workspace(tmp_path_factory.mktemp("operations") / "company", example="harbour-tools")
    papers = write_invoices(tmp_path_factory.mktemp("papers"), "R-1", "R-2")
    with opened(folder, work=True) as app:
        for paper in sorted(papers.iterdir()):
            take_in(app, paper)
    return folder


def facts(app: App) -> dict[str, object]:
    with app.store.read() as conn:
        tasks = sorted(task.id for task in app.workforce.tasks(conn, state="active").rows)
        sound = journal_report(conn, external=None, exported_at=app.store.clock.now())["sound"]
        return {"runs": run_counts(conn), "tasks": tasks, "sound": sound}


def test_a_workspace_is_backed_up_and_restored_by_command(house: Path, tmp_path: Path, tiebeam: Terminal) -> None:
    file, other = tmp_path / "b.zip", tmp_path / "other"
    done = tiebeam("backup", file, "--workspace", house, "--json").json
    assert done["files"] > 10
    assert file.stat().st_mode & 0o077 == 0
    assert tiebeam("backup", file, "--workspace", house).err.count("backup_exists") == 1
    checked = tiebeam("restore", file, "--check", "--json").json
    assert checked["rows"] == done["rows"]
    back = tiebeam("restore", file, "--workspace", other, "--json")
    assert (back.code, back.json["sound"]) == (0, True)
    with opened(house) as before, opened(other) as after:
        assert facts(before) == facts(after)
    kept = sorted(one.name for one in (house / ".tiebeam/documents").rglob("*") if one.is_file())
    assert kept == sorted(one.name for one in (other / ".tiebeam/documents").rglob("*") if one.is_file())
    assert (other / "tiebeam.toml").read_bytes() == (house / "tiebeam.toml").read_bytes()
    shown = tiebeam("journal", "list", "--kind", "workspace.restored", "--workspace", other, "--json").json
    assert shown[0]["payload"]["file"] == "b.zip"


def test_nothing_that_lives_is_ever_replaced(house: Path, tmp_path: Path, tiebeam: Terminal) -> None:
    file = tmp_path / "b.zip"
    with opened(house) as app:
        back_up(app, file, actor="person:x")
        before = facts(app)
        with pytest.raises(NotEmpty, match="a backup never replaces one"):
            restore(file, house)
        assert facts(app) == before
    said = tiebeam("restore", file, "--workspace", house)
    assert said.code == 1
    assert "restore_refused" in said.err
    # Files that differ are not replaced either, and the folder gets no database.
    other = tmp_path / "other"
    other.mkdir()
    (other / "tiebeam.toml").write_text("mine = true\n")
    said = tiebeam("restore", file, "--workspace", other)
    assert said.code == 1
    assert "tiebeam.toml" in said.err
    assert (other / "tiebeam.toml").read_text() == "mine = true\n"
    assert not (other / ".tiebeam").exists()


def test_a_backup_cut_short_is_named_before_anything_is_touched(house: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    with opened(house) as app:
        back_up(app, file, actor="person:x")
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(BackupUnreadable, match=r"b\.zip.*cut short"):
        restore(file, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_workspace_moves_to_postgresql_and_back(
    house: Path, tmp_path: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    url = postgres_server.create()
    with opened(house) as app:
        back_up(app, first, actor="person:x")
        before = facts(app)
    assert restore(first, tmp_path / "there", url=url).sound
    monkeypatch.setenv("TIEBEAM_DATABASE_URL", url)
    with opened(tmp_path / "there") as app:
        assert app.store.dialect == "postgresql"
        assert facts(app) == before
        back_up(app, second, actor="person:x")
    monkeypatch.delenv("TIEBEAM_DATABASE_URL")
    assert restore(second, tmp_path / "back").sound
    with opened(tmp_path / "back") as app:
        assert facts(app) == before
    with pytest.raises(NotEmpty, match="tables already"):
        restore(second, tmp_path / "again", url=url)
    postgres_server.drop(url)


def test_calls_that_are_not_booked_yet_come_along(house: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    with opened(house) as app:
        place = app.workspace / ".tiebeam/charges/process_1"
        place.mkdir(parents=True, exist_ok=True)
        (place / "00000001.charges").write_bytes(b"not booked")
        (place / "lock").touch()
        back_up(app, file, actor="person:x")
        assert [one.name for one in place.parent.iterdir()] == ["process_1"]
        for one in place.iterdir():
            one.unlink()
        place.rmdir()
    restore(file, tmp_path / "other")
    kept = tmp_path / "other/.tiebeam/charges/process_1/00000001.charges"
    assert kept.read_bytes() == b"not booked"


def _ask(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def _lines_until(process: subprocess.Popen[str], word: str) -> list[str]:
    lines: list[str] = []
    assert process.stdout is not None
    while not lines or word not in lines[-1]:
        line = process.stdout.readline()
        if not line:
            pytest.fail(f"the worker ended: {finish(process)}")
        lines.append(line)
    return lines


def test_a_worker_says_how_it_is_and_leaves_gently(house: Path) -> None:  # ids: WF-15
    process = start(
        "worker", "--workspace", house, "--queue", "work", "--queue", "human", "--health-port", "0", cwd=house
    )
    lines = _lines_until(process, "stop with")
    base = re.search(r"Probes: (http://\S+)/health", "".join(lines))[1]  # type: ignore[index]
    name = re.search(r"as (\S+);", lines[-1])[1]  # type: ignore[index]
    status, body = _ask(f"{base}/health")
    assert (status, json.loads(body)["worker"]) == (200, name)
    deadline = time.monotonic() + 10
    while _ask(f"{base}/ready")[0] != 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _ask(f"{base}/ready") == (200, '{"status":"ready"}')
    status, text = _ask(f"{base}/metrics")
    assert status == 200
    assert "tiebeam_ready 1" in text
    assert 'tiebeam_queue_segments{queue="work",state="queued"} 0' in text
    assert _ask(f"{base}/nothing")[0] == 404
    os.kill(process.pid, signal.SIGTERM)
    said = finish(process, timeout=20)
    assert (said.code, "Traceback" in said.err) == (0, False)
    assert "everything that ran has ended" in said.out
    with opened(house) as app:
        (left,) = [one for one in app.engine.health()["workers"] if one["id"] == name]
    assert left["state"] != "alive"
    assert sorted(left["queues"]) == ["human", "work"]


def test_a_queue_that_is_not_there_is_named(house: Path, tiebeam: Terminal) -> None:
    said = tiebeam("worker", "--workspace", house, "--queue", "nothing")
    assert said.code == 1
    assert "'nothing'" in said.err
    assert "human, intake, effects, work" in said.err


def test_figures_can_be_read_by_prometheus(house: Path) -> None:
    with opened(house) as app:
        vitals = Vitals(app, works=False)
        assert vitals.ready() == (200, {"status": "ready"})
        app.measured.of("run", lambda _segment: None)(None)  # type: ignore[arg-type]
        text = vitals.metrics().decode()
        vitals.begin_draining()
        assert vitals.ready()[0] == 503
    told: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            told[name] = kind
        elif not line.startswith("#"):
            match = re.fullmatch(r'([a-z_]+?)(_bucket|_sum|_count)?(\{([a-z]+="[^"]*",?)+\})? ([0-9.e+]+)', line)
            assert match is not None, line
            assert match[1] in told or (match[1] + (match[2] or "")) in told, line
    assert 'tiebeam_segment_seconds_bucket{kind="run",le="+Inf"} 1' in text
    assert 'tiebeam_segments_total{kind="run",ended="done"} 1' in text
    assert told["tiebeam_segment_seconds"] == "histogram"


def test_without_its_database_a_process_is_alive_and_not_ready(house: Path) -> None:
    with opened(house) as app:
        vitals = Vitals(app, works=False)

        def away() -> None:
            raise NotEmpty("the database is away")

        app.engine.health = away  # type: ignore[assignment,method-assign]
        assert vitals.health()[0] == 200
        assert vitals.ready() == (503, {"status": "not ready", "why": ["the database does not answer"]})
        assert "tiebeam_ready 0" in vitals.metrics().decode()


def test_the_page_shows_it_to_administrators_alone(house: Path, tmp_path: Path) -> None:
    with opened(house) as app:
        back_up(app, tmp_path / "shown.zip", actor="person:x")
        admin = signed_in(app, ADMINISTRATOR)
        text = admin.get("/operations").text
        for word in ("Workers", "Queues", "Put aside", "shown.zip", "Archive"):
            assert word in text
        assert 'href="/operations"' in admin.get("/").text
        buyer = signed_in(app, BUYER)
        assert buyer.get("/operations").status_code == 403
        assert 'href="/operations"' not in buyer.get("/").text
