"""What every test may ask for: a fresh real database of each kind, a store on it, and time and ids under control."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders.databases import PostgresServer
from tiebeam.kit import Clock, CountingIds, FixedClock, Ids
from tiebeam.store import Store


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, empty database; every test that uses it runs on both kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'tiebeam.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create()
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
    """A store with its tables made."""
    opened = Store(database_url, clock=clock, ids=ids)
    opened.migrate()
    yield opened
    opened.close()
