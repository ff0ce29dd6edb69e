# ids: D7, EC-03 (a price history is a dated series), promise 3 (no price is an error, never zero)
from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tiebeam.economics import AliasRefused, MissingRate, Prices, StalePrice, TokenUsage, UnknownPrice
from tiebeam.errors import Invalid
from tiebeam.kit import FixedClock
from tiebeam.spec import Price

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def record(model: str = "in-house-70b", provider: str = "own-cluster", **changes: Any) -> Price:
    point = {
        "since": "2026-01-01",
        "input_usd_per_mtok": "0.40",
        "output_usd_per_mtok": "1.20",
        "source": "contract 17",
        "checked": "2026-02-01",
    } | changes
    earlier = point | {"since": "2025-01-01", "input_usd_per_mtok": "20.00", "checked": "2025-01-01"}
    return Price.model_validate(
        {
            "id": f"{provider}-{model}",
            "meta": {"since": "2026-01-01", "reviewed": "2026-01-01"},
            "provider": provider,
            "model": model,
            "price": [earlier, point],
        }
    )


def prices(*records: Price, at: datetime = AT, **settings: Any) -> Prices:
    return Prices({one.id: one for one in records}, FixedClock(at), **settings)


def test_the_workspaces_own_price_goes_before_the_public_list() -> None:
    found = prices(record("gpt-4o-mini", "openai")).price("gpt-4o-mini")
    assert found.input_usd_per_mtok == Decimal("0.40")
    assert found.source == "contract 17, checked 2026-02-01"


def test_the_price_of_the_day_is_used_and_earlier_days_keep_theirs() -> None:
    book = prices(record())
    assert book.price("in-house-70b").input_usd_per_mtok == Decimal("0.40")
    assert book.price("in-house-70b", at=datetime(2025, 6, 1, tzinfo=UTC)).input_usd_per_mtok == Decimal("20.00")
    with pytest.raises(UnknownPrice, match="starts after"):
        book.price("in-house-70b", at=datetime(2024, 6, 1, tzinfo=UTC))


def test_a_public_price_comes_with_its_source_and_exact_arithmetic() -> None:
    cost = prices().cost(TokenUsage(model="gpt-4o-mini", input=1_000_000, output=200_000))
    # 1,000,000 x $0.15/M + 200,000 x $0.60/M, by hand.
    assert cost.usd == Decimal("0.27")
    assert cost.usd_nano == 270_000_000
    assert cost.price.source.startswith("genai-prices ")


def test_long_calls_of_a_tiered_model_cost_the_tiers_price() -> None:
    book = prices()
    short = book.cost(TokenUsage(model="claude-sonnet-4-5", provider="anthropic", input=100_000, output=0))
    long = book.cost(TokenUsage(model="claude-sonnet-4-5", provider="anthropic", input=400_000, output=0))
    assert short.price.has_tiers
    assert long.usd > 4 * short.usd


def test_cached_tokens_are_charged_at_their_own_price() -> None:
    own = record(cached_input_usd_per_mtok="0.10")
    cost = prices(own).cost(TokenUsage(model="in-house-70b", input=1_000_000, output=0, cached_input=500_000))
    assert cost.usd == Decimal("0.25")


@pytest.mark.parametrize("alias", ["claude-3-5-sonnet-latest", "chatgpt-4o-latest", "mistral:latest", "latest"])
def test_a_name_that_means_another_model_tomorrow_is_never_priced(alias: str) -> None:
    with pytest.raises(AliasRefused):
        prices().price(alias)


def test_an_unknown_model_has_no_price_rather_than_price_zero() -> None:
    with pytest.raises(UnknownPrice, match="nobodys-model"):
        prices().cost(TokenUsage(model="nobodys-model", input=10, output=10))
    with pytest.raises(UnknownPrice):
        prices().price("gpt-4o-mini", provider="no-such-provider")


def test_no_model_of_the_public_list_is_ever_free_for_lack_of_a_figure() -> None:
    from genai_prices.data import providers

    unpriced = [
        (provider.id, model.id)
        for provider in providers
        for model in provider.models
        if not isinstance(model.prices, list) and model.prices.input_mtok is None and model.prices.output_mtok is None
    ]
    assert unpriced
    refused = 0
    for provider, model in unpriced[:40]:
        try:
            found = prices().price(model, provider=provider)
        except (UnknownPrice, AliasRefused):
            refused += 1
        else:
            # Another entry of the same provider matched the name; that one has a price.
            assert found.input_usd_per_mtok is not None or found.output_usd_per_mtok is not None
    assert refused > 0


def test_a_price_nobody_checked_for_a_year_is_stale() -> None:
    with pytest.raises(StalePrice, match="2026-02-01"):
        prices(record(), at=datetime(2027, 6, 1, tzinfo=UTC)).price("in-house-70b")


def test_two_providers_of_one_model_must_be_told_apart() -> None:
    book = prices(record(provider="one"), record(provider="two"))
    with pytest.raises(Invalid, match="several providers"):
        book.price("in-house-70b")
    assert book.price("in-house-70b", provider="two").provider == "two"


def test_a_price_snapshot_proves_itself() -> None:
    book = prices(record())
    one, again = book.price("in-house-70b").snapshot(), book.price("in-house-70b").snapshot()
    assert one["digest"] == again["digest"]
    assert one["digest"] != prices(record(output_usd_per_mtok="1.21")).price("in-house-70b").snapshot()["digest"]


def test_impossible_usage_is_refused() -> None:
    with pytest.raises(Invalid, match="impossible"):
        prices(record()).cost(TokenUsage(model="in-house-70b", input=1, output=0, cached_input=2))


def test_dollars_are_stated_in_the_workspaces_currency_only_by_a_rate() -> None:
    assert prices(rates={"USD": Decimal("0.92")}).in_currency(Decimal(100)) == Decimal("92.00")
    assert prices(currency="USD").in_currency(Decimal(100)) == 100
    with pytest.raises(MissingRate):
        prices().in_currency(Decimal(100))


def test_blended_price_at_three_to_one() -> None:
    # ids: EC-09. 3:1 with $3 in, $15 out = $6.00
    own = record(input_usd_per_mtok="3", output_usd_per_mtok="15")
    assert prices(own).price("in-house-70b").blended() == Decimal(6)
