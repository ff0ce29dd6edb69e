"""What the tests of this room share."""

from __future__ import annotations

import pytest

from tests.rooms.workflow.shop import Shop
from tiebeam.engine import Engine
from tiebeam.kit import CountingIds, FixedClock
from tiebeam.store import Store


@pytest.fixture
def shop(store: Store, engine: Engine, clock: FixedClock, ids: CountingIds) -> Shop:
    """An interpreter over real rows, on both databases."""
    return Shop(store, engine, clock)
