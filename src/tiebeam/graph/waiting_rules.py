"""Rules about waiting for people: what happens when nobody ever decides is said once, and can be carried out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tiebeam import spec
from tiebeam.graph.graph import Graph
from tiebeam.graph.layout import Kind
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Found, Source

_ENDS = frozenset({spec.RungAction.DEFAULT, spec.RungAction.ABORT})
_NEVER_BY_DEFAULT = frozenset({"edit", "ask"})


def timeout_problems(handoff: spec.HandoffProtocol, source: Source) -> Iterator[Problem]:
    """Why `on_timeout` cannot be carried out, or contradicts the ladder."""
    end, path = handoff.on_timeout, ("on_timeout",)
    if end is None:
        return
    verbs = [verb for verb in handoff.verbs if verb not in _NEVER_BY_DEFAULT]
    if any(rung.action in _ENDS for rung in handoff.ladder):
        message = "the ladder decides or aborts already, so it is said twice what happens when nobody decides."
        yield source.problem("HO-01", path, message, fix="keep the rung, or `on_timeout`.")
    if end.action is spec.TimeoutAction.STAY_OPEN:
        if end.after_hours is not None or end.verb is not None:
            message = "a task that stays open has no hours and no verb."
            yield source.problem("HO-01", path, message, fix="remove `after_hours` and `verb`.")
        return
    if end.after_hours is None:
        message = f"{end.action.value!r} needs a time."
        yield source.problem("HO-01", path, message, fix="add `after_hours = …`, in working hours.")
    elif handoff.ladder and end.after_hours <= handoff.ladder[-1].after_hours:
        message = f"it comes after {end.after_hours} hours, not later than the last rung."
        yield source.problem("HO-01", (*path, "after_hours"), message, fix="let it come after every rung.")
    if end.action is spec.TimeoutAction.DEFAULT and end.verb not in verbs:
        message = f"it cannot decide {end.verb!r} by default."
        yield source.problem("HO-01", (*path, "verb"), message, fix=f"set `verb` to one of {', '.join(verbs)}.")


def silent_handoffs(graph: Graph, records: Mapping[tuple[Kind, str], Found]) -> Iterator[Problem]:
    """Protocols that do not say what happens when nobody ever decides: a run may wait for ever, and nobody meant it."""
    for handoff_id, handoff in graph.handoffs.items():
        if not handoff.says_the_end:
            message = "it does not say what happens when nobody ever decides."
            fix = 'add [on_timeout] with `action = "default"`, "abort" or "stay-open".'
            yield records[(Kind.HANDOFFS, handoff_id)].source.problem("handoff-end", (), message, fix=fix)
