"""An intent's page and a person's own."""

from __future__ import annotations

from tests.rooms.web.samples.base import graph, minutes_ago
from tiebeam.web import views


def intent() -> views.IntentPage:
    parts = tuple(
        views.RecipePart(name, True, summary, items)
        for name, summary, items in (
            ("Workflow", "9 steps, 2 checkpoints", ("read → match → decide", "post at most once")),
            ("Evaluation set", "44 cases, 97 % needed", ()),
            ("Training track", "AP analyst: judging exceptions", ("45 minutes", "Certificate by cases")),
            ("Integration map", "3 systems", ("ERP: post vouchers", "Payments: pain.001", "Mail: supplier queries")),
            ("Escalation rules", "6 rules, last one catches all", ()),
            ("Instrumentation", "Minutes, tokens, outcome per step", ()),
        )
    )
    recipe = views.RecipeView(
        "finance.invoice-processing-matching/three-way-match",
        "three-way-match",
        "Order, receipt and invoice must agree within tolerance; people see only what does not.",
        "version 1.0.0",
        parts,
        graph(),
        "AP analysts move from keying to judging exceptions; about 70 % less keying.",
        True,
    )
    return views.IntentPage(
        "finance.invoice-processing-matching",
        "Invoice processing and matching",
        "Ensure accurate financial obligations are recorded with minimal manual intervention.",
        (views.Pill("Quick win", "accent"), views.Pill("Financial operations")),
        (
            views.Fact("Domain", "Finance"),
            views.Fact("Owner role", "Controller"),
            views.Fact("Pattern", "Classification + Orchestration"),
            views.Fact("Effort", "Small"),
            views.Fact("Unit", "Accepted invoice"),
        ),
        (recipe,),
        (views.Link("AP analyst", "", "evolved"), views.Link("Controller", "", "evolved")),
        (views.Link("Adoption", "/workflows/finance.invoice-processing-matching"),),
        (views.Link("Matching policy", ""), views.Link("ERP tables", "")),
        views.Link("Open the workflow", "/workflows/finance.invoice-processing-matching"),
        "library/intents/finance/invoice-processing-matching.toml",
        views.Commands("tiebeam run finance.invoice-processing-matching PATH", "curl -X POST …"),
    )


def settings() -> views.SettingsView:
    return views.SettingsView(
        (
            views.Fact("Name", "Marta Lindqvist"),
            views.Fact("Id", "marta-lindqvist", is_mono=True),
            views.Fact("Roles", "AP analyst"),
            views.Fact("Team", "Accounts payable"),
        ),
        (),
        (views.Fact("AP analyst", "up to 5,000.00 EUR per invoice"),),
        (views.Event(minutes_ago(50), "Signed in with a one-time link"),),
    )
