"""Reporting outcomes, and finding them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.authority import Authority, Obj, Principal
from tiebeam.economics.prices import Prices
from tiebeam.economics.returns.outcome import (
    MOST_REPORTED,
    Outcome,
    OutcomeDiffers,
    Reported,
    UnknownOutcome,
    WrongOutcome,
    checked,
    digest_of_report,
)
from tiebeam.economics.returns.tables import usage_outcome
from tiebeam.economics.tables import ledger_entry
from tiebeam.economics.totals import ALL_DAYS, EVERYTHING, Scope, Span, readers_of_use, usd_text
from tiebeam.errors import Conflict
from tiebeam.graph import Graph
from tiebeam.kit import nano_usd, plain
from tiebeam.store import Unit

VERB = "outcome.report"
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class OutcomePage:
    """Newest first. `before` continues with the next page; None at the end."""

    outcomes: tuple[Outcome, ...]
    before: str | None


class Outcomes:
    """Verbs about outcomes of others' agents; our own runs write theirs into the ledger themselves."""

    def __init__(self, *, authority: Authority, graph: Callable[[], Graph], prices: Prices) -> None:
        self._authority = authority
        self._graph = graph
        self._prices = prices

    def report(self, unit: Unit, by: Principal, reports: Sequence[Reported]) -> list[Outcome]:
        """Keep outcomes, all or none, at most 1000 at once; what was reported before is given back as it is.

        Raises WrongOutcome, Refused, MissingRate, UnknownOutcome, OutcomeDiffers where the case was told otherwise,
        and Conflict where the corrected one was corrected already.
        """
        if not 1 <= len(reports) <= MOST_REPORTED:
            raise WrongOutcome(f"{len(reports)} outcomes at once; report 1 to {MOST_REPORTED}")
        for one in reports:
            checked(one, now=unit.now)
        for team, workflow in sorted({(one.team, one.workflow) for one in reports}):
            self._authority.require(by, VERB, self.object_of(team, workflow))
        return [self._keep(unit, by, one) for one in reports]

    def find(
        self,
        conn: sa.Connection,
        *,
        span: Span = ALL_DAYS,
        team: str | None = None,
        workflow: str | None = None,
        execution: str | None = None,
        with_corrected: bool = False,
        limit: int = 100,
        before: str | None = None,
        scope: Scope = EVERYTHING,
    ) -> OutcomePage:
        """Newest first, at most 500 a page; without those that were corrected unless asked for."""
        size, table = max(1, min(limit, MOST_LISTED)), usage_outcome.c
        named = {"team": team, "workflow": workflow, "execution": execution}
        later = usage_outcome.alias("later")
        query = _select(later).where(
            *span.clause(table.day),
            *(table[name] == value for name, value in named.items() if value is not None),
            scope.clause(table.team, table.workflow),
        )
        if not with_corrected:
            query = query.where(later.c.id.is_(None))
        if before is not None:
            # Ids sort by time of creation.
            query = query.where(table.id < before)
        rows = conn.execute(query.order_by(table.id.desc()).limit(size + 1)).mappings().all()
        found = tuple(Outcome(**row) for row in rows[:size])
        return OutcomePage(found, found[-1].id if len(rows) > size else None)

    def object_of(self, team: str, workflow: str) -> Obj:
        """Whose outcomes they are, as authority rules see it: of who owns the workflow, and of who owns a budget that
        the team or workflow counts against.
        """
        graph = self._graph()
        everything, by_name = readers_of_use(graph.budgets)
        roles = {*everything, *by_name.get(team, ()), *by_name.get(workflow, ())}
        intent = graph.intents.get(workflow)
        if intent is not None:
            roles.add(intent.owner_role)
        return Obj("ledger", f"{team}/{workflow}", {"roles": tuple(sorted(roles)), "team": team})

    def _keep(self, unit: Unit, by: Principal, one: Reported) -> Outcome:
        if one.corrects is not None:
            self._check_corrected(unit.conn, one)
        if one.execution and _is_run(unit.conn, one.execution):
            raise WrongOutcome(
                f"{one.execution!r} is a run of this workspace, which writes its own outcome into the ledger; "
                "report only what others' agents did",
                field="execution",
            )
        at = one.at or unit.now
        made = Outcome(
            id=unit.store.ids.new("outcome"),
            ref=one.ref,
            at=at,
            day=at.astimezone(UTC).date().isoformat(),
            team=one.team,
            workflow=one.workflow,
            agent=one.agent,
            execution=one.execution,
            accepted=one.accepted,
            ended=one.ended,
            amount=one.value,
            currency=one.currency,
            value_nano=self._nano(one),
            basis=one.basis.strip(),
            digest=digest_of_report(one),
            reported_by=by.actor,
            reported_at=unit.now,
            corrects=one.corrects,
        )
        if _insert(unit.conn, made):
            _note(unit, made, by)
            return made
        return _earlier(unit.conn, made)

    def _nano(self, one: Reported) -> int:
        if not one.value:
            return 0
        return nano_usd(one.value / self._prices.rate(one.currency) if one.currency != "USD" else one.value)

    def _check_corrected(self, conn: sa.Connection, one: Reported) -> None:
        later = usage_outcome.alias("later")
        row = conn.execute(_select(later).where(usage_outcome.c.id == one.corrects)).mappings().one_or_none()
        if row is None or (row["team"], row["workflow"]) != (one.team, one.workflow):
            raise UnknownOutcome(
                f"{one.team!r} / {one.workflow!r} has no outcome {one.corrects!r}; 'tiebeam outcomes list' shows them"
            )
        if row["corrected_by"] is not None and row["ref"] != one.ref:
            repeated = sa.select(usage_outcome.c.ref).where(usage_outcome.c.id == row["corrected_by"])
            if conn.execute(repeated).scalar_one() != one.ref:
                raise Conflict(
                    f"outcome {one.corrects!r} is already corrected by {row['corrected_by']!r}; correct that one",
                    outcome=row["corrected_by"],
                )


def _is_run(conn: sa.Connection, execution: str) -> bool:
    query = sa.select(ledger_entry.c.seq).where(ledger_entry.c.run_id == execution)
    return conn.execute(query.limit(1)).first() is not None


def _insert(conn: sa.Connection, made: Outcome) -> bool:
    values: dict[str, Any] = {one.name: getattr(made, one.name) for one in fields(Outcome)}
    del values["corrected_by"]
    words = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[conn.dialect.name]
    statement = words(usage_outcome).values(**values)
    kept = conn.execute(statement.on_conflict_do_nothing().returning(usage_outcome.c.id))
    return kept.scalar_one_or_none() is not None


def _earlier(conn: sa.Connection, made: Outcome) -> Outcome:
    table = usage_outcome.c
    query = _select(usage_outcome.alias("later")).where(
        table.team == made.team, table.workflow == made.workflow, table.ref == made.ref
    )
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        raise Conflict(f"outcome {made.corrects!r} was corrected by somebody else just now; look at it again")
    found = Outcome(**row)
    if found.digest != made.digest:
        raise OutcomeDiffers(
            f"{made.ref!r} was reported before as {found.accepted} of {found.ended} accepted, worth "
            f"{plain(found.amount)} {found.currency}; report the change under a ref of its own with corrects = "
            f"{found.id!r}",
            outcome=found.id,
        )
    return found


def _select(later: sa.FromClause) -> sa.Select[Any]:
    joined = usage_outcome.outerjoin(later, later.c.corrects == usage_outcome.c.id)
    return sa.select(usage_outcome, later.c.id.label("corrected_by")).select_from(joined)


def _note(unit: Unit, made: Outcome, by: Principal) -> None:
    unit.journal(
        f"outcomes:{made.team}/{made.workflow}",
        "outcome.reported",
        actor=by.actor,
        payload={
            "subject": f"outcome:{made.id}",
            "ref": made.ref,
            "execution": made.execution,
            "accepted": made.accepted,
            "ended": made.ended,
            "value": plain(made.amount),
            "currency": made.currency,
            "value_usd": usd_text(made.value_nano),
            "basis": made.basis,
            "corrects": made.corrects,
            "proof": by.subject,
            "vouched_by": by.vouched_by,
        },
    )
