"""The schema comes from version files alone, forward only."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tiebeam.kit import Clock, Ids
from tiebeam.store import Store, draft, metadata, migration


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
    with empty_store.unit() as unit:
        unit.journal("workspace", "applied", actor="person:ann", payload={})
    empty_store.migrate()
    with empty_store.read() as conn:
        assert migration.current_version(conn) == migration.versions()[-1]
        assert conn.execute(sa.text("SELECT count(*) FROM journal_entry")).scalar_one() == 1


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
