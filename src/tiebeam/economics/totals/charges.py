"""Single attempts behind a sum: pages of them, and all of one call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.metering import CLASSES, INPUT_CLASSES
from tiebeam.economics.tables import usage_charge, usage_daily, usage_price
from tiebeam.economics.totals.asked import Span, UseFilters
from tiebeam.economics.totals.scope import EVERYTHING, Scope
from tiebeam.economics.totals.totals import usd_text
from tiebeam.errors import Invalid, NotFound
from tiebeam.kit import plain

MOST_CHARGES = 1_000
MOST_ATTEMPTS = 500
_CURSOR = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,18})")


class UnknownCall(NotFound):
    code = "unknown_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeFilters:
    """Every given part must match."""

    use: UseFilters = field(default_factory=UseFilters)
    span: Span = field(default_factory=Span)
    execution: str | None = None
    """A run of ours, or what a client calls its own."""
    call: str | None = None
    task_class: str | None = None
    ended: str | None = None
    estimated: bool | None = None
    corrections: bool | None = None
    """Only corrections, or only what corrects nothing."""


@dataclass(frozen=True, slots=True)
class ChargePage:
    """Newest first. `before` continues with the next page; None at the end."""

    charges: tuple[Mapping[str, Any], ...]
    before: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call: each attempt at a provider in order, then corrections of them; what they cost together."""

    call_id: str
    team: str
    workflow: str
    execution: str
    step_id: str
    attempts: tuple[Mapping[str, Any], ...]
    corrections: tuple[Mapping[str, Any], ...]
    usd_nano: int
    prices: Mapping[str, Any]
    """The prices they were charged at, by digest."""

    def form(self) -> dict[str, Any]:
        return {
            "call_id": self.call_id,
            "team": self.team,
            "workflow": self.workflow,
            "execution": self.execution,
            "step_id": self.step_id,
            "cost_usd": usd_text(self.usd_nano),
            "attempts": [charge_form(one) for one in self.attempts],
            "corrections": [charge_form(one) for one in self.corrections],
            "prices": plain(self.prices),
        }


def charges(
    conn: sa.Connection,
    filters: ChargeFilters = ChargeFilters(),
    *,
    limit: int = 100,
    before: str | None = None,
    scope: Scope = EVERYTHING,
) -> ChargePage:
    """Charges by day and order of writing, newest first, at most 1000 a page. Raises Invalid on a foreign `before`.

    The rollup tells which days hold any, so that a page is found without looking at the days between.
    """
    size = max(1, min(limit, MOST_CHARGES))
    last_day, last_seq = _cursor(before)
    found: list[Mapping[str, Any]] = []
    table = usage_charge.c
    for day in _days(conn, filters, scope, until=last_day):
        query = sa.select(usage_charge).where(table.day == day, *_where(filters, scope))
        if day == last_day and last_seq is not None:
            query = query.where(table.seq < last_seq)
        query = query.order_by(table.seq.desc()).limit(size + 1 - len(found))
        found.extend(dict(row) for row in conn.execute(query).mappings())
        if len(found) > size:
            break
    more = len(found) > size
    end = found[size - 1] if more else None
    return ChargePage(tuple(found[:size]), None if end is None else f"{end['day']}.{end['seq']}")


def read_call(conn: sa.Connection, call_id: str, *, scope: Scope = EVERYTHING) -> Call:
    """All attempts of one call. Raises UnknownCall, also where one may not see it."""
    table = usage_charge.c
    mine = sa.select(usage_charge).where(table.call_id == call_id, scope.clause(table.team, table.workflow))
    rows = [dict(row) for row in conn.execute(mine.order_by(table.seq).limit(MOST_ATTEMPTS)).mappings()]
    if not rows:
        raise UnknownCall(
            f"there is no call {call_id[:120]!r} that you may see; 'tiebeam ledger lines --of use' lists calls",
            call=call_id[:120],
        )
    first = rows[0]
    digests = sorted({row["price"] for row in rows if row["price"]})
    kept = sa.select(usage_price).where(usage_price.c.digest.in_(digests))
    return Call(
        call_id=call_id,
        team=first["team"],
        workflow=first["workflow"],
        execution=first["execution"],
        step_id=first["step_id"],
        attempts=tuple(row for row in rows if row["corrects"] is None),
        corrections=tuple(row for row in rows if row["corrects"] is not None),
        usd_nano=sum(row["usd_nano"] for row in rows),
        prices={row.digest: row.snapshot for row in conn.execute(kept)},
    )


def charge_form(row: Mapping[str, Any]) -> dict[str, Any]:
    """A charge as `--json` and the API give it: dollars as exact text, tokens in sums and in classes."""
    tokens = {name: row[f"{name}_tokens"] for name in CLASSES}
    hidden = {"seq", "usd_nano", "worst_nano", "nodes", *(f"{name}_tokens" for name in CLASSES)}
    return {
        **{name: plain(value) for name, value in row.items() if name not in hidden},
        "input_tokens": sum(tokens[name] for name in INPUT_CLASSES),
        "cached_input_tokens": tokens["cached"],
        "output_tokens": sum(tokens[name] for name in CLASSES if name not in INPUT_CLASSES),
        "tokens": tokens,
        "cost_usd": usd_text(row["usd_nano"]),
        "worst_usd": usd_text(row["worst_nano"]),
        "budgets": [node for node, _ in row["nodes"] or ()],
    }


def _days(conn: sa.Connection, filters: ChargeFilters, scope: Scope, *, until: str | None) -> Iterator[str]:
    """The days that may hold matching charges, the newest first, each looked for when it is needed."""
    if filters.call is not None or filters.execution is not None:
        # Few rows, found by an index of their own: the rollup does not know them.
        table, where = usage_charge.c, _where(filters, scope)
    else:
        table = usage_daily.c
        named = (table[column] == value for column, value in filters.use.given.items())
        where = [*filters.span.clause(table.day), *named, scope.clause(table.team, table.workflow)]
    newest = sa.select(table.day).where(*where).order_by(table.day.desc()).limit(1)
    day = conn.execute(newest if until is None else newest.where(table.day <= until)).scalar_one_or_none()
    while day is not None:
        yield day
        day = conn.execute(newest.where(table.day < day)).scalar_one_or_none()


def _where(filters: ChargeFilters, scope: Scope) -> list[sa.ColumnElement[bool]]:
    table = usage_charge.c
    named = {"execution": filters.execution, "call_id": filters.call}
    named |= {"task_class": filters.task_class, "ended": filters.ended, "estimated": filters.estimated}
    found = [
        *filters.span.clause(table.day),
        *(table[column] == value for column, value in filters.use.given.items()),
        *(table[column] == value for column, value in named.items() if value is not None),
        scope.clause(table.team, table.workflow),
    ]
    if filters.corrections is not None:
        found.append(table.corrects.is_not(None) if filters.corrections else table.corrects.is_(None))
    return found


def _cursor(before: str | None) -> tuple[str | None, int | None]:
    if before is None:
        return None, None
    match = _CURSOR.fullmatch(before)
    if match is None:
        raise Invalid(f"{before[:60]!r} continues no list of charges; pass on the `before` of the last page")
    return match[1], int(match[2])
