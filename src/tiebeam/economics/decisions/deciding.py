"""Recording decisions, and finding them again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Authority, Principal
from tiebeam.economics.calculator import Comparison, Option, question_params
from tiebeam.economics.capacity import rounded
from tiebeam.economics.decisions.decision import (
    Choice,
    Decision,
    UnknownDecision,
    WrongDecision,
    checked,
    object_of,
    weighed,
)
from tiebeam.economics.decisions.tables import cost_decision
from tiebeam.errors import Conflict
from tiebeam.graph import Graph
from tiebeam.kit import digest_of, plain
from tiebeam.store import Unit

MOST_LISTED = 500


class Decisions:
    """Verbs about decisions; `graph` knows the roles and people that may answer for one."""

    def __init__(self, *, authority: Authority, graph: Callable[[], Graph]) -> None:
        self._authority = authority
        self._graph = graph

    def record(self, unit: Unit, by: Principal, *, comparison: Comparison, choice: Choice) -> Decision:
        """Keep the question, the options weighed with their figures, what was chosen, by whom and why.

        Raises WrongDecision, Refused, UnknownDecision, and Conflict where another decision supersedes the earlier one.
        """
        choice = checked(choice, today=unit.now.date())
        self._authority.require(by, "decision.record", object_of("new", choice.owner), {"reason": choice.reason})
        self._check_owner(choice.owner)
        options = weighed(comparison, choice)
        if choice.supersedes is not None:
            self._check_superseded(unit.conn, by, choice.supersedes)
        made = Decision(
            id=unit.store.ids.new("decision"),
            title=choice.title,
            question={**question_params(comparison.question), "at": comparison.day.isoformat()},
            tokens_per_month=comparison.question.volume,
            currency=comparison.currency,
            options=[_kept(one) for one in options],
            chosen=choice.chosen,
            owner=choice.owner,
            reason=choice.reason,
            revisit=choice.revisit,
            supersedes=choice.supersedes,
            recorded_by=by.actor,
            recorded_at=unit.now,
        )
        unit.conn.execute(sa.insert(cost_decision).values(**_row(made)))
        _note(unit, made, by)
        return made

    def find(self, conn: sa.Connection, by: Principal, *, with_superseded: bool = False) -> list[Decision]:
        """Those `by` may see, newest first, at most 500; without the superseded ones unless asked for."""
        later = cost_decision.alias("later")
        statement = _select(later).order_by(cost_decision.c.recorded_at.desc(), cost_decision.c.id)
        if not with_superseded:
            statement = statement.where(later.c.id.is_(None))
        found = [_decision(row) for row in conn.execute(statement.limit(MOST_LISTED))]
        return [one for one in found if self._authority.may(by, "decision.view", one.object).allowed]

    def show(self, conn: sa.Connection, by: Principal, decision_id: str) -> Decision:
        """Raises UnknownDecision, also where `by` may not see it."""
        found = _load(conn, decision_id)
        if found is None or not self._authority.may(by, "decision.view", found.object).allowed:
            raise UnknownDecision(
                f"there is no decision {decision_id[:200]!r} that you may see; `tiebeam decisions list` shows them"
            )
        return found

    def _check_owner(self, owner: str) -> None:
        graph = self._graph()
        kind, _, name = owner.partition(":")
        if name not in (graph.roles if kind == "role" else graph.people):
            raise WrongDecision(f"owner is {owner!r}; no {kind} has that id", field="owner")

    def _check_superseded(self, conn: sa.Connection, by: Principal, earlier_id: str) -> None:
        earlier = self.show(conn, by, earlier_id)
        # Whoever could not have taken the earlier decision cannot take it back either.
        self._authority.require(by, "decision.record", earlier.object)
        if earlier.superseded_by is not None:
            raise Conflict(
                f"decision {earlier_id!r} is already superseded by {earlier.superseded_by!r}; supersede that one",
                decision=earlier.superseded_by,
            )


def _kept(option: Option) -> dict[str, Any]:
    figures = {
        name: rounded(getattr(option, name)) for name in ("per_month", "low_per_month", "high_per_month", "per_mtok")
    }
    used = None if option.used_share is None else rounded(option.used_share)
    return plain({**plain(option), **figures, "used_share": used})


def _row(made: Decision) -> dict[str, Any]:
    values = {one.name: getattr(made, one.name) for one in fields(Decision) if one.name != "superseded_by"}
    return {**values, "revisit": None if made.revisit is None else made.revisit.isoformat()}


def _select(later: sa.FromClause) -> sa.Select[Any]:
    joined = cost_decision.outerjoin(later, later.c.supersedes == cost_decision.c.id)
    return sa.select(cost_decision, later.c.id.label("superseded_by")).select_from(joined)


def _load(conn: sa.Connection, decision_id: str) -> Decision | None:
    statement = _select(cost_decision.alias("later")).where(cost_decision.c.id == decision_id)
    row = conn.execute(statement.limit(1)).one_or_none()
    return None if row is None else _decision(row)


def _decision(row: Any) -> Decision:
    values: dict[str, Any] = {one.name: getattr(row, one.name) for one in fields(Decision)}
    values["revisit"] = None if row.revisit is None else date.fromisoformat(row.revisit)
    return Decision(**values)


def _note(unit: Unit, made: Decision, by: Principal) -> None:
    unit.journal(
        f"decision:{made.id}",
        "decision.recorded",
        actor=by.actor,
        payload={
            "subject": f"decision:{made.id}",
            "title": made.title,
            "question": made.question,
            "chosen": made.chosen_option,
            "options": digest_of(plain(made.options)),
            "owner": made.owner,
            "reason": made.reason,
            "revisit": made.revisit,
            "supersedes": made.supersedes,
            "proof": by.subject,
            "vouched_by": by.vouched_by,
        },
    )
