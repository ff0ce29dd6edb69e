"""Verbs of routing: results that floors are read from, the register, and why a call goes where it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.builders.authority import authority
from tests.rooms.economics.routing.market import META, MOSAIC, NOW, approval, market, policy

from tiebeam.authority import Principal, PrincipalKind
from tiebeam.economics import Prices
from tiebeam.economics.keys import Following
from tiebeam.economics.routing import Facts, Routing, UnknownModel, WrongResult
from tiebeam.errors import Refused
from tiebeam.graph import Graph
from tiebeam.kit import FixedClock
from tiebeam.spec import Endpoint, EvaluationSet, Price
from tiebeam.store import Store, read_journal

# ids: EC-22, EC-24, EC-25, EC-26

CFO = Principal("ada", "Ada", roles=("cfo",))
CLERK = Principal("bob", "Bob", roles=("ap-analyst",))
STRANGER = Principal("eve", "Eve")
FACTS = Facts(endpoint=Endpoint.CHAT, now_ms=int(NOW.timestamp() * 1000))
HELD = policy(MOSAIC, classify={"quality_floor": "0.9", "evaluation": "mail.sorting"})
RESULT: dict[str, Any] = {
    "served": "small",
    "evaluation": "mail.sorting",
    "score": Decimal("0.94"),
    "cases": 200,
    "source": "run of 2026-03-01",
}


def company() -> Graph:
    graph = market(policy=HELD, approvals=(approval("far", commitment=[COMMITMENT]),))
    one = {"id": "one", "title": "A bill", "given": {}, "expect": {}, "why": "a test"}
    cases = EvaluationSet.model_validate(
        {"id": "mail.sorting", "meta": META, "title": "Mail", "scorer": "mail.sorted", "case": [one]}
    )
    return replace(graph, evaluations={"mail.sorting": cases})


COMMITMENT = {"usd_per_month": "200", "since": date(2026, 1, 1), "until": date(2026, 12, 31), "source": "contract"}


def routing_of(store: Store, graph: Graph, clock: FixedClock) -> tuple[Routing, Following]:
    following = Following(store)
    prices = Prices(graph.prices, clock=clock, currency="USD")
    return Routing(store, authority=authority(), graph=lambda: graph, prices=prices, following=following), following


def test_a_result_moves_the_class_in_this_process_and_in_others(store: Store, clock: FixedClock) -> None:
    graph = company()
    here, following = routing_of(store, graph, clock)
    far, far_following = routing_of(store, graph, clock)
    assert here.router is None
    for one in (following, far_following):
        one.try_to_look()
    here.record(CFO, **{**RESULT, "served": "mid", "score": Decimal(1)})
    far_following.try_to_look()
    assert far.router is not None
    assert far.router.route("mosaic", facts=FACTS).served.id == "mid"
    here.record(CFO, **RESULT)
    far_following.try_to_look()
    assert far.router.route("mosaic", facts=FACTS).served.id == "small"
    with store.read() as conn:
        assert far.fresh(conn).route("mosaic", facts=FACTS).served.id == "small"


def test_the_latest_result_holds_and_none_is_changed(store: Store, clock: FixedClock) -> None:
    routing, following = routing_of(store, company(), clock)
    first = routing.record(CFO, **RESULT)
    clock.advance(hours=1)
    second = routing.record(CFO, **{**RESULT, "score": Decimal("0.5")})
    routing.record(CFO, **{**RESULT, "served": "mid", "score": Decimal("0.91")})
    following.try_to_look()
    assert routing.router is not None
    assert routing.router.route("mosaic", facts=FACTS).served.id == "mid"
    with store.read() as conn:
        rows = routing.results(conn, CLERK, served="small")
        entries = read_journal(conn, "route:small")
    assert rows == [second, first]
    assert [(one.kind, one.payload["score"]) for one in entries] == [
        ("quality.recorded", "0.94"),
        ("quality.recorded", "0.5"),
    ]


def test_only_who_answers_for_the_model_records_results(store: Store, clock: FixedClock) -> None:
    routing, _ = routing_of(store, company(), clock)
    with pytest.raises(Refused, match="who answers for the model or its provider"):
        routing.record(CLERK, **RESULT)
    scopes = frozenset({"route.record_quality"})
    feed = Principal("evals", "Evals", roles=("cfo",), kind=PrincipalKind.SERVICE, scopes=scopes)
    assert routing.record(feed, **RESULT).recorded_by == "service:evals"
    with pytest.raises(Refused):
        routing.record(replace(feed, kind=PrincipalKind.AGENT), **RESULT)
    with store.read() as conn, pytest.raises(Refused):
        routing.results(conn, STRANGER)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"score": Decimal("1.01")}, WrongResult),
        ({"score": Decimal("NaN")}, WrongResult),
        ({"cases": 0}, WrongResult),
        ({"source": " "}, WrongResult),
        ({"evaluation": "nothing.there"}, WrongResult),
        ({"model": "some-other"}, WrongResult),
        ({"served": "nothing"}, UnknownModel),
    ],
)
def test_wrong_results_are_not_kept(store: Store, clock: FixedClock, wrong: dict[str, Any], error: type) -> None:
    routing, _ = routing_of(store, company(), clock)
    with pytest.raises(error):
        routing.record(CFO, **{**RESULT, **wrong})
    with store.read() as conn:
        assert routing.results(conn, CFO) == []


def test_why_a_call_goes_where_it_goes_with_everything_weighed(store: Store, clock: FixedClock) -> None:
    routing, _ = routing_of(store, company(), clock)
    routing.record(CFO, **{**RESULT, "score": Decimal("0.8")})
    routing.record(CFO, **{**RESULT, "served": "mid"})
    with store.read() as conn:
        found = routing.explain(conn, CLERK, "mosaic", facts=FACTS)
    assert (found.policy, found.task_class, found.served, found.refusal) == ("mosaic", "classify", "mid", "")
    small, mid = found.candidates
    # Three tokens in for one out: (3 x 1 + 4) / 4 and (3 x 3 + 15) / 4.
    assert (small.usd_per_mtok, mid.usd_per_mtok) == (Decimal("1.75"), Decimal(6))
    assert (small.why_not, small.score, small.approval) == (
        "0.8 on mail.sorting, floor 0.9",
        Decimal("0.8"),
        "far-approved",
    )
    assert mid.is_open


def test_a_refusal_is_explained_too(store: Store, clock: FixedClock) -> None:
    routing, _ = routing_of(store, company(), clock)
    with store.read() as conn:
        found = routing.explain(conn, CLERK, "mosaic", facts=FACTS)
        direct = routing.explain(conn, CLERK, "frontier", facts=FACTS)
    assert "no result on mail.sorting" in found.refusal
    assert (direct.policy, direct.route, len(direct.candidates)) == ("", "frontier, as asked", 1)


def test_dedicated_capacity_is_a_candidate_at_the_price_of_its_use(store: Store, clock: FixedClock) -> None:
    capacity = Price.model_validate(
        {
            "id": "far-reserved",
            "meta": META,
            "provider": "far",
            "model": "far-frontier",
            "capacity": [
                {
                    "usd_per_hour": "6",
                    "tokens_per_minute": 100_000,
                    "since": date(2026, 1, 1),
                    "source": "a test",
                    "checked": date(2026, 3, 1),
                }
            ],
        }
    )
    graph = company()
    routing, _ = routing_of(store, replace(graph, prices={**graph.prices, "far-reserved": capacity}), clock)
    with store.read() as conn:
        (found,) = routing.explain(conn, CFO, "frontier", facts=FACTS).candidates
    assert found.dedicated is not None
    # Six dollars an hour for six million tokens an hour.
    assert found.dedicated.usd_per_mtok_at_full_use == 1
    assert (found.dedicated.utilisation, found.dedicated.usd_per_mtok) == (0, None)
    assert found.usd_per_mtok == Decimal(20)


def test_the_register_shows_owners_commitments_and_what_it_is_about(store: Store, clock: FixedClock) -> None:
    routing, _ = routing_of(store, company(), clock)
    (line,) = routing.register(CLERK)
    assert (line.provider, line.owner_role, line.upstreams, line.is_over) == ("far", "cfo", ("far",), False)
    assert [(one.usd_per_month, one.source) for one in line.commitments] == [(200, "contract")]
    with store.read() as conn:
        (promise,) = routing.commitments(conn, CLERK)
        assert (promise.provider, promise.usd_per_month, promise.used_usd) == ("far", 200, 0)
        with pytest.raises(Refused):
            routing.commitments(conn, STRANGER)
    clock.advance(days=400)
    assert routing.register(CLERK)[0].commitments == ()
    with pytest.raises(Refused):
        routing.register(STRANGER)
