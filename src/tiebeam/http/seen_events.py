"""Which events a caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.authority import Obj
from tiebeam.workflow.triggers import event_names

if TYPE_CHECKING:
    from tiebeam.http.caller import Caller


def seen_events(caller: Caller) -> frozenset[str] | None:
    """The names of events that concern workflows this caller reads; None = all, those nobody knows included."""
    if caller.may("event.view", Obj("event", "of-nobody")).allowed:
        return None
    events = caller.app.triggering.events
    names = event_names(caller.app.graph())
    return frozenset(name for name in names if caller.may("event.view", events.object_of(name)).allowed)
