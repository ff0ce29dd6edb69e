"""Total cost of ownership in the console: the list, a study under its sliders, and the same as files."""

# ids: EC-13, EC-18
from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from tests.builders.console_people import ANALYST, signed_in
from tests.builders.workspaces import make_workspace, opened
from tests.rooms.web.test_pages import Outline, loaded
from tiebeam.web.assets import squeezed
from tiebeam.web.render import STATIC

PAGE = "/economics/ownership/70b-four-years"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("ownership") / "company"
    make_workspace(folder, example="harbour-tools")
    with opened(folder) as app:
        yield signed_in(app, ANALYST)


def test_every_study_is_listed_with_how_many_of_its_figures_are_assumed(client: TestClient) -> None:
    page = client.get("/economics/ownership").text
    rows = client.get("/economics/ownership.json").json()

    assert PAGE in page
    assert "Ownership" in page
    assert len(rows) >= 4
    assert all(row["assumed"] > 0 for row in rows)


def test_a_study_shows_its_curves_with_the_crossing_and_what_moves_it(client: TestClient) -> None:
    page = client.get(PAGE).text

    assert "Cost so far over 48 months" in page
    assert 'class="cross"' in page
    assert "month 36" in page
    assert "from 44,112 users cheaper" in page
    assert "What moves the saving of own servers most" in page
    assert "Enterprise Strategy Group" in page


def test_a_study_shows_cost_by_users_and_what_ten_times_the_volume_does(client: TestClient) -> None:
    page = client.get(PAGE, params={"tab": "volume"}).text

    assert "By users, 5,000 to 50,000" in page
    assert ">44,112<" in page or "from 44,112 users" in page
    assert re.search(r">4 → \d\d<", page)
    assert "Power and cooling" in page


def test_every_figure_is_shown_with_basis_source_and_a_field(client: TestClient) -> None:
    page = client.get(PAGE, params={"tab": "figures", "set.pue": "1.3", "users": "20000"}).text

    assert page.count(">Assumed<") > 10
    assert page.count(">Stated<") > 5
    assert ">Measured<" in page
    assert 'name="set.pue" value="1.3"' in page
    assert "Uptime Institute" in page
    assert page.count('name="set.pue"') == 1


@pytest.mark.parametrize("tab", ["answer", "volume", "figures"])
def test_a_view_weighs_at_most_a_hundred_kilobytes_and_keeps_what_was_set(client: TestClient, tab: str) -> None:
    page = client.get(PAGE, params={"tab": tab, "set.pue": "1.3", "users": "20000"})
    assets = sum(len(squeezed(STATIC / name).encode()) for name in loaded(page.text))
    outline = Outline()
    outline.feed(page.text)

    assert len(page.content) + assets <= 100_000
    assert outline.problems == []
    assert len(outline.ids) == len(set(outline.ids))
    unnamed = [one for one in outline.fields if not one.get("aria-label") and one.get("id") not in outline.labels]
    assert unnamed == []
    assert page.text.count('name="set.pue"') == 1
    assert "set.pue=1.3" in page.text


def test_the_sliders_stand_in_the_address_and_move_the_answer(client: TestClient) -> None:
    few = client.get(PAGE, params={"users": "5000", "utilisation": "20%"}).text

    assert re.search(r'name="users" value="5000"', few)
    assert "never ahead for good" in few
    assert "tiebeam tco --study 70b-four-years --users 5000 --json" in few
    assert "/api/v1/economics/studies/70b-four-years?users=5000" in few


def test_a_slider_where_the_study_stands_does_not_make_its_figure_certain(client: TestClient) -> None:
    as_stated = client.get(PAGE + ".json").json()
    typed = client.get(PAGE + ".json", params={"utilisation": "20%", "users": "50000"}).json()

    assert typed == as_stated
    assert typed["tornado"]["bars"][0]["name"] == "utilisation"


def test_only_the_answers_come_back_when_only_they_are_asked_for(client: TestClient) -> None:
    part = client.get(PAGE, params={"part": "answers", "users": "20000"}).text

    assert "Cost so far" in part
    assert "<html" not in part


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"users": "-5"}, "users lies between 1 and"),
        ({"users": "NaN"}, "users lies between"),
        ({"set.server_price": "1e15"}, "server_price lies between"),
        ({"set.horizon_months": "7.5"}, "whole number of months"),
        ({"set.nothing": "1"}, "has no figure"),
        ({"utilisation": "zero"}, "is no number"),
    ],
)
def test_a_wrong_figure_is_told_with_the_field_and_the_fix(
    client: TestClient, params: dict[str, str], said: str
) -> None:
    page = client.get(PAGE, params=params)

    assert page.status_code == 422
    assert said in page.text


def test_a_wrong_day_and_an_unknown_study_are_told(client: TestClient) -> None:
    assert client.get(PAGE, params={"at": "yesterday"}).status_code == 422
    assert client.get("/economics/ownership/nobody-wrote-it").status_code == 404


def test_the_files_say_what_the_page_says(client: TestClient) -> None:
    answer = client.get(PAGE + ".json", params={"users": "30000"}).json()
    rows = list(csv.DictReader(StringIO(client.get(PAGE + ".csv", params={"users": "30000"}).text)))
    book = load_workbook(BytesIO(client.get(PAGE + ".xlsx", params={"users": "30000"}).content))

    assert answer["users"] == "30000"
    assert len(rows) == 48
    assert rows[-1]["own_so_far_usd"] == answer["sides"]["own"]["so_far"][-1]
    assert book.sheetnames[:3] == ["Assumptions", "Results", "Months"]
    assert Path(PAGE).name in client.get(PAGE + ".csv").headers["content-disposition"]


def test_what_a_slider_set_is_in_its_field_among_every_figure(client: TestClient) -> None:
    page = client.get(PAGE, params={"tab": "figures", "users": "20000", "utilisation": "35%"}).text

    assert 'name="users" value="20000"' in page
    assert 'name="utilisation" value="0.35"' in page
    assert 'type="range"' not in page
