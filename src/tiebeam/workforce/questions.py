"""Asking somebody outside from a task, and their answer coming back to it."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.errors import Invalid
from tiebeam.store import Unit
from tiebeam.workforce import tables
from tiebeam.workforce.desk import Desk, change, notify, record
from tiebeam.workforce.editing import Draft
from tiebeam.workforce.rungs import recompute
from tiebeam.workforce.task import Message, Task, TaskState, load_task, message_of

_LONGEST_ANSWER = 50_000


def ask(desk: Desk, unit: Unit, task: Task, draft: Draft, *, actor: str, person_id: str, rule: str) -> Message:
    """Store the question and let the hook send it. The task stays open for a decision all the while."""
    message = Message(
        id=unit.store.ids.new("question"),
        task_id=task.id,
        asked_by=person_id,
        asked_at=unit.now,
        recipient=draft.recipient,
        subject=draft.subject or task.title,
        text=draft.text,
    )
    unit.conn.execute(
        sa.insert(tables.task_question).values(
            id=message.id,
            task_id=task.id,
            asked_by=person_id,
            asked_at=unit.now,
            recipient=message.recipient,
            subject=message.subject,
            text=message.text,
        )
    )
    task = change(unit, task, state=TaskState.WAITING)
    record(
        unit,
        task,
        "asked",
        actor=actor,
        verb="ask",
        rule=rule,
        question=message.id,
        to=message.recipient,
        subject_line=message.subject,
        text=message.text,
    )
    for hook in desk.hooks.asked:
        hook(unit, task, message)
    return message


def answer(desk: Desk, unit: Unit, task_id: str, *, text: str, sender: str) -> Task:
    """Add an answer to the task's context and return it to its people with a new due time.

    It answers the oldest open question. An answer to a task that is closed by now is kept in its history only.
    Raises UnknownTask, and Invalid on an empty or oversized text.
    """
    if not text.strip() or len(text) > _LONGEST_ANSWER:
        raise Invalid(f"an answer to task {task_id!r} needs between 1 and {_LONGEST_ANSWER} characters", task=task_id)
    task = load_task(unit.conn, task_id, lock=True)
    question = _oldest_open(unit.conn, task_id)
    if question is not None:
        unit.conn.execute(
            sa.update(tables.task_question)
            .where(tables.task_question.c.id == question.id)
            .values(answer=text, answered_by=sender, answered_at=unit.now)
        )
    asked = None if question is None else question.id
    if not task.is_active:
        record(unit, task, "answered-late", actor=f"outside:{sender}", question=asked, text=text)
        return task
    entry = {
        "question": None if question is None else question.text,
        "answer": text,
        "sender": sender,
        "at": unit.now.isoformat(),
    }
    task = change(unit, task, context={**task.context, "answers": [*task.context.get("answers", []), entry]})
    if task.state is TaskState.WAITING and _oldest_open(unit.conn, task_id) is None:
        state = TaskState.OPEN if task.claimed_by is None else TaskState.CLAIMED
        task = change(unit, task, state=state, counted_from=unit.now, due_start=unit.now)
        task = recompute(desk, unit, task)
    record(unit, task, "answered", actor=f"outside:{sender}", question=asked, text=text, due_at=task.due_at)
    people = [holder.person_id for holder in desk.responsible(task, unit.now)]
    notify(unit, task, "answered", people=people, text=f"{sender} answered: {task.title}")
    return task


def questions(conn: sa.Connection, task_id: str) -> list[Message]:
    statement = (
        sa.select(tables.task_question)
        .where(tables.task_question.c.task_id == task_id)
        .order_by(tables.task_question.c.asked_at, tables.task_question.c.id)
    )
    return [message_of(row) for row in conn.execute(statement)]


def _oldest_open(conn: sa.Connection, task_id: str) -> Message | None:
    return next((message for message in questions(conn, task_id) if message.answered_at is None), None)
