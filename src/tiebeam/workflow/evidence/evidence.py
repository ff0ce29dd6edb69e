"""What the record of a decision names besides the decision itself, and packs made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.authority import Policies
from tiebeam.economics import Economics
from tiebeam.store import Store, Unit, make_anchor
from tiebeam.workflow.evidence.packs import Pack, Subject, check_decided, pack, subject_of
from tiebeam.workflow.evidence.tables import pinned_policy
from tiebeam.workflow.intake import Archive, document_view
from tiebeam.workflow.runs import load_run
from tiebeam.workforce import Task


class Evidence:
    """Packs of one run or decision each."""

    def __init__(
        self, store: Store, *, archive: Archive, economics: Economics, policies: Callable[[], Policies]
    ) -> None:
        self._store = store
        self._archive = archive
        self._economics = economics
        self._policies = policies

    def grounds(self, unit: Unit, task: Task) -> dict[str, Any]:
        """What a decision on the task rests on, for its record; keeps the text of the policies in force."""
        self._pin_policies(unit)
        if not task.run_id:
            return {}
        run = load_run(unit.conn, task.run_id)
        documents = [] if run.document_id is None else [document_view(unit.conn, run.document_id).sha256]
        return {
            "recipe": run.recipe,
            "recipe_hash": run.recipe_hash,
            "documents": documents,
            "models": self._economics.models_of(unit.conn, task.run_id),
        }

    def subject(self, conn: sa.Connection, wanted: str) -> Subject:
        """`wanted` is the id of a run, or of a task for the decision on it. Raises NotFound."""
        return subject_of(conn, wanted)

    def export(self, subject: Subject, *, actor: str) -> Pack:
        """Make the pack and put that on the run's record. An anchor is made first, so that the pack can be proven.

        Raises NotDecided.
        """
        with self._store.read() as conn:
            check_decided(conn, subject)
        with self._store.unit() as unit:
            make_anchor(unit)
        with self._store.read() as conn:
            made = pack(conn, subject, archive=self._archive, at=self._store.clock.now())
        payload = {"subject": subject.stream, "decision": subject.decision, "sha256": made.sha256}
        with self._store.unit() as unit:
            unit.journal(subject.stream, "evidence.exported", actor=actor, payload=payload)
        return made

    def _pin_policies(self, unit: Unit) -> None:
        policies = self._policies()
        known = sa.select(pinned_policy.c.version).where(pinned_policy.c.version == policies.version)
        if unit.conn.execute(known).first() is not None:
            return
        insert = postgresql.insert if unit.conn.dialect.name == "postgresql" else sqlite.insert
        values = {"version": policies.version, "content": policies.content, "pinned_at": unit.now}
        unit.conn.execute(insert(pinned_policy).values(**values).on_conflict_do_nothing())
