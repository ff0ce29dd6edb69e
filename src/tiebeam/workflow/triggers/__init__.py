"""Events and triggers: what comes from outside or by the clock reaches the runs that wait, or starts new ones."""

from tiebeam.workflow.triggers import tables
from tiebeam.workflow.triggers.declared import UnknownTrigger, declared_trigger, event_names
from tiebeam.workflow.triggers.delivering import Delivering, KeptFull, PayloadRefused, Waiting
from tiebeam.workflow.triggers.events import KIND as EVENT_KIND
from tiebeam.workflow.triggers.events import EventDiffers, Events, Received, UnknownEvent
from tiebeam.workflow.triggers.firing import Fired, Firing
from tiebeam.workflow.triggers.hooks import LARGEST_HOOK, Hooks, HookTooLarge, TooManyEvents
from tiebeam.workflow.triggers.operating import Backfill, NothingStarted, Triggers, TriggerView
from tiebeam.workflow.triggers.rows import EventRow, EventState, StartState
from tiebeam.workflow.triggers.schedules import Schedules, moments, next_moments
from tiebeam.workflow.triggers.sending import CODES, SEND
from tiebeam.workflow.triggers.views import (
    EventItem,
    EventTaken,
    EventView,
    RefusedItem,
    StartItem,
    event_view,
    last_starts,
    list_events,
    list_refused,
    list_starts,
    starts_of_event,
)

__all__ = [
    "CODES",
    "EVENT_KIND",
    "LARGEST_HOOK",
    "SEND",
    "Backfill",
    "Delivering",
    "EventDiffers",
    "EventItem",
    "EventRow",
    "EventState",
    "EventTaken",
    "EventView",
    "Events",
    "Fired",
    "Firing",
    "HookTooLarge",
    "Hooks",
    "KeptFull",
    "NothingStarted",
    "PayloadRefused",
    "Received",
    "RefusedItem",
    "Schedules",
    "StartItem",
    "StartState",
    "TooManyEvents",
    "TriggerView",
    "Triggers",
    "UnknownEvent",
    "UnknownTrigger",
    "Waiting",
    "declared_trigger",
    "event_names",
    "event_view",
    "last_starts",
    "list_events",
    "list_refused",
    "list_starts",
    "moments",
    "next_moments",
    "starts_of_event",
    "tables",
]
