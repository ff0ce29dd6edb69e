"""May a run that began by one version of a recipe go on by another? (ids: B11; runtime: druks#619)"""

from __future__ import annotations

import pytest

from tests.rooms.workflow.test_plan import recipe, step
from tiebeam.spec import Effect, EventUse, Join, LoopUse, MapUse, Recipe, Review, Step, StepKind, TimerUse
from tiebeam.workflow.operating import compare, instances_from
from tiebeam.workflow.runs import StepPhase, StepState

DONE, SKIPPED, WAITING, OPEN = StepPhase.DONE, StepPhase.SKIPPED, StepPhase.WAITING, StepPhase.OPEN


def at(**phases: StepPhase) -> dict[str, StepState]:
    """Where a run stands, by step; an underscore stands for a hyphen."""
    names = {name.replace("_", "-"): phase for name, phase in phases.items()}
    return {name: StepState(name, phase, str(phase), {}) for name, phase in names.items()}


def review(step_id: str, **values: object) -> Step:
    return step(step_id, kind=StepKind.REVIEW, **{"review": Review(), **values})


def event(step_id: str, name: str = "delivery.arrived", key: str = "input.order", **values: object) -> Step:
    return step(step_id, kind=StepKind.EVENT, event=EventUse(name=name, key=key), **values)


OLD = recipe(
    step("read"),
    step("post", after=("read",), effect=Effect.AT_MOST_ONCE),
    review("look", after=("post",)),
    step("close", after=("look",), effect=Effect.DB),
)
PARKED = at(read=DONE, post=DONE, look=WAITING)


def changed(*steps: Step, without: str = "") -> Recipe:
    """The old version with steps in place of those of the same name, or at the end."""
    given = {one.id: one for one in steps}
    kept = [given.pop(one.id, one) for one in OLD.step if one.id != without]
    whole = [one.model_copy(update={"after": tuple(set(one.after) - {without})}) for one in (*kept, *given.values())]
    return recipe(*whole)


def test_the_same_version_fits_and_says_what_is_waited_for() -> None:
    fit = compare(OLD, OLD, PARKED)

    assert (fit.fits, fit.waits, fit.next, fit.ends) == (True, ("look",), (), False)


def test_a_step_added_at_the_end_or_beside_is_what_runs_next() -> None:
    fit = compare(OLD, changed(step("tell", after=("read",)), step("file", after=("close",))), PARKED)

    assert fit.fits
    assert fit.next == ("tell",)


@pytest.mark.parametrize(
    ("new", "states", "why"),
    [
        (changed(without="post"), PARKED, "'post' has had an effect"),
        (changed(without="look"), PARKED, "'look' is waited for"),
        (changed(without="look"), at(read=DONE, post=DONE, look=DONE), "in 'look' a person decided"),
        (changed(step("look", after=("post",))), PARKED, "of kind review and is now of kind code"),
        (changed(step("post", after=("read",))), PARKED, "effect of 'post' was at_most_once and is now pure"),
        (
            changed(step("check", after=("read",)), step("post", after=("check",), effect=Effect.AT_MOST_ONCE)),
            PARKED,
            "'post' is settled already, and the other version puts 'check' before it",
        ),
    ],
)
def test_a_run_stays_where_its_past_would_be_lost_or_its_wait_dropped(
    new: Recipe, states: dict[str, StepState], why: str
) -> None:
    fit = compare(OLD, new, states)

    assert not fit.fits
    assert why in fit.reasons[0]


def test_what_is_declared_otherwise_stays_as_it_was_begun_and_is_said() -> None:
    new = changed(step("read", params={"more": True}), review("look", after=("post",), review=Review(authority=True)))

    fit = compare(OLD, new, PARKED)

    assert fit.fits
    assert fit.notes == (
        "'read' is declared otherwise now and stays as it was: done",
        "the open task of 'look' stays as it was asked",
    )


def test_a_pure_step_that_is_gone_is_forgotten_and_its_followers_stay() -> None:
    new = recipe(*(one.model_copy(update={"after": ()}) if one.id == "post" else one for one in OLD.step[1:]))

    fit = compare(OLD, new, PARKED)

    assert fit.fits
    assert fit.forgets == ("read",)


def test_an_open_event_is_kept_only_for_the_same_name_and_key() -> None:
    old, states = recipe(event("arrival")), at(arrival=WAITING)

    assert compare(old, recipe(event("arrival")), states).fits
    assert not compare(old, recipe(event("arrival", name="delivery.lost")), states).fits
    assert not compare(old, recipe(event("arrival", key="input.case")), states).fits


def test_a_timer_keeps_its_moment() -> None:
    def timer(hours: int) -> Recipe:
        return recipe(step("rest", kind=StepKind.TIMER, timer=TimerUse(after_hours=hours)))  # pyright: ignore

    fit = compare(timer(1), timer(9), at(rest=WAITING))

    assert fit.notes == ("the timer of 'rest' keeps its moment",)


def test_a_step_that_was_skipped_may_go_and_an_ended_run_says_that_it_ends() -> None:
    old = recipe(step("a"), step("b", after=("a",), when="false", effect=Effect.DB))

    fit = compare(old, recipe(step("a")), at(a=DONE, b=SKIPPED))

    assert (fit.fits, fit.forgets, fit.ends) == (True, ("b",), True)


def test_a_step_that_leaves_its_container_keeps_the_run_where_it_is() -> None:
    def version(inside: str | None) -> Recipe:
        return recipe(step("each", kind=StepKind.MAP, map=MapUse(over="input.lines")), step("check", inside=inside))

    states = {"each": StepState("each", OPEN, "open", {}), "check[0]": StepState("check[0]", DONE, "done", {})}

    assert compare(version("each"), version("each"), states).fits
    assert not compare(version("each"), version(None), states).fits


def test_a_join_of_any_is_not_held_back_by_a_new_branch() -> None:
    old = recipe(step("a"), step("b", after=("a",), join=Join.ANY))
    new = recipe(step("a"), step("c"), step("b", after=("a", "c"), join=Join.ANY))

    assert compare(old, new, at(a=DONE, b=DONE)).fits


NESTED = recipe(
    step("read"),
    step("each", kind=StepKind.MAP, map=MapUse(over="input.lines"), after=("read",)),
    step("ask", inside="each"),
    step("again", kind=StepKind.LOOP, loop=LoopUse(until="true", most=3), inside="each", after=("ask",)),
    step("try", inside="again"),
    step("note", inside="each", after=("again",)),
    step("close", after=("each",)),
    step("aside", after=("read",)),
)
PRESENT = (
    "read",
    "each",
    *(f"ask[{item}]" for item in (0, 1)),
    *(f"again[{item}]" for item in (0, 1)),
    *(f"try[{item}.{turn}]" for item in (0, 1) for turn in (0, 1)),
    *(f"note[{item}]" for item in (0, 1)),
    "close",
    "aside",
)


@pytest.mark.parametrize(
    ("first", "after"),
    [
        ("close", {"close"}),
        ("aside", {"aside"}),
        ("read", set(PRESENT)),
        ("each", set(PRESENT) - {"read", "aside"}),
        ("note[1]", {"note[1]", "each", "close"}),
        ("try[0.1]", {"try[0.1]", "again[0]", "note[0]", "each", "close"}),
        ("try[0.0]", {"try[0.0]", "try[0.1]", "again[0]", "note[0]", "each", "close"}),
        ("ask[1]", {"ask[1]", "again[1]", "try[1.0]", "try[1.1]", "note[1]", "each", "close"}),
    ],
)
def test_what_came_after_an_instance_is_all_that_may_have_seen_it(first: str, after: set[str]) -> None:
    assert set(instances_from(NESTED, PRESENT, first)) == after
