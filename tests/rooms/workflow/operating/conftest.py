"""A shop and its yard for every test of run operations, on both databases."""

from __future__ import annotations

import pytest

from tests.rooms.workflow.operating.yard import Yard
from tests.rooms.workflow.shop import Shop
from tiebeam.engine import Engine
from tiebeam.kit import FixedClock
from tiebeam.store import Store


@pytest.fixture
def shop(store: Store, engine: Engine, clock: FixedClock) -> Shop:
    return Shop(store, engine, clock)


@pytest.fixture
def yard(shop: Shop) -> Yard:
    return Yard(shop)
