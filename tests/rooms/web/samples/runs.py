"""Runs: the table and one run."""

from __future__ import annotations

from decimal import Decimal

from tests.rooms.web.samples.base import graph, minutes_ago
from tests.rooms.web.samples.home import runs_items
from tests.rooms.web.samples.tasks import task_page, tasks
from tiebeam.web import svg, views, wording
from tiebeam.web.table import Cell, Column, Empty, Filter, Row, Table


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
RUN = views.RunPage(
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
    tending=views.RunTending(can_cancel=True),
    stream="run:run_02",
)


def run() -> views.RunPage:
    return RUN
