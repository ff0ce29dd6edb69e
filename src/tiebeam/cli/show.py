"""A task and a run as people read them in a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tiebeam.cli.shared import clean, print_table

if TYPE_CHECKING:
    from tiebeam.workflow.intake import DocumentView
    from tiebeam.workflow.runs import CaseRow, RunView
    from tiebeam.workforce import KeptDraft, TaskView

_WIDTH = 100


def print_task(task: TaskView) -> None:
    """What is asked, by when, of whom, and what would be done; the packet's pieces in short."""
    click.echo(clean(task.title))
    facts = [
        ("task", task.id),
        ("run", task.run_id or "none"),
        ("state", task.state.value if task.claimed_by is None else f"{task.state.value} by {task.claimed_by}"),
        ("role", f"{task.role_title} ({', '.join(holder.person_id for holder in task.people) or 'nobody today'})"),
        ("due (UTC)", f"{task.due_at:%Y-%m-%d %H:%M}"),
        ("why", clean(task.summary)),
        ("routed", clean(task.routed_because)),
        ("verbs", ", ".join(task.protocol.verbs)),
        ("payload hash", task.payload_hash),
    ]
    if task.amount is not None:
        facts.append(("amount", f"{task.amount} {task.currency or ''}"))
    if task.days_off:
        facts.append(("not counted", "; ".join(f"{one.day} {clean(one.why)}" for one in task.days_off)))
    if task.decision is not None:
        facts.append(("decided", f"{task.decision.verb} by {task.decision.person_name}: {task.decision.comment}"))
    facts.append(("how to decide", clean(" ".join(task.protocol.instructions.split()))))
    print_table(("", ""), facts)
    click.echo("\nproposed action")
    click.echo(clean(json.dumps(task.payload, ensure_ascii=False, indent=2)))
    click.echo("\npacket (whole with --json)")
    print_table(("", ""), [(name, _short(value)) for name, value in task.context.items()])


def print_draft(draft: KeptDraft | None) -> None:
    """What this person entered and was refused, with what is wrong."""
    if draft is None:
        return
    click.echo(f"\nyour refused answer of {draft.at:%Y-%m-%d %H:%M} UTC ({draft.verb}); correct it and decide again")
    click.echo(clean(json.dumps(draft.input, ensure_ascii=False, indent=2)))
    print_table(("field", "wrong"), [(clean(name), clean("; ".join(said))) for name, said in draft.problems.items()])


def print_document(view: DocumentView) -> None:
    """What a document is, what was read from it, and where each field stands."""
    click.echo(clean(view.name))
    state = view.state if view.error is None else f"{view.state}: {clean(view.error)}"
    facts = [("document", view.id), ("run", view.run_id), ("state", state), ("syntax", view.syntax or "unknown")]
    print_table(("", ""), [*facts, ("received", view.received_at or ""), ("sha256", view.sha256)])
    if view.evidence:
        click.echo("")
        rows = [(one["field"], _short(one["text"]), _short(one["place"])) for one in view.evidence]
        print_table(("field", "as written", "place"), rows)


def print_run(view: RunView, case: CaseRow, tasks: Sequence[TaskView]) -> None:
    """State, decision, steps, and the tasks of a run."""
    item = view.item
    click.echo(clean(item.subject))
    state = item.state.value if item.outcome is None else f"{item.state.value}: {item.outcome}"
    facts = [("run", item.id), ("state", state)]
    if item.document_id is not None:
        facts += [
            ("document", item.document_id),
            ("decision", f"{case.decision} {', '.join(case.labels)}".strip()),
            ("order", case.matched_order or ""),
            ("reason", clean(case.reason)),
        ]
    elif item.reason:
        facts.append(("reason", clean(item.reason)))
    print_table(("", ""), [*facts, ("recipe", f"{item.recipe} ({view.recipe_hash[:12]})")])
    click.echo("")
    rows = [(step.step_id, step.state.value, step.outcome or "", clean(step.summary or "")) for step in view.steps]
    print_table(("step", "state", "outcome", "what was found"), rows)
    if tasks:
        click.echo("")
        print_table(("task", "state", "role", "title"), [(t.id, t.state.value, t.role, clean(t.title)) for t in tasks])


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = clean(" ".join(text.split()))
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
