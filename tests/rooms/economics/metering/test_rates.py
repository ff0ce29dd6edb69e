"""Prices compiled to whole numbers charge what prices charge (ids: EC-21, EC-24)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.metering import NOON, price_point, prices

from tiebeam.economics.metering import PriceBook, Rates, Unpriced, Usage
from tiebeam.economics.prices import (
    AliasRefused,
    ModelPrice,
    Prices,
    StalePrice,
    TokenUsage,
    UnknownPrice,
    UnknownPricePart,
)
from tiebeam.kit import FixedClock
from tiebeam.spec import Meta, Price, PromptTier

AT = datetime.fromtimestamp(NOON / 1000, UTC)
CLOCK = FixedClock(AT)

_rates = st.one_of(
    st.none(),
    st.decimals(min_value=0, max_value=1000, places=2),
    st.decimals(min_value=0, max_value=1, places=7),
)
_some = st.decimals(min_value=0, max_value=100, places=5)
_tiers = st.builds(
    PromptTier,
    above_input_tokens=st.integers(1, 300_000),
    input_usd_per_mtok=_rates,
    output_usd_per_mtok=_rates,
    cached_input_usd_per_mtok=_rates,
    cache_write_usd_per_mtok=_rates,
    cache_write_1h_usd_per_mtok=_some,
)
_points = st.builds(
    lambda parts, tiers: price_point(**parts, tier=tuple(tiers)),
    st.fixed_dictionaries(
        {
            "input_usd_per_mtok": _some,
            "output_usd_per_mtok": _some,
            "cached_input_usd_per_mtok": _rates,
            "cache_write_usd_per_mtok": _rates,
            "cache_write_1h_usd_per_mtok": _some,
            "usd_per_thousand_requests": _rates,
            "audio_input_usd_per_mtok": _some,
            "audio_output_usd_per_mtok": _some,
        }
    ),
    st.lists(_tiers, max_size=2, unique_by=lambda tier: tier.above_input_tokens),
)
_tokens = st.one_of(st.just(0), st.integers(0, 400), st.integers(0, 10**9))
_usages = st.builds(
    Usage,
    input=_tokens,
    cached=_tokens,
    cache_write=_tokens,
    output=_tokens,
    reasoning=_tokens,
    cache_write_1h=_tokens,
)
_sounds = st.builds(Usage, input=_tokens, output=_tokens, audio_input=_tokens, audio_output=_tokens)


def _asked(usage: Usage) -> TokenUsage:
    return TokenUsage(
        "small-1",
        input=usage.all_input - usage.audio_input,
        output=usage.all_output - usage.audio_output,
        cached_input=usage.cached,
        cache_write=usage.cache_write,
        cache_write_1h=usage.cache_write_1h,
        provider="acme",
        audio_input=usage.audio_input,
        audio_output=usage.audio_output,
    )


@given(point=_points, usage=_usages | _sounds)
@settings(max_examples=300, deadline=None)
def test_whole_numbers_charge_exactly_what_prices_charge(point: object, usage: Usage) -> None:
    room = prices(CLOCK, point)
    rates = PriceBook(room).rates("small-1", provider="acme", at=NOON)

    assert isinstance(rates, Rates)
    assert rates.cost_nano(usage) == room.cost(_asked(usage), at=AT).usd_nano


@given(point=_points, usage=_usages | _sounds, more=st.integers(0, 10_000))
@settings(max_examples=300, deadline=None)
def test_no_call_within_its_bounds_costs_more_than_its_worst(point: object, usage: Usage, more: int) -> None:
    rates = PriceBook(prices(CLOCK, point)).rates("small-1", provider="acme", at=NOON)

    assert isinstance(rates, Rates)
    assert rates.cost_nano(usage) <= rates.worst_nano(
        usage.all_input + more,
        usage.all_output,
        audio=usage.audio_input + usage.audio_output > 0,
        keeps_an_hour=usage.cache_write_1h > 0,
    )


def test_half_a_nano_dollar_goes_to_the_even_one_and_a_hold_goes_up() -> None:
    point = price_point(input_usd_per_mtok=Decimal("0.0005"), output_usd_per_mtok=Decimal(0))
    rates = PriceBook(prices(CLOCK, point)).rates("small-1", provider="acme", at=NOON)

    assert isinstance(rates, Rates)
    assert [rates.cost_nano(Usage(input=count)) for count in (1, 3, 5)] == [0, 2, 2]
    assert [rates.worst_nano(count, 0) for count in (1, 3, 5)] == [1, 2, 3]


def test_a_model_without_a_price_is_a_state_of_its_own_and_never_costs_nothing() -> None:
    # complaint: 9
    book = PriceBook(prices(CLOCK))

    unknown = book.rates("unheard-of", provider="acme", at=NOON)
    alias = book.rates("small-latest", provider="acme", at=NOON)
    stale = PriceBook(prices(FixedClock(AT), price_point(checked=date(2024, 1, 1)))).rates(
        "small-1", provider="acme", at=NOON
    )

    assert isinstance(unknown, Unpriced)
    assert isinstance(unknown.problem, UnknownPrice)
    assert "unheard-of" in unknown.problem.message
    assert isinstance(alias, Unpriced)
    assert isinstance(alias.problem, AliasRefused)
    assert isinstance(stale, Unpriced)
    assert isinstance(stale.problem, StalePrice)


@pytest.mark.parametrize("model", ["unheard-of", "small-latest"])
def test_a_conservative_price_is_charged_where_it_is_declared_and_says_what_it_is(model: str) -> None:
    # complaint: 9
    book = PriceBook(prices(CLOCK))
    point = price_point(input_usd_per_mtok=Decimal(10), output_usd_per_mtok=Decimal(50), checked=date(2020, 1, 1))

    rates = book.rates(model, provider="acme", at=NOON, conservative=point)

    assert isinstance(rates, Rates)
    assert rates.is_conservative
    assert rates.price.model == model
    assert rates.price.source.startswith("conservative")
    charged = rates.charge(Usage(input=1000, output=10), worst=99)
    assert (charged.nano, charged.estimated) == (10_500_000, True)
    assert book.snapshot(rates.digest) == rates.snapshot
    known = book.rates("small-1", provider="acme", at=NOON, conservative=point)
    assert isinstance(known, Rates)
    assert not known.is_conservative


@pytest.mark.parametrize(
    "usage",
    [None, Usage(input=-1), Usage(output=10**30), Usage(audio_input=5)],
    ids=["not stated", "negative", "absurd", "a kind without a price"],
)
def test_usage_that_cannot_be_priced_is_charged_at_worst_as_an_estimate(usage: Usage | None) -> None:
    # complaint: 9
    rates = PriceBook(prices(CLOCK)).rates("small-1", provider="acme", at=NOON)

    assert isinstance(rates, Rates)
    charged = rates.charge(usage, worst=777)
    assert (charged.nano, charged.estimated) == (777, True)


def test_a_kind_of_token_without_a_price_has_no_worst_case() -> None:
    rates = Rates(ModelPrice("acme", "embed", Decimal("0.02"), None, None, "a list"))

    assert rates.worst_nano(1_000, 0) == 20_000
    with pytest.raises(UnknownPricePart, match="output"):
        rates.worst_nano(1_000, 1)
    with pytest.raises(UnknownPricePart, match="audio"):
        rates.worst_nano(1_000, 0, audio=True)
    with pytest.raises(UnknownPricePart):
        rates.cost_nano(Usage(output=1))
    assert rates.cost_nano(Usage(input=1)) == 20


def test_a_book_knows_the_price_of_the_moment_and_goes_on_with_other_prices() -> None:
    later = price_point(since=date(2026, 3, 3), input_usd_per_mtok=Decimal("0.20"))
    book = PriceBook(prices(CLOCK, price_point(), later))
    day = 86_400_000

    before = book.rates("small-1", provider="acme", at=NOON)
    after = book.rates("small-1", provider="acme", at=NOON + day)
    again = book.rates("small-1", provider="acme", at=NOON)

    assert isinstance(before, Rates)
    assert isinstance(after, Rates)
    assert (before.cost_nano(Usage(input=10)), after.cost_nano(Usage(input=10))) == (1_000, 2_000)
    assert again is before
    book.use(Prices({}, CLOCK, currency="USD"))
    assert isinstance(book.rates("small-1", provider="acme", at=NOON), Unpriced)


def test_sound_is_charged_at_prices_of_its_own() -> None:
    book = PriceBook(Prices({}, CLOCK, currency="USD"))

    rates = book.rates("gpt-audio", provider="openai", at=NOON)

    assert isinstance(rates, Rates)
    used = Usage(input=1000, output=100, audio_input=10, audio_output=20)
    assert rates.cost_nano(used) == 2_500_000 + 1_000_000 + 320_000 + 1_280_000
    assert rates.worst_nano(10, 10) == 25_000 + 100_000
    assert rates.worst_nano(10, 10, audio=True) == 320_000 + 640_000


def test_an_hour_in_anthropics_cache_costs_what_its_invoice_says() -> None:
    book = PriceBook(Prices({}, CLOCK, currency="USD"))
    used = Usage(input=1_000, cached=50_000, cache_write=2_000, cache_write_1h=20_000, output=300, reasoning=200)

    rates = book.rates("claude-sonnet-4-5", provider="anthropic", at=NOON)

    assert isinstance(rates, Rates)
    # By hand, in dollars a million: 3 fresh, 0.30 read, 3.75 for five minutes, 6 for an hour, 15 out.
    by_hand = 1_000 * 3_000 + 50_000 * 300 + 2_000 * 3_750 + 20_000 * 6_000 + 500 * 15_000
    assert rates.cost_nano(used) == by_hand
    assert rates.worst_nano(used.all_input, used.all_output, keeps_an_hour=True) >= by_hand
    assert rates.worst_nano(1_000, 0, keeps_an_hour=True) == 6_000_000
    assert rates.worst_nano(1_000, 0) == 3_750_000
    # Above 200,000 tokens of prompt everything is dearer, and that too.
    assert rates.worst_nano(300_000, 0, keeps_an_hour=True) == 300_000 * 12_000


@pytest.mark.parametrize(
    ("provider", "model", "written", "hour"),
    [
        ("anthropic", "house-name", "3.75", "6.00"),
        ("aws", "eu.anthropic.claude-opus", "3.75", "6.00"),
        ("anthropic", "without-a-cache", None, "6"),
        ("anthropic", "dear-cache", "5", "8.0"),
        ("acme", "small", "3.75", None),
    ],
)
def test_an_hour_without_a_price_is_reckoned_for_anthropics_models_alone(
    provider: str, model: str, written: str | None, hour: str | None
) -> None:
    five = None if written is None else Decimal(written)
    point = price_point(input_usd_per_mtok=Decimal(3), cache_write_usd_per_mtok=five)
    record = Price(
        id="own", meta=Meta(since=point.since, reviewed=point.checked), provider=provider, model=model, price=(point,)
    )
    rates = PriceBook(Prices({"own": record}, CLOCK, currency="USD")).rates(model, provider=provider, at=NOON)

    assert isinstance(rates, Rates)
    assert rates.price.cache_write_1h_usd_per_mtok == (None if hour is None else Decimal(hour))
    assert ("ratio" in rates.price.source) is (hour is not None)
    if hour is None:
        # Held at twice the input, and charged as held: nothing says what it costs.
        assert rates.worst_nano(1_000, 0, keeps_an_hour=True) == 6_000_000
        assert rates.charge(Usage(cache_write_1h=10), worst=77).estimated


def test_the_public_list_compiles_too() -> None:
    book = PriceBook(Prices({}, CLOCK, currency="USD"))

    rates = book.rates("gpt-4o-mini", provider="openai", at=NOON)

    assert isinstance(rates, Rates)
    assert rates.cost_nano(Usage(input=800, cached=200, output=100)) == 120_000 + 15_000 + 60_000
    assert replace(rates.price).model == "gpt-4o-mini"


def test_a_listed_model_that_answers_with_pictures_is_not_charged_as_if_they_were_text() -> None:
    book = PriceBook(Prices({}, CLOCK, currency="USD"))

    pictures = book.rates("gemini-2.5-flash-image", provider="google", at=NOON)
    text = book.rates("gemini-2.5-flash", provider="google", at=NOON)

    assert isinstance(pictures, Unpriced)
    assert "pictures" in pictures.problem.message
    assert isinstance(text, Rates)


def test_prices_that_hold_at_certain_hours_change_on_their_minute() -> None:
    room = Prices({}, CLOCK, currency="USD")
    book = PriceBook(room)
    midnight = datetime(2025, 6, 2, tzinfo=UTC)
    used = TokenUsage("deepseek-chat", input=1_000_000, output=1_000_000, provider="deepseek")

    for minutes in (0, 29, 30, 31, 16 * 60 + 29, 16 * 60 + 30, 16 * 60 + 31):
        moment = midnight + timedelta(minutes=minutes)
        rates = book.rates("deepseek-chat", provider="deepseek", at=int(moment.timestamp() * 1000))
        assert isinstance(rates, Rates)
        assert rates.cost_nano(Usage(input=1_000_000, output=1_000_000)) == room.cost(used, at=moment).usd_nano


def test_the_public_list_has_no_hours_that_begin_within_a_quarter_of_an_hour() -> None:
    listed = [model.prices for provider in get_snapshot().providers for model in provider.models]
    dated = [one.constraint for prices_of in listed if isinstance(prices_of, list) for one in prices_of]
    times = [getattr(one, name, None) for one in dated for name in ("start_time", "end_time")]

    assert all(one is None or (one.minute % 15, one.second, one.microsecond) == (0, 0, 0) for one in times)
