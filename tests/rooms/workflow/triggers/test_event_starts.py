"""Runs that events start: one for each event, or one open run for each key.

ids: WF-14, B9
"""

from __future__ import annotations

import threading

from tests.builders.order_desk import ADMINISTRATOR, INTENT, rewrite
from tests.builders.order_events import HEARS, STARTS, WAITS, send, starts, steps_of
from tiebeam.app import App
from tiebeam.workflow.promotion import Stage
from tiebeam.workflow.runs import load_run
from tiebeam.workflow.triggers import (
    EventState,
    Received,
    StartState,
)


def test_the_same_event_from_many_threads_at_once_starts_one_run(app: App) -> None:
    results: list[Received] = []
    start = threading.Barrier(6)

    def one() -> None:
        start.wait()
        results.append(send(app, "order.placed", "P-1", {"amount": 11}, source_id="placed-1"))

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({one.runs for one in results}) == 1
    assert sum(not one.repeated for one in results) == 1
    assert len([run for _, run, _ in starts(app, "placed")]) == 1


def test_a_trigger_starts_a_run_with_what_the_event_says(app: App) -> None:
    received = send(app, "order.placed", "P-2", {"amount": 12})

    with app.store.read() as conn:
        row = load_run(conn, received.runs[0])
    assert {"order": "P-2", "amount": 12, "stage": "pilot"}.items() <= row.input.items()
    assert row.started_by == "system:triggers"


def test_an_event_that_its_condition_leaves_out_starts_nothing(app: App) -> None:
    received = send(app, "order.placed", "P-3", {"amount": 2})

    assert (received.state, received.runs) == (EventState.KEPT, ())


def test_a_start_that_cannot_be_made_says_why_and_can_be_tried_again(pair: App) -> None:
    app = pair
    received = send(app, "order.broken", "B-1", {"order": "B-1"})
    state, run, detail = starts(app, "broken")[0]

    assert (received.state, state, run) == (EventState.KEPT, StartState.FAILED, None)
    assert "nothing" in (detail or "")

    rewrite(app, steps=WAITS, triggers=STARTS.replace("event.payload.nothing", "event.key"))
    fired = app.triggering.triggers.fire(app.principal(), f"{INTENT}:broken", event_id=received.event_id)

    assert fired.state is StartState.STARTED


def test_later_events_of_a_key_reach_the_run_that_is_open(app: App) -> None:
    first = send(app, "case.moved", "1", {"case": "C-1"})
    second = send(app, "case.moved", "2", {"case": "C-1"})
    other = send(app, "case.moved", "3", {"case": "C-2"})

    assert first.runs == second.runs != other.runs
    assert second.state is EventState.KEPT, "the open run may wait for it yet"
    assert [state for state, _, _ in starts(app, "case")] == [
        StartState.STARTED,
        StartState.JOINED,
        StartState.STARTED,
    ]


def test_once_the_run_of_a_key_has_ended_the_next_event_starts_another(app: App) -> None:
    first = send(app, "case.moved", "1", {"case": "C-3"}).runs[0]
    app.operating.cancel(app.principal(), first, reason="a test")

    second = send(app, "case.moved", "2", {"case": "C-3"}).runs[0]

    assert second != first


def test_many_events_of_one_key_at_once_have_one_run(app: App) -> None:
    results: list[Received] = []
    start = threading.Barrier(6)

    def one(number: int) -> None:
        start.wait()
        results.append(send(app, "case.moved", str(number), {"case": "C-4"}))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({run for one in results for run in one.runs}) == 1


def test_a_workflow_out_of_service_starts_nothing_by_events(pair: App) -> None:
    app = pair
    app.promotion.promote(INTENT, to=Stage.DRAFT, actor=f"person:{ADMINISTRATOR}")

    received = send(app, "order.placed", "P-9", {"amount": 99})

    assert (received.state, received.runs) == (EventState.KEPT, ())


def test_a_paused_trigger_starts_nothing_until_it_is_resumed(app: App) -> None:
    triggers, name = app.triggering.triggers, f"{INTENT}:placed"
    triggers.pause(app.principal(), name, reason="stocktaking")
    paused = send(app, "order.placed", "P-10", {"amount": 99})
    triggers.resume(app.principal(), name)

    resumed = send(app, "order.placed", "P-11", {"amount": 99})

    assert (paused.runs, len(resumed.runs)) == ((), 1)


def test_a_later_event_reaches_the_step_of_the_open_run_by_the_triggers_key(pair: App) -> None:
    app = pair
    rewrite(app, steps=HEARS, triggers=STARTS)
    run = send(app, "case.moved", "first", {"case": "C-8"}).runs[0]
    assert steps_of(app, run) == {"more": ("waiting", None)}

    second = send(app, "case.moved", "second", {"case": "C-8"})

    assert (second.state, second.runs) == (EventState.DELIVERED, (run,))
    assert steps_of(app, run)["more"] == ("done", "arrived")


def test_an_event_that_overtakes_the_open_run_is_kept_for_it(pair: App) -> None:
    app = pair
    rewrite(app, steps=HEARS, triggers=STARTS)
    first = send(app, "case.moved", "first", {"case": "C-9"})
    second = send(app, "case.moved", "second", {"case": "C-9"})

    assert first.runs == second.runs
    assert steps_of(app, first.runs[0])["more"] == ("done", "arrived")
