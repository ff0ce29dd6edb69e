"""What answers of a kind of work usually come to, and that the hard bound always stands."""

# ids: EC-21, EC-27
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tiebeam.economics.tokens import OutputBounds

WORK = ("finance-ap", "invoice_matching", "small")


def test_with_few_answers_seen_the_hard_bound_is_expected() -> None:
    bounds = OutputBounds()
    for _ in range(19):
        bounds.saw(WORK, 40, hard=4_096)
    assert bounds.expected(WORK, hard=4_096) == 4_096
    bounds.saw(WORK, 40, hard=4_096)
    assert bounds.expected(WORK, hard=4_096) == 66  # 40, a quarter of it, and 16.


def test_a_longer_answer_raises_what_is_expected_at_once() -> None:
    bounds = OutputBounds()
    for _ in range(50):
        bounds.saw(WORK, 40, hard=4_096)
    assert bounds.expected(WORK, hard=4_096) == 66
    bounds.saw(WORK, 400, hard=4_096)
    assert bounds.expected(WORK, hard=4_096) == 516


def test_an_answer_cut_short_counts_as_the_hard_bound_so_that_limits_do_not_feed_on_themselves() -> None:
    bounds = OutputBounds()
    for _ in range(50):
        bounds.saw(WORK, 40, hard=4_096)
    bounds.saw(WORK, 66, hard=4_096, cut=True)
    assert bounds.expected(WORK, hard=4_096) == 4_096


def test_kinds_of_work_do_not_mix_and_the_oldest_is_forgotten() -> None:
    bounds = OutputBounds(kept_works=2)
    for name in ("a", "b", "c"):
        for _ in range(30):
            bounds.saw(("team", "workflow", name), 10, hard=1_000)
    assert bounds.expected(("team", "workflow", "a"), hard=1_000) == 1_000
    assert bounds.expected(("team", "workflow", "c"), hard=1_000) == 28
    assert bounds.expected(("team", "other", "c"), hard=1_000) == 1_000


@given(outputs=st.lists(st.integers(0, 10_000), max_size=80), hard=st.integers(1, 10_000))
def test_what_is_learned_never_loosens_the_hard_bound(outputs: list[int], hard: int) -> None:
    bounds = OutputBounds(least_seen=1)
    for one in outputs:
        bounds.saw(WORK, one, hard=hard)
        assert bounds.expected(WORK, hard=hard) <= hard
