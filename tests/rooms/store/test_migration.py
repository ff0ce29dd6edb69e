"""The schema comes from version files alone, forward only."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tiebeam.kit import Clock, Ids
from tiebeam.store import Store, draft, metadata, migration, read_journal, verify_journal


@pytest.fixture
def empty_store(empty_database_url: str, clock: Clock, ids: Ids) -> Iterator[Store]:
    store = Store(empty_database_url, clock=clock, ids=ids)
    yield store
    store.close()


def test_the_migrated_schema_is_what_the_rooms_declare(empty_store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    declared = draft.declared()
    empty_store.migrate()
    with empty_store.read() as conn:
        context = MigrationContext.configure(conn, opts=draft.options())
        differences = compare_metadata(context, metadata)
        made = set(sa.inspect(conn).get_table_names())
    assert differences == [], "run python -m tiebeam.store.draft"
    assert made == declared | {migration.VERSION_TABLE}


def test_every_version_follows_the_one_before() -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(migration.FOLDER))
    names = migration.versions()
    assert [script.get_revision(name).down_revision for name in names] == [None, *names[:-1]]
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_migrating_again_changes_nothing_and_needs_no_alembic(empty_database_url: str, empty_store: Store) -> None:
    empty_store.migrate()
    program = (
        "import sys\n"
        "from tiebeam.kit import RandomIds, SystemClock\n"
        "from tiebeam.store import Store\n"
        "clock = SystemClock()\n"
        f"Store({empty_database_url!r}, clock=clock, ids=RandomIds(clock)).migrate()\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_a_database_of_an_older_release_goes_forward_with_its_rows(empty_store: Store) -> None:
    first = migration.versions()[0]
    with empty_store.engine.begin() as conn:
        migration.run(conn, [first])
        _append_as_the_first_release_did(conn)
    empty_store.migrate()
    with empty_store.unit() as unit:
        unit.journal("workspace", "applied", actor="person:ann", payload={"share": 0.5})
    with empty_store.read() as conn:
        assert migration.current_version(conn) == migration.versions()[-1]
        assert [entry.format for entry in read_journal(conn, "workspace")] == [1, 2]
        assert verify_journal(conn) == []
    with empty_store.engine.begin() as conn:
        conn.execute(sa.text("UPDATE journal_entry SET payload = :other WHERE seq = 1"), {"other": '{"share":2.0}'})
    with empty_store.read() as conn:
        assert [(found.seq, found.problem) for found in verify_journal(conn)] == [
            (1, "content does not match its hash")
        ]


def _append_as_the_first_release_did(conn: sa.Connection) -> None:
    """One hash over the values themselves, numbers as Python writes them."""
    facts = {"stream": "workspace", "seq": 1, "kind": "applied", "actor": "person:ann", "previous_hash": "0" * 64}
    facts |= {"at": "2026-03-02T09:00:00.000000Z", "payload": {"share": 1.0}}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    stored = {**facts, "payload": json.dumps(facts["payload"]), "hash": digest}
    columns = ", ".join(stored)
    values = ", ".join(f":{name}" for name in stored)
    conn.execute(sa.text(f"INSERT INTO journal_entry ({columns}) VALUES ({values})"), stored)
    head = {"stream": "workspace", "length": 1, "head_hash": digest}
    conn.execute(sa.text("INSERT INTO journal_stream VALUES (:stream, :length, :head_hash)"), head)


def test_a_database_of_a_later_release_is_refused(empty_store: Store) -> None:
    empty_store.migrate()
    with empty_store.engine.begin() as conn:
        conn.execute(sa.text("UPDATE tiebeam_version SET version_num = '9999_from_the_future'"))
    with pytest.raises(migration.DatabaseTooNew, match="update tiebeam"):
        empty_store.migrate()


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty_store: Store) -> None:
    with empty_store.engine.begin() as conn:
        conn.execute(sa.text(f"CREATE TABLE {sorted(draft.declared('workflow'))[-1]} (id TEXT)"))
    with pytest.raises(sa.exc.DBAPIError):
        empty_store.migrate()
    with empty_store.read() as conn:
        assert migration.current_version(conn) is None
        assert not sa.inspect(conn).has_table("journal_entry")


def test_several_processes_may_migrate_at_once(empty_database_url: str, clock: Clock, ids: Ids) -> None:
    errors: list[Exception] = []

    def migrate() -> None:
        store = Store(empty_database_url, clock=clock, ids=ids)
        try:
            store.migrate()
        except sa.exc.SQLAlchemyError as error:
            errors.append(error)
        finally:
            store.close()

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
