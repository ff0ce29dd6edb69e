"""The frontier of a run: which instances can begin now. Pure: it knows the plan's shape and where instances stand."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from tiebeam.spec import StepKind
from tiebeam.workflow.runs.instances import UNDO, Indices, instance_of, parts_of
from tiebeam.workflow.runs.shape import OrderKey, Place, Shape
from tiebeam.workflow.runs.states import SETTLED, StepPhase, StepState


@dataclass(slots=True)
class _Body:
    """The body of an open container: how many items or turns it has, which are admitted, how many are finished."""

    count: int
    next_index: int = 0
    active: int = 0
    finished: int = 0
    settled: dict[int, int] = field(default_factory=dict[int, int])
    """How many steps of an item's body have settled."""


class Frontier:
    """Kept up to date with `changed`; looked at again as a whole only when it is made.

    A loop admits one turn after the other, a map `at_once` items at a time, in the order of the list.
    """

    def __init__(self, shape: Shape, states: Mapping[str, StepState], *, under_way: Collection[str] = ()) -> None:
        self._shape = shape
        self._states = states
        self._under_way = under_way
        self._heap: list[tuple[OrderKey, str, Indices]] = []
        self._queued: set[str] = set()
        self._open: dict[str, _Body] = {}
        self._count_settled()
        self._look_at_body(None, ())

    def take(self) -> Place | None:
        """The first instance, in the order of the file, that can begin or go on now."""
        while self._heap:
            _, step_id, indices = heapq.heappop(self._heap)
            place = self._shape.place(step_id, indices)
            self._queued.discard(place.instance)
            if self._can_begin(place):
                return place
        return None

    def changed(self, instance: str) -> None:
        """An instance has a state it did not have before."""
        if instance.endswith(UNDO):
            return
        step_id, indices = parts_of(instance)
        if step_id not in self._shape.steps:
            return
        state = self._states[instance]
        if state.phase is StepPhase.OPEN:
            self._opened(instance, step_id, indices)
        elif state.phase in SETTLED:
            self._open.pop(instance, None)
            self._settle(step_id, indices)
            self._look_after(step_id, indices)
        elif state.is_due_again:
            self._push(step_id, indices)

    def _count_settled(self) -> None:
        for instance, state in self._states.items():
            if state.phase is StepPhase.OPEN:
                self._open[instance] = _Body(self._size(parts_of(instance)[0], state))
        for instance, state in self._states.items():
            if state.phase in SETTLED and instance.endswith("]"):
                self._note(*parts_of(instance))

    def _size(self, step_id: str, state: StepState) -> int:
        if self._shape.steps[step_id].kind is StepKind.LOOP:
            return int(state.output.get("turn", 0)) + 1
        return len(state.output.get("over", ()))

    def _note(self, step_id: str, indices: Indices) -> _Body | None:
        """Count a settled instance of a body; the body when that finished its item."""
        chain = self._shape.chains.get(step_id, ())
        if not chain or len(indices) != len(chain):
            return None
        body = self._open.get(instance_of(chain[-1], indices[:-1]))
        if body is None:
            return None
        count = body.settled[indices[-1]] = body.settled.get(indices[-1], 0) + 1
        if count < len(self._shape.bodies[chain[-1]]):
            return None
        body.finished += 1
        body.active -= 1
        return body

    def _settle(self, step_id: str, indices: Indices) -> None:
        body = self._note(step_id, indices)
        if body is None:
            return
        container = self._shape.chains[step_id][-1]
        if body.finished >= body.count:
            self._push(container, indices[:-1])
        else:
            self._admit(container, indices[:-1], body)

    def _look_after(self, step_id: str, indices: Indices) -> None:
        if indices and instance_of(self._shape.chains[step_id][-1], indices[:-1]) not in self._open:
            # The body was withdrawn while a call of it was outside.
            return
        for name in self._shape.following[step_id]:
            if len(self._shape.chains[name]) == len(indices):
                self._push_if_ready(name, indices)
            else:
                self._look_at_body(None, ())

    def _look_at_body(self, container: str | None, indices: Indices) -> None:
        for step in self._shape.bodies.get(container, ()):
            instance = instance_of(step.id, indices)
            state = self._states.get(instance)
            if state is not None and state.phase is StepPhase.OPEN:
                self._look_at_open(instance, step.id, indices)
            else:
                self._push_if_ready(step.id, indices)

    def _look_at_open(self, instance: str, step_id: str, indices: Indices) -> None:
        body = self._open[instance]
        if body.finished >= body.count or not self._shape.bodies.get(step_id):
            self._push(step_id, indices)
            return
        body.next_index = body.active = 0
        self._admit(step_id, indices, body)

    def _opened(self, instance: str, step_id: str, indices: Indices) -> None:
        count = self._size(step_id, self._states[instance])
        self._open.setdefault(instance, _Body(count)).count = count
        self._look_at_open(instance, step_id, indices)

    def _admit(self, step_id: str, indices: Indices, body: _Body) -> None:
        """Look at the first unfinished items, as many as may run at a time."""
        step, size = self._shape.steps[step_id], len(self._shape.bodies[step_id])
        most = 1 if step.map is None else step.map.at_once
        while body.active < most and body.next_index < body.count:
            index = body.next_index
            body.next_index += 1
            if body.settled.get(index, 0) < size:
                body.active += 1
                self._look_at_body(step_id, (*indices, index))

    def _push_if_ready(self, step_id: str, indices: Indices) -> None:
        place = self._shape.place(step_id, indices)
        if place.instance not in self._queued and self._can_begin(place):
            self._push(step_id, indices)

    def _push(self, step_id: str, indices: Indices) -> None:
        instance = instance_of(step_id, indices)
        if instance not in self._queued:
            self._queued.add(instance)
            heapq.heappush(self._heap, (self._shape.key(step_id, indices), step_id, indices))

    def _can_begin(self, place: Place) -> bool:
        if place.instance in self._under_way:
            return False
        state = self._states.get(place.instance)
        if state is not None:
            return state.is_due_again or (state.phase is StepPhase.OPEN and self._is_over(place))
        return begins(self._shape, place, self._states)

    def _is_over(self, place: Place) -> bool:
        body = self._open.get(place.instance)
        return body is not None and (body.finished >= body.count or not self._shape.bodies.get(place.step.id))


def begins(shape: Shape, place: Place, states: Mapping[str, StepState]) -> bool:
    """Whether everything it comes after has ended; for a join of any, whether the first was done."""
    before = [states.get(name) for name in shape.predecessors(place)]
    if all(state is not None and state.phase in SETTLED for state in before):
        return True
    return shape.joins_any(place.step) and any(s is not None and s.phase is StepPhase.DONE for s in before)


def below(container: str, indices: Indices, shape: Shape, states: Mapping[str, StepState]) -> Iterator[str]:
    """The instances that exist in the body of a container's instance, however deep."""
    depth = len(indices)
    for instance in states:
        step_id, own = parts_of(instance)
        chain = shape.chains.get(step_id, ())
        if len(chain) > depth and chain[depth] == container and own[:depth] == indices:
            yield instance
