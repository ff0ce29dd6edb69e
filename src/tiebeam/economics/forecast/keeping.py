"""Reading and adding the rows of plans and alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.economics.forecast.months import Month
from tiebeam.economics.forecast.plan import Plan, plan_from
from tiebeam.economics.forecast.projection import Level
from tiebeam.economics.forecast.tables import forecast_alert, forecast_plan
from tiebeam.kit import plain
from tiebeam.store import Unit

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
MOST_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Alert:
    """Raised once for a workflow, a month and a level, before the month was over."""

    intent: str
    month: Month
    level: Level
    raised_at: datetime
    owner: str
    """The person who answers for the workflow."""
    because: str
    currency: str
    planned: Decimal
    projected: Decimal
    actual: Decimal


def keep_plan(unit: Unit, plan: Plan) -> bool:
    """Keep a plan unless that month has one; False when it had."""
    row = {"intent": plan.intent, "month": str(plan.month), "made_at": plan.made_at, "body": plain(plan)}
    return _add(unit, forecast_plan, row)


def keep_alert(unit: Unit, alert: Alert) -> bool:
    """False when that level was reached before."""
    said = ("owner", "because", "currency", "planned", "projected", "actual")
    row = {
        "intent": alert.intent,
        "month": str(alert.month),
        "level": alert.level.value,
        "raised_at": alert.raised_at,
        "body": {name: plain(getattr(alert, name)) for name in said},
    }
    return _add(unit, forecast_alert, row)


def _add(unit: Unit, table: sa.Table, row: Mapping[str, Any]) -> bool:
    insert = _INSERT[unit.conn.dialect.name]
    keys = list(table.primary_key.columns)
    statement = insert(table).values(**row).on_conflict_do_nothing(index_elements=keys).returning(table.c.intent)
    return unit.conn.execute(statement).first() is not None


def kept_plans(
    conn: sa.Connection, *, since: Month, until: Month, intents: Collection[str] | None = None
) -> dict[tuple[str, Month], Plan]:
    """Plans of these months, by workflow and month; `intents` None = of all."""
    rows = _rows(conn, forecast_plan, since, until, intents)
    plans = (plan_from(row["body"]) for row in rows)
    return {(plan.intent, plan.month): plan for plan in plans}


def kept_alerts(
    conn: sa.Connection, *, since: Month, until: Month, intents: Collection[str] | None = None
) -> list[Alert]:
    """Newest first."""
    rows = _rows(conn, forecast_alert, since, until, intents)
    found = [
        Alert(
            intent=row["intent"],
            month=Month.read(row["month"]),
            level=Level(row["level"]),
            raised_at=row["raised_at"],
            owner=row["body"]["owner"],
            because=row["body"]["because"],
            currency=row["body"]["currency"],
            **{name: Decimal(row["body"][name]) for name in ("planned", "projected", "actual")},
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.raised_at, one.intent), reverse=True)


def _rows(
    conn: sa.Connection, table: sa.Table, since: Month, until: Month, intents: Collection[str] | None
) -> list[Mapping[Any, Any]]:
    query = sa.select(table).where(table.c.month >= str(since), table.c.month <= str(until))
    if intents is not None:
        query = query.where(table.c.intent.in_(intents))
    return list(conn.execute(query.order_by(table.c.month.desc(), table.c.intent).limit(MOST_ROWS)).mappings())
