"""Packages of others beside the wheel: killed in their step, upgraded under a run, capped and gated like our own."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.builders.gateway import gateway_workspace
from tests.builders.installed import EXAMPLES, Installed, example_workspace, install_wheel
from tests.gateway.upstream import Says, upstream

pytestmark = pytest.mark.crash

# ids: CA-01, WF-07, B16

SCREENING, ANSWERS = "operations.supplier-screening", "customer.complaint-answer"
RESTS = """
    marker = Path(call.services.workspace, "began")
    marker.touch()
    __import__("time").sleep(600)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install_wheel(tmp_path_factory.mktemp("installed"))


def _package(folder: Path, *, version: str, rests: bool) -> Path:
    """The documented example, in a version of its own; one that rests never comes back from its step."""
    source = folder / version / "acme-screening"
    shutil.copytree(EXAMPLES / "acme-screening", source)
    project, code = source / "pyproject.toml", source / "acme_screening" / "__init__.py"
    project.write_text(project.read_text().replace('version = "1.0"', f'version = "{version}"'))
    if rests:
        text = code.read_text()
        head = "def screen(name: str, call: StepCall) -> dict[str, object]:\n"
        assert head in text
        code.write_text(text.replace(head, head + RESTS))
    return source


@contextmanager
def _worker(installed: Installed, workspace: Path) -> Generator[subprocess.Popen[bytes]]:
    process = installed.start("worker", "--workspace", workspace, log=workspace / "worker.log")
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _until(found: Callable[[], Any], workspace: Path, *, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.2)
    log = workspace / "worker.log"
    raise AssertionError(f"waited {seconds} s in vain\n{log.read_text()[-3000:] if log.exists() else ''}")


def _state(installed: Installed, workspace: Path, run: str) -> str:
    return str(installed.json("runs", "show", run, "--workspace", workspace)["run"]["state"])


def _begun(installed: Installed, workspace: Path, intent: str, given: dict[str, str]) -> str:
    paper = workspace / "given.json"
    paper.write_text(json.dumps(given))
    found = installed.json("run", intent, "--input", paper, "--no-wait", "--workspace", workspace)
    return str(found["run"]["id"] if isinstance(found["run"], dict) else found["run"])


def _facts(installed: Installed, workspace: Path, run: str, kind: str) -> list[dict[str, Any]]:
    shown = installed.json("runs", "show", run, "--workspace", workspace)
    return [one["payload"] for one in shown["journal"] if one["kind"] == kind]


def test_a_step_of_another_package_is_killed_and_ends_in_its_next_version(installed: Installed, tmp_path: Path) -> None:
    installed.install(_package(tmp_path, version="1.0", rests=True))
    workspace = example_workspace(installed, tmp_path / "work", example="acme-screening", intent=SCREENING)
    run = _begun(installed, workspace, SCREENING, {"name": "Baltic Amber Shiping OU"})
    with _worker(installed, workspace) as worker:
        _until((workspace / "began").exists, workspace)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    recipe = installed.json("runs", "show", run, "--workspace", workspace)["recipe_hash"]

    installed.install(_package(tmp_path, version="1.1", rests=False))
    with _worker(installed, workspace):
        _until(lambda: _state(installed, workspace, run) == "waiting", workspace)
        (task,) = installed.json("inbox", "--workspace", workspace)["tasks"]
        assert task["payload"]["screen"]["hits"][0]["party"] == "Baltic Amber Shipping OU"
        installed.run(
            "decide", task["id"], "--verb", "approve", "--comment", "another register number", "--workspace", workspace
        )
        _until(lambda: _state(installed, workspace, run) == "done", workspace)

    told = [*_facts(installed, workspace, run, "steps.done"), *_facts(installed, workspace, run, "run.done")]
    done = [one for fact in told for one in fact.get("steps", ()) if one["step"] == "screen"]
    assert [fact["origin"] for fact in done] == ["acme-screening 1.1"]
    assert installed.json("runs", "show", run, "--workspace", workspace)["recipe_hash"] == recipe


def test_a_package_that_is_gone_leaves_its_run_with_a_person(installed: Installed, tmp_path: Path) -> None:
    installed.install(_package(tmp_path, version="1.0", rests=False))
    workspace = example_workspace(installed, tmp_path / "work", example="acme-screening", intent=SCREENING)
    run = _begun(installed, workspace, SCREENING, {"name": "Kettwig Stahlhandel GmbH"})
    without = Installed(installed.site, {"TIEBEAM_EXTENSIONS": "none"})
    with _worker(without, workspace):
        # The recipe's own tries come first.
        (task,) = _until(lambda: installed.json("inbox", "--workspace", workspace)["tasks"], workspace)
        assert "acme.screen" in json.dumps(task["payload"]) + task["summary"]
    with _worker(installed, workspace):
        installed.run(
            "decide", task["id"], "--verb", "approve", "--comment", "installed again", "--workspace", workspace
        )
        _until(lambda: _state(installed, workspace, run) == "done", workspace)


def _answers(installed: Installed, folder: Path, *, port: int, usd: str) -> Path:
    """A workspace whose class `standard` is served by the provider on this machine, within `usd` for the company."""
    gateway_workspace(folder, port=port, company_usd=usd, team_usd=usd)
    served = folder / "served" / "mid.toml"
    served.write_text(served.read_text().replace('name = "mid"', 'name = "standard"'))
    budget = folder / "budgets" / "sales.toml"
    budget.write_text(budget.read_text().replace('"sales"', '"accounts-payable"'))
    installed.install(EXAMPLES / "acme-answers")
    return example_workspace(installed, folder, example="acme-answers", intent=ANSWERS)


@pytest.fixture
def langgraph() -> None:
    pytest.importorskip("langgraph", reason="langgraph is not installed")


@pytest.mark.usefixtures("langgraph")
def test_a_langgraph_graph_is_killed_in_a_call_goes_on_and_waits_for_a_person(
    installed: Installed, tmp_path: Path
) -> None:
    with upstream() as far:
        far.says = Says(text="We are sorry.", delay=600)
        workspace = _answers(installed, tmp_path / "work", port=far.port, usd="5")
        run = _begun(installed, workspace, ANSWERS, {"complaint": "My order 4711 is late."})
        with _worker(installed, workspace) as worker:
            _until(lambda: far.calls, workspace)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        far.says = Says(text="We are sorry.")
        with _worker(installed, workspace):
            _until(lambda: _state(installed, workspace, run) == "waiting", workspace)
            (task,) = installed.json("inbox", "--workspace", workspace)["tasks"]
            assert task["payload"]["draft"]["draft"] == "We are sorry."
            calls = len(far.calls)
            installed.run("decide", task["id"], "--verb", "approve", "--comment", "well said", "--workspace", workspace)
            _until(lambda: _state(installed, workspace, run) == "done", workspace)
        assert len(far.calls) == calls  # what was drafted is signed, not drafted again
    steps = {one["step_id"]: one for one in installed.json("runs", "show", run, "--workspace", workspace)["steps"]}
    assert steps["finish"]["output"]["answer"] == "We are sorry."


@pytest.mark.usefixtures("langgraph")
def test_a_graphs_calls_are_held_against_the_budget_before_they_leave(installed: Installed, tmp_path: Path) -> None:
    with upstream() as far:
        workspace = _answers(installed, tmp_path / "work", port=far.port, usd="0.000001")
        run = _begun(installed, workspace, ANSWERS, {"complaint": "My order 4711 is late."})
        with _worker(installed, workspace):
            _until(lambda: _state(installed, workspace, run) == "waiting", workspace)
        (task,) = installed.json("inbox", "--workspace", workspace)["tasks"]
        assert "budget" in task["summary"]
        assert far.calls == []
