"""Runs as they lie in the database, row by row, without anything that carries them out."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.kit import FixedClock
from tiebeam.store import Store, metadata


def table(name: str) -> sa.Table:
    return metadata.tables[name]


def insert_row(conn: sa.Connection, name: str, **values: object) -> None:
    """A row with something in every column that must hold something."""
    made = table(name)
    filled = {c.name: _some(c) for c in made.c if not c.nullable and c.server_default is None}
    conn.execute(sa.insert(made).values(**{**filled, **values}))


def _some(column: sa.Column[object]) -> object:
    match type(column.type).__name__:
        case "JsonText":
            return {}
        case "Moment":
            return None
        case "Integer" | "BigInteger" | "SmallInteger" | "Boolean":
            return 0
        case _:
            return ""


def make_runs(store: Store, number: int, *, state: str = "done", prefix: str = "run", intent: str = "a.b") -> list[str]:
    """Runs with a step, an effect, a task and facts of their own, each a second after the one before."""
    names = [f"{prefix}_{n:04d}" for n in range(number)]
    for name in names:
        _make_run(store, name, state=state, intent=intent)
        if isinstance(store.clock, FixedClock):
            store.clock.advance(seconds=1)
    return names


def _make_run(store: Store, name: str, *, state: str, intent: str) -> None:
    with store.unit() as unit:
        at, conn = unit.now, unit.conn
        if conn.execute(sa.select(table("pinned_recipe").c.hash)).first() is None:
            insert_row(conn, "pinned_recipe", hash="h", recipe="a.b.c", content={}, pinned_at=at)
        moments = {"started_at": at, "updated_at": at, "ended_at": at if state != "waiting" else None}
        what = {"recipe": "a.b.c", "recipe_hash": "h", "labels": ["x"], "subject": "Case é", "input": {"n": "12.50"}}
        insert_row(conn, "run", id=name, intent=intent, state=state, **moments, **what)
        step = {"run_id": name, "step_id": "post", "state": "done"}
        times = {"started_at": at, "ended_at": at}
        insert_row(conn, "run_step", **step, **times, output={"n": [1, None]}, evidence={}, task_id=f"task_{name}")
        insert_row(conn, "engine_effect", run_id=name, step_id="post", state="confirmed", begun_at=at, request={})
        insert_row(conn, "task", id=f"task_{name}", run_id=name, **_moments("task", at))
        insert_row(conn, "task_event", task_id=f"task_{name}", **_moments("task_event", at))
        unit.journal(f"run:{name}", "step.done", actor="system:worker", payload={"step": "post"})
        unit.journal(f"run:{name}", "run.done", actor="system:worker", payload={})


def _moments(name: str, at: object) -> dict[str, object]:
    return {c.name: at for c in table(name).c if type(c.type).__name__ == "Moment" and not c.nullable}
