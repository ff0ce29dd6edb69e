"""Nouns refuse what they do not understand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from tiebeam.kit import digest_of
from tiebeam.spec import Company, Role, System, as_data

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


def test_a_time_zone_must_exist() -> None:
    assert Company(name="x", timezone="Europe/Berlin").zone.key == "Europe/Berlin"
    with pytest.raises(ValidationError, match="IANA"):
        Company(name="x", timezone="Bremen")
