"""Rules about what starts a recipe by itself, and about the limits of its runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tiebeam import spec
from tiebeam.graph.near import nearest
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Source
from tiebeam.graph.recipe_names import value_problems

_CRON_FIELDS = 5
_OF_EVENT = ("event.name", "event.key", "event.payload", "event.at")


def trigger_problems(recipe: spec.Recipe, source: Source) -> Iterator[Problem]:
    """Triggers that never fire, fire twice, or do not know which run they mean."""
    seen: set[str] = set()
    for place, trigger in enumerate(recipe.trigger):
        path = ("trigger", place)
        if trigger.id in seen:
            message = f"two triggers are called {trigger.id!r}."
            yield source.problem("trigger", (*path, "id"), message, fix="rename one of them.")
        seen.add(trigger.id)
        if (trigger.cron is None) == (trigger.event is None):
            said = "neither" if trigger.cron is None else "both"
            message = f"the trigger {trigger.id!r} says {said} of `cron` and `event`."
            yield source.problem("trigger", path, message, fix="write exactly one of them; a recipe may have several.")
            continue
        if trigger.cron is not None:
            yield from _schedule(trigger, trigger.cron, place, source)
        else:
            yield from _of_event(trigger, place, source)
        if trigger.mode is spec.TriggerMode.STATEFUL and trigger.key is None:
            message = f"the trigger {trigger.id!r} is stateful and does not say which run an event belongs to."
            yield source.problem("WF-14", (*path, "mode"), message, fix='add `key`, for example key = "event.key".')
        yield from _expressions(trigger, place, source)


def _schedule(trigger: spec.Trigger, cron: str, place: int, source: Source) -> Iterator[Problem]:
    path = ("trigger", place)
    if wrong := cron_fault(cron):
        message = f"the schedule {cron!r} of {trigger.id!r} is no cron expression: {wrong}."
        fix = 'write minute, hour, day, month and weekday, for example "30 7 * * mon-fri".'
        yield source.problem("trigger", (*path, "cron"), message, fix=fix)
    if not is_zone(trigger.timezone):
        message = f"no time zone is called {trigger.timezone!r}."
        fix = nearest(trigger.timezone, available_timezones())
        yield source.problem("trigger", (*path, "timezone"), message, fix=fix)


def _of_event(trigger: spec.Trigger, place: int, source: Source) -> Iterator[Problem]:
    for key, default in (("timezone", "UTC"), ("missed", spec.Missed.ONCE)):
        if getattr(trigger, key) != default:
            message = f"the trigger {trigger.id!r} follows an event, which comes when it comes."
            yield source.problem("trigger", ("trigger", place, key), message, fix=f"remove `{key}`.")


def _expressions(trigger: spec.Trigger, place: int, source: Source) -> Iterator[Problem]:
    names = {"at"} if trigger.event is None else set(_OF_EVENT)
    if trigger.when is not None:
        yield from value_problems(trigger.when, names, source, ("trigger", place, "when"), wanted="truth")
    if trigger.key is not None:
        yield from value_problems(trigger.key, names, source, ("trigger", place, "key"), wanted="anything")
    for name, text in trigger.input.items():
        yield from value_problems(text, names, source, ("trigger", place, "input", name), wanted="anything")


def cron_fault(text: str) -> str | None:
    """Why a schedule is none, or None. Five fields: seconds are no business of a schedule."""
    from cronsim import CronSim, CronSimError

    if len(text.split()) != _CRON_FIELDS:
        return f"it has {len(text.split())} fields instead of {_CRON_FIELDS}"
    try:
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as problem:
        return str(problem).lower()
    except StopIteration:
        return "no such day ever comes"
    return None


def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def limit_problems(recipe: spec.Recipe, source: Source) -> Iterator[Problem]:
    """Limits that limit nothing."""
    limits = recipe.limits
    if limits.deadline_hours is not None:
        return
    for key, default in (("at_deadline", spec.AtDeadline.ASK), ("hours", spec.Hours.CLOCK)):
        if getattr(limits, key) != default:
            message = f"the runs of {recipe.id!r} have no deadline, so `{key}` says nothing."
            yield source.problem("shape", ("limits", key), message, fix="add `deadline_hours`, or remove the line.")
