"""From which volume hardware is cheaper, against every volume tried one by one."""

# ids: EC-12
from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tiebeam.economics.calculator import crossing
from tiebeam.economics.calculator.crossing import curve, steps_for

MTOK = 1_000_000


def test_one_step_that_is_cheaper_when_it_is_full_stays_so_after_some_steps() -> None:
    # 10 a million against 7 for every million a step serves: 0.7M tokens cost one step. Beyond 1M a second step is
    # needed: 14 against 10, so tokens are cheaper until 1.4M; beyond 2M until 2.1M; at 3M four steps cost 28 < 30.
    found = crossing(per_mtok=Decimal(10), tokens_per_step=Decimal(MTOK), month_per_step=Decimal(7))
    assert found.first == 700_000
    assert found.for_good == 2_100_000
    spans = [(one.from_tokens, one.to_tokens) for one in found.windows]
    assert spans == [(700_000, 1_000_000), (1_400_000, 2_000_000), (2_100_000, 3_000_000)]


def test_hardware_that_costs_more_when_full_never_pays() -> None:
    found = crossing(per_mtok=Decimal(10), tokens_per_step=Decimal(MTOK), month_per_step=Decimal("10.01"))
    assert (found.first, found.for_good, found.windows) == (None, None, ())
    assert crossing(per_mtok=Decimal(0), tokens_per_step=Decimal(MTOK), month_per_step=Decimal(1)).first is None


def test_hardware_that_costs_exactly_as_much_when_full_pays_only_there() -> None:
    found = crossing(per_mtok=Decimal(10), tokens_per_step=Decimal(MTOK), month_per_step=Decimal(10))
    assert (found.first, found.for_good) == (1_000_000, None)
    assert all(one.from_tokens == one.to_tokens for one in found.windows)


@given(price=st.integers(1, 40), capacity=st.integers(1, 30), month=st.integers(1, 60), volume=st.integers(1, 2000))
def test_at_any_volume_the_windows_say_which_is_cheaper(price: int, capacity: int, month: int, volume: int) -> None:
    found = crossing(per_mtok=Decimal(price * MTOK), tokens_per_step=Decimal(capacity), month_per_step=Decimal(month))
    steps = -(-volume // capacity)
    is_cheaper = steps * month <= volume * price
    if found.first is None:
        assert not is_cheaper
        return
    if volume < found.first:
        assert not is_cheaper
    if found.for_good is not None and volume >= found.for_good:
        assert is_cheaper
    if found.windows and volume <= found.windows[-1].to_tokens:
        assert is_cheaper == any(one.from_tokens <= volume <= one.to_tokens for one in found.windows)


@given(price=st.integers(1, 40), capacity=st.integers(1, 30), month=st.integers(1, 60))
def test_for_good_is_the_least_such_volume(price: int, capacity: int, month: int) -> None:
    found = crossing(per_mtok=Decimal(price * MTOK), tokens_per_step=Decimal(capacity), month_per_step=Decimal(month))
    if found.for_good is None or found.first == found.for_good:
        return
    # for_good is some number of steps at their least volume; just beyond the step before them, hardware is dearer.
    steps = round(found.for_good * price / month)
    assert abs(found.for_good * price - steps * month) < Decimal("1e-12")
    assert steps * month > (steps - 1) * capacity * price


def test_a_quotient_that_is_whole_counts_no_step_too_many() -> None:
    found = crossing(per_mtok=Decimal(3 * MTOK), tokens_per_step=Decimal(1), month_per_step=Decimal(2))
    # A step costs as much as two thirds of what it serves: a third is spare, so exactly two steps, at 4/3.
    assert found.for_good is not None
    assert round(found.for_good, 12) == round(Decimal(4) / 3, 12)


def test_the_curve_has_both_costs_with_the_jumps_where_they_are() -> None:
    points = curve(
        per_mtok=Decimal(10),
        tokens_per_step=Decimal(MTOK),
        month_per_step=Decimal(7),
        volume=Decimal(1_500_000),
        meets=Decimal(2_100_000),
    )
    assert (points[0].tokens, points[0].metered, points[0].hosted) == (0, 0, 7)
    assert (points[-1].tokens, points[-1].metered, points[-1].hosted) == (4_200_000, 42, 35)
    assert [one.hosted for one in points if one.tokens == 2_000_000] == [14, 21]
    assert all(one.metered == one.tokens * 10 / MTOK for one in points)
    assert [one.tokens for one in points] == sorted(one.tokens for one in points)
    assert len(points) <= 100


def test_no_tokens_still_need_a_step() -> None:
    assert [steps_for(Decimal(tokens), Decimal(10)) for tokens in (0, 10, 11)] == [1, 1, 2]
