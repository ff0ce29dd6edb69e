"""What the page of a run offers to do with it, and what is out of the ordinary about it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

import sqlalchemy as sa

from tiebeam.authority import Obj
from tiebeam.spec import fingerprint
from tiebeam.web.views import Link, RunTending
from tiebeam.web.visit import Visit
from tiebeam.web.wording import moment
from tiebeam.workflow.operating import fork_of, forks_from, stall_of
from tiebeam.workflow.runs import RunState, RunView, family_of

_HELD = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.WAITING})


def run_tending(visit: Visit, conn: sa.Connection, run: RunView, obj: Obj) -> RunTending:
    item = run.item
    stalled = stall_of(conn, item.id)
    return RunTending(
        can_pause=item.state in _HELD and visit.allows("run.pause", obj),
        can_resume=item.state is RunState.PAUSED and visit.allows("run.resume", obj),
        can_retry=item.state is RunState.FAILED and visit.allows("run.retry", obj),
        can_cancel=(not item.state.is_final or item.state is RunState.FAILED) and visit.allows("run.cancel", obj),
        more=_more(visit, run, obj),
        related=_related(conn, item.id),
        alarm="" if stalled is None else f"Nothing has happened since {_at(visit, stalled.since)}: {stalled.why}.",
    )


def _at(visit: Visit, since: datetime) -> str:
    return moment(since, visit.zone, visit.now)


def _more(visit: Visit, run: RunView, obj: Obj) -> tuple[Link, ...]:
    item, place = run.item, f"/runs/{run.item.id}"
    applied = visit.graph.recipes.get(item.recipe)
    is_behind = applied is not None and fingerprint(applied) != run.recipe_hash
    found: list[Link] = []
    if run.steps and item.state not in {RunState.CANCELLED, RunState.UNDOING} and visit.allows("run.retry", obj):
        found.append(Link("Do it again from a step…", f"{place}/again"))
    if item.state.is_final and visit.allows("run.fork", obj):
        found.append(Link("Begin a new run from here…", f"{place}/fork"))
    if item.state.is_final and visit.allows("run.replay", obj):
        found.append(Link("Replay by another version, dry…", f"{place}/replay"))
    if not item.state.is_final and is_behind and visit.allows("run.migrate", obj):
        wanted = urlencode({"recipe": item.recipe, "run": item.id})
        found.append(Link("Move to the applied version…", f"/runs/migrate?{wanted}"))
    return tuple(found)


def _related(conn: sa.Connection, run_id: str) -> tuple[Link, ...]:
    """The runs this one was begun from or by, and those begun from or by it."""
    found: list[Link] = []
    above, below = family_of(conn, run_id)
    if above is not None:
        found.append(Link("The run that waits for this one", f"/runs/{above.id}", above.subject))
    if (origin := fork_of(conn, run_id)) is not None:
        found.append(Link("Begun from another run", f"/runs/{origin.from_run}", origin.step))
    found += [Link("A run this one waits for", f"/runs/{one.id}", one.subject) for one in below]
    found += [Link("Begun from this run", f"/runs/{one.run}", one.step) for one in forks_from(conn, run_id)]
    return tuple(found)
