"""Events: they reach the steps that wait for them, once, and wait for steps that are not there yet.

ids: WF-14, G3
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.builders.order_desk import make_order_desk
from tests.builders.order_events import SENDS, send, steps_of, waiting_run
from tests.builders.workspaces import opened
from tiebeam.app import App
from tiebeam.errors import Invalid, Refused
from tiebeam.store import metadata
from tiebeam.workflow.runs import RunState, load_run, run_view
from tiebeam.workflow.triggers import (
    EventDiffers,
    EventState,
    KeptFull,
    PayloadRefused,
    UnknownEvent,
    event_view,
    list_events,
)


def test_an_event_reaches_the_step_that_waits_for_it(app: App) -> None:
    run = waiting_run(app, "O-1")
    assert steps_of(app, run) == {"paid": ("waiting", None)}

    received = send(app, "order.paid", "O-1", {"amount": 3})

    assert (received.state, received.runs) == (EventState.DELIVERED, (run,))
    assert steps_of(app, run) == {"paid": ("done", "arrived"), "look": ("waiting", None)}
    with app.store.read() as conn:
        assert run_view(conn, run).steps[0].output["payload"] == {"amount": 3}
        assert [(one.run_id, one.step) for one in event_view(conn, received.event_id).taken] == [(run, "paid")]


def test_everybody_who_waits_for_it_gets_it_and_nobody_else(app: App) -> None:
    runs = [waiting_run(app, "O-2") for _ in range(3)]
    other = waiting_run(app, "O-3")

    received = send(app, "order.paid", "O-2", {"amount": 3})

    assert sorted(received.runs) == sorted(runs)
    assert steps_of(app, other) == {"paid": ("waiting", None)}


def test_a_payload_of_another_shape_is_refused_to_its_sender_and_the_step_waits_on(app: App) -> None:
    run = waiting_run(app, "O-4")

    with pytest.raises(PayloadRefused) as refused:
        send(app, "order.paid", "O-4", {"amount": "much"}, source_id="wrong")

    assert refused.value.data["problems"][0]["path"] == "amount"
    assert steps_of(app, run) == {"paid": ("waiting", None)}
    # Nothing of it was kept, so the corrected one may carry the same id.
    assert send(app, "order.paid", "O-4", {"amount": 4}, source_id="wrong").state is EventState.DELIVERED


def test_an_event_that_came_first_is_kept_for_the_step_that_waits_later(app: App) -> None:
    received = send(app, "order.paid", "O-5", {"amount": 5})
    assert received.state is EventState.KEPT

    run = waiting_run(app, "O-5")

    assert steps_of(app, run)["paid"] == ("done", "arrived")
    with app.store.read() as conn:
        view = event_view(conn, received.event_id)
    assert view.item.state is EventState.DELIVERED
    assert [(one.run_id, one.step) for one in view.taken] == [(run, "paid")]
    assert steps_of(app, waiting_run(app, "O-5")) == {"paid": ("waiting", None)}, "it was taken once"


def test_kept_events_are_taken_in_the_order_they_came_and_those_that_do_not_fit_are_left(app: App) -> None:
    send(app, "order.paid", "O-6", {"wrong": True})
    for amount in (1, 2):
        send(app, "order.paid", "O-6", {"amount": amount})

    taken: list[int] = []
    for _ in range(2):
        run = waiting_run(app, "O-6")
        with app.store.read() as conn:
            taken.append(run_view(conn, run).steps[0].output["payload"]["amount"])

    assert taken == [1, 2]


def test_the_same_event_is_taken_once(app: App) -> None:
    waiting_run(app, "O-7")
    first = send(app, "order.paid", "O-7", {"amount": 7}, source_id="msg-7")

    again = send(app, "order.paid", "O-7", {"amount": 7}, source_id="msg-7")

    assert again == replace(first, repeated=True)
    with pytest.raises(EventDiffers):
        send(app, "order.paid", "O-7", {"amount": 8}, source_id="msg-7")


@pytest.mark.parametrize(
    ("name", "key", "payload", "error"),
    [
        ("order.payd", "O-1", {}, UnknownEvent),
        ("order.paid", "", {}, Invalid),
        ("order.paid", "x" * 201, {}, Invalid),
        ("order.paid", "a\nb", {}, Invalid),
        ("order.paid", "O-1", {"a": "x" * 300_000}, Invalid),
        ("order.paid", "O-1", {"a": float("nan")}, Invalid),
        ("order.paid", "O-1", {"a": "\ud800"}, Invalid),
    ],
)
def test_what_is_no_event_is_refused(
    app: App, name: str, key: str, payload: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        send(app, name, key, payload)


def test_the_nearest_name_is_told(app: App) -> None:
    with pytest.raises(UnknownEvent, match="did you mean"):
        send(app, "order.payed", "O-1")


def test_who_has_no_part_in_any_workflow_of_an_event_sends_none(app: App) -> None:
    stranger = replace(app.principal(), person_id="eve", roles=("cfo",), administrator=False)

    with pytest.raises(Refused):
        app.triggering.events.send(stranger, "order.paid", key="O-1", payload={})


def test_no_more_are_kept_than_the_workspace_says(app: App) -> None:
    settings = app.graph().settings
    assert settings is not None
    for number in range(settings.events.most_kept):
        send(app, "order.paid", "O-full", {"amount": number})

    with pytest.raises(KeptFull):
        send(app, "order.paid", "O-full", {"amount": 1})


def test_what_is_kept_too_long_is_let_go_and_stays_on_the_record(app: App) -> None:
    received = send(app, "order.paid", "O-late", {"amount": 1})
    with app.store.unit() as unit:
        for name in ("event", "event_kept"):
            table = metadata.tables[name]
            unit.conn.execute(sa.update(table).values(keep_until=unit.now))
    while app.triggering.events.work() < 1:
        continue

    with app.store.read() as conn:
        assert event_view(conn, received.event_id).item.state is EventState.EXPIRED
    assert steps_of(app, waiting_run(app, "O-late")) == {"paid": ("waiting", None)}


def test_events_are_listed_newest_first(app: App) -> None:
    sent = [send(app, "order.paid", "O-list", {"amount": number}).event_id for number in range(3)]

    with app.store.read() as conn:
        found = list_events(conn, key="O-list", names=frozenset({"order.paid"}))
        assert [one.id for one in found] == sent[::-1]
        assert list_events(conn, names=frozenset()) == []


def test_a_run_reaches_another_and_even_itself_by_an_event(tmp_path: Path) -> None:
    folder = make_order_desk(tmp_path / "company", steps=SENDS)
    with opened(folder, work=True) as app:
        run = waiting_run(app, "O-1")

        assert steps_of(app, run) == {"tell": ("done", "sent"), "paid": ("done", "arrived")}
        with app.store.read() as conn:
            assert load_run(conn, run).state is RunState.DONE
            (event,) = list_events(conn)
            assert (event.source, event.state) == (f"run:{run}", EventState.DELIVERED)


@contextmanager
def killed_at(app: App, boundary: str) -> Iterator[None]:
    """The unit in which it happens on this thread is lost, as when the process dies there."""
    here = threading.get_ident()

    def die(_unit: Any) -> None:
        if threading.get_ident() == here:
            raise KilledThere(boundary)

    stop = app.store.before_commit(die)
    try:
        yield
    finally:
        stop()


class KilledThere(BaseException):
    pass


def test_a_kill_before_the_commit_loses_the_event_whole_and_a_repeat_brings_it(app: App) -> None:
    run = waiting_run(app, "O-kill")
    with pytest.raises(KilledThere), killed_at(app, "commit"):
        send(app, "order.paid", "O-kill", {"amount": 1}, source_id="kill-1")
    assert steps_of(app, run) == {"paid": ("waiting", None)}

    again = send(app, "order.paid", "O-kill", {"amount": 1}, source_id="kill-1")

    assert (again.repeated, again.runs) == (False, (run,))


def test_the_rows_are_plain_json(app: App) -> None:
    received = send(app, "order.paid", "O-json", {"text": 'ä"\u0000\\', "amount": 1, "deep": {"a": [1, None, True]}})

    with app.store.read() as conn:
        assert json.loads(json.dumps(event_view(conn, received.event_id).payload))["deep"] == {"a": [1, None, True]}
