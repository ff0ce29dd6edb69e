"""The rules Harbour Tools laid over the built-in ones, each with the case it was made for."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.builders.workspaces import INTENT, opened

from tiebeam.app import App
from tiebeam.authority import Obj, Principal, check_rules
from tiebeam.graph import check, init_workspace

# ids: B14, C5


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("rules") / "harbour-tools"
    init_workspace(folder, example="harbour-tools")
    with opened(folder) as app:
        yield app


def intent_of(app: App) -> Obj:
    return Obj("recipe", INTENT, app.intent_facts(INTENT))


def test_the_rules_pass_the_check(tmp_path: Path) -> None:
    init_workspace(tmp_path / "w", example="harbour-tools")
    assert [one.rule for one in check(tmp_path / "w", check_rules=check_rules)] == ["specimen-account"]


def test_an_administrator_from_elsewhere_does_not_move_a_recipe_of_finance(company: App) -> None:
    kerstin, root = company.workforce.principal("kerstin-blohm"), company.workforce.principal("nadia-haddad")
    outsider = Principal(root.person_id, root.name, roles=root.roles, administrator=True)
    for verb in ("recipe.promote", "recipe.override"):
        verdict = company.authority.may(outsider, verb, intent_of(company), {"reason": "in a hurry"})
        assert (verdict.allowed, verdict.rule) == (False, "finance-recipes-stay-in-finance")
        assert "Nadia Haddad holds budget-owner, workflow-designer" in verdict.reason
        assert company.authority.may(kerstin, verb, intent_of(company), {"reason": "in a hurry"}).allowed


def test_interim_staff_release_a_thousand_and_no_more(company: App) -> None:
    sofia, peter = company.workforce.principal("sofia-marchetti"), company.workforce.principal("peter-harms")
    task = Obj("task", "task_1", {"role": "budget-owner", "intent": INTENT})

    def release(who: Principal, amount: str) -> str:
        circumstances = {"amount": Decimal(amount), "limit": Decimal(5000)}
        return company.authority.may(who, "task.release_money", task, circumstances).rule

    assert release(sofia, "1000.00") == "role-acts-on-task"
    assert release(sofia, "1000.01") == "interim-staff-release-little"
    assert release(peter, "1000.01") == "role-acts-on-task"
    assert release(peter, "5000.01") == "approval-limit"


def test_internal_audit_reads_everything_of_the_record_and_changes_nothing(company: App) -> None:
    rolf = company.workforce.principal("rolf-ahlers")
    facts = company.intent_facts(INTENT)
    run, journal = Obj("run", "one", facts), Obj("journal", "*", {"audit_owner": ("controller",)})
    for verb, thing in (("run.view", run), ("journal.export", journal), ("evidence.export", run)):
        assert company.authority.may(rolf, verb, thing).rule == "internal-audit-reads-the-record"
    task = Obj("task", "one", {"role": "controller", "intent": INTENT})
    for verb, thing in (("journal.redact", journal), ("run.cancel", run), ("task.decide", task)):
        assert company.authority.may(rolf, verb, thing, {"reason": "in a hurry"}).rule == "default-deny"
