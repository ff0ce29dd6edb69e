"""A process's meter beside a database that does not answer (ids: EC-21)."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.builders.metering import NOON, attempt, open_meter, settlement, until

from tiebeam.economics.metering import JournalUnwritable, Unpriced, adopt, check_usage
from tiebeam.economics.prices import Prices
from tiebeam.economics.tables import usage_charge
from tiebeam.kit import RandomIds, SystemClock
from tiebeam.spec import Durability
from tiebeam.store import Store


def test_a_database_that_accepts_and_never_answers_holds_up_no_call(store: Store, tmp_path: Path) -> None:
    # complaint: 17
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        dumb = Store(f"postgresql://nobody@127.0.0.1:{port}/none", clock=store.clock, ids=RandomIds(SystemClock()))
        meter = open_meter(tmp_path, dumb)
        began = time.perf_counter()
        for number in range(500):
            meter.journal.attempt(attempt(f"a{number}"))
            meter.journal.settle(settlement(f"a{number}"))
        took = time.perf_counter() - began
        closed = meter.close(seconds=0.05)
    (adopted,) = adopt(tmp_path, store)

    assert took / 500 < 0.001
    assert not closed
    assert adopted.charges == 500
    with store.read() as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(usage_charge)) == 500
        assert check_usage(conn) == []
    until(lambda: not meter.writer.is_alive)
    dumb.close()


@pytest.mark.parametrize("durability", list(Durability))
def test_a_meter_closed_in_order_leaves_nothing_behind(store: Store, tmp_path: Path, durability: Durability) -> None:
    meter = open_meter(tmp_path / "meters", store, durability=durability)
    meter.journal.attempt(attempt("a"))
    mark = meter.journal.settle(settlement("a"))
    meter.journal.wait_durable(mark)

    assert meter.id == meter.journal.id
    assert meter.close()
    assert meter.close()
    assert list((tmp_path / "meters").iterdir()) == []


def test_a_call_that_is_still_open_at_the_end_is_charged_by_the_next_process(store: Store, tmp_path: Path) -> None:
    first = open_meter(tmp_path, store)
    first.journal.attempt(attempt("a"))
    assert not first.close()

    other = Store(store.url.render_as_string(hide_password=False), clock=store.clock, ids=RandomIds(SystemClock()))
    second = open_meter(tmp_path, other)

    def rows() -> list[tuple[str, str]]:
        with store.read() as conn:
            return [(row.id, row.ended) for row in conn.execute(sa.select(usage_charge))]

    until(lambda: rows() == [("a", "lost")])
    assert second.close()
    other.close()


def test_what_comes_while_a_meter_closes_is_refused_or_left_for_the_next_process(store: Store, tmp_path: Path) -> None:
    meter = open_meter(tmp_path, store)
    meter.journal.attempt(attempt("a"))
    meter.journal.seal()

    with pytest.raises(JournalUnwritable):
        meter.journal.attempt(attempt("b"))
    assert meter.journal.settle(settlement("a")) == 0
    assert not meter.close()
    (adopted,) = adopt(tmp_path, store)
    assert adopted.lost == 1


def test_a_meter_goes_on_with_the_prices_of_a_workspace_that_was_applied(store: Store, tmp_path: Path) -> None:
    meter = open_meter(tmp_path, store, runs_of=lambda conn, ids: {})
    meter.use(Prices({}, store.clock, currency="USD"))

    assert isinstance(meter.book.rates("small-1", provider="acme", at=NOON), Unpriced)
    assert meter.close()
