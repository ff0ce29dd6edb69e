"""Technology spend against revenue, and who answers for what left IT."""

# ids: EC-23, EC-24, EC-22, D18, D19
from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pydantic import ValidationError
from tests.builders.spreadsheet import Spreadsheet

from tiebeam.economics import MissingRate, workbook
from tiebeam.economics.frame import (
    Band,
    Finding,
    FrameView,
    NoFrame,
    choose_frame,
    frame_form,
    frame_sheet,
    view_frame,
)
from tiebeam.graph import Graph, GraphBroken, init_workspace, load
from tiebeam.spec import BudgetFrame

META = {"since": date(2026, 1, 1), "reviewed": date(2026, 1, 1)}
BILLION = 10**9


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frames") / "company"
    init_workspace(folder, example="harbour-tools")
    return folder


@pytest.fixture(scope="module")
def graph(company: Path) -> Graph:
    return load(company)


def frame(*lines: dict[str, Any], **changes: Any) -> BudgetFrame:
    given = {
        "id": "2026",
        "meta": META,
        "title": "A frame",
        "year": 2026,
        "currency": "USD",
        "revenue_per_year": BILLION,
        "line": lines or (spend("it", 50_000_000),),
    }
    return BudgetFrame.model_validate({**given, **changes})


def spend(name: str, amount: int | str, **changes: Any) -> dict[str, Any]:
    return {"id": name, "title": name, "amount_per_year": amount, "domain": "it", **changes}


def view(of: BudgetFrame, graph: Graph, rate: Callable[[str], Decimal] = lambda _currency: Decimal(1)) -> FrameView:
    return view_frame(of, graph, rate=rate)


def found(of: FrameView) -> list[tuple[Finding, str]]:
    return [(one.finding, one.about) for one in of.findings if one.finding is not Finding.UNFRAMED_BUDGET]


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        (29_999_999, Band.BELOW),
        (30_000_000, Band.INSIDE),
        (50_000_000, Band.INSIDE),
        (70_000_000, Band.INSIDE),
        ("70000000.01", Band.ABOVE),
        (120_000_000, Band.ABOVE),
    ],
)
def test_a_billion_of_revenue_leaves_it_thirty_to_seventy_million(graph: Graph, amount: int | str, band: Band) -> None:
    shown = view(frame(spend("it", amount)), graph)
    assert (shown.low, shown.high) == (30_000_000, 70_000_000)
    assert shown.band is band
    assert "30,000,000 to 70,000,000" in shown.said()
    assert (Finding.ABOVE_BAND in {one for one, _ in found(shown)}) == (band is Band.ABOVE)
    assert (Finding.BELOW_BAND in {one for one, _ in found(shown)}) == (band is Band.BELOW)


def test_spend_that_left_it_is_outside_the_band_and_named(graph: Graph) -> None:
    shown = view(
        frame(
            spend("it", 65_000_000),
            spend("ads", 20_000_000, domain="marketing", outside_it=True, owner="sofia-marchetti"),
        ),
        graph,
    )
    # All technology is 85 million, above the band; IT alone is within it, with 5 million to go.
    assert (shown.inside, shown.outside, shown.total, shown.room) == (65_000_000, 20_000_000, 85_000_000, 5_000_000)
    assert (shown.band, shown.share) == (Band.INSIDE, Decimal("0.065"))
    assert found(shown) == []


def test_spend_outside_it_without_an_owner_is_found(graph: Graph) -> None:
    shown = view(frame(spend("it", 40_000_000), spend("ads", 1, domain="marketing", outside_it=True)), graph)
    assert found(shown) == [(Finding.NO_OWNER, "ads")]
    assert "name the owner of this spend in marketing" in shown.findings[0].message


def test_a_major_line_of_business_needs_finops_and_a_minor_one_does_not(graph: Graph) -> None:
    businesses = (
        {"id": "tools", "title": "Tools"},
        {"id": "shop", "title": "Shop", "major": False},
        {"id": "hire", "title": "Hire", "finops": "jonas-petersen"},
    )
    assert found(view(frame(line_of_business=businesses), graph)) == [(Finding.NO_FINOPS, "tools")]


def test_a_budget_of_the_workspace_belongs_to_its_line(graph: Graph) -> None:
    cap = graph.budgets["finance"].usd_per_month * 12
    line = {"outside_it": True, "budget": "finance", "domain": "finance"}
    inside = spend("it", 40_000_000)
    fits = view(frame(inside, spend("models", int(cap), owner="antje-brinkmann", **line)), graph)
    assert found(fits) == []
    assert fits.lines[1].cap_per_year == cap
    over = view(frame(inside, spend("models", int(cap) - 1, owner="antje-brinkmann", **line)), graph)
    assert found(over) == [(Finding.OVER_LINE, "models")]
    # The budget belongs to the CFO.
    other = view(frame(inside, spend("models", int(cap), owner="sofia-marchetti", **line)), graph)
    assert found(other) == [(Finding.OTHER_OWNER, "models")]
    # At two units a dollar the same cap is twice the line.
    dear = view(frame(inside, spend("models", int(cap), owner="antje-brinkmann", **line)), graph, lambda _: Decimal(2))
    assert found(dear) == [(Finding.OVER_LINE, "models")]


def test_without_a_rate_budgets_are_not_compared_and_it_is_said(graph: Graph) -> None:
    def no_rate(currency: str) -> Decimal:
        raise MissingRate(f"no rate to {currency!r}; add it")

    line = spend("models", 1, outside_it=True, budget="finance", owner="antje-brinkmann")
    shown = view(frame(spend("it", 40_000_000), line), graph, no_rate)
    assert found(shown) == [(Finding.UNCONVERTED, "")]
    assert shown.lines[1].cap_per_year is None


def test_a_budget_in_no_line_is_named_only_to_those_who_may_see_it(graph: Graph) -> None:
    nobody = view(frame(), graph)
    unframed = {one.about for one in nobody.findings if one.finding is Finding.UNFRAMED_BUDGET}
    assert unframed == set(graph.budgets) - {"company"}
    assert view_frame(frame(), graph, rate=lambda _: Decimal(1), sees=lambda _: False).findings == ()
    # A line that holds the budget above holds those below it; the organisation's is the ceiling over them all.
    line = spend("models", 10**6, outside_it=True, budget="finance", owner="antje-brinkmann")
    left = {one.about for one in view(frame(spend("it", 40_000_000), line), graph).findings}
    assert left == {"online-shop", "product-texts", "hand-tools", "trials"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"revenue_per_year": 0}, "greater than 0"),
        ({"revenue_per_year": "NaN"}, "finite"),
        ({"revenue_per_year": 10**16}, "no more than 14 digits"),
        ({"low_share": "0.07", "high_share": "0.03"}, "must lie below"),
        ({"low_share": "-0.01"}, "greater than or equal"),
        ({"currency": "Euro"}, "pattern"),
        ({"line": ()}, "at least 1"),
        ({"line": (spend("it", -1),)}, "greater than or equal"),
        ({"line": (spend("it", 1), spend("it", 2))}, "two lines are called 'it'"),
        ({"line": (spend("it", 1, line_of_business="moon"),)}, "names the line of business 'moon'"),
    ],
)
def test_a_frame_that_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        frame(**changes)


def test_the_owner_of_a_line_is_somebody(company: Path) -> None:
    text = (company / "frames" / "2026.toml").read_text(encoding="utf-8")
    (company / "frames" / "2027.toml").write_text(text.replace("sofia-marchetti", "nobody-here"), encoding="utf-8")
    try:
        with pytest.raises(GraphBroken, match="nobody-here"):
            load(company)
    finally:
        (company / "frames" / "2027.toml").unlink()


def test_the_latest_frame_is_meant_unless_one_is_named() -> None:
    frames = [("2025", frame(id="2025", year=2025)), ("2026", frame())]
    assert choose_frame(frames, None).year == 2026
    assert choose_frame(frames, "2025").year == 2025
    for records, name in (([], None), (frames, "2020")):
        with pytest.raises(NoFrame):
            choose_frame(records, name)


def test_the_example_is_inside_its_band_with_nothing_missing(graph: Graph) -> None:
    shown = view_frame(graph.frames["2026"], graph, rate=lambda _: Decimal("0.92"))
    # 3 and 7 % of 52 million; 1.48 and 0.31 million are spent by IT.
    assert (shown.low, shown.high, shown.inside) == (1_560_000, 3_640_000, 1_790_000)
    assert shown.outside == 6000 + 145_000 + 210_000
    assert (shown.band, shown.findings) == (Band.INSIDE, ())


def test_what_is_said_in_json_is_decimal_text(graph: Graph) -> None:
    form = frame_form(view(frame(spend("it", "70000000.01")), graph))
    assert (form["inside_it"], form["verdict"], form["band"]["high"]) == ("70000000.01", "above", "70000000.00")
    assert form["findings"][0]["finding"] == "above-band"


def test_the_spreadsheet_of_many_lines_adds_up(graph: Graph) -> None:
    lines = [spend(f"line-{number}", 1_000_000) for number in range(45)]
    outside = [spend(f"out-{number}", 10, outside_it=True, owner="peter-harms") for number in range(3)]
    shown = view(frame(*lines, *outside), graph)
    figures = Spreadsheet(load_workbook(BytesIO(workbook(frame_sheet(shown))))).by_name("Results", "D")
    assert (figures["inside"], figures["outside"], figures["total"]) == (45_000_000, 30, 45_000_030)
    assert figures["room"] == pytest.approx(25_000_000)
    assert figures["share"] == pytest.approx(0.045)
