"""What every test may ask for: a fresh real database of each kind, a store, an engine, time and ids."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders.databases import PostgresServer
from tiebeam.engine import Engine
from tiebeam.kit import Clock, CountingIds, FixedClock, Ids, RandomIds, SystemClock
from tiebeam.store import Store

KINDS = ["sqlite", "postgresql"]
# The names by which clients in this process speak to the faces, in place of a browser.
os.environ["TIEBEAM_ALLOWED_HOSTS"] = "testserver,console.test"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


def _prepare(url: str) -> None:
    clock = SystemClock()
    store = Store(url, clock=clock, ids=RandomIds(clock))
    store.migrate()
    engine = Engine(store)
    engine.close()
    store.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every table and no rows, which tests copy instead of making the tables again."""
    path = tmp_path_factory.mktemp("template") / "tiebeam.sqlite"
    _prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    url = postgres_server.create()
    _prepare(url)
    return url


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table; every test that uses it runs on both kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with every table; every test that uses it runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "tiebeam.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create(template=request.getfixturevalue("postgres_template"))
    yield url
    server.drop(url)


@pytest.fixture
def clock() -> FixedClock:
    """Monday 2 March 2026, nine in the morning UTC, until it is moved."""
    return FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest.fixture
def ids() -> CountingIds:
    return CountingIds()


@pytest.fixture
def store(database_url: str, clock: Clock, ids: Ids) -> Iterator[Store]:
    """A store on a database with every table."""
    opened = Store(database_url, clock=clock, ids=ids)
    yield opened
    opened.close()


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    """An engine that is not launched: it enqueues, and a test may launch it after registering its handlers."""
    opened = Engine(store, poll_seconds=0.02, retry_seconds=(0.01, 0.01, 0.01))
    yield opened
    opened.close()
