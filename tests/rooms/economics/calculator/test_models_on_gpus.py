"""Models on GPUs, every figure by hand. ids: EC-10, EC-11, D2"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.rooms.economics.calculator.market import GPU, asked, catalogue, library, measured, offer

from tiebeam.economics import MissingRate
from tiebeam.economics.calculator import ALL, BadQuestion, HostingView, api_view, hosting_view
from tiebeam.economics.calculator.formulas import HOSTED, worked_out
from tiebeam.economics.calculator.hosting_side import hosted_figures
from tiebeam.economics.hosting import Method, usd_per_mtok
from tiebeam.spec import GpuOffer, Term

ONE = {"concurrency": "8", "replica": "1"}
"""Exactly what was measured: one GPU, eight requests in flight."""


def viewed(*offers: GpuOffer, rate: str = "1000", **params: str) -> HostingView:
    return hosting_view(catalogue(*offers, measured(rate)), asked(**{**ONE, **params}))


def test_two_dollars_an_hour_at_a_thousand_tokens_a_second() -> None:
    # 1e6 x 2 / (3600 x 1000) = 0.5556 for output; a quarter of all tokens is output: 0.1389 for all.
    figures = worked_out(HOSTED, hosted_figures(Decimal(2), 1000.0, at_once=1, question=asked(busy="1")))
    assert round(figures["output_per_mtok"], 4) == Decimal("0.5556")
    assert figures["output_per_mtok"] == usd_per_mtok(Decimal(2), Decimal(1000))
    assert round(figures["per_mtok"], 4) == Decimal("0.1389")
    # Busy 40 % of the time it is two and a half times as much.
    idle = worked_out(HOSTED, hosted_figures(Decimal(2), 1000.0, at_once=1, question=asked(busy="0.4")))
    assert round(idle["output_per_mtok"], 4) == Decimal("1.3889")


def test_a_row_has_the_hour_the_month_the_benchmark_and_what_follows() -> None:
    # 2 x 730 = 1,460 a month, whatever it serves.
    (row,) = viewed(offer("works", ("on-demand", "2", "2026"))).rows
    assert (row.id, row.replica, row.gpus_at_once) == ("works.gpu/llama-3-1-70b", 1, 1)
    assert (row.hour_per_gpu.value, row.month_per_gpu.value) == (2, 1460)
    assert row.estimate is not None
    assert row.estimate.method is Method.BENCHMARK
    assert row.estimate.low < row.estimate.out_tok_s_per_gpu < row.estimate.high
    assert row.cost is not None
    rate = Decimal(f"{row.estimate.out_tok_s_per_gpu:.4f}")
    assert row.cost.tokens_per_step == rate * Decimal("0.6") * 3600 * 730 * 4
    assert row.cost.output_per_mtok.value == usd_per_mtok(Decimal(2), rate, utilisation=Decimal("0.6"))
    assert (row.cost.gpus, row.cost.per_month.value) == (1, 1460)
    assert row.cost.used_share == 200_000_000 / row.cost.tokens_per_step
    assert row.sources == ("works said, 2026",)


@pytest.mark.parametrize(
    ("tokens", "at_once", "gpus"),
    [("1", 1, 1), ("6307200000", 1, 1), ("6307200001", 1, 2), ("70000000000", 1, 12), ("70000000000", 8, 16)],
)
def test_gpus_are_whole_and_so_are_machines(tokens: str, at_once: int, gpus: int) -> None:
    # A GPU serves 1000 x 0.6 x 3600 x 730 = 1,576.8M output, 6,307.2M tokens at 3:1. 70,000 / 6,307.2 = 11.1.
    figures = worked_out(HOSTED, hosted_figures(Decimal(2), 1000.0, at_once=at_once, question=asked(tokens=tokens)))
    assert figures["tokens_per_gpu"] == 6_307_200_000
    assert (figures["gpus"], figures["per_month"]) == (gpus, gpus * 1460)


def test_the_term_is_a_choice_and_what_has_no_price_under_it_is_counted() -> None:
    both = offer("works", ("on-demand", "2", "2026"), ("spot", "1", "2026"))
    market = (both, offer("forge", ("on-demand", "3", "2026")))
    spot = viewed(*market, term="spot")
    assert [(row.offer.id, row.term, row.hour_per_gpu.value) for row in spot.rows] == [("works.gpu", Term.SPOT, 1)]
    assert (spot.other_terms, spot.rows[0].terms) == (1, (Term.ON_DEMAND, Term.SPOT))
    usual = viewed(*market)
    assert ([row.hour_per_gpu.value for row in usual.rows], usual.other_terms) == ([2, 3], 0)
    assert viewed(*market, term="reserved").rows == ()


def test_sources_that_differ_make_a_range_and_the_latest_counts() -> None:
    (row,) = viewed(offer("works", ("on-demand", "3", "2025"), ("on-demand", "2", "2026"))).rows
    assert (row.hour_per_gpu.value, row.hour_per_gpu.low, row.hour_per_gpu.high) == (2, 2, 3)
    assert row.cost is not None
    span = row.cost.per_mtok
    assert span.low < span.value < span.high
    # The high end is the dear source and the low end of throughput: above the price alone.
    assert span.high > span.value * 3 / 2


def test_filters_and_the_order_are_those_asked_for() -> None:
    market = (
        offer("works", ("on-demand", "2", "2026")),
        offer("forge", ("on-demand", "3", "2026")),
        offer("mill", ("on-demand", "1", "2026"), accelerator="h200-sxm"),
    )
    assert [row.offer.provider for row in viewed(*market, host="forge, WORKS").rows] == ["Works", "Forge"]
    assert [row.offer.provider for row in viewed(*market, gpu=GPU, sort="-hour").rows] == ["Forge", "Works"]
    assert len(viewed(*market, arch=ALL).rows) == 3 * len(library().architectures)
    with pytest.raises(BadQuestion, match="no architecture"):
        viewed(*market, arch="llama-9")


def test_what_cannot_be_estimated_says_why_and_comes_last() -> None:
    market = (
        offer("works", ("on-demand", "2", "2026")),
        offer("odd", ("on-demand", "1", "2026"), accelerator="b300-sxm"),
    )
    rows = viewed(*market).rows
    assert [row.offer.id for row in rows] == ["works.gpu", "odd.gpu"]
    assert rows[1].cost is None
    assert rows[1].problem is not None
    assert "tflops" in rows[1].problem.message
    no_output = viewed(*market, ratio="1:0").rows
    assert all(row.cost is None and row.problem and "output" in row.problem.message for row in no_output)
    impossible = viewed(*market, method="measured").rows
    assert {row.problem.code for row in impossible if row.problem} >= {"method_unavailable"}


def test_a_copy_takes_the_fewest_gpus_that_hold_it_and_its_requests() -> None:
    one_gpu = offer("works", ("on-demand", "2", "2026"))
    market = catalogue(one_gpu)
    wide = hosting_view(market, asked(precision="bf16")).rows[0]
    narrow = hosting_view(market, asked(precision="fp4")).rows[0]
    assert wide.replica is not None
    assert narrow.replica is not None
    # 70 billion parameters of two bytes need 140 GB: more than one GPU of 80 GB.
    assert wide.replica >= 2 > narrow.replica or narrow.replica < wide.replica
    busier = hosting_view(market, asked(precision="fp8", concurrency="64")).rows[0]
    quiet = hosting_view(market, asked(precision="fp8", concurrency="1")).rows[0]
    assert (quiet.replica or 0) < (busier.replica or 0)
    huge = hosting_view(market, asked(arch="kimi-k2", precision="bf16", concurrency="1")).rows[0]
    assert huge.replica is None or huge.replica >= 32


def test_notes_say_what_the_view_does_not_reckon_with() -> None:
    view = viewed(offer("works", ("on-demand", "2", "2026")), cached="0.5", input="100", output="400")
    assert any("cache" in note for note in view.notes)
    assert any("not at the ratio" in note for note in view.notes)
    assert "busy 60% of the time" in view.notes[0]


def test_money_is_in_the_currency_asked_for() -> None:
    market = catalogue(offer("works", ("on-demand", "2", "2026")), measured("1000"), currency="EUR", USD="0.5")
    (row,) = hosting_view(market, replace(asked(**ONE), currency="EUR")).rows
    assert (row.hour_per_gpu.value, row.cost and row.cost.per_month.value) == (1, 730)
    with pytest.raises(MissingRate):
        api_view(market, asked(currency="JPY"))
