from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rooms.workforce.company import Office
from tiebeam.engine import Engine
from tiebeam.store import Store


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    engine = Engine(store)
    yield Office(store, engine)
    engine.close()
