"""How much of a team's work may run (ids: B8)."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tiebeam.spec import TeamWork, WorkspaceSettings, WorkUse


def test_a_team_without_limits_of_its_own_has_those_of_every_team() -> None:
    use = WorkUse(at_once=8, per_minute=600, teams={"legal": TeamWork(at_once=2)})
    assert use.of("payables").at_once == 8
    assert (use.of("legal").at_once, use.of("legal").per_minute) == (2, 600)


def test_nothing_said_is_no_limit() -> None:
    assert not WorkspaceSettings.model_validate({"company": {"name": "Acme"}}).work.of("payables").is_set


@pytest.mark.parametrize("limit", [{"at_once": 0}, {"per_minute": 0}, {"per_hour": 5}, {"at_once": 99_999}])
def test_a_limit_that_makes_no_sense_is_refused(limit: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        WorkUse.model_validate({"teams": {"legal": limit}})
