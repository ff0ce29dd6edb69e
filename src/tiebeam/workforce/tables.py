"""The tables of this room: tasks and what happened to them. Those of signing in lie in `access/tables.py`."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import Amount, JsonText, Moment, metadata

_IS_OPEN = sa.text("closed_at IS NULL")
_IS_CLOSED = sa.text("closed_at IS NOT NULL")

task = sa.Table(
    "task",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    # What its run is for and who started it, so that lists are filtered by who may see them without other tables.
    sa.Column("intent", sa.Text, nullable=False, server_default=""),
    sa.Column("started_by", sa.Text, nullable=False, server_default=""),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("step_id", sa.Text, nullable=False),
    sa.Column("wait_id", sa.Text, nullable=False),
    sa.Column("handoff", sa.Text, nullable=False),
    # The protocol as it was when the task opened: a later edit of the file changes no open task.
    sa.Column("protocol", JsonText, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("payload", JsonText, nullable=False),
    sa.Column("payload_hash", sa.Text, nullable=False),
    sa.Column("context", JsonText, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("audit_owner", sa.Text, nullable=False),
    sa.Column("excluded_people", JsonText, nullable=False),
    sa.Column("amount", Amount),
    sa.Column("currency", sa.Text),
    sa.Column("needs_authority", sa.Boolean, nullable=False),
    # JSON Schema of what may be answered; none where the protocol's editable fields are enough.
    sa.Column("answer_schema", JsonText),
    sa.Column("routed_because", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("claimed_by", sa.Text),
    sa.Column("opened_at", Moment, nullable=False),
    # Business hours of the ladder are counted from here; a reassignment by a person starts them anew.
    sa.Column("counted_from", Moment, nullable=False),
    # The due time is counted from here: anew for whom it is handed to. Empty in older rows: `counted_from`.
    sa.Column("due_start", Moment),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("snoozed_until", Moment),
    sa.Column("closed_at", Moment),
    sa.Index(None, "run_id"),
    # Lists are read in these orders, open tasks apart from the many that are closed.
    sa.Index("task_open", "due_at", "id", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    sa.Index("task_open_of_role", "role", "due_at", "id", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    sa.Index("task_closed", "closed_at", "id", sqlite_where=_IS_CLOSED, postgresql_where=_IS_CLOSED),
)

task_payload = sa.Table(
    "task_payload",
    metadata,
    sa.Column("task_id", sa.Text, sa.ForeignKey("task.id"), primary_key=True),
    sa.Column("payload_hash", sa.Text, primary_key=True),
    sa.Column("payload", JsonText, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
)

task_event = sa.Table(
    "task_event",
    metadata,
    sa.Column("task_id", sa.Text, sa.ForeignKey("task.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("detail", JsonText, nullable=False),
)

task_rung = sa.Table(
    "task_rung",
    metadata,
    sa.Column("task_id", sa.Text, sa.ForeignKey("task.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("role", sa.Text),
    sa.Column("verb", sa.Text),
    sa.Column("after_hours", Amount, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("fired_at", Moment),
)

task_decision = sa.Table(
    "task_decision",
    metadata,
    # One decision for each task: the first insert wins and the key refuses all others.
    sa.Column("task_id", sa.Text, sa.ForeignKey("task.id"), primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("step_id", sa.Text, nullable=False),
    sa.Column("verb", sa.Text, nullable=False),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("person_name", sa.Text, nullable=False),
    sa.Column("on_behalf_of", sa.Text),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("payload", JsonText, nullable=False),
    sa.Column("payload_hash", sa.Text, nullable=False),
    sa.Column("shown_hash", sa.Text, nullable=False),
    sa.Column("diff", JsonText, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("amount", Amount),
    sa.Column("currency", sa.Text),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("audit_owner", sa.Text, nullable=False),
    sa.Column("minutes", Amount),
    sa.Column("minutes_how", sa.Text, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Index(None, "run_id"),
    sa.Index(None, "person_id", "at"),
)

task_endorsement = sa.Table(
    "task_endorsement",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("task_id", sa.Text, sa.ForeignKey("task.id"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("verb", sa.Text, nullable=False),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("person_name", sa.Text, nullable=False),
    sa.Column("on_behalf_of", sa.Text),
    sa.Column("payload_hash", sa.Text, nullable=False),
    sa.Column("diff", JsonText, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("amount", Amount),
    sa.Column("minutes", Amount),
    sa.Column("minutes_how", sa.Text, nullable=False),
    sa.Column("from_role", sa.Text, nullable=False),
    sa.Column("to_role", sa.Text, nullable=False),
    sa.Index(None, "task_id"),
)

# What a person entered and was refused, kept for them until the task is closed.
task_draft = sa.Table(
    "task_draft",
    metadata,
    sa.Column("task_id", sa.Text, sa.ForeignKey("task.id"), primary_key=True),
    sa.Column("person_id", sa.Text, primary_key=True),
    sa.Column("verb", sa.Text, nullable=False),
    sa.Column("input", JsonText, nullable=False),
    # Field → why it was refused.
    sa.Column("problems", JsonText, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

task_viewing = sa.Table(
    "task_viewing",
    metadata,
    sa.Column("task_id", sa.Text, sa.ForeignKey("task.id"), primary_key=True),
    sa.Column("person_id", sa.Text, primary_key=True),
    sa.Column("first_viewed_at", Moment, nullable=False),
)

task_question = sa.Table(
    "task_question",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("task_id", sa.Text, sa.ForeignKey("task.id"), nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("recipient", sa.Text),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("answered_by", sa.Text),
    sa.Column("answered_at", Moment),
    sa.Index(None, "task_id"),
)

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Text, nullable=False),
    # None where the notice is about something else than a task.
    sa.Column("task_id", sa.Text, sa.ForeignKey("task.id")),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("seen_at", Moment),
    sa.Index(None, "person_id", "seen_at", "at"),
)

access_refusal = sa.Table(
    "access_refusal",
    metadata,
    sa.Column("actor", sa.Text, primary_key=True),
    sa.Column("verb", sa.Text, primary_key=True),
    # Refusals are counted from here; the first of each count stands in the journal by itself.
    sa.Column("since", Moment, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("objects", JsonText, nullable=False),
)
