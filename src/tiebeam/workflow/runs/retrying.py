"""Taking up a run again that the engine gave up after repeated internal errors."""

from __future__ import annotations

from tiebeam.errors import Conflict
from tiebeam.store import Unit
from tiebeam.workflow.runs.rows import RunRow, change_run, load_run, take_seq
from tiebeam.workflow.runs.states import RunState


class NotFailed(Conflict):
    """Only a run that failed is tried again."""

    code = "not_failed"


def retry_run(unit: Unit, run_id: str, *, actor: str) -> RunRow:
    """A failed run goes on from its rows once the caller enqueues it under the number it has got, its `seq`.

    Steps that are done stay done, and a call outside is asked about first. Raises NotFound and NotFailed.
    """
    row = load_run(unit.conn, run_id, for_update=True)
    if row.state is not RunState.FAILED:
        raise NotFailed(
            f"run {run_id!r} is {row.state.value}, and only one that failed is tried again; hand the document in "
            "again for a new run",
            run=run_id,
        )
    change_run(unit, run_id, state=RunState.QUEUED, outcome=None, reason=None, ended_at=None)
    seq = take_seq(unit, run_id)
    unit.journal(f"run:{run_id}", "run.retried", actor=actor, payload={"seq": seq})
    return load_run(unit.conn, run_id)
