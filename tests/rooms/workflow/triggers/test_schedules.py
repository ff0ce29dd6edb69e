"""Schedules: one run for each moment, over changes of clocks, missed moments and any number of workers.

ids: WF-14, B9
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.order_desk import ADMINISTRATOR, INTENT, make_order_desk, rewrite
from tests.builders.workspaces import opened
from tests.conftest import KINDS
from tiebeam.app import App
from tiebeam.errors import Invalid, Refused
from tiebeam.kit import FixedClock
from tiebeam.spec import Missed, Trigger
from tiebeam.workflow.promotion import Stage
from tiebeam.workflow.runs import load_run
from tiebeam.workflow.triggers import StartState, UnknownTrigger, list_starts, moments, next_moments
from tiebeam.workflow.triggers.schedules import MOST_MISSED, latest_moments

BERLIN = ZoneInfo("Europe/Berlin")
MORNING = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
NAME = f"{INTENT}:hourly"


def trigger(cron: str, *, zone: str = "Europe/Berlin", missed: Missed = Missed.ONCE) -> Trigger:
    return Trigger(id="t", cron=cron, timezone=zone, missed=missed)


def local(cron: str, day: datetime, *, most: int) -> list[str]:
    found = next_moments(trigger(cron), after=day.astimezone(UTC), most=most)
    return [one.astimezone(BERLIN).strftime("%m-%d %H:%M%z") for one in found]


def test_a_moment_in_the_hour_that_clocks_leave_out_comes_right_after_it() -> None:
    eve = datetime(2026, 3, 28, 12, tzinfo=BERLIN)

    assert local("30 2 * * *", eve, most=2) == ["03-29 03:00+0200", "03-30 02:30+0200"]


def test_a_moment_in_the_hour_that_comes_twice_comes_once() -> None:
    eve = datetime(2026, 10, 24, 12, tzinfo=BERLIN)

    assert local("30 2 * * *", eve, most=2) == ["10-25 02:30+0200", "10-26 02:30+0100"]


def test_what_comes_every_hour_comes_in_both_equal_hours() -> None:
    eve = datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN)

    assert local("0 * * * *", eve, most=3) == ["10-25 02:00+0200", "10-25 02:00+0100", "10-25 03:00+0100"]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["30 2 * * *", "*/20 * * * *", "0 * * * *", "15 1-3 * * *", "0 9 * * mon-fri"]),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kolkata"]),
    st.integers(0, 364 * 24 * 60),
)
def test_looking_step_by_step_finds_the_same_moments_as_looking_once(cron: str, zone: str, minute: int) -> None:
    one = trigger(cron, zone=zone)
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    at_once = list(next_moments(one, after=start, most=12))
    stepwise, reached = list[datetime](), start
    for _ in range(12):
        reached = next(moments(one, after=reached))
        stepwise.append(reached)

    assert stepwise == at_once
    assert sorted(set(at_once)) == at_once
    assert latest_moments(one, after=start, until=at_once[-1]) == at_once


def test_a_year_of_minutes_is_not_walked_through() -> None:
    end = datetime(2026, 12, 31, tzinfo=UTC)

    found = latest_moments(trigger("* * * * *"), after=end - timedelta(days=365), until=end)

    assert (len(found), found[-1]) == (MOST_MISSED, end)


def test_a_rare_moment_long_ago_is_found() -> None:
    end = datetime(2026, 12, 31, tzinfo=UTC)

    found = latest_moments(trigger("0 0 29 2 *", zone="UTC"), after=datetime(2020, 1, 1, tzinfo=UTC), until=end)

    assert found == [datetime(2020, 2, 29, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MORNING)


@pytest.fixture(scope="module", params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str | None]:
    url = request.getfixturevalue("postgres_server").create() if request.param == "postgresql" else None
    return make_order_desk(tmp_path_factory.mktemp("desk") / "company", url=url), url


def hourly(*, missed: str = "once", zone: str = "UTC", input_order: str = "at") -> str:
    return (
        f'[[trigger]]\nid = "hourly"\ncron = "0 * * * *"\ntimezone = "{zone}"\nmissed = "{missed}"\n'
        f'input = {{ order = "{input_order}" }}\n\n'
    )


def look(app: App) -> None:
    """Let a worker look until there is nothing to do now."""
    for _ in range(200):
        if app.triggering.schedules.work() > 0.1:
            return


def started(app: App) -> list[str]:
    with app.store.read() as conn:
        rows = list_starts(conn, frozenset({NAME}), limit=500)
    return sorted(f"{one.at:%d %H:%M}" for one in rows if one.state is StartState.STARTED)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_order_desk(tmp_path_factory.mktemp("template") / "company", triggers=hourly())


@pytest.fixture
def fresh(template: Path, tmp_path: Path, clock: FixedClock) -> Iterator[App]:
    folder = tmp_path / "company"
    shutil.copytree(template, folder)
    with opened(folder, clock=clock) as app:
        yield app


def test_nothing_starts_for_what_passed_before_the_schedule_was_there(fresh: App) -> None:
    look(fresh)

    assert started(fresh) == []


def test_each_moment_starts_one_run_with_its_input(fresh: App, clock: FixedClock) -> None:
    look(fresh)
    for _ in range(3):
        clock.advance(minutes=30)
        look(fresh)
        look(fresh)

    assert started(fresh) == ["02 07:00", "02 08:00"]
    with fresh.store.read() as conn:
        newest = list_starts(conn, frozenset({NAME}))[0]
        assert newest.run_id is not None
        assert load_run(conn, newest.run_id).input["order"] == "2026-03-02T08:00:00.000000Z"


@pytest.mark.parametrize(
    ("missed", "expected"),
    [("skip", []), ("once", ["02 11:00"]), ("all", ["02 07:00", "02 08:00", "02 09:00", "02 10:00", "02 11:00"])],
)
def test_what_was_missed_is_made_up_for_as_the_trigger_says(
    tmp_path: Path, clock: FixedClock, missed: str, expected: list[str]
) -> None:
    folder = make_order_desk(tmp_path / "company", triggers=hourly(missed=missed))
    with opened(folder, clock=clock) as app:
        look(app)
        clock.advance(hours=5)
        look(app)

        assert started(app) == expected


def test_a_moment_found_on_time_is_no_missed_one(tmp_path: Path, clock: FixedClock) -> None:
    folder = make_order_desk(tmp_path / "company", triggers=hourly(missed="skip"))
    with opened(folder, clock=clock) as app:
        look(app)
        clock.advance(minutes=31)
        look(app)

        assert started(app) == ["02 07:00"]


def test_a_clock_set_back_starts_nothing_twice_and_does_not_stop_the_schedule(fresh: App, clock: FixedClock) -> None:
    look(fresh)
    clock.advance(hours=2)
    look(fresh)
    clock.advance(hours=-1, minutes=-15)
    look(fresh)
    assert started(fresh) == ["02 08:00"]

    clock.advance(hours=1)
    look(fresh)
    clock.advance(hours=1)
    look(fresh)

    assert started(fresh) == ["02 08:00", "02 09:00"]


def test_many_workers_start_one_run_for_a_moment(place: tuple[Path, str | None], clock: FixedClock) -> None:
    folder, url = place
    with opened(folder, url=url, clock=clock) as first:
        rewrite(first, triggers=hourly(missed="all"))
        look(first)
        clock.advance(hours=3)
        start = threading.Barrier(4)

        def work() -> None:
            with opened(folder, url=url, clock=clock) as app:
                start.wait()
                for _ in range(8):
                    app.triggering.schedules.work()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert started(first) == ["02 07:00", "02 08:00", "02 09:00"]


def test_a_start_that_cannot_be_made_says_why_and_takes_nothing_else_down(fresh: App, clock: FixedClock) -> None:
    rewrite(
        fresh, triggers=hourly(input_order="7", zone="Etc/GMT+3") + hourly(zone="Etc/GMT+3").replace("hourly", "ok")
    )
    look(fresh)
    clock.advance(hours=1)
    look(fresh)

    with fresh.store.read() as conn:
        (failed,) = list_starts(conn, frozenset({NAME}))
        (ok,) = list_starts(conn, frozenset({f"{INTENT}:ok"}))
    assert (failed.state, ok.state) == (StartState.FAILED, StartState.STARTED)
    assert "is no text" in (failed.detail or "")


def test_a_workflow_out_of_service_and_a_paused_trigger_start_nothing_and_make_up_for_nothing(
    fresh: App, clock: FixedClock
) -> None:
    look(fresh)
    fresh.triggering.triggers.pause(fresh.principal(), NAME, reason="stocktaking")
    clock.advance(hours=2)
    look(fresh)
    fresh.triggering.triggers.resume(fresh.principal(), NAME)
    look(fresh)
    assert started(fresh) == []

    fresh.promotion.promote(INTENT, to=Stage.DRAFT, actor=f"person:{ADMINISTRATOR}")
    clock.advance(hours=2)
    look(fresh)

    assert started(fresh) == []


def test_what_passed_is_made_up_for_when_somebody_asks_and_once(fresh: App, clock: FixedClock) -> None:
    triggers, actor = fresh.triggering.triggers, fresh.principal()
    day = {"start": MORNING - timedelta(hours=4), "end": MORNING - timedelta(hours=1)}

    dry = triggers.backfill(actor, NAME, **day, dry=True)
    first = triggers.backfill(actor, NAME, **day)
    again = triggers.backfill(actor, NAME, **day)

    assert (len(dry.moments), len(dry.started), len(first.started), len(again.started)) == (3, 0, 3, 0)
    assert started(fresh) == ["02 03:00", "02 04:00", "02 05:00"]


def test_one_can_be_fired_by_hand_and_every_time_is_another_run(fresh: App) -> None:
    triggers, actor = fresh.triggering.triggers, fresh.principal()

    runs = {triggers.fire(actor, NAME).run_id for _ in range(2)}

    assert len(runs) == 2


def test_the_next_moments_are_shown_while_it_runs(fresh: App) -> None:
    def view() -> tuple[datetime, ...]:
        with fresh.store.read() as conn:
            (one,) = fresh.triggering.triggers.list(conn)
        return one.next

    assert view()[:2] == (MORNING + timedelta(minutes=30), MORNING + timedelta(minutes=90))
    fresh.triggering.triggers.pause(fresh.principal(), NAME, reason="stocktaking")
    assert view() == ()


def test_operating_is_for_owners(fresh: App) -> None:
    triggers = fresh.triggering.triggers
    stranger = replace(fresh.principal(), person_id="eve", roles=("ap-analyst",), administrator=False)
    day = {"start": MORNING - timedelta(hours=4), "end": MORNING - timedelta(hours=1)}
    for verb in (
        lambda: triggers.pause(stranger, NAME, reason="x"),
        lambda: triggers.resume(stranger, NAME),
        lambda: triggers.fire(stranger, NAME),
        lambda: triggers.backfill(stranger, NAME, **day),
    ):
        with pytest.raises(Refused):
            verb()


def test_what_makes_no_sense_is_refused(fresh: App) -> None:
    triggers, actor = fresh.triggering.triggers, fresh.principal()
    with pytest.raises(UnknownTrigger):
        triggers.pause(actor, f"{INTENT}:weekly", reason="x")
    with pytest.raises(Invalid):
        triggers.pause(actor, NAME, reason=" ")
    with pytest.raises(Invalid):
        triggers.fire(actor, NAME, event_id="evt_1")
    with pytest.raises(Invalid):
        triggers.backfill(actor, NAME, start=MORNING, end=MORNING + timedelta(hours=1))
    with pytest.raises(Invalid):
        triggers.backfill(actor, NAME, start=MORNING - timedelta(days=365), end=MORNING)
