"""Tokens, GPUs and capacity for one volume. ids: EC-12, EC-26"""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.rooms.economics.calculator.market import META, asked, catalogue, listed, measured, offer, own

from tiebeam.economics.calculator import BadQuestion, Catalogue, OptionKind, compare
from tiebeam.spec import Price

ONE = {"concurrency": "8", "replica": "1"}


def capacity(**changes: object) -> Price:
    """10 an hour for 100,000 tokens a minute: 7,300 a month for at most 4.38e9 tokens."""
    point = {"usd_per_hour": "10", "tokens_per_minute": 100_000, "since": "2026-01-01", "source": "an offer"}
    named = {"id": "dedicated", "meta": META, "provider": "works", "model": "alpha"}
    return Price.model_validate({**named, "capacity": [{**point, "checked": "2026-11-01", **changes}]})


def market(*more: Price) -> Catalogue:
    """6 a million by the token; 2 an hour on a GPU: 243.3M tokens cost the 1,460 of its month."""
    return catalogue(own("alpha"), offer("works", ("on-demand", "2", "2026")), measured("1000"), *more)


def test_the_cheapest_comes_first_and_changes_with_the_volume() -> None:
    # 200M x 6 = 1,200 < 1,460; 300M x 6 = 1,800 > 1,460.
    few, many = compare(market(), asked(**ONE)), compare(market(), asked(**ONE, tokens="300000000"))
    assert [(one.kind, one.per_month) for one in few.options] == [(OptionKind.API, 1200), (OptionKind.HOSTING, 1460)]
    assert [(one.kind, one.per_month) for one in many.options] == [(OptionKind.HOSTING, 1460), (OptionKind.API, 1800)]
    assert few.cheapest is not None
    assert few.cheapest.id == "works/alpha"
    # What is paid for idle hours is in the cost of a token: 1,460 / 200M.
    assert few.options[1].per_mtok == Decimal("7.3")
    assert few.options[1].detail.startswith("1 GPU on-demand, benchmark")


def test_the_break_even_is_where_one_gpu_costs_what_its_tokens_do() -> None:
    found = compare(market(), asked(**ONE)).break_even
    assert found is not None
    assert (found.metered, found.hosted, found.gpus_per_step) == ("works/alpha", "works.gpu/llama-3-1-70b", 1)
    # 1,460 / 6 x 1e6 = 243.33M tokens; a full GPU costs far less than its tokens, so it stays cheaper.
    assert found.crossing.first is not None
    assert round(found.crossing.first) == 243_333_333
    assert found.crossing.for_good == found.crossing.first
    assert round(found.curve[-1].tokens) == 486_666_667


def test_which_two_are_compared_is_a_choice() -> None:
    models = catalogue(
        own("alpha"),
        own("beta", input_usd_per_mtok="1", output_usd_per_mtok="1"),
        offer("works", ("on-demand", "2", "2026")),
        offer("forge", ("on-demand", "1", "2026")),
        measured("1000"),
    )
    usual = compare(models, asked(**ONE)).break_even
    assert usual is not None
    assert (usual.metered, usual.hosted) == ("works/beta", "forge.gpu/llama-3-1-70b")
    chosen = compare(models, asked(**ONE, metered="works/alpha", rented="works.gpu/llama-3-1-70b")).break_even
    assert chosen is not None
    assert (chosen.metered, chosen.hosted) == ("works/alpha", "works.gpu/llama-3-1-70b")
    for name in ("metered", "rented"):
        with pytest.raises(BadQuestion) as refused:
            compare(models, asked(**ONE, **{name: "nothing"}))
        assert refused.value.data["field"] == name


def test_without_one_side_there_is_no_break_even_but_a_reason() -> None:
    alone = compare(catalogue(own("alpha")), asked())
    assert (alone.break_even, alone.missing) == (None, "no hosting option with a figure passes the filters")
    other = compare(catalogue(offer("works", ("on-demand", "2", "2026")), measured("1000")), asked(**ONE))
    assert other.missing == "no API option with a figure passes the filters"
    nothing = compare(catalogue(), asked())
    assert (nothing.options, nothing.cheapest) == ((), None)
    chosen = compare(market(), asked(**ONE, batch="0.5", metered="works/alpha"))
    assert chosen.missing is not None
    assert "batch" in chosen.missing
    assert chosen.without_figures == 1


def test_capacity_at_a_fixed_price_stands_beside_metered_tokens() -> None:
    # 2e9 tokens: 12,000 metered; one unit for 7,300 serves all of them, busy all of the time.
    view = compare(market(capacity()), asked(**ONE, busy="1", tokens="2000000000"))
    found = next(one for one in view.options if one.kind is OptionKind.CAPACITY)
    assert (found.id, found.per_month, found.per_mtok) == ("dedicated/capacity", 7300, Decimal("3.65"))
    assert found.used_share is not None
    assert round(found.used_share, 4) == Decimal("0.4566")
    assert found.detail == "1 units of 100,000 tokens a minute"
    assert found.source == "an offer, checked 2026-11-01"
    # 5e9 tokens: one unit serves 4.38e9, the other 0.62e9 are 3,720 metered: 11,020 against 14,600 for two units.
    more = compare(market(capacity()), asked(**ONE, busy="1", tokens="5000000000"))
    assert next(one.per_month for one in more.options if one.kind is OptionKind.CAPACITY) == 11_020


def test_capacity_that_is_not_to_be_had_is_a_note() -> None:
    later = compare(market(capacity(since="2027-01-01")), asked(**ONE))
    assert all(one.kind is not OptionKind.CAPACITY for one in later.options)
    assert any("offers no capacity" in note for note in later.notes)
    stale = compare(market(capacity(checked="2025-01-01", since="2025-01-01")), asked(**ONE))
    assert any("last checked" in note for note in stale.notes)
    other = compare(catalogue(listed("beta"), capacity()), asked())
    assert all(one.kind is OptionKind.API for one in other.options)
