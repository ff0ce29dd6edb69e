"""The tasks of a run that ended go into the archive with it, and everything that hangs on them."""

from __future__ import annotations

from tiebeam.store import ArchivedTable
from tiebeam.workforce.tables import (
    notice,
    task,
    task_decision,
    task_draft,
    task_endorsement,
    task_event,
    task_payload,
    task_question,
    task_rung,
    task_viewing,
)

ARCHIVED_TASKS = (
    ArchivedTable(task, "run_id"),
    *(
        ArchivedTable(table, "task_id", of=task)
        for table in (
            task_payload,
            task_event,
            task_rung,
            task_decision,
            task_endorsement,
            task_draft,
            task_viewing,
            task_question,
            notice,
        )
    ),
)
