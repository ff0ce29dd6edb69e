"""What a call costs, to the last digit; and what other prices would mean.

ids: EC-01, EC-02, EC-03, EC-04, EC-05, EC-08, EC-09, EC-26
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.economics.prices import (
    Prices,
    TokenUsage,
    UnknownPricePart,
    blended_usd_per_mtok,
    monthly_usd,
    price_drop,
)
from tiebeam.errors import Invalid
from tiebeam.kit import FixedClock
from tiebeam.spec import Price, ServiceTier

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LONG = {"above_input_tokens": 200_000, "input_usd_per_mtok": "6", "output_usd_per_mtok": "22.5"}


def record(**changes: object) -> Price:
    point = {
        "since": "2026-01-01",
        "input_usd_per_mtok": "3",
        "output_usd_per_mtok": "15",
        "cached_input_usd_per_mtok": "0.3",
        "cache_write_usd_per_mtok": "3.75",
        "tier": [LONG],
        "source": "contract",
        "checked": "2026-11-01",
    }
    whole = {
        "id": "own",
        "meta": {"since": "2026-01-01", "reviewed": "2026-01-01"},
        "provider": "own",
        "model": "m",
        "price": [point],
    }
    return Price.model_validate({**whole, **changes})


def book(*records: Price) -> Prices:
    return Prices({one.id: one for one in records or (record(),)}, FixedClock(NOW), currency="USD")


def test_a_drop_from_20_to_015_dollars_makes_50000_a_month_375() -> None:
    found = price_drop(Decimal(50_000), from_usd_per_mtok=Decimal(20), to_usd_per_mtok=Decimal("0.15"))
    # 50,000 / 20 x 1e6 tokens; the same at 0.15; 20 / 0.15.
    assert found.tokens_per_month == 2_500_000_000
    assert found.usd_per_month_after == Decimal("375.00")
    assert found.saved_usd_per_month == Decimal("49625.00")
    assert found.saved_share == Decimal("0.9925")
    assert found.ratio is not None
    assert round(found.ratio, 2) == Decimal("133.33")


def test_the_drop_is_a_dated_series_over_18_months() -> None:
    points = [
        {"since": day, "input_usd_per_mtok": usd, "output_usd_per_mtok": usd, "source": "list", "checked": "2026-11-01"}
        for day, usd in (("2023-01-01", "20"), ("2024-07-01", "0.15"))
    ]
    series = book(record(price=points)).history("m", provider="own")
    assert [(one.since, one.input_usd_per_mtok) for one in series] == [
        (date(2023, 1, 1), Decimal(20)),
        (date(2024, 7, 1), Decimal("0.15")),
    ]
    first, last = series[0].since, series[1].since
    assert first is not None
    assert last is not None
    assert (last.year - first.year) * 12 + last.month - first.month == 18
    before = book(record(price=points)).price("m", at=datetime(2024, 6, 30, 23, 59, tzinfo=UTC))
    assert before.input_usd_per_mtok == 20


def test_100000_interactions_of_2000_tokens() -> None:
    tokens = Decimal(100_000 * 2_000)
    assert tokens == 200_000_000
    assert monthly_usd(tokens, usd_per_mtok=Decimal(20)) == 4_000
    assert monthly_usd(tokens, usd_per_mtok=Decimal("0.15")) == 30
    assert monthly_usd(Decimal(2_000), usd_per_mtok=Decimal(20)) == Decimal("0.04")
    assert monthly_usd(Decimal(2_000), usd_per_mtok=Decimal("0.15")) == Decimal("0.0003")


def test_the_blended_price_follows_the_ratio() -> None:
    def blended(parts_in: int, parts_out: int) -> Decimal:
        return blended_usd_per_mtok(
            Decimal(3), Decimal(15), input_parts=Decimal(parts_in), output_parts=Decimal(parts_out)
        )

    assert blended(3, 1) == Decimal("6.00")
    assert (blended(1, 0), blended(0, 1), blended(1, 1)) == (3, 15, 9)
    with pytest.raises(Invalid, match="0:0"):
        blended(0, 0)


@pytest.mark.parametrize("bad", ["NaN", "-1", "Infinity", "1E+400"])
def test_no_figure_that_is_none_gets_through(bad: str) -> None:
    with pytest.raises(Invalid):
        monthly_usd(Decimal(bad), usd_per_mtok=Decimal(1))
    with pytest.raises(Invalid):
        price_drop(Decimal(1), from_usd_per_mtok=Decimal(bad), to_usd_per_mtok=Decimal(1))
    with pytest.raises(ValueError, match="input_usd_per_mtok"):
        record(price=[{**record().price[0].model_dump(), "input_usd_per_mtok": bad}])


def test_every_kind_of_token_has_its_price_and_the_parts_are_the_sum() -> None:
    usage = TokenUsage(model="m", input=100_000, output=2_000, cached_input=60_000, cache_write=10_000)
    cost = book().cost(usage)
    # 30,000 x 3 + 60,000 x 0.3 + 10,000 x 3.75 + 2,000 x 15, all over a million.
    assert cost.usd == Decimal("0.09") + Decimal("0.018") + Decimal("0.0375") + Decimal("0.03")
    assert {part.part: part.usd for part in cost.parts} == {
        "input": Decimal("0.09"),
        "cached_input": Decimal("0.018"),
        "cache_write": Decimal("0.0375"),
        "output": Decimal("0.03"),
    }


def test_a_long_prompt_costs_the_long_price_for_all_its_tokens_from_the_first_token_above() -> None:
    at, above = (book().cost(TokenUsage(model="m", input=n, output=0)) for n in (200_000, 200_001))
    assert at.usd == Decimal("0.6")
    assert above.usd == Decimal("1.200006")
    assert at.price.tier_of(200_000) is None
    assert above.price.tier_of(200_001) == 200_000
    # What the tier leaves out keeps the shorter prompt's price.
    cached = book().cost(TokenUsage(model="m", input=300_000, output=0, cached_input=300_000))
    assert cached.usd == Decimal("0.09")


def test_services_and_regions_have_prices_of_their_own() -> None:
    point = record().price[0].model_dump()
    batch = record(id="batch", service="batch", price=[{**point, "input_usd_per_mtok": "1.5"}])
    europe = record(id="europe", region="eu", price=[{**point, "input_usd_per_mtok": "3.3"}])
    prices = book(record(), batch, europe)

    def usd(**where: object) -> Decimal | None:
        return prices.price("m", provider="own", **where).input_usd_per_mtok  # pyright: ignore[reportArgumentType]

    assert (usd(), usd(service=ServiceTier.BATCH), usd(region="eu"), usd(region="us")) == (
        3,
        Decimal("1.5"),
        Decimal("3.3"),
        3,
    )


def test_a_service_or_region_nobody_prices_is_named_and_not_guessed() -> None:
    empty = Prices({}, FixedClock(NOW))
    with pytest.raises(UnknownPricePart, match="batch"):
        empty.price("claude-3-haiku", provider="anthropic", service=ServiceTier.BATCH)
    with pytest.raises(UnknownPricePart, match="region"):
        empty.price("gpt-4o-mini", provider="openai", region="eu")


def test_a_fee_for_the_call_itself_is_part_of_its_cost() -> None:
    point = {**record().price[0].model_dump(), "usd_per_thousand_requests": "14"}
    cost = book(record(price=[point])).cost(TokenUsage(model="m", input=1_000, output=0))
    assert cost.usd == Decimal("0.003") + Decimal("0.014")
    assert [part.part for part in cost.parts] == ["input", "request"]


counts = st.integers(min_value=0, max_value=10**12)


@given(one=counts, two=counts, out_one=counts, out_two=counts)
def test_a_cost_split_over_calls_is_the_same_cost(one: int, two: int, out_one: int, out_two: int) -> None:
    flat = book(record(price=[{**record().price[0].model_dump(), "tier": []}]))

    def usd(into: int, out: int) -> Decimal:
        return flat.cost(TokenUsage(model="m", input=into, output=out)).usd

    whole = usd(one + two, out_one + out_two)
    assert usd(one, out_one) + usd(two, out_two) == whole
    assert whole >= 0


@given(tokens=counts, more=counts, cached=counts)
def test_more_tokens_never_cost_less_and_the_cache_never_costs_more(tokens: int, more: int, cached: int) -> None:
    prices = book()
    usd = prices.cost(TokenUsage(model="m", input=tokens, output=0)).usd
    assert prices.cost(TokenUsage(model="m", input=tokens + more, output=0)).usd >= usd
    cached = min(cached, tokens)
    assert prices.cost(TokenUsage(model="m", input=tokens, output=0, cached_input=cached)).usd <= usd
