# ruff: noqa: E501
"""Unit economics of a workflow and the portfolio, drawn by the same functions as the real pages."""

from __future__ import annotations

from decimal import Decimal

from tests.builders.stated_economics import stated
from tiebeam.economics.units import TokenPrices, UnitAnswer, UnitCase, assess
from tiebeam.web import views
from tiebeam.web.pages.economics.unit_charts import ladder_figure, spread_figure, tornado_figure

_COMMANDS = views.Commands("tiebeam units finance.invoice --json", "GET /api/v1/economics/units/finance.invoice")
_MODELS = (("Frontier", (("anthropic:claude-fable-5-2", "Claude Fable 5.2 at Anthropic"),)),)


def _answer() -> UnitAnswer:
    figures = {
        "input_tokens_per_unit": (2000, 4000, 9000),
        "output_tokens_per_unit": (200, 500, 1200),
        "exception_rate": ("0.1", "0.2", "0.3"),
        "review_minutes_per_exception": (4, 8, 15),
        "review_cost_per_hour": 40,
        "integration_cost": (8000, 12000, 20000),
    }
    prices = TokenPrices(Decimal(3), Decimal(15), Decimal("0.3"), "genai-prices 0.2.3")
    return assess(UnitCase("finance.invoice", "EUR", stated(figures, model="gpt-4.1-mini"), prices), draws=200)


def _answer_view(*, is_linked: bool) -> views.UnitAnswerView:
    answer = _answer()
    return views.UnitAnswerView(
        verdict=views.Pill("Viable", "ok"),
        kpis=(
            views.Kpi("Cost of an outcome", "1.42", "P10 1.10, P90 1.95", unit="EUR"),
            views.Kpi("Breaks even at", "1,904.00", "a million tokens; now 4.33", unit="EUR"),
        ),
        spread=spread_figure(answer),
        ladder=ladder_figure(answer),
        tornado=tornado_figure(answer, is_linked=is_linked),
        worth=(
            views.WorthLine("Financial ops", "Labour of the old way", "minutes / 60 * rate", "Time study", "10.00"),
        ),
        growth=(
            views.GrowthLine("Cases asked for in the month", "1,000", "10,000", "× 10.00"),
            views.GrowthLine("People to be paid", "1", "3", "× 3.00", "warn"),
        ),
        growth_said="Not ten times as much: people to be paid. An outcome costs 1.42 as asked and 1.02 then.",
        prices=(views.PriceLine("Today’s price", "24.00", "1,400.00", "1.4240", views.Pill("8.5760", "ok")),),
        prices_said="Tokens are 1.7 % of the month’s cost; nothing else moves with their price.",
        gate=views.Pill("Would open", "ok"),
        gate_said="An outcome earns more than it costs at the median, so the gate lets this workflow be promoted.",
        currency="EUR",
        price_source="genai-prices 0.2.3",
    )


def _figures() -> tuple[views.FigureLine, ...]:
    return (
        views.FigureLine(
            "exception_rate", "Exception rate", "Share of cases the rules hand to a person.", "share", "0.2",
            "0.1 – 0.3, triangular", "0.25", "Count of October.", "Controller", "31 Oct 2026", False,
        ),
        views.FigureLine("rework_rate", "Rework rate", "Done again.", "share", "0", "", "", "", "", "", True),
    )  # fmt: skip


def unit(tab: str = "") -> views.UnitPage:
    ways = views.TwoWays(
        (views.WayField("review_share", "Review share", "0", "0.6", ""),),
        "openai:gpt-4.1-mini",
        "",
        (views.WayLine("Inference", "0.0024", "0.0310", "left"), views.WayLine("Review", "3.2000", "0.8000", "right")),
        "The right way costs 2.37 EUR less for each outcome although its tokens are dearer: what the left way saves on "
        "tokens it spends on people.",
    )
    return views.UnitPage(
        path="/economics/units/finance.invoice-processing-matching",
        title="Invoice processing and matching",
        recipe="finance.invoice-processing-matching/three-way-match",
        tab=tab,
        volume="",
        price="50",
        at="",
        model="",
        stated_model="gpt-4.1-mini",
        models=_MODELS,
        figures=_figures(),
        answer=_answer_view(is_linked=tab == "figures"),
        ways=ways if tab == "ways" else None,
        commands=_COMMANDS,
        changed=1,
    )


def portfolio() -> views.PortfolioPage:
    line = views.PortfolioLine(
        1, "finance.invoice-processing-matching", "Invoice processing and matching", "Adopted here", "Nova Micro at AWS",
        "by the token, saturated task", "2.42", "1.94 – 3.00", "12.30", "6,395", views.Pill("0%", "ok"), "2.0 mo", "6,376",
    )  # fmt: skip
    bare = views.PortfolioLine(
        2, "legal.clauses", "Clause review", "Library", "", "", "", "", "", "", views.Pill("–"), "", "",
        "no rate from USD to 'EUR'",
    )  # fmt: skip
    place = views.ServedLine(
        "Nova Micro at AWS", "0.035 / 0.14 USD a million tokens in / out", "saturated task", "2.42", "6,395", "0%",
        (views.Pill("Best", "ok"), views.Pill("Cheapest of its class")), "genai-prices 0.2.3",
    )  # fmt: skip
    return views.PortfolioPage(
        company="Harbour Tools",
        person="Marta Lindqvist",
        day="12 Mar 2026",
        kpis=(views.Kpi("Workflows", "2", "77 ways compared"), views.Kpi("Margin a month", "6,395", unit="EUR")),
        lines=(line, bare),
        hidden=3,
        chart=spread_figure(_answer()),
        chosen=views.ChosenWorkflow(line.workflow, line.title, "saturated task or above", (place,), 71),
        notes=("Prices of 12 Mar 2026, from genai-prices 0.2.3. 1 USD = 0.92 EUR.",),
        currency="EUR",
        library=True,
        any_class=False,
        busy="",
        at="",
        everything=False,
        commands=_COMMANDS,
    )
