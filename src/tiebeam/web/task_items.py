"""Review tasks as list items; shared by home, inbox and run."""

from __future__ import annotations

from tiebeam.web.people import Names
from tiebeam.web.views import Pill, TaskItem
from tiebeam.web.wording import money, sentence
from tiebeam.workforce import TaskState, TaskView

_STATES = {
    TaskState.OPEN: ("Open", "neutral"),
    TaskState.CLAIMED: ("In progress", "accent"),
    TaskState.WAITING: ("Waits for an answer", "neutral"),
    TaskState.DECIDED: ("Decided", "ok"),
    TaskState.EXPIRED: ("Expired", "bad"),
    TaskState.CANCELLED: ("Withdrawn", "neutral"),
}


def state_pill(task: TaskView) -> Pill:
    if task.is_active and task.is_overdue:
        return Pill("Overdue", "bad")
    if task.decision is not None:
        verb = task.decision.verb
        return Pill(sentence(verb), {"approve": "ok", "edit": "ok", "reject": "bad"}.get(verb, "neutral"))
    if task.snoozed_until is not None:
        return Pill("Put off", "neutral")
    return Pill(*_STATES[task.state])


def kind_pill(task: TaskView) -> Pill:
    """What sort of question it is: the protocol's title, louder where money may go astray."""
    tone = "bad" if "bank" in task.handoff or "effect" in task.handoff else "warn"
    tone = "accent" if "approval" in task.handoff else tone
    return Pill(task.protocol.title, tone)


def task_item(task: TaskView, names: Names, *, query: str = "") -> TaskItem:
    """`query` is kept on the link, so that opening a task loses no filter."""
    return TaskItem(
        id=task.id,
        title=task.title,
        why=task.summary,
        due_at=task.due_at if task.is_active else None,
        role=task.role_title,
        pill=kind_pill(task) if task.is_active else state_pill(task),
        amount=money(task.amount, task.currency or "") if task.amount is not None else "",
        holder=names.person(task.claimed_by),
        href=f"/inbox/{task.id}{query}",
    )
