"""The verbs of people who look after runs. Each asks `may` itself, whatever face it is called from."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from tiebeam.authority import Principal
from tiebeam.workflow.operating import cancelling, forking, migrating, pausing, replaying, retrying
from tiebeam.workflow.operating.cancelling import CancelPreview
from tiebeam.workflow.operating.choosing import APPLIED, PINNED
from tiebeam.workflow.operating.desk import Desk
from tiebeam.workflow.operating.forking import ForkPreview
from tiebeam.workflow.operating.migrating import Migrated, MigrationPreview
from tiebeam.workflow.operating.replaying import Replay
from tiebeam.workflow.operating.retrying import RewindPreview
from tiebeam.workflow.runs import RunRow


class Operating:
    """What is previewed reads only; what a preview shows holds for the moment it was made, and is asked again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def pause(self, principal: Principal, run_id: str, *, reason: str) -> RunRow:
        """No further step begins until it is resumed. Raises Refused, Invalid and NotPausable."""
        return pausing.pause(self._desk, principal, run_id, reason=reason)

    def resume(self, principal: Principal, run_id: str, *, reason: str = "") -> RunRow:
        """Raises Refused and NotPaused."""
        return pausing.resume(self._desk, principal, run_id, reason=reason)

    def preview_cancel(self, conn: sa.Connection, run_id: str) -> CancelPreview:
        """What would be taken back, in that order, and what stays. Raises NotFound."""
        return cancelling.preview_cancel(self._desk, conn, run_id)

    def cancel(self, principal: Principal, run_id: str, *, reason: str, undo: bool = True) -> RunRow:
        """End a run before its time, its effects taken back first where `undo`. Raises Refused, Invalid, EffectOpen."""
        return cancelling.cancel(self._desk, principal, run_id, reason=reason, undo=undo)

    def retry(self, principal: Principal, run_id: str) -> RunRow:
        """Let a failed run out of quarantine. Raises Refused, NotFound and NotFailed."""
        return retrying.retry(self._desk, principal, run_id)

    def preview_rewind(self, conn: sa.Connection, run_id: str, step: str) -> RewindPreview:
        """What doing a run again from a step would mean. Raises NotFound."""
        return retrying.preview_rewind(self._desk, conn, run_id, step)

    def rewind(
        self,
        principal: Principal,
        run_id: str,
        step: str,
        *,
        reason: str,
        keep: Collection[str] = (),
        again: Collection[str] = (),
    ) -> RunRow:
        """Do a run again from a step on. Raises Refused, Invalid, NotFound, NotRewindable and EffectStands."""
        return retrying.rewind(self._desk, principal, run_id, step, reason=reason, keep=keep, again=again)

    def preview_fork(self, conn: sa.Connection, run_id: str, *, step: str = "", version: str = PINNED) -> ForkPreview:
        """What a new run from a step of an ended one would take over. Raises NotFound and NotInService."""
        return forking.preview_fork(self._desk, conn, run_id, step=step, version=version)

    def fork(
        self,
        principal: Principal,
        run_id: str,
        *,
        reason: str,
        step: str = "",
        version: str = PINNED,
        again: Collection[str] = (),
    ) -> RunRow:
        """Begin a new run where one stood. Raises Refused, Invalid, NotForkable, NotInService and EffectStands."""
        return forking.fork(self._desk, principal, run_id, reason=reason, step=step, version=version, again=again)

    def preview_migration(
        self,
        principal: Principal,
        conn: sa.Connection,
        recipe: str,
        *,
        runs: Collection[str] | None = None,
        after: str = "",
    ) -> MigrationPreview:
        """Which open runs would go on by the applied version, and which not and why. Raises Refused and NotFound."""
        return migrating.preview_migration(self._desk, principal, conn, recipe, runs=runs, after=after)

    def migrate(
        self, principal: Principal, recipe: str, *, reason: str, runs: Collection[str] | None = None
    ) -> Migrated:
        """Move open runs that fit to the applied version. Raises Refused, Invalid, NotFound and NotInService."""
        return migrating.migrate(self._desk, principal, recipe, reason=reason, runs=runs)

    def replay(self, principal: Principal, run_id: str, *, version: str = APPLIED) -> Replay:
        """An ended run through another version, with nothing kept and nothing sent. Raises Refused, NotReplayable."""
        return replaying.replay(self._desk, principal, run_id, version=version)
