"""The order desk whose steps wait for events, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.builders.order_desk import make_order_desk, rewrite
from tests.builders.order_events import STARTS, WAITS
from tests.builders.workspaces import opened
from tests.conftest import KINDS
from tiebeam.app import App


@pytest.fixture(scope="module", params=KINDS)
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    url = request.getfixturevalue("postgres_server").create() if request.param == "postgresql" else None
    folder = make_order_desk(tmp_path_factory.mktemp("desk") / "company", steps=WAITS, triggers=STARTS, url=url)
    with opened(folder, url=url, work=True) as app:
        yield app


@pytest.fixture
def pair(app: App) -> Iterator[App]:
    """The same, and it is as it was afterwards."""
    yield app
    rewrite(app, steps=WAITS, triggers=STARTS)
