"""Unit economics and the portfolio in the console: figures by hand, what-ifs in the address, words for errors."""

# ids: EC-01, EC-06, EC-14, EC-15, EC-17, EC-18, D4, D5, D6, D7
from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from tests.builders.console_people import ADMINISTRATOR, INTENT, signed_in
from tests.builders.workspaces import make_workspace, opened
from tiebeam.app import App

UNITS, PORTFOLIO = "/economics/units", "/economics/portfolio"
ONE = f"{UNITS}/{INTENT}"
MODEL = "openai:gpt-4.1-mini"
TOKENS = {"model": MODEL, "set.input_tokens_per_unit": "2000", "set.output_tokens_per_unit": "500"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with opened(make_workspace(tmp_path_factory.mktemp("worth") / "company", example="harbour-tools")) as house:
        yield house


@pytest.fixture(scope="module")
def client(app: App) -> TestClient:
    return signed_in(app, ADMINISTRATOR)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_list_says_of_each_workflow_what_it_costs_and_is_worth(client: TestClient) -> None:
    page = client.get(UNITS)
    assert page.status_code == 200
    assert f'href="{ONE}"' in page.text
    assert f'href="{ONE}/two-way-services"' in page.text
    rows = list(csv.DictReader(StringIO(client.get(f"{UNITS}.csv").text)))
    adopted = next(row for row in rows if row["id"] == INTENT)
    # By hand: 17 minutes at 43.40 an hour.
    assert adopted["value"].startswith("12.2966")
    assert adopted["verdict"] == "viable"
    only = client.get(f"{UNITS}.json", params={"from": "library"}).json()
    assert {one["from"] for one in only} == {"Library"}


def test_one_workflow_shows_spread_parts_and_worth(client: TestClient) -> None:
    said = words(client.get(ONE).text)
    for part in ("How sure we are", "From parts to cost to worth", "What moves it most", "Ten times the volume"):
        assert part in said
    assert "12.30" in said
    assert "baseline_minutes_per_unit / 60 * review_cost_per_hour" in said
    assert "Would open" in said
    assert "spends no tokens" in said


def test_ten_times_the_volume_moves_what_has_steps_by_its_steps(client: TestClient) -> None:
    said = words(client.get(ONE, params={"set.hours_per_reviewer_per_month": "130"}).text)
    # 620 x 0.3 x 7/60 = 21.7 hours: one reviewer; 217 hours: two.
    assert "People to be paid, whole where they are added whole 1 2 × 2.00" in said
    assert "Not ten times as much" in said
    ten = client.get(f"{ONE}.json", params={"set.hours_per_reviewer_per_month": "130", "volume_factor": "10"}).json()
    assert ten["exact"]["reviewers"] == "2"


def test_cheaper_tokens_move_the_token_part_alone(client: TestClient) -> None:
    # 620 x (2000 x 0.40 + 500 x 1.60) / 1e6 x 0.92 = 0.912640, at a tenth 0.091264; all else stays.
    dear, cheap = (client.get(f"{ONE}.json", params={**TOKENS, "price": price}).json() for price in ("100", "10"))
    assert [one["exact"]["tokens"].rstrip("0") for one in (dear, cheap)] == ["0.91264", "0.091264"]
    for name in ("exceptions", "integration", "training", "quality_gates", "platform"):
        assert dear["exact"][name] == cheap["exact"][name]
    said = words(client.get(ONE, params={**TOKENS, "price": "10"}).text)
    assert "10 % of today’s (asked)" in said
    assert "nothing else moves with their price" in said


def test_cheap_tokens_and_much_labour_cost_more_than_dear_tokens_and_little(client: TestClient) -> None:
    asked = {**TOKENS, "tab": "ways", "left.review_share": "0.6", "left.review_minutes": "10"}
    asked |= {"right.model": "anthropic:claude-fable-5-2"}
    said = words(client.get(ONE, params=asked).text)
    assert "The right way costs" in said
    assert "although its tokens are dearer" in said
    turned = {
        name.replace("left", "!").replace("right", "left").replace("!", "right"): text for name, text in asked.items()
    }
    assert "The left way costs" in words(client.get(ONE, params=turned).text)
    alike = words(client.get(ONE, params={**TOKENS, "tab": "ways"}).text)
    assert "Both ways cost the same" in alike


def test_what_loses_money_would_not_be_promoted_and_the_page_says_who_may_override(client: TestClient) -> None:
    said = words(client.get(ONE, params={"set.cost_per_exception": "60"}).text)
    assert "Loses money" in said
    assert "Would shut" in said
    assert "unless somebody overrides" in said


def test_a_figure_set_for_a_view_is_in_the_address_and_its_field(client: TestClient) -> None:
    page = client.get(ONE, params={"tab": "figures", "set.exception_rate": "0.25"}).text
    assert 'name="set.exception_rate" value="0.25"' in page
    assert "1 changed for this view" in page
    assert "set.exception_rate=0.25" in re.findall(r'href="([^"]*\.xlsx[^"]*)"', page)[0]
    assert "--set exception_rate=0.25" in words(page)
    kept = client.get(ONE, params={"set.exception_rate": "0.25"}).text
    assert '<input type="hidden" name="set.exception_rate" value="0.25">' in kept


def test_the_answer_alone_is_sent_to_a_page_that_asks_again(client: TestClient) -> None:
    part = client.get(ONE, params={"part": "answers", "volume_factor": "10"})
    assert "<html" not in part.text
    assert "part=answers" not in part.text
    assert "Ten times the volume" in part.text


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"set.exception_rate": "2"}, "exception_rate lies between 0 and 1"),
        ({"set.exception_rate": "many"}, "exception_rate = 'many' is no number"),
        ({"set.gold": "1"}, "there is no figure 'gold'"),
        ({"volume_factor": "1e17"}, "volume_factor"),
        ({"price": "-5"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"at": "2026-13-01"}, "is no day"),
        ({"model": "openai:gpt-latest"}, "is an alias"),
        ({"model": "openai:no-such-model"}, "no-such-model"),
        ({"set.input_tokens_per_unit": "100"}, "the workflow names no model"),
    ],
)
def test_what_cannot_be_worked_out_is_said_where_it_was_typed(
    client: TestClient, asked: dict[str, str], named: str
) -> None:
    page = client.get(ONE, params=asked)
    assert page.status_code in {404, 409, 422}
    said = words(page.text)
    assert "This cannot be worked out." in said
    assert named in said
    assert 'name="volume_factor"' in page.text


def test_one_of_two_ways_that_is_wrong_is_told_beside_them(client: TestClient) -> None:
    page = client.get(ONE, params={"tab": "ways", "left.review_share": "7"})
    assert page.status_code == 200
    assert "review_share lies between" in words(page.text)
    assert 'name="left.review_share" value="7"' in page.text


def test_the_answer_leaves_as_csv_json_and_a_live_spreadsheet(client: TestClient) -> None:
    rows = list(csv.DictReader(StringIO(client.get(f"{ONE}.csv").text)))
    assert {"cost_per_accepted", "part: exceptions", "assumption: exception_rate"} <= {row["name"] for row in rows}
    assert client.get(f"{ONE}.json").json()["verdict"] == "viable"
    book = load_workbook(BytesIO(client.get(f"{ONE}.xlsx", params={"set.exception_rate": "0.25"}).content))
    assert str(book["Results"]["D5"].value).startswith("=")
    assert client.get(f"{ONE}/two-way-services.json").status_code == 200


def test_a_workflow_nobody_knows_is_not_found(client: TestClient) -> None:
    assert client.get(f"{UNITS}/finance.nothing").status_code == 404
    assert client.get(f"{UNITS}/finance.nothing.csv").status_code == 404


def test_the_portfolio_ranks_and_says_what_it_rests_on(client: TestClient) -> None:
    said = words(client.get(PORTFOLIO, params={"library": "yes"}).text)
    assert "Ranked by what they earn" in said
    assert "USD = " in said
    assert "a sum of medians is not the median of a sum" in said
    chosen = words(client.get(PORTFOLIO, params={"workflow": INTENT}).text)
    assert "efficient ways" in chosen


@pytest.mark.parametrize(("asked", "named"), [({"busy": "x"}, "busy"), ({"busy": "0"}, "busy"), ({"at": "x"}, "at")])
def test_a_wrong_question_about_the_portfolio_is_told(client: TestClient, asked: dict[str, str], named: str) -> None:
    page = client.get(PORTFOLIO, params=asked)
    assert page.status_code == 422
    assert "This cannot be worked out." in page.text
    assert named in words(page.text)


def test_the_portfolio_leaves_as_a_page_that_needs_nothing_else(client: TestClient) -> None:
    answer = client.get(f"{PORTFOLIO}.html", params={"library": "yes"})
    assert "attachment" in answer.headers["content-disposition"]
    assert "<style>" in answer.text
    assert "@page { size: A4" in answer.text
    assert not re.search(r'(?:href|src)="', answer.text)
    assert "Harbour Tools" in answer.text
    for kind in ("csv", "json", "xlsx"):
        assert client.get(f"{PORTFOLIO}.{kind}").status_code == 200
    assert client.get(f"{PORTFOLIO}.exe").status_code == 404


def test_both_pages_print_without_the_rail(client: TestClient) -> None:
    sheet = re.findall(r'href="(/static/[0-9a-f]+/units\.css)"', client.get(PORTFOLIO).text)
    assert "@media print" in client.get(sheet[0]).text
