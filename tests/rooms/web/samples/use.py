"""The use of models: ceilings, the ledger, returns, statements, anomalies, routing and keys."""

from __future__ import annotations

from decimal import Decimal

from tests.rooms.web.samples.base import NOW, minutes_ago
from tiebeam.web import svg, views
from tiebeam.web.table import Cell, Column, Empty, Row, Table

NOTHING = Empty("Nothing used yet", "What was used shows up here.", command="tiebeam ledger import EXPORT")
COMMANDS = views.Commands("tiebeam ledger totals --by team", "GET /api/v1/ledger/totals?by=team")
KPIS = (
    views.Kpi("Cost", "$227.46", "1 Nov 2026 to 21 Nov 2026"),
    views.Kpi("Calls", "554", "60 more attempts"),
    views.Kpi("Estimated", "48.5 %", "until it is reconciled", tone="warn"),
)
DAYS = views.Days("2026-11-01", "2026-11-21", (("This month", "/economics/ledger", True), ("7 days", "/", False)))
CHIPS = (views.Chip("Team", "marketing", "/economics/ledger"), views.Chip("Source", "gateway", "/economics/ledger"))
KEY_FIELDS = ("team", "workflow", "name", "agent", "environment", "models", "cap_usd", "cap_window", "expires")
OK, ACCENT = views.Pill("Answered", "ok"), views.Pill("Correction", "accent")


def figure(title: str = "Cost by team") -> views.Figure:
    labels = [f"{day} Nov" for day in range(1, 32)]
    series = [svg.Series(name, tuple(float(day % 7) for day in range(31)), name) for name in ("s1", "s2", "s3", "s4")]
    chart = svg.stacked_bars(labels, series, name=title)
    rows = tuple((label, "$1.20", "$3.40", "$0.20", "$4.00") for label in labels)
    return views.Figure(title, chart, ("Day", "marketing", "service", "it", "others"), rows, "UTC days.")


def scatter() -> views.Figure:
    even = svg.Curve("As much as it cost", ((1.0, 1.0), (9000.0, 9000.0)), "s4")
    marks = [svg.Marker(10.0 + 9 * place, f"workflow_{place}", 40.0 * place + 2) for place in range(12)]
    chart = svg.curve_chart([even], name="Value against cost", markers=marks)
    return views.Figure("Value against cost", chart, ("Name", "Cost", "Value"), (("workflow_1", "$19.00", "$42.00"),))


def table(name: str, *, rows: int = 25, base: str = "") -> Table:
    columns = (Column("name", "Name"), *(Column(f"n{place}", f"Figure {place}", is_number=True) for place in range(7)))
    cells = tuple(Cell(f"${place}.20", sub="of 12", raw=Decimal(place)) for place in range(7))
    found = tuple(Row(f"row-{number}", (Cell("product_texts", href="/runs"), *cells)) for number in range(rows))
    return Table(name, columns, found, len(found), NOTHING, base=base)


def ceiling(depth: int = 0) -> views.BudgetRow:
    return views.BudgetRow(
        id=f"budget-{depth}",
        title="Online shop: model use",
        depth=depth,
        level="Line of business",
        spent="$139.58",
        cap="$450.00",
        used=31.0,
        held=4.0,
        said="$139.58 of $450.00 spent, $18.00 held",
        state=views.Pill("31 % spent", "ok"),
        ends="1 Dec, 00:00",
        owner="Budget Owner",
        href="/economics/budgets/online-shop",
    )


def budgets() -> views.BudgetsPage:
    return views.BudgetsPage(
        KPIS, (ceiling(), ceiling(1), ceiling(2)), "Every call counts against the organisation.", COMMANDS
    )


def budget() -> views.BudgetPage:
    facts = (views.Fact("Level", "Line of business"), views.Fact("Ceiling", "hard", note="calls beyond are refused"))
    return views.BudgetPage(
        id="online-shop",
        title="Online shop: model use",
        row=ceiling(),
        kpis=KPIS,
        facts=facts,
        above=(ceiling(3),),
        below=(ceiling(4),),
        figure=figure("Spent by day"),
        parts=(("Workflows", (views.Fact("product_texts", "$139.58", note="261 calls"),)),),
        changes=(views.Event(NOW, "$450.00 instead of $300.00", who="Jo Brandt", note="the autumn catalogue"),),
        ask=views.AskForm("online-shop", "600", "Christmas", "'x' is no amount in US dollars such as 150.00"),
        ledger="/economics/ledger?from=2026-11-01",
        commands=COMMANDS,
    )


def ledger() -> views.LedgerPage:
    source = views.SourceShare("Gateway", "$114.62", "50 %", "/economics/ledger?source=gateway", is_chosen=True)
    return views.LedgerPage(
        days=DAYS,
        by="team",
        chips=CHIPS,
        clear="/economics/ledger",
        heading="By team",
        note="Each row opens what is behind it",
        focus="/economics/ledger/focus.csv?from=2026-11-01",
        export="tiebeam ledger export --focus 1.2 --format csv charges.csv",
        commands=COMMANDS,
        kpis=KPIS,
        figure=figure(),
        sources=(source,),
        imported="50 % was metered here, 50 % imported.",
        older="/economics/ledger?before=2026-11-20.4",
        newest="/economics/ledger",
    )


def call() -> views.CallPage:
    attempt = views.AttemptCard(
        id="charge-1",
        title="1. mid-general at openai",
        state=OK,
        note="18 Nov, 20:44, ended the call",
        cost="$0.84",
        facts=(views.Fact("Route", "first of small: approved, priced, within its tokens"),),
        tokens=(views.TokenClass("Input, fresh", "6,345", "$0.40 a million"),),
        budgets=(views.Link("Online shop", "/economics/budgets/online-shop", "since 1 Nov"),),
    )
    correction = views.AttemptCard("charge-2", "Correction of charge-1", ACCENT, "the invoice", "-$0.01", (), (), ())
    facts = (views.Fact("Team", "marketing", href="/economics/ledger?team=marketing"),)
    return views.CallPage("call-1", KPIS, facts, (attempt, correction), COMMANDS, "/economics/ledger/calls/call-1")


def returns() -> views.ReturnsPage:
    return views.ReturnsPage(
        days=DAYS,
        by="workflow",
        chips=CHIPS[:1],
        clear="/economics/returns",
        kpis=KPIS,
        figure=scatter(),
        missing="CHF",
        is_worth_unknown=True,
        report=COMMANDS,
        executions=table("executions", rows=15),
        commands=COMMANDS,
    )


def execution() -> views.ExecutionPage:
    return views.ExecutionPage(
        name="batch-3-0",
        kpis=KPIS,
        facts=(views.Fact("Team", "marketing"),),
        figure=figure("From value to what is left"),
        came=(views.CameLine("1 of 1 accepted, as reported", "outcome_1 · 4.20 USD", "$4.20"),),
        steps=table("steps", rows=3),
        ledger="/economics/ledger?execution=batch-3-0",
        commands=COMMANDS,
        report=COMMANDS,
    )


def issued() -> views.IssuedLine:
    return views.IssuedLine(
        "team:marketing",
        "number 1 of 2026-10",
        "$32.28",
        minutes_ago(90),
        "Jo Brandt",
        "/economics/statements/issued/1",
    )


def statements() -> views.StatementsPage:
    months = (views.Link("Nov 2026", ""), views.Link("Oct 2026", "/economics/statements?month=2026-10"))
    return views.StatementsPage("2026-11", months, KPIS, (issued(),), COMMANDS)


def statement() -> views.StatementPage:
    lines = (
        views.ShareLine("Gateway, shared by cost", "marketing", "$53.08", "", "22.1 % of $240.00: $240 a month"),
        views.ShareLine("1 corrections of charges above", "marketing", "-$0.01", "/economics/ledger?corrections=true"),
    )
    return views.StatementPage(
        title="Marketing",
        about="team:marketing",
        month="2026-10",
        kind="chargeback",
        pill=views.Pill("Final", "ok"),
        kpis=KPIS,
        facts=(views.Fact("Of", "team:marketing"),),
        said=("A rule of the workspace keeps a part of this from you.",),
        sections=(views.StatementSection("Shared costs", "By the rules in allocations/", "$53.08", lines, 3),),
        files=(views.Link("CSV", "/economics/statements/of/team:marketing.csv"),),
        commands=COMMANDS,
        months=statements().months,
        issued=(issued(),),
        may_issue=True,
    )


def anomalies(*, quiet: bool = False) -> views.AnomaliesPage:
    spark = svg.sparkline([float(day % 5) for day in range(28)], name="Cost by day")
    line = views.AnomalyLine(
        id="anomaly_1",
        kind=views.Pill("Spike", "bad"),
        title="it · trials",
        because="$75.28, 310 times the median of 8 days like it",
        day="11 Nov 2026",
        cost="+$75.04",
        href="/economics/anomalies?see=anomaly_1#seen",
        spark=spark,
        is_shown=True,
    )
    card = views.AnomalyCard(
        kind=line.kind,
        title=line.title,
        because="it cost $75.28",
        facts=(views.Fact("Observed", "$75.28"), views.Fact("Told from", "$3.10")),
        figure=figure("Cost by day"),
        charges=(views.ChargeLine(NOW, "gpt-5-mini · trials", "$5.02", OK, "/economics/ledger/calls/call-1"),),
        ledger="/economics/ledger?team=it&by=charges",
        meaning="A day cost far more than days like it.",
    )
    rules = (views.Fact("Ordinary is", "the 28 days before"),)
    if quiet:
        return views.AnomaliesPage(DAYS, KPIS, (), 0, None, rules, COMMANDS)
    return views.AnomaliesPage(DAYS, KPIS, (line,) * 12, 3, card, rules, COMMANDS)


def routing() -> views.RoutingPage:
    candidate = views.CandidateRow(
        "gpt-5-mini",
        "gpt-5-mini at openai",
        "$0.69 a million",
        "",
        "96.0 %",
        views.Pill("Goes here now", "accent"),
        True,
    )
    part = views.ClassCard(
        name="classification",
        capability=views.Pill("Saturated: cheap models", "ok"),
        facts=(views.Fact("Floor", "95.0 % on fields"),),
        says="gpt-5-mini, the first that is open",
        shadow="gpt-oss-120b",
        candidates=(candidate,),
    )
    policy = views.PolicyCard("mosaic", views.Pill("Live", "ok"), "For calls of mosaic.", (part,))
    approval = ("OpenAI", views.Pill("Approved", "ok"), (views.Fact("Models", "gpt-5*"),))
    return views.RoutingPage(KPIS, (policy,), (approval,), figure("Cost by model and day"), False, COMMANDS)


def keys() -> views.KeysPage:
    return views.KeysPage(
        kpis=KPIS,
        secret="tb_k_0123456789_" + "x" * 43,
        secret_name="shop nightly",
        warnings=("No budget covers it but the organisation’s.",),
        endpoint="http://127.0.0.1:8000/v1",
        actions=(views.KeyActions("key_1", "shop nightly", "marketing · product_texts", True, True, NOW),),
        teams=(("marketing", "Marketing"),),
        workflows=(("finance.invoices", "Invoices"),),
        endpoints=("chat/completions", "messages"),
        windows=("day", "month"),
        typed=dict.fromkeys(KEY_FIELDS, "marketing"),
        problem="'x' is no amount in US dollars such as 25.00",
        has_ended=False,
        overlap_days=7,
        commands=COMMANDS,
    )


PAGES: dict[str, tuple[str, dict[str, object]]] = {
    "/economics/budgets": ("pages/use/budgets.html", {"budgets": budgets(), "table": table("budgets")}),
    "/economics/budgets/online-shop": ("pages/use/budget.html", {"budget": budget()}),
    "/economics/ledger": ("pages/use/ledger.html", {"ledger": ledger(), "table": table("ledger")}),
    "/economics/ledger/calls/call-1": ("pages/use/call.html", {"call": call()}),
    "/economics/returns": ("pages/use/returns.html", {"returns": returns(), "table": table("returns", rows=20)}),
    "/economics/returns/execution": ("pages/use/execution.html", {"execution": execution()}),
    "/economics/statements": ("pages/use/statements.html", {"statements": statements(), "table": table("statements")}),
    "/economics/statements/of/team:marketing": (
        "pages/use/statement.html",
        {"statement": statement(), "table": table("lines")},
    ),
    "/economics/anomalies": ("pages/use/anomalies.html", {"anomalies": anomalies()}),
    "/economics/anomalies/quiet": ("pages/use/anomalies.html", {"anomalies": anomalies(quiet=True)}),
    "/economics/routing": ("pages/use/routing.html", {"routing": routing(), "table": table("quality", rows=5)}),
    "/economics/keys": ("pages/use/keys.html", {"keys": keys(), "table": table("key-list")}),
}
