"""Nouns refuse what they do not understand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tiebeam.kit import digest_of
from tiebeam.spec import (
    Company,
    EventUse,
    LoopUse,
    MapUse,
    RecipeUse,
    Retry,
    Review,
    Role,
    RunLimits,
    System,
    TimerUse,
    Trigger,
    Undo,
    as_data,
    fingerprint,
)

META = {"since": date(2026, 1, 1), "reviewed": date(2026, 1, 1)}


def _role(**changes: Any) -> Role:
    base: dict[str, Any] = {
        "id": "clerk",
        "meta": META,
        "title": "Clerk",
        "industry": "finance",
        "archetype": "operator",
        "status": "program",
        "owns": "o",
        "duties": ["a", "b"],
        "skills": ["c"],
    }
    return Role.model_validate({**base, **changes})


def test_a_role_may_not_approve_money_unless_it_says_so() -> None:
    assert _role().approval_limit == 0
    assert _role(approval_limit=Decimal("5000.00")).approval_limit == Decimal("5000.00")
    assert _role(approval_limit="unlimited").approval_limit is None
    with pytest.raises(ValidationError):
        _role(approval_limit=-1)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="aproval_limit"):
        _role(aproval_limit=1)


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        _role().title = "x"


def test_free_content_is_equal_from_a_file_and_from_a_snapshot() -> None:
    settings = {"limit": Decimal("1.50"), "day": date(2026, 1, 2), "deep": [{"x": Decimal(1)}], "on": True}
    read = System.model_validate(
        {"id": "erp", "meta": META, "title": "t", "kind": "http", "location": "x", "settings": settings}
    )
    assert read.settings == {"limit": "1.50", "day": "2026-01-02", "deep": [{"x": "1"}], "on": True}
    again = System.model_validate(as_data(read))
    assert again == read
    assert digest_of(as_data(again)) == digest_of(as_data(read))


def test_a_release_that_adds_a_field_leaves_fingerprints_as_they_are() -> None:
    class Later(System):
        colour: str = "none"
        parts: tuple[str, ...] = ()

    said = {"id": "erp", "meta": META, "title": "t", "kind": "http", "location": "x", "settings": {"a": 1}}
    before, after = System.model_validate(said), Later.model_validate(said)
    assert fingerprint(before) == fingerprint(after) == fingerprint(Later.model_validate(as_data(after)))
    assert fingerprint(Later.model_validate({**said, "colour": "red"})) != fingerprint(after)


DEFAULTS: dict[type[BaseModel], dict[str, Any]] = {
    Review: {"handoff": None, "four_eyes_with": [], "authority": False, "role": None, "person": None, "answer": None},
    Retry: {"first_seconds": "1", "factor": "2", "most_seconds": "300", "on": []},
    Undo: {"effect": "idempotent", "params": {}},
    TimerUse: {"after_hours": None, "until": None, "hours": "clock"},
    EventUse: {"payload": None, "timeout_hours": None, "hours": "clock", "on_timeout": None},
    MapUse: {"at_once": 8, "most": 1000},
    LoopUse: {"at_limit": "ask"},
    RecipeUse: {"input": {}},
    Trigger: {
        "cron": None,
        "timezone": "UTC",
        "missed": "once",
        "event": None,
        "when": None,
        "mode": "triggered",
        "key": None,
        "input": {},
    },
    RunLimits: {
        "deadline_hours": None,
        "hours": "clock",
        "at_deadline": "ask",
        "stall_minutes": "30",
        "priority": 5,
    },
}
"""Recipes in the field rely on these: another meaning is another field, never another default."""


@pytest.mark.parametrize("noun", DEFAULTS, ids=lambda noun: noun.__name__)
def test_what_a_recipe_leaves_unsaid_means_what_it_meant(noun: type[BaseModel]) -> None:
    unsaid = {name: one for name, one in noun.model_fields.items() if not one.is_required()}
    made = noun.model_construct(**{name: one.get_default(call_default_factory=True) for name, one in unsaid.items()})
    now = made.model_dump(mode="json", include=set(unsaid), warnings=False)
    assert {name: now[name] for name in DEFAULTS[noun]} == DEFAULTS[noun]


def test_a_time_zone_must_exist() -> None:
    assert Company(name="x", timezone="Europe/Berlin").zone.key == "Europe/Berlin"
    with pytest.raises(ValidationError, match="IANA"):
        Company(name="x", timezone="Bremen")
