"""What happens when nobody ever decides is declared, once, and can be carried out; holidays come from a record.

ids: HO-01, B12
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.builders.declared import edit, write_library, write_records, write_workspace

from tiebeam.graph import Problem, Severity, check, load

HANDOFF = "handoffs/finance/unclear.toml"
END = 'action = "stay-open"'
CALENDAR = """
title = "Austria, public holidays"
first = 2026-01-01
last = 2026-12-31

[[day]]
date = 2026-05-01
title = "Labour Day"

"""


class Folders:
    def __init__(self, root: Path) -> None:
        self.library = write_library(root / "library")
        self.workspace = write_workspace(root / "workspace")

    def problems(self, rule: str) -> list[Problem]:
        return [one for one in check(self.workspace, library=self.library) if one.rule == rule]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def test_a_protocol_that_says_nothing_about_its_end_is_warned_about(folders: Folders) -> None:
    assert folders.problems("handoff-end") == []
    edit(folders.library / HANDOFF, f"[on_timeout]\n{END}\n", "")
    (problem,) = folders.problems("handoff-end")
    assert (problem.severity, problem.file) == (Severity.WARNING, f"library/{HANDOFF}")
    assert "stay-open" in problem.fix


def test_a_last_rung_that_decides_says_the_same(folders: Folders) -> None:
    edit(folders.library / HANDOFF, f"[on_timeout]\n{END}\n", '[[ladder]]\nafter_hours = 9\naction = "abort"\n')
    assert folders.problems("handoff-end") == []
    assert folders.problems("HO-01") == []


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        ('action = "abort"', "needs a time"),
        ('action = "abort"\nafter_hours = 4', "not later than the last rung"),
        ('action = "default"\nafter_hours = 40', "cannot decide None"),
        ('action = "default"\nafter_hours = 40\nverb = "edit"', "cannot decide 'edit'"),
        ('action = "stay-open"\nafter_hours = 40', "no hours and no verb"),
    ],
)
def test_an_end_that_cannot_be_carried_out_is_refused(folders: Folders, end: str, problem: str) -> None:
    edit(folders.library / HANDOFF, END, end)
    (found,) = folders.problems("HO-01")
    assert problem in found.message
    assert (found.severity, found.file) == (Severity.ERROR, f"library/{HANDOFF}")


def test_an_end_said_twice_is_refused(folders: Folders) -> None:
    edit(folders.library / HANDOFF, 'action = "remind"', 'action = "abort"')
    (found,) = folders.problems("HO-01")
    assert "said twice" in found.message


def test_a_team_names_a_calendar_that_is_declared(folders: Folders) -> None:
    edit(folders.workspace / "teams/desk.toml", 'cost_centre = "1"', 'cost_centre = "1"\ncalendar = "austria"')
    (found,) = folders.problems("reference")
    assert found.file.endswith("teams/desk.toml")
    assert "calendars/" in found.fix

    write_records(folders.workspace, {"calendars/austria.toml": CALENDAR})

    assert folders.problems("reference") == []
    graph = load(folders.workspace, library=folders.library)
    assert [day.title for day in graph.calendars["austria"].day] == ["Labour Day"]
    assert ("teams", "desk") in graph.used_by("calendars", "austria")
