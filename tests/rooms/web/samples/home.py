"""Home, and runs as list items."""

from __future__ import annotations

from decimal import Decimal

from tests.rooms.web.samples.base import minutes_ago
from tests.rooms.web.samples.tasks import tasks
from tiebeam.web import svg, views


def runs_items() -> tuple[views.RunItem, ...]:
    return (
        views.RunItem(
            "run_05",
            "Marlow Fasteners Ltd · INV-3390",
            views.Pill("Waiting", "warn"),
            "11,870.25 GBP · needs approval",
            minutes_ago(3),
            "/runs/run_05",
        ),
        views.RunItem(
            "run_04",
            "Brandt Werkzeuge GmbH · RE-88190",
            views.Pill("Posted", "ok"),
            "1,204.60 EUR · paid without a touch",
            minutes_ago(4),
            "/runs/run_04",
        ),
        views.RunItem(
            "run_03",
            "Åkerlund Stål AB · 70551",
            views.Pill("Waiting", "warn"),
            "96,300.00 SEK · missing receipt",
            minutes_ago(9),
            "/runs/run_03",
        ),
        views.RunItem(
            "run_01",
            "Brandt Werkzeuge GmbH · RE-88177",
            views.Pill("Rejected", "neutral"),
            "Duplicate of RE 88177",
            minutes_ago(66),
            "/runs/run_01",
        ),
    )


spark = svg.sparkline([1.9, 1.7, 1.8, 1.5, 1.42, 1.3, 1.21], name="Cost per accepted invoice, seven days")
HOME = views.HomeView(
    kpis=(
        views.Kpi("Waiting for you", "7", "1 overdue", "/inbox", tone="warn"),
        views.Kpi("Processed today", "43", "29 without a touch", "/runs"),
        views.Kpi("Cost per accepted", "$1.21", "baseline $11.50", "/workflows", spark=spark),
        views.Kpi("Touchless", "68 %", "target 75 %", "/workflows"),
        views.Kpi("Held back", "38,412", "in 12 exceptions", "/runs", unit="EUR"),
    ),
    needs_you=tasks()[:4],
    needs_you_total=7,
    runs=runs_items(),
    budgets=(
        views.BudgetLine(
            "Finance operations",
            "Ines Okafor, controller",
            Decimal("212.40"),
            Decimal("250"),
            "/economics/budgets/finance",
        ),
        views.BudgetLine(
            "Invoice processing", "Marta Lindqvist", Decimal("61.02"), Decimal("200"), "/economics/budgets/invoices"
        ),
    ),
    gates=(
        views.GateLine(
            "Invoice processing and matching",
            "Evaluation set",
            "93.1 % right, 97 % needed",
            "/workflows/finance.invoice-processing-matching#gates",
        ),
    ),
    step=views.NextStep(
        "Promote invoice matching to pilot",
        "Owner and unit economics are in place. Run the evaluation set once more to open the last gate.",
        "tiebeam promote finance.invoice-processing-matching --to pilot",
    ),
    layers=(
        views.LayerCard(
            "Workflow",
            "What runs, and in which state?",
            (views.Fact("In pilot", "1"), views.Fact("In production", "0")),
            "/workflows",
        ),
        views.LayerCard(
            "Workforce",
            "Who decides, and how long does it take?",
            (views.Fact("Decisions today", "14"), views.Fact("Median time", "2 min 40 s")),
        ),
        views.LayerCard(
            "Economics",
            "What does an accepted outcome cost?",
            (views.Fact("This month", "$273.42"), views.Fact("Per accepted", "$1.21")),
        ),
        views.LayerCard(
            "Library",
            "What can be adopted next?",
            (views.Fact("Intents", "1"), views.Fact("Recipes", "2")),
            "/library/intents",
        ),
    ),
    progress=(43, 52),
)


def home() -> views.HomeView:
    return HOME
