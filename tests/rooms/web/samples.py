# ruff: noqa: E501
"""Hand-built view models: what the pages look like before anything is wired to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tiebeam.web import svg, views, wording
from tiebeam.web.render import Here, Shell
from tiebeam.web.table import Cell, Column, Empty, Filter, Row, Table

NOW = datetime(2026, 3, 12, 9, 41, tzinfo=UTC)
HASH = "9f2ac41b7e0d5a63c8e1f4b2d7906a35e8c1b4f7a2d5e8091b4c7fa0d3e6f912"


def shell(path: str = "/", **more: object) -> Shell:
    values: dict[str, object] = {
        "here": Here(path),
        "now": NOW,
        "person": "Marta Lindqvist",
        "person_roles": "AP analyst",
        "csrf": "sample",
        "workspace": "Harbour Tools",
        "open_tasks": 9,
        "upload_intents": (("finance.invoice-processing-matching", "Invoice processing and matching"),),
    }
    return Shell(**(values | more))  # type: ignore[arg-type]


def minutes_ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


NODES = (
    svg.Node("read", "Read the document", "done in 41 ms", "done", "#step-read"),
    svg.Node("capture", "Type the fields", "skipped", "skipped", "#step-capture"),
    svg.Node("match", "Match order and receipt", "1 variance", "done", "#step-match"),
    svg.Node("decide", "Decide by policy", "hold", "done", "#step-decide"),
    svg.Node("review", "Review the exception", "waits for AP analyst", "waiting", "#step-review"),
    svg.Node("query", "Ask the supplier", "", "", ""),
    svg.Node("post", "Post to the ERP", "", "", ""),
    svg.Node("pay", "Write payment file", "", "", ""),
    svg.Node("close", "Account and close", "", "", ""),
)
EDGES = (
    svg.Edge("read", "capture", "unreadable"),
    svg.Edge("read", "match"),
    svg.Edge("capture", "match"),
    svg.Edge("match", "decide"),
    svg.Edge("decide", "review", "hold"),
    svg.Edge("decide", "post", "auto-pay"),
    svg.Edge("review", "query", "ask"),
    svg.Edge("query", "match", "answer"),
    svg.Edge("review", "post", "approve"),
    svg.Edge("review", "close", "reject"),
    svg.Edge("post", "pay"),
    svg.Edge("pay", "close"),
)


def graph() -> object:
    return svg.draw_graph(NODES, EDGES, name="Workflow graph")


def tasks() -> tuple[views.TaskItem, ...]:
    def item(
        name: str,
        title: str,
        why: str,
        hours: float,
        pill: views.Pill,
        amount: str,
        role: str = "AP analyst",
        holder: str = "",
    ) -> views.TaskItem:
        return views.TaskItem(
            name, title, why, NOW + timedelta(hours=hours), role, pill, amount, holder, f"/inbox/{name}"
        )

    return (
        item(
            "task_01",
            "Nordbad Sanitär AG · 2026-0417",
            "The payee account differs from the one on file. Call the supplier on the number on file before anything is paid.",
            -0.4,
            views.Pill("Bank details changed", "bad"),
            "18,240.00 EUR",
            "Controller",
        ),
        item(
            "task_02",
            "Brandt Werkzeuge GmbH · RE-88213",
            "Line 2 is invoiced at 14.90, the order says 13.75: 8.4 % above, tolerance is 2 %.",
            2.2,
            views.Pill("Price variance", "warn"),
            "4,612.48 EUR",
            holder="Marta Lindqvist",
        ),
        item(
            "task_03",
            "Åkerlund Stål AB · 70551",
            "No receipt is booked for order PO-2291. The goods may not have arrived.",
            5.5,
            views.Pill("Missing receipt", "warn"),
            "96,300.00 SEK",
        ),
        item(
            "task_04",
            "Kovács és Társa Kft. · KT/2026/118",
            "Invoiced 500, received 460 on order PO-2304 line 1.",
            7.1,
            views.Pill("Quantity variance", "warn"),
            "2,145,000.00 HUF",
        ),
        item(
            "task_05",
            "Marlow Fasteners Ltd · INV-3390",
            "Total agrees with the order; above the automatic limit of 5,000.00 EUR.",
            22,
            views.Pill("Approval", "accent"),
            "11,870.25 GBP",
            "Controller",
        ),
        item(
            "task_06",
            "Lumière Éclairage SARL · F2026-0091",
            "No purchase order is named. Proposed account 6210, cost centre Facilities, from 14 earlier invoices.",
            26,
            views.Pill("No order", "neutral"),
            "860.00 EUR",
            "Budget owner",
        ),
        item(
            "task_07",
            "Rossi Utensili S.r.l. · 112/FE",
            "The PDF has no readable total. Found: number, date, supplier.",
            30,
            views.Pill("Unreadable", "neutral"),
            "",
        ),
    )


def task_page(decision: views.DecisionView | None = None) -> views.TaskPage:
    return views.TaskPage(
        id="task_02",
        title="Brandt Werkzeuge GmbH · RE-88213",
        summary="The unit price on line 2 is 8.4 % above the order. Paying as invoiced costs 138.00 EUR more than agreed.",
        kind="Invoice exception",
        pills=(views.Pill("Price variance", "warn"), views.Pill("In progress", "accent")),
        amount="4,612.48 EUR",
        facts=(
            views.Fact("Due", "12 Mar, 12:53", note="4 business hours from arrival"),
            views.Fact("For", "AP analyst"),
            views.Fact("Held by", "Marta Lindqvist"),
            views.Fact("Audit owner", "Controller", note="Owns the trail of this decision"),
            views.Fact("Protocol", "finance.invoice-exception"),
            views.Fact("Order", "PO-2288", note="found by number, same supplier"),
            views.Fact("Received", "10 Mar 2026"),
        ),
        payload={
            "action": "post",
            "invoice": "RE-88213",
            "supplier": "SUP-0042",
            "gross": "4612.48",
            "currency": "EUR",
            "lines": [{"line": 1, "account": "4000"}, {"line": 2, "account": "4000"}],
        },
        payload_facts=(
            views.Fact("Post", "4,612.48 EUR to supplier 70042, Brandt Werkzeuge GmbH"),
            views.Fact("Account", "4000 Goods for resale · cost centre Workshop"),
            views.Fact("Pay", "9 Apr 2026 to DE89 3704 0044 0532 0130 00", note="The account on file"),
        ),
        payload_hash=HASH,
        routed_because="Any discrepancy that needs a person goes to the AP analyst of the team.",
        quotes=(
            views.Quote(
                "Pos. 2  HSS-Spiralbohrer 8 mm, 120 Stück à 14,90 EUR",
                "RE-88213.pdf, page 1, line 24",
                mark="14,90 EUR",
                tone="warn",
            ),
            views.Quote(
                "Line 20  Twist drill HSS 8 mm, 120 pcs at 13.75 EUR",
                "Purchase order PO-2288, 2 Feb 2026",
                mark="13.75 EUR",
            ),
            views.Quote(
                "A higher unit price is tolerated only up to 2 % and 50.00 EUR per line.",
                "Rule price_tolerance, matching policy of 1 Jan 2026",
            ),
        ),
        compare=(
            views.CompareRow("Line 1 · 10-4471", "Center punch set, 6 pieces", ("40", "22.50"), ("40", "22.50"), "40"),
            views.CompareRow(
                "Line 2 · 10-0810",
                "Twist drill HSS 8 mm",
                ("120", "14.90"),
                ("120", "13.75"),
                "120",
                is_price_off=True,
                finding="+8.4 %, +138.00 EUR",
            ),
            views.CompareRow("Line 3 · 10-2203", "Cutting oil, 5 l", ("24", "49.50"), ("24", "49.50"), "24"),
        ),
        documents=(
            views.Document("RE-88213.pdf", "#", "pdf", "Invoice, ZUGFeRD 2.3 inside", 184_200),
            views.Document("PO-2288.xml", "#", "xml", "Purchase order, UBL 2.1", 6_120),
            views.Document("WE-5120.xml", "#", "xml", "Receipt, 24 Feb 2026", 3_940),
        ),
        verbs=(
            views.Verb("approve", "Approve and post", "a", "Posts the invoice as it is and schedules the payment."),
            views.Verb("edit", "Approve as edited", "e", "Posts your figures; the change is kept beside the original."),
            views.Verb("ask", "Ask", "", "Keeps the task open until the answer is in."),
            views.Verb("reject", "Reject", "r", "Sends the invoice back; nothing is posted."),
        ),
        fields=(
            views.FormField("lines.1.unit_price", "Unit price, line 2", "14.90", True, "Order: 13.75"),
            views.FormField("account", "Account", "4000"),
            views.FormField("cost_centre", "Cost centre", "Workshop"),
            views.FormField("due_date", "Payment date", "2026-04-09"),
        ),
        events=(
            views.Event(minutes_ago(172), "Arrived", "intake", tone="ok"),
            views.Event(minutes_ago(171), "Read as ZUGFeRD 2.3", tone="ok"),
            views.Event(minutes_ago(171), "Matched with PO-2288", note="3 lines, 1 finding", tone="warn"),
            views.Event(minutes_ago(170), "Handed to AP analyst", tone="accent"),
            views.Event(minutes_ago(14), "Taken", "Marta Lindqvist"),
        ),
        ladder=(
            views.Event(NOW + timedelta(hours=2, minutes=12), "Remind AP analyst"),
            views.Event(NOW + timedelta(hours=4), "Move to Controller", tone="warn"),
            views.Event(NOW + timedelta(hours=24), "Hold and tell the CFO", tone="bad"),
        ),
        decision=decision,
        due_at=NOW + timedelta(hours=2, minutes=12),
        commands=views.Commands(
            "tiebeam decide task_02 --verb approve",
            f'curl -X POST $TIEBEAM/api/v1/tasks/task_02/decision \\\n  -H \'Authorization: Bearer $KEY\' \\\n  -d \'{{"verb": "approve", "payload_hash": "{HASH}"}}\'',
        ),
        is_claimed_by_me=True,
        colleagues=(("role:controller", "Controller"), ("person:jo", "Jo Brandt")),
        run=views.Link("Open the run", "/runs/run_02"),
        query_draft="Dear Brandt Werkzeuge team,\n\nyour invoice RE-88213 lists line 2 at 14.90 EUR; our order PO-2288 says 13.75 EUR. Please send a corrected invoice or the agreed price change.\n",
    )


def decided() -> views.DecisionView:
    return views.DecisionView(
        "reject",
        "Jo Brandt",
        minutes_ago(2),
        "Price was never agreed; new invoice requested.",
        HASH,
        (views.Change("Unit price, line 2", "14.90", "13.75"),),
    )


def inbox(task: views.TaskPage | None) -> views.InboxView:
    return views.InboxView(
        (("mine", "For me", 7), ("all", "Everyone", 31), ("decided", "Decided", None)),
        "mine",
        tasks(),
        7,
        "",
        1,
        1,
        task,
    )


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


def home() -> views.HomeView:
    spark = svg.sparkline([1.9, 1.7, 1.8, 1.5, 1.42, 1.3, 1.21], name="Cost per accepted invoice, seven days")
    return views.HomeView(
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
            views.BudgetLine("Finance operations", "Ines Okafor, controller", Decimal("212.40"), Decimal("250"), "USD"),
            views.BudgetLine("Invoice processing", "Marta Lindqvist", Decimal("61.02"), Decimal("200"), "USD"),
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


def runs_table() -> Table:
    columns = (
        Column("title", "Invoice"),
        Column("state", "State"),
        Column("decision", "Decision"),
        Column("amount", "Amount", True),
        Column("order", "Order"),
        Column("started", "Started"),
        Column("took", "Took", True),
        Column("cost", "Cost", True),
    )
    rows = tuple(
        Row(
            one.id,
            (
                Cell(one.title, one.href, one.note),
                Cell(one.state.text, tone=one.state.tone),
                Cell(("Hold", "Auto-pay", "Hold", "Reject")[i % 4]),
                Cell(
                    ("11,870.25 GBP", "1,204.60 EUR", "96,300.00 SEK", "880.00 EUR")[i % 4],
                    raw=Decimal((i * 7919) % 4000),
                ),
                Cell(f"PO-22{i:02}", is_mono=True, is_soft=True),
                Cell(when=minutes_ago(i * 7)),
                Cell(wording.duration(0.04 * (i + 1)), raw=0.04 * (i + 1)),
                Cell(wording.usd(Decimal("0.0012") * i), raw=Decimal("0.0012") * i),
            ),
            {"state": one.state.text.lower()},
        )
        for i in range(64)
        for one in (runs_items()[i % 4],)
    )
    return Table(
        "runs-table",
        columns,
        rows,
        len(rows),
        Empty(
            "No runs yet",
            "A run takes one document from intake to ledger.",
            "tiebeam run finance.invoice-processing-matching invoices/",
        ),
        filters=(Filter("state", "State", (("waiting", "Waiting"), ("posted", "Posted"), ("rejected", "Rejected"))),),
    )


def spans() -> views.Figure:
    chart = svg.span_chart(
        [
            svg.Span("Read the document", 0, 0.041, "s1"),
            svg.Span("Match order and receipt", 0.043, 0.061, "s1"),
            svg.Span("Decide by policy", 0.062, 0.064, "s1"),
            svg.Span("Review the exception", 0.07, 0.4, "warn", "waits"),
        ],
        name="Steps on a common clock",
        shown=wording.duration,
    )
    return views.Figure(
        "Timeline",
        chart,
        ("Step", "Start", "Took"),
        (("Read the document", "0 ms", "41 ms"), ("Match order and receipt", "43 ms", "18 ms")),
        "Waiting for a person is drawn short: its length is in the audit trail.",
    )


def run() -> views.RunPage:
    ok, waiting = views.Pill("Done", "ok"), views.Pill("Waiting", "warn")
    ledger = Table(
        "ledger-table",
        (
            Column("at", "When"),
            Column("what", "What"),
            Column("step", "Step"),
            Column("quantity", "Quantity", True),
            Column("usd", "Charge", True),
        ),
        (
            Row(
                "l1",
                (
                    Cell(when=minutes_ago(171)),
                    Cell("Machine seconds"),
                    Cell("Read the document"),
                    Cell("0.041"),
                    Cell("$0.0000"),
                ),
            ),
            Row(
                "l2",
                (
                    Cell(when=minutes_ago(2)),
                    Cell("Review minutes", sub="Marta Lindqvist"),
                    Cell("Review the exception"),
                    Cell("3.5"),
                    Cell("$2.45"),
                ),
            ),
        ),
        2,
        Empty("No charge", "Steps write their minutes, tokens and outcomes here."),
        is_searchable=False,
    )
    return views.RunPage(
        id="run_02",
        title="Brandt Werkzeuge GmbH · RE-88213",
        state=waiting,
        headline="Held for a price variance on line 2; an AP analyst decides.",
        kpis=(
            views.Kpi("Amount", "4,612.48", "EUR, due 9 Apr"),
            views.Kpi("Decision by rules", "Hold", "price variance"),
            views.Kpi("Machine time", "64 ms", "4 steps"),
            views.Kpi("Review", "3.5 min", "$2.45", "#ledger"),
            views.Kpi("Cost", "$2.45", "2 ledger lines", "#ledger"),
        ),
        facts=(
            views.Fact("Workflow", "Invoice processing and matching", "/workflows/finance.invoice-processing-matching"),
            views.Fact("Recipe", "three-way-match", note="version 1.0.0"),
            views.Fact("Run", "run_01k3v7x2m9q4ta8h2c5e", is_mono=True),
            views.Fact("Started", "12 Mar, 06:49"),
            views.Fact("Batch", "harbour-tools, 52 documents"),
            views.Fact("Team", "Accounts payable"),
        ),
        graph=graph(),
        spans=spans(),
        steps=(
            views.StepView(
                "read",
                "Read the document",
                "extraction",
                ok,
                "Read as ZUGFeRD 2.3, 3 lines",
                minutes_ago(172),
                0.041,
                "$0.00",
                "pure",
                {"document": "RE-88213.pdf"},
                {"syntax": "CII", "number": "RE-88213", "gross": "4612.48"},
            ),
            views.StepView(
                "match",
                "Match order and receipt",
                "matching",
                ok,
                "Matched with PO-2288; 1 finding",
                minutes_ago(171),
                0.018,
                "$0.00",
                "db",
                {"order": "PO-2288"},
                {"findings": [{"kind": "price_variance", "line": 2, "percent": "8.36"}]},
                task_page().quotes[:2],
                is_open=True,
            ),
            views.StepView(
                "decide",
                "Decide by policy",
                "classification",
                ok,
                "Hold: price above tolerance",
                minutes_ago(171),
                0.002,
                "$0.00",
                "pure",
                None,
                {"decision": "hold", "labels": ["price_variance"]},
            ),
            views.StepView(
                "review",
                "Review the exception",
                "orchestration",
                waiting,
                "Waits for AP analyst",
                minutes_ago(170),
                None,
                "–",
                "db",
            ),
        ),
        events=task_page().events,
        ledger=ledger,
        documents=task_page().documents,
        tasks=tasks()[1:2],
        commands=views.Commands("tiebeam runs show run_02", "curl $TIEBEAM/api/v1/runs/run_02"),
        can_cancel=True,
        stream="run:run_02",
    )


def workflow() -> views.WorkflowPage:
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
    return views.WorkflowPage(
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
            views.Event(
                minutes_ago(900), "Promotion to pilot refused", "Ines Okafor", "Evaluation set not passed.", "bad"
            ),
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


PAGES: dict[str, tuple[str, dict[str, object]]] = {
    "/": ("pages/home.html", {"home": home()}),
    "/inbox": ("pages/inbox.html", {"inbox": inbox(None)}),
    "/inbox/task_02": ("pages/inbox.html", {"inbox": inbox(task_page())}),
    "/inbox/task_03": ("pages/inbox.html", {"inbox": inbox(task_page(decided()))}),
    "/runs": (
        "pages/list.html",
        {
            "table": None,
            "title": "Runs",
            "text": "Every document on its way from intake to ledger.",
            "live": "runs",
            "can_upload": True,
        },
    ),
    "/runs/run_02": ("pages/run.html", {"run": run()}),
    "/workflows/finance.invoice-processing-matching": ("pages/workflow.html", {"workflow": workflow()}),
    "/library/intents/finance.invoice-processing-matching": ("pages/intent.html", {"intent": intent()}),
    "/upload": ("pages/upload.html", {"results": ()}),
    "/settings": ("pages/settings.html", {"settings": settings()}),
    "/palette": ("pages/palette.html", {"text": "rossi", "entries": ()}),
    "/sign-in": ("pages/sign_in.html", {"token": "", "problem": "", "target": "/"}),
    "/error/409": (
        "pages/error.html",
        {
            "error": views.ErrorView(
                409,
                "Somebody decided this first",
                "While you were reading, this task was decided. Your answer was not recorded, and nothing happened twice.",
                "Read the decision above; if it is wrong, talk to its owner.",
                decision=decided(),
                link=views.Link("Next task", "/inbox"),
            )
        },
    ),
    "/error/500": (
        "pages/error.html",
        {
            "error": views.ErrorView(
                500,
                "Something broke on our side",
                "The page could not be made. Nothing was changed by opening it.",
                "Give the reference to whoever runs Tiebeam here; the log holds the details.",
                "err_01k3v7x2m9",
            )
        },
    ),
}
