# ruff: noqa: E501
"""Review tasks and the inbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.rooms.web.samples.base import HASH, NOW, minutes_ago
from tiebeam.web import views


def _item(
    name: str,
    title: str,
    why: str,
    hours: float,
    pill: views.Pill,
    amount: str,
    role: str = "AP analyst",
    holder: str = "",
) -> views.TaskItem:
    return views.TaskItem(name, title, why, NOW + timedelta(hours=hours), role, pill, amount, holder, f"/inbox/{name}")


TASKS = (
    _item(
        "task_01",
        "Nordbad Sanitär AG · 2026-0417",
        "The payee account differs from the one on file. Call the supplier on the number on file before anything is paid.",
        -0.4,
        views.Pill("Bank details changed", "bad"),
        "18,240.00 EUR",
        "Controller",
    ),
    _item(
        "task_02",
        "Brandt Werkzeuge GmbH · RE-88213",
        "Line 2 is invoiced at 14.90, the order says 13.75: 8.4 % above, tolerance is 2 %.",
        2.2,
        views.Pill("Price variance", "warn"),
        "4,612.48 EUR",
        holder="Marta Lindqvist",
    ),
    _item(
        "task_03",
        "Åkerlund Stål AB · 70551",
        "No receipt is booked for order PO-2291. The goods may not have arrived.",
        5.5,
        views.Pill("Missing receipt", "warn"),
        "96,300.00 SEK",
    ),
    _item(
        "task_04",
        "Kovács és Társa Kft. · KT/2026/118",
        "Invoiced 500, received 460 on order PO-2304 line 1.",
        7.1,
        views.Pill("Quantity variance", "warn"),
        "2,145,000.00 HUF",
    ),
    _item(
        "task_05",
        "Marlow Fasteners Ltd · INV-3390",
        "Total agrees with the order; above the automatic limit of 5,000.00 EUR.",
        22,
        views.Pill("Approval", "accent"),
        "11,870.25 GBP",
        "Controller",
    ),
    _item(
        "task_06",
        "Lumière Éclairage SARL · F2026-0091",
        "No purchase order is named. Proposed account 6210, cost centre Facilities, from 14 earlier invoices.",
        26,
        views.Pill("No order", "neutral"),
        "860.00 EUR",
        "Budget owner",
    ),
    _item(
        "task_07",
        "Rossi Utensili S.r.l. · 112/FE",
        "The PDF has no readable total. Found: number, date, supplier.",
        30,
        views.Pill("Unreadable", "neutral"),
        "",
    ),
)


def tasks() -> tuple[views.TaskItem, ...]:
    return TASKS


TASK_PAGE = views.TaskPage(
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


def task_page(decision: views.DecisionView | None = None) -> views.TaskPage:
    return replace(TASK_PAGE, decision=decision)


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
