"""How products are sold, as the console shows it."""

# ids: EC-29, EC-30
from __future__ import annotations

import csv
from collections.abc import Iterator
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from tests.builders.console_people import ANALYST, BUYER, CONTROLLER, signed_in
from tests.builders.workspaces import make_workspace, opened
from tiebeam.app import App

PAGE = "/economics/pricing"
PORTAL = f"{PAGE}/dealer-portal"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("house") / "company"
    make_workspace(folder, example="harbour-tools")
    with opened(folder) as house:
        yield house


@pytest.fixture(scope="module")
def client(app: App) -> TestClient:
    return signed_in(app, CONTROLLER)


def test_the_list_leads_to_each_product(client: TestClient) -> None:
    page = client.get(PAGE)
    assert page.status_code == 200
    assert PORTAL in page.text
    assert client.get(f"{PAGE}.json").json()[0]["revenue"] == "30090"
    assert "dealer-portal" in client.get(f"{PAGE}.csv").text


def test_a_product_shows_streams_curve_zones_and_decisions(client: TestClient) -> None:
    page = client.get(PORTAL)
    assert page.status_code == 200
    for said in ("19,890.00", "too little headless", "too few seats", "Agrees", "If seats go headless", "Controller"):
        assert said in page.text
    assert len(page.content) < 100_000


@pytest.mark.parametrize(
    ("share", "said"), [("0%", "0 % headless"), ("100%", "100 % headless"), ("2%", "2.0% headless")]
)
def test_a_slider_at_either_end_is_warned_of(client: TestClient, share: str, said: str) -> None:
    part = client.get(PORTAL, params={"headless_share": share, "part": "answers"})
    assert part.status_code == 200
    assert "<html" not in part.text
    assert said in part.text


def test_the_same_question_is_offered_for_the_command_line_and_over_http(client: TestClient) -> None:
    page = client.get(PORTAL, params={"headless_share": "40%", "customers": "120", "set.seat_price_1": "45"}).text
    assert "--set customers=120" in page
    assert "--headless-share 0.4" in page
    assert "headless_share=0.4" in page
    stated = client.get(PORTAL, params={"headless_share": "68.8%", "customers": "85"}).text
    assert "--headless-share" not in stated


def test_what_is_asked_comes_as_a_file_too(client: TestClient) -> None:
    asked = {"headless_share": "100%"}
    rows = list(csv.DictReader(StringIO(client.get(f"{PORTAL}.csv", params=asked).text)))
    assert [row["revenue"] for row in rows[:2]] == ["0", "0"]
    assert client.get(f"{PORTAL}.json", params=asked).json()["headless_share_of_operations"] == "1"
    book = load_workbook(BytesIO(client.get(f"{PORTAL}.xlsx", params=asked).content))
    assert "Curve" in book.sheetnames


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"headless_share": "most"}, "headless_share"),
        ({"headless_share": "140%"}, "headless_share"),
        ({"customers": "-3"}, "customers"),
        ({"set.nonsense": "1"}, "nonsense"),
        ({"set.operation_price_1": "1e20"}, "operation_price_1"),
    ],
)
def test_what_cannot_be_answered_is_told_in_its_place(client: TestClient, params: dict[str, str], said: str) -> None:
    page = client.get(PORTAL, params=params)
    assert page.status_code == 422
    assert "This cannot be reckoned" in page.text
    assert said in page.text
    assert client.get(f"{PORTAL}.json", params=params).status_code == 422


def test_a_day_that_is_none_and_a_product_that_is_none_are_errors(client: TestClient) -> None:
    assert client.get(PORTAL, params={"at": "tomorrow"}).status_code == 422
    assert client.get(f"{PAGE}/shop").status_code == 404
    assert client.get(f"{PAGE}.pdf").status_code == 404


def test_only_who_answers_for_it_or_is_named_sees_it(app: App) -> None:
    for stranger in (ANALYST, BUYER):
        away = signed_in(app, stranger)
        assert "dealer-portal" not in away.get(PAGE).text
        assert away.get(PORTAL).status_code == 404
        assert away.get(f"{PORTAL}.json").status_code == 404
        assert away.get(f"{PAGE}.json").json() == []
    assert signed_in(app, "nadia-haddad").get(PORTAL).status_code == 200
