"""Owners that are real people, intents with one owning role, handoffs that answer the three questions."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path

from tests.rooms.workforce.company import COMPANY, HANDOFF, META
from tiebeam.spec import Absence, Adoption, HandoffProtocol, HolidayCalendar, Intent, Rung, RungAction
from tiebeam.workforce import (
    accountable_owner,
    handoff_problems,
    intent_problems,
    ownership_problems,
    protocol_problems,
)

# ids: WF-10, HO-01, HO-02, HO-03, C3, C5, C6, C7


def adoption(owner: str, team: str = "payables") -> Adoption:
    return Adoption(
        id="finance.x", meta=META, recipe="finance.x/y", owner=owner, owner_kind="internal-process-owner", team=team
    )


def intent(role: str) -> Intent:
    return Intent.model_validate(
        {
            "id": "finance.x",
            "meta": META,
            "title": "X",
            "domain": "finance",
            "outcome": "x",
            "tier": "quick-win",
            "effort": "S",
            "patterns": ["matching"],
            "value_vectors": ["cost"],
            "owner_role": role,
            "impacted_roles": [role],
            "context": [{"name": "document", "type": "document", "help": "x"}],
            "accepted_when": "x",
            "baseline_minutes_per_unit": "5",
        }
    )


def test_an_owner_is_one_real_person() -> None:
    owner = accountable_owner(COMPANY, adoption("mia"))
    assert owner is not None
    assert owner.name == "Mia"
    assert ownership_problems(COMPANY, adoption("mia")) == []


def test_a_vague_owner_is_a_stall_waiting_to_happen() -> None:
    problems = ownership_problems(COMPANY, adoption("the-business", team="none"))
    assert len(problems) == 2
    assert "'the-business'" in problems[0]


def test_an_intent_is_owned_by_a_role_that_somebody_holds() -> None:
    assert intent_problems(COMPANY, intent("ap-manager")) == []
    assert "does not exist" in intent_problems(COMPANY, intent("king"))[0]


def test_a_handoff_names_real_roles_and_one_audit_owner() -> None:
    assert handoff_problems(COMPANY, HANDOFF) == []
    broken = HANDOFF.model_copy(
        update={
            "audit_owner": "nobody",
            "ladder": (
                Rung(after_hours=Decimal(9), action=RungAction.REASSIGN),
                Rung(after_hours=Decimal(2), action=RungAction.RAISE, role="king"),
            ),
        }
    )
    text = " ".join(handoff_problems(COMPANY, broken))
    for expected in ("reassigns without naming a role", "not in the order", "audit_owner", "rung 2"):
        assert expected in text


def test_the_records_in_the_guide_are_whole_and_can_be_carried_out() -> None:
    guide = Path(__file__).resolve().parents[3] / "docs" / "guides" / "handoffs.md"
    blocks = [tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", guide.read_text("utf-8"), re.DOTALL)]
    protocol = HandoffProtocol.model_validate({"id": "finance.price-exception", **blocks[0]})
    assert protocol_problems(protocol) == []
    assert protocol.says_the_end
    assert Absence.model_validate(blocks[1]["absences"][0]).deputy == "dan"
    calendar = HolidayCalendar.model_validate({"id": "austria", **blocks[2]})
    assert [day.closes for day in calendar.day] == [None, "12:00", None]
