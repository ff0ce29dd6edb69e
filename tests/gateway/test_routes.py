"""Routing, approvals and keys as callers meet them: the answer's headers and the ledger say where a call went and why.

ids: EC-22, EC-25
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.builders.gateway import lines, make_key, served_record, upstream_record
from tests.gateway.house import House, house
from tests.gateway.upstream import Says, upstream
from tiebeam.graph import load

MOSAIC = (
    lines(name="mosaic", also_for=["frontier"], mode="shadow", default_class="sort")
    + "\n[[task_class]]\n"
    + lines(
        name="sort", capability="saturated-task", models=["small", "mid"], output_token_cap=50, tokens_per_day=60_000
    )
    + "\n[[task_class]]\n"
    + lines(name="think", capability="frontier", models=["frontier"], workflows=["finance.invoice-processing-matching"])
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with upstream() as far:
        records = {
            "routes/mosaic.toml": MOSAIC,
            "upstreams/odd.toml": upstream_record(far.port, provider="odd"),
            "served/unapproved.toml": served_record("unapproved", upstream="odd", model="far-mid"),
            "approvals/far.toml": lines(title="Far", provider="far", owner_role="cfo"),
        }
        with house(tmp_path_factory.mktemp("routes"), far=far, records=records) as here:
            yield here


@pytest.fixture
def here(shop: House) -> House:
    shop.far.forget()
    shop.far.says = Says(input=100, output=20)
    return shop


def test_a_policy_takes_the_cheap_model_under_a_cap_and_says_so(here: House) -> None:
    answer = here.ask(model="mosaic")
    assert answer.status_code == 200, answer.text
    said = "mosaic/sort: small, saturated-task, at most 50 tokens out"
    assert answer.headers["x-tiebeam-route"] == said
    assert answer.headers["x-tiebeam-output-limit"] == "50"
    (call,) = here.far.calls
    assert (call.model, call.asked["max_tokens"]) == ("far-small", 50)
    row = here.charges()[-1]
    assert (row.asked, row.model, row.task_class, row.route) == ("mosaic", "far-small", "mosaic/sort", said)


def test_a_call_says_its_class_and_an_unknown_one_is_refused(here: House) -> None:
    answer = here.ask(model="mosaic", headers={"x-tiebeam-task-class": "think"})
    assert answer.headers["x-tiebeam-route"] == "mosaic/think: frontier, frontier"
    assert here.far.calls[-1].model == "far-frontier"
    refused = here.ask(model="mosaic", headers={"x-tiebeam-task-class": "sing"})
    assert refused.status_code == 400
    assert "it has sort, think" in refused.json()["error"]["message"]


def test_a_shadow_goes_where_it_was_meant_and_notes_the_other(here: House) -> None:
    answer = here.ask(model="frontier")
    assert here.far.calls[-1].model == "far-frontier"
    said = answer.headers["x-tiebeam-route"]
    assert said == "frontier, as asked; shadow, mosaic would have taken mosaic/sort: small"
    assert here.charges()[-1].route == said


def test_what_is_not_approved_is_not_called(here: House) -> None:
    refused = here.ask(model="unapproved")
    assert refused.status_code == 403
    assert "no approval names the provider 'odd'" in refused.json()["error"]["message"]
    assert here.far.calls == []


def test_a_class_stops_at_its_tokens_of_the_day(here: House) -> None:
    here.far.says = Says(input=12_000, output=50)
    answers = [here.ask(model="mosaic") for _ in range(8)]
    statuses = [one.status_code for one in answers]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert "'mosaic/sort' may use 60,000 tokens a day" in answers[-1].text
    assert int(answers[-1].headers["retry-after"]) > 60
    # Other classes and models go on.
    assert here.ask(model="small").status_code == 200
    here.assert_settled()


def test_a_key_keeps_to_its_scopes(here: House) -> None:
    key = make_key(here.app, models=("mid*",), endpoints=("chat/completions",))
    assert here.ask(key=key, model="mid").status_code == 200
    assert here.ask(key=key, model="small").status_code == 403
    assert here.ask("embeddings", key=key, model="mid").status_code == 403
    assert len(here.far.calls) == 1


def test_limits_of_a_key_are_told_with_when_to_come_back(here: House) -> None:
    key = make_key(here.app, requests_per_minute=2)
    # Turned away by its scope or its model, a call uses nothing up.
    assert [here.ask(key=key, model="nothing").status_code for _ in range(5)] == [404] * 5
    assert [here.ask(key=key, model="mid").status_code for _ in range(2)] == [200, 200]
    refused = here.ask(key=key, model="mid")
    assert (refused.status_code, "2 requests a minute" in refused.text) == (429, True)
    assert 0 < int(refused.headers["retry-after"]) <= 61


def test_a_result_moves_calls_without_a_restart(here: House) -> None:
    workspace = here.app.workspace
    held = MOSAIC.replace("tokens_per_day = 60000", 'quality_floor = 0.9\nevaluation = "finance.invoice-matching"')
    (workspace / "routes" / "mosaic.toml").write_text(
        f"{held}\n[meta]\nversion = 2\nsince = 2026-01-01\nreviewed = 2026-01-01\n", encoding="utf-8"
    )
    assert load(workspace).routes["mosaic"].task_class[0].quality_floor is not None
    with here.app.store.unit() as unit:
        here.app.graph.apply(unit, actor="person:local-administrator")
    result = {"evaluation": "finance.invoice-matching", "cases": 30, "source": "run 7"}
    here.app.routing.record(here.app.principal(), served="mid", score=Decimal("0.95"), **result)
    here.app.following.try_to_look()
    answer = here.ask(model="mosaic")
    assert here.far.calls[-1].model == "far-mid"
    assert "passed over small (no result on finance.invoice-matching)" in answer.headers["x-tiebeam-route"]
