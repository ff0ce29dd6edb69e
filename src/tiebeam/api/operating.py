"""Looking after runs: pause, resume, cancel, retry, do again, fork, migrate, replay; and what needs a look.

A GET at the address of a verb says what it would do now and does nothing.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.http import Caller
from tiebeam.kit import plain
from tiebeam.workflow.operating import APPLIED, PINNED, Tail, fork_of, forks_from, happenings, put_aside, stalls
from tiebeam.workflow.runs import RunRow, run_view

Reason = Annotated[str, Field(min_length=1, max_length=2000)]
Step = Annotated[str, Field(max_length=160)]
Steps = Annotated[list[Step], Field(max_length=500)]
Version = Annotated[str, Field(max_length=200)]


class Pause(Body):
    reason: Reason


class Resume(Body):
    reason: str = Field(default="", max_length=2000)


class Cancel(Body):
    """With `undo` what the run did is taken back first, where its steps say how."""

    reason: Reason
    undo: bool = True


class Rewind(Body):
    """`step` and all that came after it are done again. Of each effect that happened once: `keep` it as it is, or make
    it `again` because it was taken back outside.
    """

    step: Step
    reason: Reason
    keep: Steps = Field(default_factory=list)
    again: Steps = Field(default_factory=list)


class Fork(Body):
    """A new run before `step` (empty: from the start). `version`: pinned, applied, or a recipe of the same intent."""

    reason: Reason
    step: Step = ""
    version: Version = PINNED
    again: Steps = Field(default_factory=list)


class Migrate(Body):
    """Without `runs` all open runs of the recipe."""

    recipe: Version
    reason: Reason
    runs: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=1000)] | None = None


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["runs"])
    _following(app, routes)
    _migrating(app, routes)
    _holding(app, routes)
    _ending(app, routes)
    _again(app, routes)
    _elsewhere(app, routes)
    return routes


def _following(app: App, routes: APIRouter) -> None:
    listed = asks(app, "run.view", "run")

    @routes.get("/runs/attention")
    def attention(caller: Caller = Depends(listed)) -> dict[str, Any]:
        """Runs that stand still, and those the engine put aside."""
        visible = caller.visible("run.view")
        with app.store.read() as conn:
            return {
                "stalled": plain(stalls(conn, visible=visible)),
                "put_aside": plain(put_aside(conn, visible=visible)),
            }

    @routes.get("/runs/events")
    def happening(
        caller: Caller = Depends(listed),
        after: Annotated[int, Query(ge=0, description="The `position` of the last answer.")] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """What happened in the runs you may see, from a position on; ask again with the new one."""
        tail = Tail(after=after, visible=caller.visible("run.view"))
        with app.store.read() as conn:
            rows = tail.more(conn, limit=limit)
        return {"rows": plain(rows), "position": tail.position}

    @routes.get("/runs/{run_id}/events")
    def of_one(
        run_id: str,
        _caller: Caller = Depends(asks(app, "run.view", "run", "run_id")),
        after: Annotated[int, Query(ge=0, description="The `seq` of the last fact seen.")] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """What happened in a run behind one of its facts."""
        with app.store.read() as conn:
            rows = happenings(conn, run_id, after=after, limit=limit)
        return {"rows": plain(rows), "after": rows[-1].seq if rows else after}


def _migrating(app: App, routes: APIRouter) -> None:
    @routes.get("/runs/migration")
    def preview(
        recipe: Annotated[str, Query(max_length=200, description="INTENT/NAME")],
        caller: Caller = Depends(asks(app, "run.migrate", "run", inside=True)),
        run: Annotated[list[str] | None, Query(max_length=500)] = None,
        after: Annotated[str, Query(max_length=40)] = "",
    ) -> dict[str, Any]:
        """Which open runs of a recipe would go on by its applied version, which would not and why. A page of 200."""
        caller.known("recipe", recipe)
        with app.store.read() as conn:
            found = app.operating.preview_migration(caller.principal, conn, recipe, runs=run, after=after)
        return {**plain(found), "fits": found.fits, "elsewhere": found.elsewhere}

    @routes.post("/runs/migration")
    def migrate(body: Migrate, caller: Caller = Depends(changes(app, "run.migrate", "run", inside=True))) -> Any:
        """Move open runs to the applied version of their recipe; what does not fit stays and is listed."""
        caller.known("recipe", body.recipe)
        return plain(app.operating.migrate(caller.principal, body.recipe, reason=body.reason, runs=body.runs))


def _holding(app: App, routes: APIRouter) -> None:
    @routes.post("/runs/{run_id}/pause")
    def pause(
        run_id: str, body: Pause, caller: Caller = Depends(changes(app, "run.pause", "run", "run_id", inside=True))
    ) -> dict[str, Any]:
        """Hold a run where it is; what it waits for is kept."""
        return _shown(app, app.operating.pause(caller.principal, run_id, reason=body.reason))

    @routes.post("/runs/{run_id}/resume", status_code=202)
    def resume(
        run_id: str, body: Resume, caller: Caller = Depends(changes(app, "run.resume", "run", "run_id", inside=True))
    ) -> dict[str, Any]:
        """Let a paused run go on."""
        return _shown(app, app.operating.resume(caller.principal, run_id, reason=body.reason))


def _ending(app: App, routes: APIRouter) -> None:
    @routes.get("/runs/{run_id}/cancel")
    def preview(run_id: str, _caller: Caller = Depends(asks(app, "run.view", "run", "run_id"))) -> dict[str, Any]:
        """What cancelling a run would take back, the latest first, and what would stay."""
        with app.store.read() as conn:
            return plain(app.operating.preview_cancel(conn, run_id))

    @routes.post("/runs/{run_id}/cancel")
    def cancel(
        run_id: str, body: Cancel, caller: Caller = Depends(changes(app, "run.cancel", "run", "run_id", inside=True))
    ) -> dict[str, Any]:
        """End a run before its time; what it did is taken back first, where its steps say how."""
        row = app.operating.cancel(caller.principal, run_id, reason=body.reason, undo=body.undo)
        return _shown(app, row)


def _again(app: App, routes: APIRouter) -> None:
    seen = asks(app, "run.view", "run", "run_id")
    retrying = changes(app, "run.retry", "run", "run_id", inside=True)

    @routes.post("/runs/{run_id}/retry", status_code=202)
    def retry(run_id: str, caller: Caller = Depends(retrying)) -> dict[str, Any]:
        """Let a failed run out of quarantine; what it had done stays done."""
        return _shown(app, app.operating.retry(caller.principal, run_id))

    @routes.get("/runs/{run_id}/rewind")
    def preview_rewind(
        run_id: str, step: Annotated[str, Query(max_length=160)], _caller: Caller = Depends(seen)
    ) -> dict[str, Any]:
        """What doing a run again from a step on would mean."""
        with app.store.read() as conn:
            return plain(app.operating.preview_rewind(conn, run_id, step))

    @routes.post("/runs/{run_id}/rewind", status_code=202)
    def rewind(run_id: str, body: Rewind, caller: Caller = Depends(retrying)) -> dict[str, Any]:
        """Do a run again from a step on; what comes before it stays as it is."""
        row = app.operating.rewind(
            caller.principal, run_id, body.step, reason=body.reason, keep=body.keep, again=body.again
        )
        return _shown(app, row)


def _elsewhere(app: App, routes: APIRouter) -> None:
    seen = asks(app, "run.view", "run", "run_id")

    @routes.get("/runs/{run_id}/fork")
    def preview_fork(
        run_id: str,
        _caller: Caller = Depends(seen),
        step: Annotated[str, Query(max_length=160)] = "",
        version: Annotated[str, Query(max_length=200)] = PINNED,
    ) -> dict[str, Any]:
        """What a new run that begins where this one stood would take over, and what it would do a second time."""
        with app.store.read() as conn:
            found = app.operating.preview_fork(conn, run_id, step=step, version=version)
            return {
                **plain(found),
                "forked_from": plain(fork_of(conn, run_id)),
                "forks": plain(forks_from(conn, run_id)),
            }

    @routes.post("/runs/{run_id}/fork", status_code=202)
    def fork(
        run_id: str, body: Fork, caller: Caller = Depends(changes(app, "run.fork", "run", "run_id", inside=True))
    ) -> dict[str, Any]:
        """Begin a new run where an ended one stood before a step."""
        row = app.operating.fork(
            caller.principal, run_id, reason=body.reason, step=body.step, version=body.version, again=body.again
        )
        return _shown(app, row)

    @routes.get("/runs/{run_id}/replay")
    def replay(
        run_id: str,
        caller: Caller = Depends(asks(app, "run.replay", "run", "run_id", inside=True)),
        version: Annotated[str, Query(max_length=200)] = APPLIED,
    ) -> dict[str, Any]:
        """An ended run through another version of its recipe, with nothing kept and nothing sent."""
        found = app.operating.replay(caller.principal, run_id, version=version)
        return {**plain(found), "differs": found.differs}


def _shown(app: App, row: RunRow) -> dict[str, Any]:
    with app.store.read() as conn:
        return plain(run_view(conn, row.id).item)
