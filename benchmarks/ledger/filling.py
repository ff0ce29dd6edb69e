"""A ledger of a year, made in the database itself: rows, their daily sums, a price."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa

from tiebeam.economics.metering import CLASSES, DAILY
from tiebeam.economics.tables import MONTHLY, usage_charge, usage_daily, usage_monthly, usage_price
from tiebeam.store import Store

TEAMS, WORKFLOWS, MODELS, DAYS = 20, 4, 8, 365
PRICE = {
    "provider": "openai",
    "model": "model-0",
    "input_usd_per_mtok": "0.40",
    "cached_input_usd_per_mtok": "0.10",
    "cache_write_usd_per_mtok": None,
    "output_usd_per_mtok": "1.60",
    "usd_per_thousand_requests": None,
    "tiers": [],
    "digest": "bench",
}
_ROW = {
    "id": "printf('c%09d', i)",
    "call_id": "printf('k%09d', i)",
    "at": "day || printf('T%02d:%02d:%02d.000000Z', i % 24, i % 60, (i / 60) % 60)",
    "day": "day",
    "team": f"'team-' || ((i * 7919) % {TEAMS})",
    "workflow": f"'flow-' || ((i * 7919) % {TEAMS}) || '-' || ((i / 31) % {WORKFLOWS})",
    "key_id": f"'key-' || ((i * 7919) % {TEAMS})",
    "environment": "'prod'",
    "execution": "'run-' || (i / 3)",
    "endpoint": "'chat/completions'",
    "asked": "'mid'",
    "model": f"'model-' || ((i / 17) % {MODELS})",
    "provider": "CASE (i / 17) % 2 WHEN 0 THEN 'openai' ELSE 'anthropic' END",
    "upstream": "'main'",
    "service": "'standard'",
    "input_tokens": "600 + (i * 13) % 900",
    "cached_tokens": "(i * 11) % 400",
    "output_tokens": "40 + (i * 5) % 300",
    "usd_nano": "(600 + (i * 13) % 900) * 400 + ((i * 11) % 400) * 100 + (40 + (i * 5) % 300) * 1600",
    "worst_nano": "2000000",
    "estimated": "0",
    "unenforced": "0",
    "concluded": "1",
    "ended": "'ok'",
    "status": "200",
    "millis": "300 + i % 900",
    "first_byte_millis": "90",
    "price": "'bench'",
    "source": "'gateway'",
    "nodes": "'[]'",
}
_NULL = {"corrects", "fingerprint"}


def fill(store: Store, rows: int) -> None:
    """Days from 2025-01-01 on, in their order, as a year of calls would have been written."""
    assert store.dialect == "sqlite"
    indexes = list(usage_charge.indexes)
    with store.engine.begin() as conn:
        for one in indexes:
            one.drop(conn)
    db = sqlite3.connect(Path(str(store.url.database)), isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    db.execute("BEGIN")
    db.execute("CREATE TEMP TABLE days (n INTEGER PRIMARY KEY, day TEXT)")
    db.executemany("INSERT INTO days VALUES (?, date('2025-01-01', ? || ' days'))", [(n, f"+{n}") for n in range(DAYS)])
    db.execute(_rows(rows), {"rows": rows})
    db.execute(_sums())
    db.execute(_months())
    db.execute("COMMIT")
    db.close()
    with store.engine.begin() as conn:
        for one in indexes:
            one.create(conn)
        conn.execute(usage_price.insert().values(digest=PRICE["digest"], snapshot=PRICE))
        conn.execute(sa.text("ANALYZE"))


def _rows(rows: int) -> str:
    names = [column.name for column in usage_charge.c if column.name != "seq"]
    values = [_ROW.get(name, "NULL" if name in _NULL else "0" if name.endswith("_tokens") else "''") for name in names]
    return f"""
        WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < :rows - 1)
        INSERT INTO usage_charge ({", ".join(f'"{name}"' for name in names)})
        SELECT {", ".join(values)} FROM numbers JOIN days ON days.n = (i * {DAYS}) / {rows}
    """


_ADDED = ("requests", "attempts", *(f"{name}_tokens" for name in CLASSES), "usd_nano", "estimated_nano", "retried_nano")


def _sums() -> str:
    key = [name for name in DAILY if name != "slot"]
    tokens = [f"sum({name}_tokens)" for name in CLASSES]
    sums = ["0", "count(*)", "count(*)", *tokens, "sum(usd_nano)", "0", "0"]
    return f"""
        INSERT INTO {usage_daily.name} ({", ".join([*key, "slot", *_ADDED])})
        SELECT {", ".join([*key, *sums])} FROM usage_charge GROUP BY {", ".join(key)}
    """


def _months() -> str:
    key = [name for name in MONTHLY if name not in {"slot", "month"}]
    return f"""
        INSERT INTO {usage_monthly.name} (month, {", ".join([*key, "slot", *_ADDED])})
        SELECT substr(day, 1, 7), {", ".join([*key, "0", *(f"sum({name})" for name in _ADDED)])}
        FROM usage_daily GROUP BY substr(day, 1, 7), {", ".join(key)}
    """
