"""The use of models in the console: ceilings, ledger, returns, statements, anomalies, routing and keys."""

# ids: EC-19, EC-21, EC-22, EC-23, EC-25, EC-27, D8
from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from io import BytesIO, StringIO
from urllib.parse import parse_qsl, urlsplit

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from tests.builders.console_people import ADMINISTRATOR, ANALYST, CONTROLLER, console, csrf_in, signed_in
from tests.rooms.web.using import ANOMALIES, LEDGER, OF_MARKETING, OWNER, PAGES, RETURNS, STATEMENTS, used_company
from tiebeam.app import App


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with used_company(tmp_path_factory.mktemp("use") / "company") as house:
        yield house


@pytest.fixture(scope="module")
def admin(app: App) -> TestClient:
    return signed_in(app, ADMINISTRATOR)


@pytest.fixture(scope="module")
def analyst(app: App) -> TestClient:
    """Sees the workflow of incoming invoices, and no other's use."""
    return signed_in(app, ANALYST)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows(client: TestClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(client.get(path).text)))


def hrefs(html: str) -> set[str]:
    return {unescape(one) for one in re.findall(r'href="(/[^"#]*)', html)}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there_light_and_named_in_the_second_row_of_tabs(admin: TestClient, path: str) -> None:
    page = admin.get(path)
    assert page.status_code == 200
    assert len(page.content) < 48_000
    assert "While it runs" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert len(re.findall(r'<nav class="tabs"[^>]*>.*?aria-current="page".*?</nav>', page.text, re.DOTALL)) >= 1


def test_no_link_of_these_pages_leads_nowhere(admin: TestClient) -> None:
    around = hrefs(admin.get("/economics/frame").text)
    found = {one for path in PAGES for one in hrefs(admin.get(path).text) if one not in around}
    # Of addresses that ask the same of other names or days, one stands for all.
    shapes: dict[tuple[str, ...], str] = {}
    for one in sorted(found):
        parts = urlsplit(one)
        asked = dict(parse_qsl(parts.query))
        path = re.sub(r"(/calls|/budgets|/of)/[^.]+", r"\1", parts.path)
        shapes.setdefault((path, asked.get("by", ""), *sorted(asked)), one)
    assert len(shapes) > 50
    assert {one: status for one in shapes.values() if (status := admin.get(one).status_code) != 200} == {}


def test_nobody_sees_use_without_signing_in(app: App) -> None:
    client = TestClient(console(app), base_url="http://console.test")
    for path in PAGES:
        assert client.get(path, follow_redirects=False).status_code == 303
    for path in (f"{LEDGER}.csv", f"{RETURNS}.json", f"{OF_MARKETING}.json", f"{ANOMALIES}.csv"):
        assert client.get(path).status_code == 401


def test_the_ledger_shows_this_month_and_says_how_much_of_it_was_metered_here(admin: TestClient) -> None:
    said = words(admin.get(LEDGER).text)
    # November: 21 texts, 2 less 0.50, 90, 20 times 0.10 and 25 cents, 7 imported, 1 without a name.
    assert "$122.75" in said
    assert "94 % was metered here, 6 % imported." in said
    assert "Imported: openai" in said
    assert "none named" in said
    assert "tiebeam ledger totals --by team --from 2026-11-01 --to 2026-11-21" in said
    assert "tiebeam ledger export --focus 1.2" in said


def test_a_row_narrows_and_asks_the_next_thing_down_to_single_charges(admin: TestClient) -> None:
    found = hrefs(admin.get(LEDGER).text)
    assert f"{LEDGER}?by=workflow&team=marketing" in found
    assert f"{LEDGER}?by=workflow&team=-" in found
    page = admin.get(f"{LEDGER}?by=workflow&team=marketing")
    assert 'aria-current="page">Workflow' in page.text
    below = next(one for one in hrefs(page.text) if "workflow=product_texts" in one and "by=model" in one)
    deepest = next(one for one in hrefs(admin.get(below).text) if "model=mid-general" in one)
    assert "by=charges" in deepest
    last = admin.get(deepest).text
    assert f"{LEDGER}/calls/call-a1" in hrefs(last)
    asked = [dict(parse_qsl(urlsplit(one).query)) for one in hrefs(last) if one.startswith(f"{LEDGER}?")]
    # Each chip takes back its own part, and nothing else.
    assert {"by": "charges", "workflow": "product_texts", "model": "mid-general"} in asked
    assert words(admin.get(f"{LEDGER}?team=-&by=charges").text).count("Answered") == 1


def test_sums_and_charges_leave_exact_and_add_up(admin: TestClient) -> None:
    by_team = rows(admin, f"{LEDGER}.csv")
    assert {one["team"]: one["cost_usd"] for one in by_team}["marketing"] == "22.5"
    single = rows(admin, f"{LEDGER}.csv?by=charges")
    assert sum(Decimal(one["cost_usd"]) for one in single) == sum(Decimal(one["cost_usd"]) for one in by_team)
    assert {one["source"] for one in single} == {"gateway", "import:openai"}
    as_json = admin.get(f"{LEDGER}.json?by=model&source=gateway").json()
    assert {one["model"] for one in as_json} == {"frontier", "mid-general"}
    assert admin.get(f"{LEDGER}.xml").status_code == 404


def test_the_same_days_leave_as_focus_for_who_sees_all_use(admin: TestClient, analyst: TestClient) -> None:
    place = next(one for one in hrefs(admin.get(LEDGER).text) if one.startswith(f"{LEDGER}/focus.csv"))
    assert sum(Decimal(one["BilledCost"]) for one in rows(admin, place)) == Decimal("122.75")
    assert admin.get(place.replace(".csv", ".txt")).status_code == 404
    assert "FOCUS" not in analyst.get(LEDGER).text
    assert analyst.get(place).status_code == 403


def test_charges_go_on_page_by_page_and_none_is_shown_twice(admin: TestClient) -> None:
    path, seen = f"{LEDGER}?by=charges&from=2026-09-01&to=2026-11-21", []
    for _ in range(9):
        text = admin.get(path).text
        seen += re.findall(r'<tr data-row data-key="([^"]+)"', text)
        older = re.search(r'href="([^"]+)">Older', text)
        if older is None:
            break
        path = unescape(older[1])
    assert len(seen) == len(set(seen)) == 120


def test_what_daily_sums_do_not_know_narrows_the_list_alone(admin: TestClient) -> None:
    text = admin.get(f"{LEDGER}?corrections=true").text
    assert len(re.findall(r"\bCorrection\b", words(text))) == 1
    assert 'class="kpis"' not in text
    assert "--corrections" in words(text)
    assert "case-1" in words(admin.get(f"{LEDGER}?execution=case-1").text)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("by=colour", "= 'colour'; the ledger is added up by"),
        ("from=yesterday", "is no day"),
        ("from=2026-11-21&to=2026-11-01", "earlier day first"),
        ("by=charges&before=x", "continues no list"),
        ("estimated=perhaps", "write true or false"),
    ],
)
def test_a_wrong_question_is_told_in_words(admin: TestClient, query: str, named: str) -> None:
    page = admin.get(f"{LEDGER}?{query}")
    assert page.status_code == 422
    assert named in words(page.text)


def test_a_call_shows_its_attempts_classes_price_route_budgets_and_corrections(admin: TestClient) -> None:
    said = words(admin.get(f"{LEDGER}/calls/call-a1").text)
    for part in (
        *("Provider refused", "Answered", "Correction of a1", "$1.50", "first of small: approved and priced"),
        *("Input from the cache 600", "$0.10 a million", "Reasoning 40", "The key’s own ceiling, k1"),
        "Online shop: model use",
    ):
        assert part in said
    assert f"{RETURNS}/execution?name=case-1" in hrefs(admin.get(f"{LEDGER}/calls/call-a1").text)
    form = admin.get(f"{LEDGER}/calls/call-a1.json").json()
    assert form["cost_usd"] == "1.5"
    assert [one["id"] for one in rows(admin, f"{LEDGER}/calls/call-a1.csv")] == ["a0", "a1", "a2"]


def test_returns_set_value_beside_cost_and_open_executions(admin: TestClient) -> None:
    page = admin.get(RETURNS)
    said = words(page.text)
    assert "Value against cost" in said
    assert "$12.50" in said
    (texts,) = [one for one in rows(admin, f"{RETURNS}.csv") if one["workflow"] == "product_texts"]
    assert (texts["cost_usd"], texts["value_usd"], texts["outcomes"]) == ("22.5", "12.5", "1")
    assert f"{RETURNS}?by=model&workflow=product_texts" in hrefs(page.text)
    latest = rows(admin, f"{RETURNS}/executions.csv")
    assert next(one for one in latest if one["execution"] == "case-1")["value_usd"] == "12.5"
    one = words(admin.get(f"{RETURNS}/execution?name=case-1").text)
    for part in ("draft", "1 of 1 accepted, as reported", "From value to what is left", "an agent or tool"):
        assert part in one
    assert admin.get(f"{RETURNS}/execution.json?name=case-1").json()["value_usd"] == "12.5"
    assert "Nobody has told yet" in words(admin.get(f"{RETURNS}/execution?name=loop-1").text)


def test_use_without_outcomes_is_not_made_to_look_worthless(admin: TestClient) -> None:
    said = words(admin.get(f"{RETURNS}?team=it").text)
    assert "What came of it is not known" in said
    assert "nobody has told" in said
    assert "tiebeam outcomes report" in said
    assert "POST /api/v1/outcomes" in said
    assert admin.get(f"{RETURNS}?model=frontier").status_code == 422


def test_a_statement_holds_use_corrections_and_shared_costs_and_adds_up(admin: TestClient) -> None:
    said = words(admin.get(OF_MARKETING).text)
    for part in ("Still growing", "Corrections", "The gateway itself, shared by cost", "of $100.00"):
        assert part in said
    form = admin.get(f"{OF_MARKETING}.json").json()
    assert (form["sums"]["use"], form["sums"]["corrections"]) == ("23", "-0.5")
    assert sum(Decimal(one["cost_usd"]) for one in form["lines"]) == Decimal(form["total_usd"])
    book = load_workbook(BytesIO(admin.get(f"{OF_MARKETING}.xlsx").content))
    assert "Results" in book.sheetnames
    assert rows(admin, f"{OF_MARKETING}.csv")[-1]["section"] == "total"
    listed = {one["id"]: one for one in rows(admin, f"{STATEMENTS}.csv")}
    assert Decimal(listed["team:marketing"]["total_usd"]) == Decimal(form["total_usd"])
    assert "line:online-shop" in listed
    ledger = [one for one in hrefs(admin.get(OF_MARKETING).text) if "corrections=true" in one]
    assert [len(re.findall(r"\bCorrection\b", words(admin.get(one).text))) for one in ledger] == [1]
    assert admin.get(f"{STATEMENTS}?month=soon").status_code == 422


def test_who_answers_for_a_team_bills_a_month_that_is_over_once(app: App, admin: TestClient) -> None:
    client, past = signed_in(app, OWNER), f"{OF_MARKETING}?month=2026-10&kind=chargeback"
    page = client.get(past).text
    assert "Issue the chargeback" in page
    assert "Issue the chargeback" not in client.get(f"{OF_MARKETING}?kind=chargeback").text
    form = {"about": "team:marketing", "month": "2026-10", "csrf": csrf_in(page)}
    assert client.post(f"{STATEMENTS}/issue", data=form | {"csrf": "0" * 64}).status_code == 403
    early = client.post(f"{STATEMENTS}/issue", data=form | {"month": "2026-11"})
    assert "goes on until" in words(early.text)
    made = client.post(f"{STATEMENTS}/issue", data=form)
    assert "Issued: number 1 of 2026-10 bills" in words(made.text)
    assert made.url.path.startswith(f"{STATEMENTS}/issued/")
    assert admin.get(f"{made.url.path}.json").json()["content"]["about"] == "team:marketing"
    assert rows(admin, f"{made.url.path}.csv")[0]["section"] == "use"
    again = client.post(f"{STATEMENTS}/issue", data=form)
    assert "there is nothing to bill" in words(again.text)
    assert "Issue the chargeback" not in client.get(past).text


def test_what_stood_out_says_by_how_much_and_shows_its_charges(admin: TestClient) -> None:
    page = admin.get(ANOMALIES)
    said = words(page.text)
    for part in ("Spike", "it · trials", "Observed $90.25", "Charges behind it", "What counts as out of the ordinary"):
        assert part in said
    found = rows(admin, f"{ANOMALIES}.csv")
    assert {"spike", "runaway"} <= {one["kind"] for one in found}
    runaway = next(one for one in found if one["kind"] == "runaway" and one["execution"] == "loop-1")
    one = admin.get(f"{ANOMALIES}?kind=runaway&see={runaway['id']}").text
    assert "Cost of executions of this workflow" in one
    assert f"{RETURNS}/execution?name=loop-1" in hrefs(one)
    behind = next(it for it in hrefs(one) if it.startswith(LEDGER) and "execution=loop-1" in it)
    assert "frontier" in words(admin.get(behind).text)
    assert admin.get(f"{ANOMALIES}?kind=odd").status_code == 422
    assert admin.get(f"{ANOMALIES}?from=2026-01-01&to=2026-11-01").status_code == 422
    assert "Nothing stood out" in admin.get(f"{ANOMALIES}?from=2026-06-01&to=2026-06-05").text


def test_a_stranger_sees_no_line_of_others_on_any_page(analyst: TestClient) -> None:
    hidden = ("product_texts", "trials", "call-a1", "case-1", "loop-1", "$122.75", "import:openai")
    for path in (LEDGER, f"{LEDGER}?by=charges", RETURNS, STATEMENTS, ANOMALIES, "/economics/routing"):
        page = analyst.get(path)
        assert page.status_code == 200, path
        assert [one for one in hidden if one in page.text] == [], path
    for path in (f"{LEDGER}.csv?by=charges", f"{RETURNS}.csv", f"{RETURNS}/executions.csv", f"{ANOMALIES}.csv"):
        assert rows(analyst, path) == [], path
    for path in (
        *(f"{LEDGER}/calls/call-a1", f"{LEDGER}/calls/call-a1.json", f"{RETURNS}/execution?name=case-1"),
        *(OF_MARKETING, f"{OF_MARKETING}.csv", f"{OF_MARKETING}.xlsx", f"{STATEMENTS}/issued/statement_1"),
    ):
        assert analyst.get(path).status_code == 404, path
    assert "Nothing used yet" in analyst.get(LEDGER).text


def test_a_stranger_neither_bills_nor_makes_keys(analyst: TestClient) -> None:
    token = csrf_in(analyst.get("/economics/keys").text)
    bill = {"about": "team:marketing", "month": "2026-10", "csrf": token}
    assert analyst.post(f"{STATEMENTS}/issue", data=bill).status_code in {403, 404}
    key = {"team": "marketing", "workflow": "product_texts", "csrf": token}
    refused = analyst.post("/economics/keys/create", data=key)
    assert refused.status_code == 403
    assert "tb_k_" not in refused.text


def test_who_owns_a_budget_sees_what_counts_against_it_and_no_more(app: App) -> None:
    client = signed_in(app, OWNER)
    teams = {one["team"] for one in rows(client, f"{LEDGER}.csv")}
    assert "marketing" in teams
    assert "it" not in teams
    assert client.get(f"{STATEMENTS}/of/team:it").status_code == 404


def test_ceilings_stand_as_a_tree_and_more_is_asked_for_once(app: App, admin: TestClient, analyst: TestClient) -> None:
    tree = words(admin.get("/economics/budgets").text)
    assert tree.index("Harbour Tools") < tree.index("Online shop")
    assert {one["id"] for one in rows(admin, "/economics/budgets.csv")} >= {"company", "online-shop"}
    mine = {one["id"] for one in rows(analyst, "/economics/budgets.csv")}
    assert mine >= {"company", "finance", "accounts-payable"}
    assert mine.isdisjoint({"online-shop", "product-texts"})
    assert analyst.get("/economics/budgets/online-shop").status_code == 404
    place = "/economics/budgets/finance"
    form = {"csrf": csrf_in(analyst.get(place).text), "usd": "plenty", "reason": "a pile of scans"}
    assert analyst.post("/economics/budgets/online-shop/ask", data=form | {"usd": "600"}).status_code == 404
    wrong = analyst.post(f"{place}/ask", data=form)
    assert wrong.status_code == 422
    assert 'value="plenty"' in wrong.text
    assert analyst.post(f"{place}/ask", data=form | {"csrf": ""}).status_code == 403
    asked = analyst.post(f"{place}/ask", data=form | {"usd": "450"})
    assert "Chief Financial Officer decides" in words(asked.text)
    assert "A request waits for a decision" in asked.text
    assert admin.get("/economics/budgets/nowhere").status_code == 404


def test_a_request_for_more_reads_well_to_its_owner_and_is_decided_there(app: App) -> None:
    asking = app.workforce.principal(ADMINISTRATOR)
    task = app.asking.ask(asking, "trials", usd=Decimal(9), reason="more trials").task_id
    owner = signed_in(app, CONTROLLER)
    assert task in owner.get("/inbox").text
    page = owner.get(f"/inbox/{task}").text
    for said in ("New ceiling 9.00 USD", "Instead of 5.00 USD", "Asked by", "Reason more trials", "Spent 0.00 USD"):
        assert said in words(page)
    assert "Window start" not in words(page)
    form = {"csrf": csrf_in(page), "verb": "approve", "reason": "", "payload_hash": hash_in(page)}
    assert owner.post(f"/inbox/{task}/decide", data=form).status_code == 200
    assert owner.get(f"/inbox/{task}").status_code == 200
    assert "of $9.00" in words(owner.get("/economics/budgets/trials").text)


def hash_in(page: str) -> str:
    found = re.search(r'name="payload_hash" value="([0-9a-f]+)"', page)
    assert found is not None
    return found.group(1)


def test_a_key_is_shown_once_replaced_and_ended_here(admin: TestClient) -> None:
    page = admin.get("/economics/keys").text
    form = {"csrf": csrf_in(page), "team": "marketing", "workflow": "product_texts", "name": "nightly", "cap_usd": "5"}
    wrong = admin.post("/economics/keys/create", data=form | {"cap_usd": "little"})
    assert wrong.status_code == 422
    assert 'value="nightly"' in wrong.text
    made = admin.post("/economics/keys/create", data=form)
    (secret,) = set(re.findall(r"tb_k_[\w-]{40,}", made.text))
    again = admin.get("/economics/keys").text
    assert secret not in again
    (key,) = set(re.findall(r'name="key" value="([^"]+)"', again))
    rotated = admin.post("/economics/keys/rotate", data={"csrf": form["csrf"], "key": key, "overlap": "yes"})
    assert set(re.findall(r"tb_k_[\w-]{40,}", rotated.text)) != {secret}
    ended = admin.post("/economics/keys/revoke", data={"csrf": form["csrf"], "key": key})
    assert "is revoked" in ended.text
    assert rows(admin, "/economics/keys.csv") == []
    assert rows(admin, "/economics/keys.csv?ended=yes")[0]["state"] == "revoked"


def test_routing_says_where_each_class_goes_and_why_not(admin: TestClient) -> None:
    said = words(admin.get("/economics/routing").text)
    for part in ("mosaic", "The register", "Where the money went"):
        assert part in said
    assert admin.get("/economics/routing.json").json() == []


def test_the_home_page_names_the_ceilings_that_are_nearest(admin: TestClient) -> None:
    page = admin.get("/").text
    assert "/economics/budgets" in hrefs(page)
    assert "Spend against caps" in page
