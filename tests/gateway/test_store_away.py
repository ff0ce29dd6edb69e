"""ids: EC-21 — the database goes away and comes back: calls go by what was leased, and nobody needs a restart."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from tests.builders.databases import PostgresServer
from tests.builders.gateway import gateway_workspace, make_key_in
from tests.gateway.between import Between
from tests.gateway.house import served
from tests.gateway.upstream import Says, Upstream, upstream
from tiebeam.economics.tables import usage_charge
from tiebeam.gateway import Gateway, Opening
from tiebeam.kit import RandomIds, SystemClock
from tiebeam.store import Store

BODY = {"model": "small", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1_000}


@pytest.fixture(scope="module")
def far() -> Generator[Upstream]:
    with upstream(input=150, output=1_000) as one:
        yield one


@pytest.fixture
def between(postgres_server: PostgresServer, postgres_template: str) -> Generator[Between]:
    url = postgres_server.create(template=postgres_template)
    one = Between(url)
    yield one
    one.down()


def _until(is_so: Callable[[], bool], *, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def _workspace(folder: Path, far: Upstream, between: Between, *, budget: str = "", cap: str = "1000") -> str:
    """A workspace whose database is behind `between`; returns a key."""
    workspace = gateway_workspace(folder / "work", port=far.port, budget=budget, company_usd=cap, team_usd=cap)
    between.up()
    return make_key_in(workspace, url=between.url)


# complaint: 17
def test_a_gateway_that_starts_before_its_database_serves_once_that_is_there(
    tmp_path: Path, far: Upstream, between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = _workspace(tmp_path, far, between)
    between.down()
    monkeypatch.setenv("TIEBEAM_DATABASE_URL", between.url)
    far.forget()
    opening = Opening(tmp_path / "work")
    opening.start()
    try:
        with served(Gateway(lambda: opening.calls)) as url, httpx.Client(base_url=url, timeout=30) as client:

            def ask(secret: str = key) -> httpx.Response:
                return client.post("/v1/chat/completions", json=BODY, headers={"authorization": f"Bearer {secret}"})

            # Nothing can be said about any key, so nobody is told that theirs is wrong.
            assert [ask().status_code, ask("tb_k_wrong").status_code] == [503, 503]
            assert ask().json()["error"]["code"] == "gateway_not_ready"
            assert client.get("/health").status_code == 200
            assert client.get("/ready").status_code == 503
            between.up()
            _until(lambda: ask().status_code == 200)
            assert ask("tb_k_wrong").status_code == 401
            assert client.get("/ready").json()["store"] == "here"
    finally:
        opening.close()


def _unenforced(between: Between) -> int:
    clock = SystemClock()
    store = Store(between.url, clock=clock, ids=RandomIds(clock))
    with store.read() as conn:
        marked = sa.select(sa.func.count()).where(usage_charge.c.unenforced)
        found = int(conn.execute(marked).scalar_one())
    store.close()
    return found


@pytest.mark.parametrize("when_away", ["closed", pytest.param("open", marks=pytest.mark.deep)])
# complaint: 4
# complaint: 17
def test_while_the_database_hangs_each_budget_does_what_it_says(
    tmp_path: Path, far: Upstream, between: Between, monkeypatch: pytest.MonkeyPatch, when_away: str
) -> None:
    # Each call costs 0.00415 dollars, and a fortieth of a dollar is leased at a time.
    key = _workspace(tmp_path, far, between, budget=f'when_store_is_away = "{when_away}"\n', cap="1")
    monkeypatch.setenv("TIEBEAM_DATABASE_URL", between.url)
    far.forget()
    far.says = Says(input=150, output=1_000)
    opening = Opening(tmp_path / "work")
    opening.start()
    try:
        with served(Gateway(lambda: opening.calls)) as url, httpx.Client(base_url=url, timeout=30) as client:
            signed = {"authorization": f"Bearer {key}"}

            def ask() -> httpx.Response:
                return client.post("/v1/chat/completions", json=BODY, headers=signed)

            assert [ask().status_code for _ in range(3)] == [200, 200, 200]
            between.hang()
            began = time.monotonic()
            first = ask()
            took = time.monotonic() - began
            # It goes by what was leased, and asks nobody.
            assert first.status_code == 200
            assert took < 0.5
            statuses = [ask().status_code for _ in range(30)]
            if when_away == "closed":
                assert statuses[-1] == 503
                refused = ask()
                assert refused.json()["error"]["code"] == "budgets_unreachable"
                assert len(far.calls) == 4 + statuses.count(200)
            else:
                assert set(statuses) == {200}
            between.up()
            _until(lambda: ask().status_code == 200)
    finally:
        between.up()
        opening.close()
    assert (_unenforced(between) > 0) is (when_away == "open")
