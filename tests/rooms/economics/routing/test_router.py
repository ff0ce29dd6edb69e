"""Routing: classes of tasks to the first model that is approved and good enough, explained in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rooms.economics.routing.market import MOSAIC, NOW, approval, market, policy, served, upstream

from tiebeam.economics.routing import (
    EndpointNotServed,
    Facts,
    NoModelFits,
    NotApproved,
    Route,
    Router,
    UnknownModel,
    UnknownTaskClass,
)
from tiebeam.graph import Graph
from tiebeam.spec import Endpoint, RoutePolicy

# ids: EC-22, EC-25, D14

FACTS = Facts(endpoint=Endpoint.CHAT, now_ms=int(NOW.timestamp() * 1000))
Scores = dict[tuple[str, str, str], Decimal]


def routed(graph: Graph, name: str = "mosaic", *, scores: Scores | None = None, **said: Any) -> Route:
    facts = said.pop("facts", FACTS)
    known = scores or {}
    router = Router.of(graph, scores=lambda *key: known.get(key))
    return router.route(name, facts=facts, **said)


def models(route: Route) -> list[str]:
    return [one.model for one in route.targets]


def test_a_model_by_its_name_goes_to_its_upstreams_in_order() -> None:
    graph = market(served("small", ("far", "far-small"), ("near", "near-small")))
    found = routed(graph, "small")
    assert [(one.upstream.id, one.model) for one in found.targets] == [("far", "far-small"), ("near", "near-small")]
    assert (found.task_class, found.output_cap, found.explanation) == ("", None, "small, as asked")


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownModel, match="there are frontier, mid, mosaic, small"):
        routed(market(), "smal")


def test_saturated_tasks_go_to_cheap_models_under_a_cap_and_frontier_only_by_class() -> None:
    found = routed(market())
    assert (models(found)[0], found.output_cap, found.task_class) == ("far-small", 200, "mosaic/classify")
    assert found.explanation == "mosaic/classify: small, saturated-task, at most 200 tokens out"
    assert found.daily is not None
    assert (found.daily.node, found.daily.cap) == ("mosaic/classify", 100_000)
    found = routed(market(), task_class="reason")
    assert (models(found), found.output_cap) == (["far-frontier"], None)


def test_the_workflow_says_the_class_where_the_call_does_not() -> None:
    assert routed(market(), workflow="legal.review").task_class == "mosaic/reason"
    assert routed(market(), workflow="legal.review", task_class="classify").task_class == "mosaic/classify"
    assert routed(market(), workflow="something").task_class == "mosaic/classify"


def test_a_class_may_be_said_as_the_ledger_writes_it_and_an_unknown_one_is_refused() -> None:
    assert routed(market(), task_class="mosaic/reason").task_class == "mosaic/reason"
    with pytest.raises(UnknownTaskClass, match="it has classify, reason"):
        routed(market(), task_class="chat")


@pytest.mark.parametrize(
    ("scores", "first"),
    [
        ({}, "far-mid"),
        ({"far-small": "0.89"}, "far-mid"),
        ({"far-small": "0.9"}, "far-small"),
        ({"far-small": "0.95", "far-mid": "1"}, "far-small"),
    ],
)
def test_a_quality_floor_takes_the_first_model_whose_result_meets_it(scores: dict[str, str], first: str) -> None:
    held = policy(MOSAIC, classify={"quality_floor": "0.9", "evaluation": "mail.sorting"})
    known = {("small", "far-small", "mail.sorting"): Decimal(scores["far-small"])} if "far-small" in scores else {}
    known[("mid", "far-mid", "mail.sorting")] = Decimal("0.97")
    found = routed(market(policy=held), scores=known)
    assert models(found)[0] == first
    if first == "far-mid":
        said = "no result on mail.sorting" if not scores else "0.89 on mail.sorting, floor 0.9"
        assert found.explanation.endswith(f"passed over small ({said})")


def test_the_result_of_another_model_behind_the_same_name_does_not_count() -> None:
    held = policy(MOSAIC, classify={"quality_floor": "0.9", "evaluation": "mail.sorting"})
    known = {("small", "older-small", "mail.sorting"): Decimal(1), ("mid", "older-mid", "mail.sorting"): Decimal(1)}
    with pytest.raises(NoModelFits, match=r"no result on mail\.sorting"):
        routed(market(policy=held), scores=known)


def test_what_no_approval_covers_is_refused_once_there_is_any() -> None:
    register = (approval("near"), approval("far", models=("far-mid", "far-front*")))
    graph = market(approvals=register)
    assert models(routed(graph, "mid")) == ["far-mid"]
    with pytest.raises(NotApproved, match="no approval of 'far' names the model 'far-small'"):
        routed(graph, "small")
    found = routed(graph)
    assert models(found) == ["far-mid"]
    assert "passed over small (no approval of 'far' names the model 'far-small')" in found.explanation


@pytest.mark.parametrize(
    ("register", "why"),
    [
        ((approval("near"),), "no approval names the provider 'far'"),
        ((approval("far", until=date(2026, 3, 1)),), "the approval of 'far' ended on 2026-03-01"),
        ((approval("far", regions=("eu",)),), "'far' is not approved in the region"),
    ],
)
def test_the_refusal_says_what_the_register_lacks(register: tuple[Any, ...], why: str) -> None:
    with pytest.raises(NotApproved) as refused:
        routed(market(approvals=register), "small")
    assert why in refused.value.message
    assert refused.value.status == 403


def test_an_approval_holds_on_its_last_day_and_in_its_regions() -> None:
    register = (approval("far", until=date(2026, 3, 2), regions=("eu", "us")),)
    graph = market(approvals=register, upstreams=(upstream("far", region="eu"), upstream("near")))
    assert models(routed(graph, "small")) == ["far-small"]


def test_only_upstreams_that_speak_the_endpoint_are_tried() -> None:
    mixed = (upstream("far", endpoints=("chat/completions",)), upstream("near", endpoints=("embeddings",)))
    graph = market(served("small", ("far", "far-small"), ("near", "near-small")), upstreams=mixed)
    embedding = replace(FACTS, endpoint=Endpoint.EMBEDDINGS)
    assert models(routed(graph, "small", facts=embedding)) == ["near-small"]
    with pytest.raises(EndpointNotServed, match="not served at /v1/messages"):
        routed(graph, "small", facts=replace(FACTS, endpoint=Endpoint.MESSAGES))


def test_a_prompt_too_long_or_with_images_goes_to_the_next_model_that_takes_it() -> None:
    small = served("small", ("far", "far-small"), context_tokens=1_000, max_image_tokens=0)
    graph = market(small)
    assert models(routed(graph)) == ["far-small", "far-mid"]
    assert models(routed(graph, facts=replace(FACTS, input_bound=5_000))) == ["far-mid"]
    assert models(routed(graph, facts=replace(FACTS, has_images=True))) == ["far-mid"]
    with pytest.raises(NoModelFits, match="too long or holds images"):
        routed(graph, facts=replace(FACTS, input_bound=10**9))


def meant_for(mode: str, **said: Any) -> Graph:
    return market(policy=policy(MOSAIC, mode=mode, also_for=["frontier"], **said))


def test_shadow_mode_sends_calls_where_they_were_meant_for_and_notes_the_other() -> None:
    found = routed(meant_for("shadow"), "frontier")
    assert models(found) == ["far-frontier"]
    assert found.shadow == "mosaic/classify: small"
    assert found.explanation == "frontier, as asked; shadow, mosaic would have taken mosaic/classify: small"
    assert (found.output_cap, found.daily, found.task_class) == (None, None, "")
    assert models(routed(meant_for("shadow"), "mosaic"))[0] == "far-small"


def test_live_mode_routes_other_names_too() -> None:
    assert models(routed(meant_for("live"), "frontier"))[0] == "far-small"


def test_a_canary_takes_its_share_and_all_calls_of_an_execution_go_one_way() -> None:
    graph = meant_for("canary", canary_share="0.2")
    router = Router.of(graph)
    ways = [router.route("frontier", facts=replace(FACTS, draw=f"run_{n}")) for n in range(2_000)]
    taken = [one for one in ways if one.task_class]
    assert 300 < len(taken) < 500
    assert all(models(one)[0] == "far-small" for one in taken)
    assert all(models(one) == ["far-frontier"] and one.shadow for one in ways if not one.task_class)
    again = [router.route("frontier", facts=replace(FACTS, draw=f"run_{n}")) for n in range(200)]
    assert again == ways[:200]
    by_moment = [router.route("frontier", facts=replace(FACTS, now_ms=FACTS.now_ms + n)) for n in range(500)]
    assert len({one.explanation for one in by_moment}) == 2


def test_what_a_shadow_would_have_refused_is_said_and_the_call_goes_on() -> None:
    held = policy(MOSAIC, mode="shadow", also_for=["frontier"], classify=FLOOR)
    found = routed(market(policy=held), "frontier")
    assert models(found) == ["far-frontier"]
    assert "mosaic would have refused" in found.shadow


FLOOR = {"quality_floor": "0.9", "evaluation": "mail.sorting"}


@given(st.text(min_size=1, max_size=300))
def test_explanations_fit_a_header(name: str) -> None:
    graph = market(policy=policy(MOSAIC, also_for=[name.strip() or "x"], mode="shadow"))
    try:
        said = routed(graph, name.strip() or "x").explanation
    except UnknownModel:
        return
    assert len(said) <= 200
    assert said.isascii()
    assert "\n" not in said


def test_the_day_decides_by_the_moment_of_the_call() -> None:
    router = Router.of(market(approvals=(approval("far", until=date(2026, 3, 2)),)))
    assert router.route("small", facts=FACTS).served.id == "small"
    tomorrow = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
    with pytest.raises(NotApproved):
        router.route("small", facts=replace(FACTS, now_ms=int(tomorrow.timestamp() * 1000)))


def test_every_class_with_a_cap_for_the_day_is_told() -> None:
    assert [one.node for one in Router.of(market()).daily] == ["mosaic/classify"]
    made: Callable[[RoutePolicy], Router] = lambda one: Router.of(market(policy=one))  # noqa: E731
    assert made(policy(MOSAIC, classify={"tokens_per_day": None})).daily == ()
