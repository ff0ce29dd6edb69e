"""Pricing models and dedicated capacity over HTTP: the same figures as at the command line."""

# ids: EC-26, EC-29, EC-30
from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from starlette.testclient import TestClient

from tests.builders.workspaces import make_workspace, opened
from tests.faces.conftest import link_token, served
from tiebeam.app import App

PORTAL = "/economics/pricing/dealer-portal"
CAPACITY = {"tokens": "5000000000", "usd_per_hour": "10", "tokens_per_minute": "100000", "metered": "5", "months": "1"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("house") / "company"
    make_workspace(folder, example="harbour-tools")
    with opened(folder) as house:
        yield house


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[TestClient]:
    with TestClient(served(app), base_url="https://testserver", raise_server_exceptions=False) as found:
        assert found.post("/session", json={"token": link_token(app, "jonas-petersen")}).status_code == 201
        yield found


def test_a_product_is_answered_as_stated_and_as_asked(client: TestClient) -> None:
    assert [one["model"] for one in client.get("/economics/pricing").json()] == ["dealer-portal"]
    stated = client.get(PORTAL).json()
    assert Decimal(stated["revenue"]) == 19_890 + 2_040 + 8_160
    asked = client.get(PORTAL, params={"headless_share": "0", "set": ["customers=100"]}).json()
    assert "no_headless" in {one["code"] for one in asked["warnings"]}
    assert asked["headless_share_of_operations"] == "0"
    assert client.get(f"{PORTAL}.xlsx").content[:2] == b"PK"


def test_capacity_is_answered_with_every_number_of_units_that_was_compared(client: TestClient) -> None:
    found = client.get("/economics/capacity", params=CAPACITY).json()
    assert (found["units"], found["verdict"], Decimal(found["saved_usd"])) == (1, "dedicated", 14_600)
    assert [one["units"] for one in found["options"]] == [0, 1, 2]
    assert client.get("/economics/capacity.xlsx", params=CAPACITY).content[:2] == b"PK"


@pytest.mark.parametrize(
    ("path", "params", "named"),
    [
        (PORTAL, {"headless_share": "7"}, "headless_share"),
        (PORTAL, {"set": "customers=NaN"}, "customers"),
        (PORTAL, {"set": "customers"}, "NAME=VALUE"),
        (PORTAL, {"draws": "1"}, "draws"),
        ("/economics/capacity", {}, "tokens"),
        ("/economics/capacity", {**CAPACITY, "metered": "-5"}, "metered"),
        ("/economics/capacity", {**CAPACITY, "tokens": "9" * 30}, "tokens_per_month"),
        ("/economics/capacity", {**CAPACITY, "months": "0"}, "months"),
    ],
)
def test_wrong_figures_are_named(client: TestClient, path: str, params: dict[str, str], named: str) -> None:
    answer = client.get(path, params=params)
    assert answer.status_code == 422
    assert named in answer.text


def test_what_one_may_not_see_and_what_is_not_there_answer_alike(app: App, client: TestClient) -> None:
    assert client.get("/economics/pricing/shop").status_code == 404
    with TestClient(served(app), base_url="https://testserver", raise_server_exceptions=False) as away:
        assert away.post("/session", json={"token": link_token(app, "leyla-aydin")}).status_code == 201
        assert away.get("/economics/pricing").json() == []
        hidden, absent = (away.get(f"/economics/pricing/{name}") for name in ("dealer-portal", "dealer-portax"))
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.text.replace("dealer-portal", "?") == absent.text.replace("dealer-portax", "?")
        assert away.get(f"{PORTAL}.xlsx").status_code == 404
