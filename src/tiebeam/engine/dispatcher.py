"""The only module that touches DBOS: it dispatches segments, and nothing else of it is used.

DBOS is one per process, so at most one engine of a process can be launched at a time; any number may enqueue.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.engine.dispatch_rows import APPLICATION, CONTRACT, WORKFLOW, DispatchRows, segment_id
from tiebeam.engine.loops import Loop, Pacer
from tiebeam.engine.tables import setup
from tiebeam.errors import Conflict
from tiebeam.store import Store, Unit, dispose

if TYPE_CHECKING:
    from dbos import DBOS, DBOSClient


class EngineBusy(Conflict):
    """This process has launched another engine already."""

    code = "engine_busy"


@dataclass(frozen=True, slots=True)
class QueueRule:
    """How many segments of a queue run at once: in all, in one process, and there for one team."""

    everywhere: int | None = None
    per_worker: int | None = None
    per_team: int | None = None
    in_order: bool = False


QUEUES: dict[str, QueueRule] = {
    "intake": QueueRule(everywhere=1, in_order=True),
    "human": QueueRule(per_worker=16),
    "work": QueueRule(per_worker=16, per_team=12),
    "effects": QueueRule(per_worker=8, per_team=6),
}
ALL = tuple(QUEUES)


def quiet_dbos() -> None:
    """Let DBOS's warnings reach the application's log, without its own console handler and its notices."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.WARNING)


def open_client(engine: sa.Engine) -> DBOSClient:
    from dbos import DBOSClient
    from dbos._serialization import DBOSPortableJSONSerializer

    quiet_dbos()
    return DBOSClient(
        system_database_engine=engine,
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION,
        lazy=True,
    )


def migrate_dispatch(store: Store) -> None:
    """Create or bring forward DBOS's tables. Where this version has done so before, DBOS is not even imported."""
    installed = version("dbos")
    mine = setup.c.part == "dbos"
    with store.read() as conn:
        if conn.execute(sa.select(setup.c.version).where(mine)).scalar_one_or_none() == installed:
            return
    _make_tables(store)
    with store.unit() as unit:
        insert = postgresql.insert if store.dialect == "postgresql" else sqlite.insert
        statement = insert(setup).values(part="dbos", version=installed)
        unit.conn.execute(statement.on_conflict_do_update(index_elements=["part"], set_={"version": installed}))


def _make_tables(store: Store) -> None:
    engine = store.open_dispatch()
    client = open_client(engine)
    try:
        client._sys_db.run_migrations()  # pyright: ignore[reportPrivateUsage]
    finally:
        client.destroy()
        dispose(engine)


def enqueue_segment(
    client: DBOSClient, unit: Unit, *, kind: str, key: str, seq: int, queue: str, team: str, delay: float, turn: int
) -> None:
    rule = QUEUES[queue]
    options: Any = {
        "workflow_name": WORKFLOW,
        "workflow_id": segment_id(kind=kind, key=key, seq=seq),
        "queue_name": queue,
    }
    if rule.per_team is not None:
        options["queue_partition_key"] = team
    if rule.in_order:
        options["priority"] = turn
    if delay > 0:
        options["delay_seconds"] = delay
    client.enqueue_in_transaction(unit.conn, options, kind, key, seq)


def _workflow(run: Callable[[str, str, int, str], None]) -> Callable[[str, str, int], None]:
    from dbos._context import get_local_dbos_context

    def segment(kind: str, key: str, seq: int) -> None:
        context = get_local_dbos_context()
        assert context is not None
        assert context.owner_xid is not None
        run(kind, key, seq, context.owner_xid)

    return segment


class Dispatcher:
    """DBOS launched in this process, its queue loops paced by us."""

    def __init__(
        self,
        store: Store,
        *,
        executor_id: str,
        run: Callable[[str, str, int, str], None],
        queues: Sequence[str],
        poll_seconds: float,
    ) -> None:
        self._engine = store.open_dispatch()
        self._pacers = {name: Pacer(least=0.012, most=5.0) for name in queues}
        self._threads: list[threading.Thread] = []
        question = DispatchRows(store).waiting_queues(queues)
        self._waiting = str(question.compile(self._engine, compile_kwargs={"literal_binds": True}))
        self._probe: sa.Connection | None = None
        self._version: int | None = None
        self._is_sqlite = store.dialect == "sqlite"
        self._poll_seconds = poll_seconds
        self._launch(executor_id, run)
        self._lookout = Loop("lookout", self._look)
        self._lookout.start()

    def wake(self, queue: str) -> None:
        """Work was put on this queue."""
        if pacer := self._pacers.get(queue):
            pacer.wake()

    def free(self) -> None:
        """A segment ended, so that one more of its queue may run."""
        for pacer in self._pacers.values():
            if pacer.has_backlog:
                pacer.wake()

    def close(self) -> None:
        """Stop taking segments and tear DBOS down, whatever still runs."""
        from dbos import DBOS

        for pacer in self._pacers.values():
            pacer.set()
        self._lookout.stop(timeout=5)
        for thread in self._threads:
            thread.join(timeout=5)
        self._let_finish(seconds=5)
        DBOS.destroy(destroy_registry=True)
        if self._probe is not None:
            self._probe.close()
        dispose(self._engine)

    def stop_taking(self) -> None:
        for pacer in self._pacers.values():
            pacer.set()

    def _launch(self, executor_id: str, run: Callable[[str, str, int, str], None]) -> None:
        from dbos import DBOS
        from dbos._dbos import _dbos_global_instance  # pyright: ignore[reportPrivateUsage]
        from dbos._serialization import DBOSPortableJSONSerializer

        if _dbos_global_instance is not None:
            raise EngineBusy("another engine is launched in this process: close it first")
        quiet_dbos()
        dbos = self._dbos = DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._engine,
                "application_version": CONTRACT,
                "executor_id": executor_id,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "use_listen_notify": False,
                "notification_listener_polling_interval_sec": 0.2,
            }
        )
        try:
            DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(_workflow(run))
            # DBOS's own loops would poll each queue at a fixed interval for ever.
            DBOS.listen_queues([])
            DBOS.launch()
            # Its scheduler and the polls of its internal queue, neither of which is used here.
            for event in dbos.background_thread_stop_events:
                event.set()
            for name, pacer in self._pacers.items():
                self._listen(dbos, name, pacer)
        except BaseException:
            self._abort()
            raise

    def _listen(self, dbos: DBOS, name: str, pacer: Pacer) -> None:
        from dbos._queue import queue_worker_thread

        rule = QUEUES[name]
        queue = dbos.register_queue(
            name,
            global_concurrency=rule.everywhere,
            worker_concurrency=rule.per_worker,
            partition_worker_concurrency=rule.per_team,
            on_conflict="always_update",
        )
        # The rules are code here: without this each poll would first read them back.
        queue.database_backed_queue = False
        thread = threading.Thread(
            target=queue_worker_thread, args=(pacer, dbos, queue), name=f"tiebeam-queue-{name}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _let_finish(self, *, seconds: float) -> None:
        """Let DBOS note how the last segments ended: it destroys itself without waiting for that."""
        self._dbos._executor.shutdown(wait=False)  # pyright: ignore[reportPrivateUsage]
        deadline = time.monotonic() + seconds
        for thread in threading.enumerate():
            if thread.name.startswith("dbos-executor-"):
                thread.join(timeout=max(0.0, deadline - time.monotonic()))

    def _abort(self) -> None:
        from dbos import DBOS

        self.stop_taking()
        DBOS.destroy(destroy_registry=True)
        dispose(self._engine)

    def _look(self) -> float:
        """Wake the loops of queues that hold work, such as another process put there."""
        try:
            if self._has_changed():
                waiting = {row[0] for row in self._ask(self._waiting)}
                for name, pacer in self._pacers.items():
                    pacer.has_backlog = name in waiting
                    if pacer.has_backlog:
                        pacer.wake()
        except Exception:
            if self._probe is not None:
                self._probe.invalidate()
                self._probe.close()
                self._probe = None
            raise
        return self._poll_seconds

    def _ask(self, question: str) -> list[Any]:
        if self._probe is None:
            self._probe = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # Twenty times a second the driver's own call matters: it costs a fifth of the way through SQLAlchemy.
        driver: Any = self._probe.connection.driver_connection
        return driver.execute(question).fetchall()

    def _has_changed(self) -> bool:
        if not self._is_sqlite or any(pacer.has_backlog for pacer in self._pacers.values()):
            return True
        # SQLite tells for next to nothing whether any other connection has written since.
        version = self._ask("PRAGMA data_version")[0][0]
        changed, self._version = version != self._version, version
        return changed
