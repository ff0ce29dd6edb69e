"""Issuing statements: what was billed stays as it was, and the next one bills the difference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Authority, Obj, Principal
from tiebeam.economics.forecast import Month
from tiebeam.economics.statements.statement import Party, Statement, StatementKind
from tiebeam.economics.statements.tables import usage_statement
from tiebeam.economics.totals import EVERYTHING, Scope, readers_of_use, usd_text
from tiebeam.errors import Conflict, NotFound
from tiebeam.graph import Graph
from tiebeam.kit import digest_of, plain
from tiebeam.store import Unit

VERB = "statement.issue"
MOST_LISTED = 500


class MonthOpen(Conflict):
    """The month is not over, so nothing of it can be billed."""

    code = "month_open"


class NothingDue(Conflict):
    """Everything of the month was billed."""

    code = "nothing_due"


class UnknownStatement(NotFound):
    code = "unknown_statement"


@dataclass(frozen=True, slots=True)
class Issued:
    """A statement as it was issued. `usd_nano` is what it bills: the first of a month all, a later one the change."""

    id: str
    kind: str
    about: str
    month: str
    number: int
    usd_nano: int
    digest: str
    issued_by: str
    issued_at: datetime

    def form(self) -> dict[str, Any]:
        kept = plain(self)
        return {**{name: value for name, value in kept.items() if name != "usd_nano"}, "usd": usd_text(self.usd_nano)}


def issue(unit: Unit, by: Principal, statement: Statement, *, authority: Authority, graph: Graph) -> Issued:
    """Keep a chargeback as it stands and bill what is due. Raises Refused, MonthOpen and NothingDue."""
    party, month = statement.party, statement.month
    authority.require(by, VERB, statement_object(graph, party))
    if not statement.is_final or statement.kind is not StatementKind.CHARGEBACK:
        raise MonthOpen(f"{month} goes on until {month.last}; issue chargebacks once it is over", month=str(month))
    if statement.is_partial:
        raise Conflict(f"a rule keeps some of {party}'s use from {by.name}; whoever sees all of it can issue this")
    number, billed = _so_far(unit.conn, party, month)
    due = statement.usd_nano - billed
    if not due and (number or not statement.lines):
        said = f"all of it was billed by number {number}" if number else "nothing was used"
        raise NothingDue(f"there is nothing to bill {party} of {month}: {said}", number=number)
    content = statement.form()
    made = Issued(
        id=unit.store.ids.new("statement"),
        kind=statement.kind.value,
        about=str(party),
        month=str(month),
        number=number + 1,
        usd_nano=due,
        digest=digest_of(content),
        issued_by=by.actor,
        issued_at=unit.now,
    )
    values = {name: getattr(made, name) for name in Issued.__slots__}
    unit.conn.execute(sa.insert(usage_statement).values(**values, content=content))
    payload = {**made.form(), "total_usd": usd_text(statement.usd_nano), "proof": by.subject}
    unit.journal(f"statements:{party}", "statement.issued", actor=by.actor, payload=payload)
    return made


def billed_before(conn: sa.Connection, party: Party, month: Month) -> int:
    """What was billed of a month so far, in nano-dollars."""
    return _so_far(conn, party, month)[1]


def list_issued(
    conn: sa.Connection, *, party: Party | None = None, month: Month | None = None, scope: Scope = EVERYTHING
) -> list[Issued]:
    """Newest first, at most 500. Of lines only whoever sees everything sees those of others."""
    table = usage_statement.c
    query = _select()
    if party is not None:
        query = query.where(table.about == str(party))
    if month is not None:
        query = query.where(table.month == str(month))
    rows = conn.execute(query.order_by(table.issued_at.desc(), table.id.desc()).limit(MOST_LISTED)).mappings()
    found = [Issued(**row) for row in rows]
    return [one for one in found if scope.everything or _sees(scope, Party.read(one.about))]


def read_issued(conn: sa.Connection, statement_id: str, *, scope: Scope = EVERYTHING) -> tuple[Issued, dict[str, Any]]:
    """A statement and its content as it was issued. Raises UnknownStatement, also where one may not see it."""
    row = conn.execute(sa.select(usage_statement).where(usage_statement.c.id == statement_id)).mappings().one_or_none()
    if row is not None:
        found = Issued(**{name: row[name] for name in Issued.__slots__})
        if scope.everything or _sees(scope, Party.read(found.about)):
            return found, dict(row["content"])
    raise UnknownStatement(f"there is no statement {statement_id[:100]!r} that you may see")


def _sees(scope: Scope, party: Party) -> bool:
    return party.kind == "team" and scope.sees_team(party.name)


def _so_far(conn: sa.Connection, party: Party, month: Month) -> tuple[int, int]:
    table = usage_statement.c
    query = sa.select(sa.func.coalesce(sa.func.max(table.number), 0), sa.func.coalesce(sa.func.sum(table.usd_nano), 0))
    row = conn.execute(query.where(table.about == str(party), table.month == str(month))).one()
    return int(row[0]), int(row[1])


def _select() -> sa.Select[Any]:
    return sa.select(*(usage_statement.c[name] for name in Issued.__slots__))


def statement_object(graph: Graph, party: Party) -> Obj:
    """Whose statement it is, as authority rules see it: of who owns a budget above it."""
    everything, by_name = readers_of_use(graph.budgets)
    if party.kind == "line":
        budget = graph.budgets[party.name]
        own = {budget.owner_role, *((budget.finops_owner,) if budget.finops_owner else ())}
    else:
        own = set(by_name.get(party.name, ()))
    return Obj("ledger", str(party), {"roles": tuple(sorted({*everything, *own}))})
