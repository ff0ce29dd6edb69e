"""Keys and routes on the command line and over HTTP.

ids: EC-22, EC-25
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.gateway import gateway_workspace, lines
from tests.builders.workspaces import opened
from tests.faces.conftest import ADMINISTRATOR, SignIn, add_people
from tests.faces.terminal import Terminal
from tiebeam.app import App

MOSAIC = (
    lines(name="mosaic", default_class="sort")
    + "\n[[task_class]]\n"
    + lines(
        name="sort",
        capability="saturated-task",
        models=["small", "mid"],
        output_token_cap=50,
        quality_floor=0.9,
        evaluation="finance.invoice-matching",
    )
)
APPROVAL = (
    lines(title="Far", provider="far", owner_role="controller", terms="contract 7")
    + '\n[[commitment]]\nusd_per_month = 200\nsince = 2026-01-01\nuntil = 2090-01-01\nsource = "contract 7"\n'
)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    records = {"routes/mosaic.toml": MOSAIC, "approvals/far.toml": APPROVAL}
    folder = gateway_workspace(tmp_path / "work", port=9, workflow_usd="10", records=records)
    add_people(folder)
    return folder


@pytest.fixture
def app(workspace: Path) -> Iterator[App]:
    with opened(workspace) as app:
        yield app


def test_a_key_is_made_listed_rotated_and_revoked_on_the_command_line(tiebeam: Terminal, workspace: Path) -> None:
    here = ("--workspace", workspace)
    said = tiebeam(
        "keys", "create", "--team", "sales", "--workflow", "enquiries", "--cap-usd", "12.50", "--json", *here
    )
    key = said.json
    assert (said.code, key["key"][:5], key["details"]["cap_usd"]) == (0, "tb_k_", "12.5")
    assert key["key"].startswith(f"{key['id']}_")
    listed = tiebeam("keys", "list", "--json", *here).json["rows"]
    assert [(one["id"], one["team"], one["workflow"]) for one in listed] == [(key["id"], "sales", "enquiries")]
    assert key["key"] not in str(listed)
    rotated = tiebeam("keys", "rotate", key["id"], "--overlap", "24h", "--json", *here).json
    assert (rotated["id"], rotated["key"] == key["key"]) == (key["id"], False)
    assert tiebeam("keys", "revoke", key["id"], *here).out == f"revoked: {key['id']}\n"
    assert tiebeam("keys", "list", "--json", *here).json == {"rows": []}
    assert "revoked" in tiebeam("keys", "list", "--ended", *here).out
    wrong = tiebeam("keys", "create", "--team", "a b", "--workflow", "x", *here)
    assert (wrong.code, "[wrong_key]" in wrong.err) == (1, True)
    assert tiebeam("keys", "rotate", key["id"], "--overlap", "soon", *here).code == 2


def test_routes_are_listed_and_explained_on_the_command_line(tiebeam: Terminal, workspace: Path) -> None:
    here = ("--workspace", workspace)
    assert "mosaic/sort" in tiebeam("routes", "list", *here).out
    assert tiebeam("routes", "list", "--json", *here).json["policies"][0]["id"] == "mosaic"
    assert "no result on finance.invoice-matching" in tiebeam("routes", "explain", "mosaic", *here).out
    result = ("mid", "finance.invoice-matching", "0.97", "--cases", "30", "--source", "run 7")
    assert tiebeam("routes", "quality", "record", *result, *here).code == 0
    found = tiebeam("routes", "explain", "mosaic", "--json", *here).json
    assert (found["served"], found["task_class"], found["candidates"][1]["score"]) == ("mid", "sort", "0.97")
    assert "contract 7" not in tiebeam("routes", "approvals", *here).out
    (approved,) = tiebeam("routes", "approvals", "--json", *here).json["rows"]
    assert (approved["terms"], approved["commitments"][0]["usd_per_month"]) == ("contract 7", "200")
    assert "0.97" in tiebeam("routes", "quality", "list", *here).out


def test_keys_over_http_for_who_owns_the_budget_alone(app: App, sign_in: SignIn) -> None:
    admin, bea, nora = sign_in(ADMINISTRATOR), sign_in("bea"), sign_in("nora")
    wanted = {"team": "sales", "workflow": "enquiries", "cap_usd": "3", "models": ["small"]}
    made = admin.post("/keys", json=wanted)
    assert made.status_code == 201, made.text
    key = made.json()
    app.following.start()
    now = int(app.store.clock.now().timestamp() * 1000)
    assert app.keys.ring.find(key["key"], now) is not None
    for other in (bea, nora):
        assert other.post("/keys", json=wanted).status_code == 403
        assert other.delete(f"/keys/{key['id']}").status_code == 404
        assert key["id"] not in other.get("/keys").text
    assert admin.post("/keys", json={**wanted, "cap_usd": "-1"}).status_code == 422
    assert admin.post("/keys", json={**wanted, "secret": "mine"}).status_code == 422
    rotated = admin.post(f"/keys/{key['id']}/rotate", json={"overlap_seconds": 60}).json()
    assert rotated["key"] != key["key"]
    assert admin.delete(f"/keys/{key['id']}").status_code == 204
    assert app.keys.ring.find(rotated["key"], now) is None
    assert admin.get("/keys", params={"ended": True}).json()["rows"][0]["state"] == "revoked"
    assert admin.delete("/keys/tb_k_nothing0").status_code == 404


def test_routing_over_http(app: App, sign_in: SignIn) -> None:
    bea, carl = sign_in("bea"), sign_in("carl")
    result = {
        "served": "small",
        "evaluation": "finance.invoice-matching",
        "score": "0.99",
        "cases": 5,
        "source": "run 8",
    }
    assert carl.post("/routing/quality", json=result).status_code == 403
    # Bea is a controller, who answers for the approval of the model's provider.
    assert bea.post("/routing/quality", json=result).status_code == 201
    assert bea.post("/routing/quality", json={**result, "score": "1.1"}).status_code == 422
    found = carl.get("/routing/explain", params={"model": "mosaic"}).json()
    assert (found["served"], found["route"]) == ("small", "mosaic/sort: small, saturated-task, at most 50 tokens out")
    assert carl.get("/routing/quality", params={"served": "small"}).json()["rows"][0]["source"] == "run 8"
    assert carl.get("/routing").json()["policies"][0]["name"] == "mosaic"
    assert carl.get("/routing/approvals").json()["rows"][0]["provider"] == "far"
    assert carl.get("/routing/explain", params={"model": "huge"}).status_code == 404
