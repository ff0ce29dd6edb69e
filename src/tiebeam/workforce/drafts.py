"""What somebody entered and was refused: kept for them, so that wrong input is corrected and not typed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.kit import canonical_json
from tiebeam.spec import schema_problems
from tiebeam.store import Unit
from tiebeam.workforce import tables
from tiebeam.workforce.task import load_task

LARGEST_DRAFT = 65_536
"""In characters of JSON; what is larger is refused all the same and not kept."""


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """The input of a refused decision; `problems` maps each wrong field to what is wrong with it."""

    verb: str
    input: dict[str, Any]
    problems: dict[str, list[str]]
    at: datetime


def keep_draft(
    unit: Unit, task_id: str, person_id: str, *, verb: str, given: Mapping[str, Any], problems: Mapping[str, list[str]]
) -> bool:
    """False, and nothing kept, when the task has been closed meanwhile or the input is too large or no JSON."""
    # Its depth is bounded before anything walks it; an empty schema takes everything else.
    if schema_problems({}, dict(given)) or len(canonical_json(given)) > LARGEST_DRAFT:
        return False
    if not load_task(unit.conn, task_id, lock=True).is_active:
        return False
    insert = postgresql.insert if unit.conn.dialect.name == "postgresql" else sqlite.insert
    values = {"verb": verb, "input": dict(given), "problems": dict(problems), "at": unit.now}
    statement = insert(tables.task_draft).values(task_id=task_id, person_id=person_id, **values)
    unit.conn.execute(statement.on_conflict_do_update(index_elements=["task_id", "person_id"], set_=values))
    return True


def draft_of(conn: sa.Connection, task_id: str, person_id: str) -> KeptDraft | None:
    table = tables.task_draft
    statement = sa.select(table).where(table.c.task_id == task_id, table.c.person_id == person_id)
    row = conn.execute(statement).one_or_none()
    return None if row is None else KeptDraft(row.verb, row.input, row.problems, row.at)


def forget_drafts(unit: Unit, task_id: str) -> None:
    unit.conn.execute(sa.delete(tables.task_draft).where(tables.task_draft.c.task_id == task_id))
