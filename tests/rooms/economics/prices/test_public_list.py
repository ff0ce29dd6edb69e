"""The public list as it is installed, and the library's curated part of it. ids: CA-13, EC-03, EC-25"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price

from tiebeam.economics.prices import Prices, TokenUsage, UnknownPrice, drift, public_models, public_price
from tiebeam.graph import Graph, load
from tiebeam.kit import FixedClock
from tiebeam.spec import Capability, ServiceTier

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def library() -> Graph:
    return load(None)


def test_at_least_55_models_of_8_providers_each_with_class_source_and_day(library: Graph) -> None:
    models = library.models.values()
    assert len(models) >= 55
    assert len({one.provider for one in models}) >= 8
    assert {one.capability for one in models} == set(Capability)
    for one in models:
        assert one.capability_basis
        assert (one.quality is None) == (one.quality_source is None)
        assert all(point.source.startswith("genai-prices ") and point.checked for point in one.price)


def test_the_library_says_what_the_installed_list_says(library: Graph) -> None:
    assert [f"{one.id}: {one.reason}" for one in drift(library.models)] == []


def test_drift_is_told_with_its_reason(library: Graph) -> None:
    offer = library.models["openai.gpt-4o-mini"]
    cheaper = offer.price[0].model_copy(update={"input_usd_per_mtok": Decimal("0.10")})
    moved = offer.model_copy(update={"price": (cheaper,)})
    gone = offer.model_copy(update={"id": "openai.gone", "model": "no-such-model"})
    found = {one.id: one.reason for one in drift({"a": moved, "b": gone})}
    assert "the library says 0.10, the list 0.15" in found["openai.gpt-4o-mini"]
    assert "no known price" in found["openai.gone"]


@pytest.mark.parametrize("tokens", [1_000, 250_000, 900_000])
def test_our_arithmetic_is_the_lists_arithmetic(library: Graph, tokens: int) -> None:
    prices = Prices({}, FixedClock(NOW))
    for one in library.models.values():
        usage = TokenUsage(model=one.model, provider=one.provider, input=tokens, output=700, cached_input=400)
        listed = Usage(input_tokens=tokens, output_tokens=700, cache_read_tokens=400)
        try:
            theirs = calc_price(listed, one.model, provider_id=one.provider, genai_request_timestamp=NOW)
        except LookupError:
            continue
        if theirs.model.id == one.model:
            assert prices.cost(usage).usd == theirs.total_price, one.id


def test_a_listed_price_of_a_past_day_is_the_one_of_that_day() -> None:
    before = public_price("o3", "openai", datetime(2025, 6, 9, tzinfo=UTC))
    after = public_price("o3", "openai", datetime(2025, 6, 10, tzinfo=UTC))
    assert (before.input_usd_per_mtok, after.input_usd_per_mtok) == (10, 2)
    assert (before.since, str(after.since)) == (None, "2025-06-10")


def test_a_batch_costs_what_the_list_says_of_batches() -> None:
    batch = public_price("claude-opus-5-5", "anthropic", NOW, service=ServiceTier.BATCH)
    assert (batch.input_usd_per_mtok, batch.output_usd_per_mtok) == (2, 10)


def test_a_model_the_list_forgot_keeps_the_librarys_noted_price(library: Graph) -> None:
    offer = library.models["openai.gpt-4o-mini"].model_copy(update={"model": "gone-from-the-list"})
    prices = Prices({}, FixedClock(NOW), listed={offer.id: offer})
    found = prices.price("gone-from-the-list", provider="openai")
    assert found.input_usd_per_mtok == Decimal("0.15")
    assert "as the library noted it" in found.source
    with pytest.raises(UnknownPrice, match="tiebeam prices search"):
        prices.price("nobodys", provider="openai")


def test_the_rest_of_the_list_can_be_searched() -> None:
    found = list(public_models("anthropic opus"))
    assert any(one.model == "claude-opus-5-5" for one in found)
    assert sum(1 for _ in public_models()) > 1_000
