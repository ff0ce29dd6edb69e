"""The calculator's pages over HTTP: figures by hand, the state of the address, words for what cannot be, decisions.

ids: EC-08, EC-09, EC-10, EC-11, EC-12
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.builders.console_people import ADMINISTRATOR, ANALYST, csrf_in, signed_in
from tests.builders.workspaces import make_workspace, opened
from tiebeam.app import App
from tiebeam.store import metadata

CALCULATOR, HOSTING, COMPARE = "/economics/calculator", "/economics/hosting", "/economics/compare"
PAIR = "metered=anthropic.claude-sonnet-4-5&tokens=500000000"
FORM = {
    "chosen": "metered",
    "title": "Serving the invoice assistant",
    "owner": f"person:{ADMINISTRATOR}",
    "reason": "Nobody here keeps GPUs running at night.",
    "revisit": "2030-06-30",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with opened(make_workspace(tmp_path_factory.mktemp("reckon") / "company", example="harbour-tools")) as house:
        yield house


@pytest.fixture(scope="module")
def client(app: App) -> TestClient:
    return signed_in(app, ADMINISTRATOR)


def cells(page: str, key: str) -> list[str]:
    """The texts of a row of the table, its quieter lines after a slash."""
    found = re.search(rf'<tr data-row data-key="{re.escape(key)}">(.*?)</tr>', page, re.DOTALL)
    assert found is not None, key
    texts = re.findall(r"<td[^>]*>(.*?)</td>", found[1], re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", text.replace('<span class="sub">', " / "))).strip() for text in texts]


def value_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return unescape(found[1])


def test_a_blend_by_hand_and_what_a_month_costs(client: TestClient) -> None:
    # ids: EC-08, EC-09
    page = client.get(f"{CALCULATOR}?ratio=3:1&tokens=200000000&model=anthropic.claude-sonnet-4-5").text
    name, per_mtok, month, given, cached, written, source = cells(page, "anthropic.claude-sonnet-4-5")
    # (3 x 3 + 15) / 4 = 6.00, and 200 of those are 1,200.
    assert (per_mtok, month) == ("6.00", "1,200.00")
    assert (given, cached, written) == ("3.00", "0.30", "15.00")
    assert name.startswith("Claude Sonnet 4.5")
    assert re.search(r"genai-prices [\d.]+ / (since|in force) \d{4}-\d\d-\d\d", source)


def test_another_ratio_and_cached_input_change_the_blend(client: TestClient) -> None:
    # ids: EC-08
    page = client.get(f"{CALCULATOR}?ratio=1:1&cached=50%25&model=anthropic.claude-sonnet-4-5").text
    # Half of the input at 0.30: (1.65 + 15) / 2 = 8.325, shown with two places.
    assert cells(page, "anthropic.claude-sonnet-4-5")[1] in {"8.32", "8.33"}
    row = client.get(f"{CALCULATOR}.json?ratio=1:1&cached=50%25&model=anthropic.claude-sonnet-4-5").json()["rows"][0]
    assert Decimal(row["per_mtok"]) == Decimal("8.325")


def test_a_million_tokens_on_a_gpu_by_hand(client: TestClient) -> None:
    # ids: EC-10, EC-11
    query = "busy=100%25&gpu=h100-sxm&host=lambda"
    rows = client.get(f"{HOSTING}.json?{query}").json()["rows"]
    page = client.get(f"{HOSTING}?{query}").text
    assert rows
    row = rows[0]
    hour, pace = Decimal(row["hour_per_gpu"]), Decimal(row["tokens_per_s_per_gpu"])
    by_hand = 1_000_000 * hour / (3600 * pace)
    shown = cells(page, row["id"])
    assert Decimal(shown[4].split(" / ")[0]) == pytest.approx(by_hand, abs=Decimal("0.01"))
    assert Decimal(shown[1].split(" / ")[0]) == pytest.approx(hour, abs=Decimal("0.005"))
    assert Decimal(shown[2].replace(",", "")) == pytest.approx(hour * 730, abs=Decimal("0.01"))
    assert re.search(r"[\d,]+ / [\d,]+–[\d,]+\s(benchmark|measured|roofline)", shown[3]), shown[3]
    assert re.search(r"\d+ GPUs?\s\d+ % used", shown[5]), shown[5]
    assert "stated 2026" in shown[6]


def test_the_way_of_renting_is_a_toggle(client: TestClient) -> None:
    # ids: EC-11
    spot, usual = client.get(f"{HOSTING}?term=spot").text, client.get(HOSTING).text
    assert re.search(r'value="spot" checked', spot)
    assert re.search(r'value="on-demand" checked', usual)
    keys = [re.findall(r'data-row data-key="([^"]+)"', page) for page in (spot, usual)]
    assert keys[0]
    assert set(keys[0]) != set(keys[1])
    assert "more offers are not rented this way" in spot


def test_what_has_no_price_says_so_in_its_row_and_is_never_zero(client: TestClient) -> None:
    page = client.get(f"{CALCULATOR}?batch=50%25&provider=groq").text
    told = re.findall(r'<td class="said" colspan="\d">(.*?)</td>', page, re.DOTALL)
    assert told
    assert all("price" in one for one in told)
    assert "without a price say why in their row" in page


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        (CALCULATOR, "ratio=0:0", "not both 0"),
        (CALCULATOR, "tokens=1000000000000000", "at most 100000000000000"),
        (CALCULATOR, "tokens=NaN", "above 0"),
        (CALCULATOR, "cached=-1", "from 0 to 1"),
        (CALCULATOR, "currency=ZZZ", "no rate"),
        (HOSTING, "arch=nobodys-model", "nobodys-model"),
        (HOSTING, "busy=0", "above 0"),
        (COMPARE, "metered=nobodys-model", "no API row has that id"),
        (COMPARE, "wat=1", "no figure 'wat'"),
    ],
)
def test_a_question_that_cannot_be_is_told_in_words_and_keeps_the_form(
    client: TestClient, path: str, query: str, told: str
) -> None:
    whole = client.get(f"{path}?{query}")
    part = client.get(f"{path}?{query}&part=answers")
    for answer in (whole, part):
        assert answer.status_code == 422
        assert told.lower() in unescape(answer.text).lower()
    name, value = query.split("=")
    if name in {"ratio", "tokens", "cached", "busy"}:
        assert value_of(whole.text, name) == value
        assert whole.text.count('aria-invalid="true"') == 1
    assert client.get(f"{path}.json?{query}").json()["error"]["message"]


def test_the_answers_come_alone_when_asked_for(client: TestClient) -> None:
    for path in (CALCULATOR, HOSTING, COMPARE):
        whole, part = client.get(f"{path}?tokens=3000000").text, client.get(f"{path}?tokens=3000000&part=answers").text
        assert "<html" not in part
        assert "part=" not in part, "no link leads to a page without its shell"
        assert len(part) < len(whole) * 0.8
        keys = [re.findall(r'data-key="([^"]+)"', text) for text in (whole, part)]
        assert set(keys[1]) <= set(keys[0])


def test_the_address_is_the_state_and_what_the_form_does_not_offer_is_kept(client: TestClient) -> None:
    page = client.get(f"{CALCULATOR}?tokens=5000000&ratio=10:1&class=frontier&at=2026-10-01&sort=-cost").text
    assert value_of(page, "tokens") == "5000000"
    assert value_of(page, "ratio") == "10:1"
    assert value_of(page, "at") == "2026-10-01"
    assert '<option value="frontier" selected' in page
    assert 'aria-sort="descending"' in page
    assert "1 Oct 2026" in page


def test_pages_of_the_table_keep_the_question(client: TestClient) -> None:
    first = client.get(f"{CALCULATOR}?ratio=2:1").text
    following = re.search(r'<a class="button small" href="([^"]+)">Next</a>', first)
    assert following is not None
    second = client.get(unescape(following[1])).text
    keys = [re.findall(r'data-row data-key="([^"]+)"', page) for page in (first, second)]
    assert len(keys[0]) == 20
    assert not set(keys[0]) & set(keys[1])
    assert value_of(second, "ratio") == "2:1"
    assert client.get(f"{CALCULATOR}?page=999").status_code == 200


@pytest.mark.parametrize("path", [CALCULATOR, HOSTING, COMPARE])
def test_the_same_rows_come_as_files(client: TestClient, path: str) -> None:
    as_json = client.get(f"{path}.json?tokens=70000000").json()
    rows = as_json.get("rows") or as_json["options"]
    lines = client.get(f"{path}.csv?tokens=70000000").text.splitlines()
    assert len(lines) == len(rows) + 1
    assert "per_month" in lines[0].split(",")
    book = client.get(f"{path}.xlsx?tokens=70000000")
    assert book.content[:2] == b"PK"
    assert "attachment" in book.headers["content-disposition"]
    assert client.get(f"{path}.pdf").status_code == 404
    page = client.get(f"{path}?tokens=70000000").text
    assert f'href="{path}.xlsx?tokens=70000000"' in page
    assert "tiebeam calculator " in page
    assert "GET /api/v1/economics/calculator/" in page


def test_economics_leads_to_the_calculator(client: TestClient) -> None:
    answer = client.get("/economics", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, CALCULATOR)


def post(client: TestClient, query: str, **fields: str) -> Any:
    csrf = csrf_in(client.get(f"{COMPARE}?{query}").text)
    return client.post(f"{COMPARE}?{query}", data={"csrf": csrf, **FORM, **fields}, follow_redirects=False)


def decisions_in(app: App) -> int:
    with app.store.read() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(metadata.tables["cost_decision"])).scalar_one()


def test_a_comparison_is_undecided_until_somebody_records_a_decision(app: App, client: TestClient) -> None:
    # ids: EC-12
    before = client.get(f"{COMPARE}?{PAIR}").text
    assert "Not decided." in before
    assert "Decided at these figures." not in before

    answer = post(client, PAIR)
    assert answer.status_code == 303

    after = client.get(answer.headers["location"]).text
    assert "Decided at these figures." in after
    assert FORM["reason"] in after
    assert "again 30 Jun 2030" in after
    assert "Not decided." in client.get(f"{COMPARE}?{PAIR}0").text, "other figures are another question"
    with app.store.read() as conn:
        row = conn.execute(sa.select(metadata.tables["cost_decision"])).one()
    assert row.chosen == "anthropic.claude-sonnet-4-5"
    assert row.owner == FORM["owner"]
    kept = {one["id"]: one for one in row.options}
    # 500 million tokens at 6.00 a million.
    assert Decimal(kept[row.chosen]["per_month"]) == 3000
    assert len(kept) >= 2
    line = re.search(r'<li data-key="decision_[^"]+"><a href="([^"]+)"', after)
    assert line is not None
    assert "Decided at these figures." in client.get(unescape(line[1])).text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"chosen": ""}, "nothing is chosen"),
        ({"reason": " "}, "reason has 0 letters"),
        ({"owner": "person:nobody"}, "no person has that id"),
        ({"revisit": ""}, "the day to look at it again"),
        ({"revisit": "2020-01-01"}, "give a day after"),
        ({"title": "x" * 300}, "title has 300 letters"),
    ],
)
def test_a_refused_decision_comes_back_as_it_was_typed(
    app: App, client: TestClient, fields: dict[str, str], told: str
) -> None:
    # ids: EC-12
    before = decisions_in(app)
    answer = post(client, PAIR, **fields)
    assert answer.status_code == 422
    assert told in unescape(answer.text).lower() or told in unescape(answer.text)
    if "reason" not in fields:
        assert FORM["reason"] in answer.text
    assert decisions_in(app) == before


def test_nobody_decides_for_a_role_they_do_not_hold_and_nothing_without_a_token(app: App) -> None:
    # ids: EC-12
    before = decisions_in(app)
    analyst = signed_in(app, ANALYST)
    page = analyst.get(f"{COMPARE}?{PAIR}").text
    offered = re.findall(r'<option value="((?:role|person):[^"]+)"', page)
    assert f"person:{ANALYST}" in offered
    assert "role:controller" not in offered
    assert post(analyst, PAIR, owner="role:controller").status_code == 403
    assert analyst.post(f"{COMPARE}?{PAIR}", data=FORM).status_code == 403
    assert decisions_in(app) == before
