"""A workflow's page."""

from __future__ import annotations

from tests.rooms.web.samples.base import graph, minutes_ago
from tests.rooms.web.samples.home import runs_items
from tiebeam.web import svg, views

days = [f"{d} Mar" for d in range(1, 13)]
cost = (3.1, 2.8, 2.9, 2.4, 2.2, 2.3, 1.9, 1.7, 1.6, 1.5, 1.3, 1.21)
touchless, approved, rejected = (
    (18, 20, 22, 25, 19, 24, 30, 28, 31, 29, 33, 29),
    (9, 8, 9, 7, 8, 9, 10, 9, 8, 9, 9, 9),
    (1, 2, 0, 1, 2, 1, 1, 0, 3, 1, 2, 2),
)
figures = (
    views.Figure(
        "Cost per accepted invoice",
        svg.line_chart(
            days,
            [svg.Series("Cost", cost)],
            name="Cost per accepted invoice by day",
            reference=2.0,
            shown=lambda v: f"${v:.2f}",
        ),
        ("Day", "Cost"),
        tuple((d, f"${c:.2f}") for d, c in zip(days, cost, strict=True)),
        "Dashed: the forecast made before the pilot.",
    ),
    views.Figure(
        "Outcomes by day",
        svg.stacked_bars(
            days,
            [
                svg.Series("Touchless", touchless, "s1"),
                svg.Series("Approved", approved, "s2"),
                svg.Series("Rejected", rejected, "s3"),
            ],
            name="Outcomes by day",
        ),
        ("Day", "Touchless", "Approved", "Rejected"),
        tuple((d, str(a), str(b), str(c)) for d, a, b, c in zip(days, touchless, approved, rejected, strict=True)),
        legend=(("s1", "Touchless"), ("s2", "Approved by a person"), ("s3", "Rejected")),
    ),
    views.Figure(
        "Value against the baseline",
        svg.waterfall(
            [
                svg.WaterfallPart("Baseline", 4140, True),
                svg.WaterfallPart("Review", -820),
                svg.WaterfallPart("Tokens", 0),
                svg.WaterfallPart("Integration", -310),
                svg.WaterfallPart("Value", 3010, True),
            ],
            name="Value against the baseline",
            shown=lambda v: f"${v:,.0f}",
        ),
        ("Part", "USD"),
        (("Baseline", "4,140"), ("Review", "-820")),
    ),
    views.Figure(
        "Exceptions by kind",
        svg.bar_chart(
            [
                svg.Bar("Price", 14, "warn"),
                svg.Bar("Receipt", 11, "warn"),
                svg.Bar("Quantity", 7, "warn"),
                svg.Bar("Bank", 3, "bad"),
                svg.Bar("No order", 9, "s1"),
            ],
            name="Exceptions by kind",
        ),
        ("Kind", "Count"),
        (("Price", "14"),),
    ),
)
WORKFLOW = views.WorkflowPage(
    id="finance.invoice-processing-matching",
    title="Invoice processing and matching",
    outcome="Ensure accurate financial obligations are recorded with minimal manual intervention.",
    state="draft",
    stages=("draft", "pilot", "production", "retired"),
    owner=views.Fact("Owner", "Ines Okafor, controller"),
    recipe=views.Link("three-way-match", "/library/intents/finance.invoice-processing-matching#three-way-match"),
    kpis=(
        views.Kpi("Cost per accepted", "$1.21", "forecast $2.00", spark=svg.sparkline(cost, name="Trend")),
        views.Kpi("Touchless", "68 %", "243 of 357"),
        views.Kpi("Exceptions", "96", "14 open", "/inbox"),
        views.Kpi("Value", "$3,010", "against baseline $11.50"),
        views.Kpi("Median decision", "2 min 40 s", "by a person"),
    ),
    figures=figures,
    gates=(
        views.GateView("Recipe complete", views.Pill("Passed", "ok"), "All six parts are present."),
        views.GateView("One accountable owner", views.Pill("Passed", "ok"), "Ines Okafor, process owner."),
        views.GateView(
            "Evaluation set",
            views.Pill("Not passed", "bad"),
            "93.1 % right, 97 % needed.",
            "Look at the three misses below.",
        ),
        views.GateView("Unit economics", views.Pill("Passed", "ok"), "Forecast $2.00 per accepted against $11.50."),
    ),
    versions=(
        views.Event(minutes_ago(4000), "Adopted three-way-match 1.0.0", "Ines Okafor", tone="accent"),
        views.Event(minutes_ago(900), "Promotion to pilot refused", "Ines Okafor", "Evaluation set not passed.", "bad"),
    ),
    evaluation=views.EvaluationView(
        "Invoice decisions, 44 cases",
        41,
        44,
        "97 % needed",
        minutes_ago(912),
        views.Pill("Not passed", "bad"),
        (("partial-delivery-3", "auto_pay", "hold"), ("noisy-order-7", "hold", "auto_pay")),
    ),
    facts=(
        views.Fact("Adopted", "10 Mar 2026"),
        views.Fact("Team", "Accounts payable"),
        views.Fact("Autonomy", "Supervised"),
        views.Fact("Systems", "ERP tables, payment spool"),
    ),
    graph=graph(),
    runs=runs_items(),
    days=30,
    next_state="pilot",
    promote_refusal="",
    commands=views.Commands("tiebeam promote finance.invoice-processing-matching --to pilot", "curl -X POST …"),
)


def workflow() -> views.WorkflowPage:
    return WORKFLOW
