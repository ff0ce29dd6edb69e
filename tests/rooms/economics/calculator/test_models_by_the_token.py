"""Models by the token, every figure by hand. ids: EC-01, EC-02, EC-04, EC-05, EC-08, EC-09, D1"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rooms.economics.calculator.market import DAY, asked, catalogue, library, listed, own, row, viewed

from tiebeam.economics import MissingRate
from tiebeam.economics.calculator import Catalogues, api_view
from tiebeam.economics.prices import blended_usd_per_mtok, price_drop
from tiebeam.spec import Capability


def test_three_to_one_of_3_and_15_dollars_is_6() -> None:
    # (3 x 3 + 1 x 15) / 4 = 6.00; 200M tokens cost 1,200 a month; a call of 2,000 tokens 0.012.
    found = viewed(own("alpha")).rows[0]
    assert (found.per_mtok, found.per_month, found.per_call) == (6, 1200, Decimal("0.012"))
    assert (found.source, found.since, found.checked) == (
        "contract 17, checked 2026-11-01",
        date(2026, 1, 1),
        date(2026, 11, 1),
    )


@pytest.mark.parametrize(
    ("ratio", "blended"), [("1:1", "9"), ("4:1", "5.4"), ("1:0", "3"), ("0:1", "15"), ("1:3", "12")]
)
def test_moving_the_ratio_moves_the_blended_cost(ratio: str, blended: str) -> None:
    found = viewed(own("alpha"), ratio=ratio, tokens="1000000").rows[0]
    assert found.per_mtok == found.per_month == Decimal(blended)


price = st.decimals(min_value=0, max_value=1000, places=4)
part = st.decimals(min_value="0.1", max_value=1000, places=1)


@given(input_price=price, output_price=price, parts=st.tuples(part, part))
def test_the_formula_is_the_one_of_the_price_room(
    input_price: Decimal, output_price: Decimal, parts: tuple[Decimal, Decimal]
) -> None:
    record = own("alpha", input_usd_per_mtok=input_price, output_usd_per_mtok=output_price)
    found = viewed(record, ratio=f"{parts[0]}:{parts[1]}").rows[0]
    assert found.per_mtok == blended_usd_per_mtok(
        input_price, output_price, input_parts=parts[0], output_parts=parts[1]
    )


def test_a_fall_from_20_dollars_to_15_cents_saves_what_it_should() -> None:
    # EC-01, EC-02: 50,000 / 20 x 1e6 = 2.5e9 tokens; at 0.15 they cost 375.00; 133.33 times less; 99.25 % saved.
    flat = {"input_usd_per_mtok": "20", "output_usd_per_mtok": "20"}
    cheap = {"input_usd_per_mtok": "0.15", "output_usd_per_mtok": "0.15"}
    view = viewed(own("before", **flat), own("after", **cheap), tokens="2500000000")
    before, after = row(view, "works/before").per_month, row(view, "works/after").per_month
    assert before is not None
    assert before == 50_000
    assert after is not None
    assert after == Decimal("375.00")
    drop = price_drop(Decimal(50_000), from_usd_per_mtok=Decimal(20), to_usd_per_mtok=Decimal("0.15"))
    assert drop.tokens_per_month == 2_500_000_000
    assert before / after == drop.ratio
    assert round(before / after, 2) == Decimal("133.33")
    assert (before - after, (before - after) / before) == (49_625, Decimal("0.9925"))


def test_a_hundred_thousand_interactions_of_2000_tokens() -> None:
    # EC-04, EC-05: 200M tokens; 4,000 a month and 0.04 each at 20; 30 a month and 0.0003 each at 0.15.
    flat = {"input_usd_per_mtok": "20", "output_usd_per_mtok": "20"}
    cheap = {"input_usd_per_mtok": "0.15", "output_usd_per_mtok": "0.15"}
    view = viewed(own("before", **flat), own("after", **cheap), calls="100000", per_call="2000")
    assert view.question.volume == 200_000_000
    before, after = row(view, "works/before"), row(view, "works/after")
    assert (before.per_month, before.per_call) == (4_000, Decimal("0.04"))
    assert (after.per_month, after.per_call) == (30, Decimal("0.0003"))


def test_cached_input_and_batch_are_reckoned_by_their_shares() -> None:
    # Input: 0.6 x 3 + 0.4 x 0.3 = 1.92; metered (3 x 1.92 + 15) / 4 = 5.19.
    # Batch: 0.6 x 1.5 + 0.4 x 0.15 = 0.96; (3 x 0.96 + 7.5) / 4 = 2.595. With a quarter of it: 4.54125.
    now = own("alpha", cached_input_usd_per_mtok="0.3")
    later = own(
        "alpha",
        service="batch",
        input_usd_per_mtok="1.5",
        output_usd_per_mtok="7.5",
        cached_input_usd_per_mtok="0.15",
    )
    assert viewed(now, later, cached="0.4").rows[0].per_mtok == Decimal("5.19")
    found = viewed(now, later, cached="0.4", batch="0.25").rows[0]
    assert found.per_mtok == Decimal("4.54125")
    assert found.batch_parts is not None
    assert found.batch_parts.input == Decimal("1.5")
    for everything in ({"batch": "1"}, {"service": "batch"}):
        assert viewed(now, later, cached="0.4", **everything).rows[0].per_mtok == Decimal("2.595")


def test_without_a_batch_price_there_is_a_reason_and_no_number() -> None:
    found = viewed(own("alpha"), batch="0.1").rows[0]
    assert (found.per_mtok, found.per_month, found.per_call) == (None, None, None)
    assert found.problem is not None
    assert found.problem.code == "unknown_price"
    assert "batch" in found.problem.message
    assert viewed(own("alpha"), batch="0").rows[0].problem is None


def test_cached_input_without_a_price_counts_as_any_other_and_says_so() -> None:
    found = viewed(own("alpha"), cached="0.9").rows[0]
    assert found.per_mtok == 6
    assert found.notes == ("no price for cached input: it is counted as any other input",)


def test_a_stale_price_an_alias_and_a_gap_are_named_and_come_last() -> None:
    stale = own("old", since="2024-01-01", checked="2024-01-01")
    alias = own("gpt-latest")
    gap = listed("embedder", price=[{"input_usd_per_mtok": "0.1", "source": "a list", "checked": "2026-11-01"}])
    view = viewed(own("alpha"), stale, alias, gap)
    assert [found.per_mtok is None for found in view.rows] == [False, True, True, True]
    codes = {found.model.model: found.problem.code for found in view.rows if found.problem}
    assert codes == {"old": "stale_price", "gpt-latest": "model_alias_refused", "embedder": "unknown_price_part"}
    # Without output there is no gap.
    assert row(viewed(gap, ratio="1:0"), "works.embedder").per_mtok == Decimal("0.1")


def test_the_price_of_a_long_prompt_is_that_of_its_tier_and_a_fee_counts() -> None:
    # 300,000 tokens at 1:0 are above 200,000: 6 instead of 3. A fee of 0.01 a call is 0.0333 a million tokens.
    tier = [{"above_input_tokens": 200_000, "input_usd_per_mtok": "6"}]
    found = viewed(own("alpha", tier=tier, usd_per_thousand_requests="10"), ratio="1:0", per_call="300000").rows[0]
    assert found.per_mtok == 6 + Decimal(1) / 30
    assert found.notes == ("the price of prompts longer than 200,000 tokens", "includes a fee for each call")


def test_a_call_longer_than_the_context_is_noted() -> None:
    view = viewed(listed("alpha", context_tokens=8_000), per_call="10000")
    assert view.rows[0].notes == ("a call of 10,000 tokens is longer than its context",)


def test_money_is_in_the_currency_asked_for_or_nothing_is() -> None:
    market = catalogue(own("alpha"), currency="EUR", USD="0.9", GBP="1.2")
    # 6 USD x 0.9 = 5.40 EUR = 4.50 GBP.
    assert api_view(market, asked(currency="EUR")).rows[0].per_mtok == Decimal("5.4")
    assert api_view(market, asked(currency="GBP")).rows[0].per_mtok == Decimal("4.5")
    assert api_view(market, asked()).rows[0].per_mtok == 6
    with pytest.raises(MissingRate, match="XYZ"):
        api_view(market, asked(currency="XYZ"))
    with pytest.raises(MissingRate, match="USD"):
        api_view(catalogue(own("alpha"), currency="EUR"), asked(currency="EUR"))


def test_rows_are_filtered_and_ordered_as_asked() -> None:
    models = (
        listed("alpha", capability="frontier"),
        listed("beta", provider="forge", usd_in="1"),
        own("alpha", input_usd_per_mtok="5"),
    )
    view = viewed(*models)
    assert [found.model.id for found in view.rows] == ["forge.beta", "works.alpha"]
    assert [found.model.id for found in viewed(*models, sort="-cost").rows] == ["works.alpha", "forge.beta"]
    assert [found.model.id for found in viewed(*models, provider="forge").rows] == ["forge.beta"]
    assert [found.model.capability for found in viewed(*models, of="frontier").rows] == [Capability.FRONTIER]
    assert [found.model.id for found in viewed(*models, model="works.alpha").rows] == ["works.alpha"]
    assert viewed(*models, provider="nobody").rows == ()


def test_words_search_the_public_list_beyond_the_library() -> None:
    view = viewed(listed("alpha"), q="gpt-4o-mini openai")
    assert view.found == len(view.rows) > 0
    found = row(view, "openai/gpt-4o-mini")
    # 0.15 in, 0.60 out: (3 x 0.15 + 0.60) / 4 = 0.2625.
    assert found.per_mtok == Decimal("0.2625")
    assert (found.model.is_curated, found.model.capability) == (False, None)
    assert "works.alpha" in [one.model.id for one in viewed(listed("alpha"), q="alpha").rows]


def test_the_librarys_models_all_have_a_row_with_a_figure_and_a_source() -> None:
    graph = library()
    view = api_view(catalogue(*graph.models.values()), asked())
    assert len(view.rows) >= 55
    assert len({found.model.provider for found in view.rows}) >= 8
    assert all(found.problem is None and found.per_mtok and found.source for found in view.rows)


def test_a_catalogue_is_kept_for_what_is_declared_and_the_day() -> None:
    kept, market = Catalogues(), catalogue(own("alpha"))
    first = kept.of(library(), market.book, day=DAY)
    assert kept.of(library(), market.book, day=DAY) is first
    assert kept.of(library(), market.book, day=date(2026, 1, 1)) is not first
