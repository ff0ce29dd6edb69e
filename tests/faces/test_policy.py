"""The rules of access over HTTP, on the page and at the command line: listed, explained, checked and tried."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.builders.console_people import signed_in
from tests.faces.conftest import SignIn
from tests.faces.terminal import INTENT, Terminal
from tiebeam.app import App
from tiebeam.authority import VERBS

# ids: B14, C5, HO-02

OURS = (
    'title = "Ours"\nbecause = "{principal} stays out of it"\n'
    "cedar = '''\nforbid (principal, action == Action::\"run.start\", resource)\n"
    "when { principal.id == \"carl\" };\n'''\n\n[meta]\nversion = 1\nsince = 2026-01-01\nreviewed = 2026-01-01\n"
)


def ask(client: TestClient, **question: object) -> tuple[int, dict[str, object]]:
    answer = client.post("/policy/explain", json={"verb": "run.start", "object": f"intent:{INTENT}", **question})
    return answer.status_code, answer.json()


def test_the_rules_are_listed_with_words_and_text(sign_in: SignIn) -> None:
    told = sign_in("nora").get("/policy").json()
    assert set(told["verbs"]) == set(VERBS)
    first = told["rules"][0]
    assert first["id"] == "agents-never-decide"
    assert first["text"].startswith('@id("agents-never-decide")')


def test_everyone_learns_why_they_may_not_and_only_who_answers_for_it_about_others(
    sign_in: SignIn, admin: TestClient
) -> None:
    carl = sign_in("carl")
    status, told = ask(carl)
    assert (status, told["allowed"], told["rule"]) == (200, True, "role-starts-runs")
    assert ask(carl, person="bea")[0] == 403
    status, told = ask(admin, person="nora")
    assert (status, told["allowed"], told["rule"]) == (200, False, "default-deny")
    assert "Nora Neighbour holds workflow-designer" in str(told["reason"])


def test_a_wrong_question_is_told(admin: TestClient) -> None:
    assert ask(admin, verb="run.burn")[0] == 422
    assert ask(admin, object="run")[0] == 422
    assert ask(admin, object="spaceship:1")[0] == 422
    assert ask(admin, object="run:run_nowhere", verb="run.view")[0] == 404
    assert ask(admin, person="nobody")[0] == 404
    assert ask(admin, context={"amount": "much"})[0] == 422
    assert ask(admin, context={"mood": "good"})[0] == 422


def test_who_may_not_see_an_object_learns_nothing_of_it_by_asking_why(sign_in: SignIn, waiting_task: str) -> None:
    nora = sign_in("nora")
    hidden = nora.post("/policy/explain", json={"verb": "task.decide", "object": f"task:{waiting_task}"})
    absent = nora.post("/policy/explain", json={"verb": "task.decide", "object": "task:task_nowhere"})
    assert hidden.status_code == absent.status_code
    assert hidden.status_code == 404
    assert hidden.text.replace(waiting_task, "task_nowhere") == absent.text


def test_releasing_money_is_explained_with_the_tasks_amount_and_the_persons_limit(
    sign_in: SignIn, admin: TestClient, waiting_task: str
) -> None:
    status, told = ask(admin, person="carl", verb="task.release_money", object=f"task:{waiting_task}")
    assert status == 200
    assert told["context"]["limit"] == "5000.0000"  # pyright: ignore[reportIndexIssue, reportCallIssue, reportArgumentType]
    context = {"amount": "5000.01"}
    _, told = ask(admin, person="carl", verb="task.release_money", object=f"task:{waiting_task}", context=context)
    assert told["rule"] == "approval-limit"
    assert "5000.01" in str(told["reason"])


@pytest.mark.parametrize("tab", ["rules", "reach", "why", "nonsense"])
def test_the_page_shows_rules_reach_and_reasons(app: App, tab: str) -> None:
    page = signed_in(app, "carl").get(f"/settings/policy?tab={tab}")
    assert page.status_code == 200
    wanted = {"reach": "task.release_money", "why": "Ask why"}.get(tab, "separation-of-duties")
    assert wanted in page.text


def test_the_page_explains_and_offers_others_only_to_who_may_ask(app: App) -> None:
    asked = f"/settings/policy?tab=why&verb=run.start&object=intent:{INTENT}"
    own = signed_in(app, "carl")
    assert "Carl Coste may run.start" in own.get(asked).text
    assert "Nora Neighbour" not in own.get(asked).text
    assert "may not &#39;policy.view&#39;" in own.get(f"{asked}&person=nora").text
    assert "does not" not in own.get("/settings/policy?tab=why&verb=x&object=y").text
    told = signed_in(app, "local-administrator").get(f"{asked}&person=nora").text
    assert "Nora Neighbour may not run.start" in told
    assert own.get("/settings/policy.csv").text.splitlines()[0].startswith("id,rule,effect")


def test_the_command_line_explains_with_an_exit_code(tiebeam: Terminal, workspace: Path) -> None:
    asked = ("--verb", "run.start", "--object", f"intent:{INTENT}", "-w", workspace)
    allowed = tiebeam("policy", "explain", "--person", "carl", *asked, "--json")
    assert (allowed.code, allowed.json["rule"]) == (0, "role-starts-runs")
    denied = tiebeam("policy", "explain", "--person", "nora", *asked)
    assert denied.code == 1
    assert denied.out.startswith("denied by default-deny: this is for")


def test_a_rule_of_the_workspace_is_checked_applied_tried_and_obeyed(tiebeam: Terminal, workspace: Path) -> None:
    rule = workspace / "access" / "ours.toml"
    rule.parent.mkdir()
    rule.write_text(OURS.replace("principal.id", "principal.colour"), encoding="utf-8")
    found = tiebeam("policy", "check", "-w", workspace, "--json")
    (problem,) = found.json["problems"]
    assert (found.code, problem["rule"], problem["line"]) == (1, "access-schema", 4)
    assert tiebeam("check", "-w", workspace).code == 1
    assert tiebeam("apply", "-w", workspace).code == 1
    rule.write_text(OURS, encoding="utf-8")
    assert tiebeam("policy", "check", "-w", workspace).code == 0
    assert tiebeam("apply", "-w", workspace).code == 0
    listed = tiebeam("policy", "list", "-w", workspace, "--json").json["rules"]
    assert [one["source"] for one in listed if one["id"] == "ours"] == ["access/ours.toml"]
    table = workspace / "expected.toml"
    case = (
        '[[case]]\nwho = {{ id = "carl", roles = ["budget-owner"] }}\nverb = "run.start"\nkind = "intent"\n'
        'object = {{ roles = ["budget-owner"] }}\nallowed = {}\n'
    )
    table.write_text(case.format("false") + 'rule = "ours"\n', encoding="utf-8")
    assert tiebeam("policy", "test", table, "-w", workspace).code == 0
    table.write_text(case.format("true"), encoding="utf-8")
    failed = tiebeam("policy", "test", table, "-w", workspace)
    assert failed.code == 1
    assert "NOT MET" in failed.out
    table.write_text(case.format("true").replace("who", "whom"), encoding="utf-8")
    assert "whom" in tiebeam("policy", "test", table, "-w", workspace).err


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("'1200.00'", "NOT MET"),
        ("1200", "NOT MET"),
        ("1200.5", "NOT MET"),
        ("'much'", "is no amount"),
        ("true", "is no amount"),
    ],
)
def test_a_table_gives_amounts_as_text_or_number(tiebeam: Terminal, workspace: Path, amount: str, told: str) -> None:
    case = (
        '[[case]]\nwho = { id = "ida", roles = ["controller"] }\nverb = "task.release_money"\nkind = "task"\n'
        f'object = {{ role = "controller" }}\ncontext = {{ amount = {amount}, limit = "1000.00" }}\nallowed = true\n'
    )
    Path("expected.toml").write_text(case, encoding="utf-8")
    said = tiebeam("policy", "test", "expected.toml", "-w", workspace)
    assert said.code == 1
    assert told in said.out + said.err
