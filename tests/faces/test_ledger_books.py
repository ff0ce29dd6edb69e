"""The books of model use as a whole, at the command line and over HTTP: exports, imports, invoices, months, SQL."""

# ids: D21, EC-19, EC-20, EC-21, EC-22
from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.builders.charges import charge, put_charges
from tests.builders.workspaces import make_workspace, opened
from tests.faces.conftest import link_token
from tests.faces.terminal import Terminal
from tiebeam.api import build_api
from tiebeam.app import App
from tiebeam.economics.forecast import Month

ADMINISTRATOR, CFO, STEWARD = "kerstin-blohm", "antje-brinkmann", "henrik-lund"
"""The CFO answers for the company's budget and so sees all use; the steward sees none of others'."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = make_workspace(tmp_path_factory.mktemp("books") / "company", example="harbour-tools")
    with opened(folder) as found:
        at = datetime.combine(before(found).first, datetime.min.time(), UTC)
        put_charges(found.store, [charge(f"old-{n}", at=at, usd_nano=100_000_001) for n in range(3)])
        put_charges(found.store, [charge("new", at=found.store.clock.now())])
        yield found


def before(app: App) -> Month:
    return Month.of(app.store.clock.now()).plus(-1)


@pytest.fixture(scope="module")
def clients(app: App) -> Iterator[dict[str, TestClient]]:
    found: dict[str, TestClient] = {}
    with ExitStack() as opened_ones:
        for person in (ADMINISTRATOR, CFO, STEWARD):
            client = opened_ones.enter_context(TestClient(build_api(app), base_url="https://testserver"))
            answer = client.post("/session", json={"token": link_token(app, person)})
            client.headers["x-csrf-token"] = answer.json()["csrf_token"]
            found[person] = client
        yield found


BILL = "date,vendor,description,amount\n{day},mistral,API usage,12.50\n{day},mistral,Support plan,5.00\n"


def bill(app: App, folder: Path, name: str = "bill.csv") -> Path:
    path = folder / name
    path.write_text(BILL.format(day=app.store.clock.now().date()), encoding="utf-8")
    return path


def test_an_export_is_the_same_at_both_faces(
    app: App, clients: dict[str, TestClient], tiebeam: Terminal, tmp_path: Path
) -> None:
    out = tmp_path / "focus.csv"
    said = tiebeam("ledger", "export", "--focus", "1.2", "--format", "csv", out, "--json", "-w", app.workspace)
    assert said.code == 0, said.err
    over_http = clients[CFO].get("/ledger/focus")

    assert over_http.text == out.read_text(encoding="utf-8")
    rows = list(csv.DictReader(over_http.text.splitlines()))
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal(said.json["ledger_usd"])
    parquet = clients[CFO].get("/ledger/focus", params={"format": "parquet", "version": "1.0"})
    assert parquet.content.startswith(b"PAR1")


def test_the_whole_ledger_is_for_those_who_see_all_of_it(clients: dict[str, TestClient]) -> None:
    steward = clients[STEWARD]
    assert steward.get("/ledger/focus").status_code == 403
    assert steward.get("/ledger/months").status_code == 403
    assert steward.post("/ledger/query", json={"sql": "SELECT 1"}).status_code == 403
    assert clients[CFO].post("/ledger/months", json={"month": "2026-01"}).status_code == 403


def test_files_are_previewed_and_taken_at_the_terminal(app: App, tiebeam: Terminal, tmp_path: Path) -> None:
    file = bill(app, tmp_path)
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nprovider = "mistral"\nteam = "platform"\n', encoding="utf-8")

    preview = tiebeam("ledger", "import", file, "--preview", "--map", rules, "-w", app.workspace)
    assert "2 would be booked, 17.5 dollars" in preview.out
    taken = tiebeam(
        "ledger", "import", file, "--map", rules, "--bill", "17.50", "--exact", "--json", "-w", app.workspace
    )
    assert taken.code == 0, taken.err
    assert (taken.json["charges"], taken.json["by_team"][0]["what"]) == (2, "platform")
    again = tiebeam("ledger", "import", file, "-w", app.workspace)
    assert "0 booked" in again.out
    assert "bill.csv" in tiebeam("ledger", "imports", "-w", app.workspace).out


def test_a_broken_file_is_told_in_one_line(app: App, tiebeam: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "cut.csv"
    file.write_text("date,vendor,amount\n2026-01-02,x,1.00\n2026-01-03,x", encoding="utf-8")

    said = tiebeam("ledger", "import", file, "-w", app.workspace)

    assert said.code == 1
    assert said.err.startswith(
        "tiebeam: 'cut.csv', line 3: 2 cells where the first line names 3 columns; it was cut off"
    )
    assert said.err.rstrip().endswith("[broken_import]")


def test_files_are_taken_over_http(app: App, clients: dict[str, TestClient], tmp_path: Path) -> None:
    content = bill(app, tmp_path).read_bytes().replace(b"mistral", b"cohere")
    files = [("files", ("../cohere.csv", content, "text/csv"))]
    administrator = clients[ADMINISTRATOR]

    preview = administrator.post("/ledger/imports", files=files)
    assert (preview.json()["booked"], preview.json()["charges"]) == (False, 2)
    taken = administrator.post("/ledger/imports", files=files, data={"preview": "false", "team": "platform"})

    assert taken.json()["booked"]
    assert taken.json()["sources"] == {"cohere.csv": "bill"}
    assert clients[CFO].get("/ledger/imports").json()[0]["file"] == "cohere.csv"
    assert clients[CFO].post("/ledger/imports", files=files).status_code == 403
    refused = administrator.post("/ledger/imports", files=[("files", ("x.csv", b"a,b\n1,2\n", "text/csv"))])
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_import")


def test_an_invoice_is_compared_and_accepted(
    app: App, clients: dict[str, TestClient], tiebeam: Terminal, tmp_path: Path
) -> None:
    day = app.store.clock.now().date()
    put_charges(
        app.store,
        [charge("guess", at=app.store.clock.now(), provider="groq", model="", estimated=True, usd_nano=2_000_000_000)],
    )
    file = tmp_path / "groq.csv"
    file.write_text(f"date,vendor,description,amount\n{day},groq,API usage,1.50\n", encoding="utf-8")

    compared = tiebeam("ledger", "reconcile", file, "--json", "-w", app.workspace)
    assert (compared.code, compared.json["difference_usd"]) == (1, "-0.5")
    accepted = clients[ADMINISTRATOR].post(
        "/ledger/reconciliations", files=[("files", ("groq.csv", file.read_bytes()))], data={"accept": "invoice 7"}
    )

    assert (accepted.json()["after_usd"], len(accepted.json()["corrections"])) == ("1.5", 2)
    assert clients[CFO].get("/ledger/reconciliations").json()[0]["reason"] == "invoice 7"
    assert tiebeam("ledger", "reconcile", file, "-w", app.workspace).code == 0


def test_a_month_is_closed_verified_and_asked_about(
    app: App, clients: dict[str, TestClient], tiebeam: Terminal
) -> None:
    month = str(before(app))
    closed = tiebeam("ledger", "close", month, "--json", "-w", app.workspace)
    assert (closed.code, closed.json["charges"]) == (0, 3), closed.err
    assert tiebeam("ledger", "close", month, "-w", app.workspace).code == 1

    assert tiebeam("ledger", "months", "--verify", "-w", app.workspace).code == 0
    assert clients[CFO].get(f"/ledger/months/{month}/faults").json() == []
    sql = (
        "SELECT substr(day, 1, 7) AS month, sum(usd) AS usd FROM charges WHERE source = 'gateway' GROUP BY 1 ORDER BY 1"
    )
    asked = tiebeam("ledger", "query", sql, "--json", "-w", app.workspace)
    over_http = clients[CFO].post("/ledger/query", json={"sql": sql})
    assert asked.json["rows"] == over_http.json()["rows"]
    assert asked.json["rows"][0] == {"month": month, "usd": "0.300000003"}
    assert clients[CFO].post("/ledger/query", json={"sql": "DROP VIEW charges"}).json()["code"] == "query_refused"


def test_use_that_passed_the_gateway_later_is_taken_back(
    app: App, clients: dict[str, TestClient], tiebeam: Terminal, tmp_path: Path
) -> None:
    now = app.store.clock.now()
    call = {
        "request_id": "chatcmpl-twice",
        "spend": 0.5,
        "prompt_tokens": 10,
        "completion_tokens": 1,
        "startTime": now.isoformat(),
        "model": "m",
        "custom_llm_provider": "p",
    }
    logs = tmp_path / "logs.json"
    logs.write_text(json.dumps([call]), encoding="utf-8")
    assert tiebeam("ledger", "import", logs, "-w", app.workspace).code == 0
    put_charges(app.store, [charge("twice", at=now, fingerprint="chatcmpl-twice", provider="p", model="m")])

    day = str(now.date())
    (seen,) = clients[CFO].get("/ledger/duplicates", params={"from": day, "to": day}).json()
    assert (seen["was_nano"], seen["nano"]) == (500_000_000, 0)
    found = tiebeam("ledger", "duplicates", "--from", day, "--to", day, "-w", app.workspace)
    assert (found.code, "1 charges" in found.out) == (1, True)
    taken = clients[ADMINISTRATOR].post("/ledger/duplicates", json={"since": day, "until": day})
    assert len(taken.json()["corrections"]) == 1
    assert tiebeam("ledger", "duplicates", "--accept", "-w", app.workspace).code == 0
