"""What every page stands on: a moment, a person, a graph."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.builders.nested_recipe import HALFWAY, ORDER
from tiebeam.web import svg
from tiebeam.web.drawing import run_graph
from tiebeam.web.render import Here, Shell
from tiebeam.web.views import Picture, StepLine

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


def frames() -> Picture:
    return run_graph(ORDER, HALFWAY, is_over=False, name="Steps of an order")


def graph() -> Picture:
    lines = tuple(StepLine(node.label, "code", node.note, node.href) for node in NODES)
    return Picture("Workflow graph", svg.draw_graph(NODES, EDGES, name="Workflow graph"), lines)
