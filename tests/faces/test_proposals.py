"""What somebody would build is answered for like what is built, for those who may see it. ids: EC-14, EC-15, EC-18"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.builders.workspaces import INTENT, opened
from tests.faces.conftest import link_token, served
from tests.faces.terminal import Terminal
from tiebeam.app import App
from tiebeam.economics import Verdict
from tiebeam.graph import GraphBroken, init_workspace, load

PROPOSED = {
    "order-confirmations": Verdict.VIABLE,
    "dealer-enquiries": Verdict.VIABLE,
    "tender-questionnaires": Verdict.VIABLE,
    "product-texts": Verdict.VIABLE,
    "warranty-claims": Verdict.LOSES,
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("proposals") / "harbour-tools"
    init_workspace(folder, example="harbour-tools")
    with opened(folder) as app:
        yield app


def api_of(app: App, person: str) -> TestClient:
    client = TestClient(served(app), base_url="https://testserver")
    assert client.post("/session", json={"token": link_token(app, person)}).status_code == 201
    return client


def test_the_list_and_the_portfolio_hold_what_is_proposed_beside_what_is_adopted(company: App) -> None:
    client = api_of(company, "antje-brinkmann")
    listed = {one["workflow"]: one for one in client.get("/economics/units").json()}
    assert listed[INTENT]["origin"] == "adopted"
    proposed = {name: one["answer"]["verdict"] for name, one in listed.items() if one["origin"] == "proposed"}
    assert proposed == PROPOSED

    lines = {one["workflow"]: one for one in client.get("/economics/portfolio").json()["workflows"]}
    assert lines.keys() == {INTENT, *PROPOSED}
    assert len(lines["order-confirmations"]["places"]) > 20
    assert lines["tender-questionnaires"]["needed_class"] == "frontier"


def test_ten_times_the_questions_meet_the_cap_on_model_spend_and_need_people_added_whole(company: App) -> None:
    client = api_of(company, "antje-brinkmann")
    once = client.get("/economics/units/dealer-enquiries").json()["exact"]
    tenfold = client.get("/economics/units/dealer-enquiries", params={"volume_factor": "10"}).json()["exact"]
    assert once["served_share"] == "1"
    assert float(tenfold["served_share"]) < 1
    assert float(tenfold["reviewers"]).is_integer()
    assert float(tenfold["reviewers"]) < 10 * float(once["reviewers"])


def test_readers_named_by_a_proposal_and_its_owner_see_it_and_nobody_else_does(company: App) -> None:
    owner, reader, stranger = (api_of(company, one) for one in ("peter-harms", "jonas-petersen", "uwe-schmidtke"))
    path = "/economics/units/tender-questionnaires"
    assert [one.get(path).status_code for one in (owner, reader)] == [200, 200]
    assert stranger.get(path).status_code == 404
    assert "tender-questionnaires" not in stranger.get("/economics/units").text
    assert "tender-questionnaires" not in stranger.get("/economics/portfolio").text
    assert stranger.get("/economics/units/order-confirmations").status_code == 200


def test_one_that_loses_says_that_no_price_of_tokens_would_save_it(tiebeam: Terminal) -> None:
    assert tiebeam("init", "ws", "--example", "harbour-tools").code == 0
    said = tiebeam("units", "warranty-claims", "-w", "ws")
    assert said.code == 1
    assert "no price of tokens is low enough" in said.out
    assert json.loads(tiebeam("units", "warranty-claims", "-w", "ws", "--json").out)["verdict"] == "loses"


def test_a_proposal_of_nobody_is_a_problem_with_its_file(tmp_path: Path) -> None:
    init_workspace(tmp_path / "ws", example="harbour-tools")
    file = tmp_path / "ws" / "proposals" / "product-texts.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("sofia-marchetti", "nobody-at-all"), encoding="utf-8")
    with pytest.raises(GraphBroken, match=r"product-texts\.toml.*nobody-at-all"):
        load(tmp_path / "ws")
