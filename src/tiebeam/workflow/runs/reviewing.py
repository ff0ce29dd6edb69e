"""Handing a case to a person: choosing the protocol and the approver, building the packet, opening the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tiebeam.errors import NotFound
from tiebeam.spec import HandoffProtocol, Review
from tiebeam.store import Unit
from tiebeam.workflow.runs.plan import NO_PROBLEM
from tiebeam.workflow.runs.presenting import Presenter, ReviewCase
from tiebeam.workflow.runs.shape import Place
from tiebeam.workflow.runs.work import Work
from tiebeam.workflow.steps import StepCall, StepFailed
from tiebeam.workforce import BrokenProtocol, IncompleteContext, NobodyHoldsRole, Workforce


class Reviewing:
    """`handoffs` gives the protocols of the applied workspace."""

    def __init__(self, workforce: Workforce, *, handoffs: Callable[[], Mapping[str, HandoffProtocol]]) -> None:
        self._workforce = workforce
        self._handoffs = handoffs

    def open(
        self,
        work: Work,
        place: Place,
        call: StepCall,
        presenter: Presenter,
        variables: Mapping[str, Any],
        *,
        problem: Mapping[str, Any] = NO_PROBLEM,
    ) -> tuple[str, HandoffProtocol]:
        """Open the review task of an instance, or of the problem it met. Returns (task id, protocol).

        Raises NoHandoff when no rule holds, ConditionFailed when the approver cannot be worked out, and StepFailed when
        nobody may decide or the packet is incomplete.
        """
        step = place.step
        # Whoever settles a problem decides nothing about the case itself, so the step's own rules do not bind them.
        review = step.review if problem["kind"] == "none" else None
        protocol, rule = self._chosen(work, place, review, variables)
        packet = presenter.packet(call, ReviewCase(step, protocol, problem))
        if call.index is not None:
            packet = replace(packet, title=f"{packet.title} · {call.index + 1}")
        role, person = _approver(work, review, variables)
        try:
            task_id = self._workforce.open_task(
                work.unit,
                run_id=work.row.id,
                intent=work.row.intent,
                started_by=work.row.started_by,
                seq=work.take_seq(),
                step_id=call.step_id,
                handoff=protocol,
                title=packet.title,
                summary=packet.summary,
                payload=packet.payload,
                context=packet.context,
                role=role or packet.role or protocol.to_role,
                person=person,
                answer=None if review is None else review.answer,
                team=work.row.team,
                excluded_people=() if review is None else _deciders(call, review.four_eyes_with),
                amount=packet.amount,
                currency=packet.currency,
                needs_authority=review is not None and review.authority,
                routed_because=rule,
            )
        except (NobodyHoldsRole, IncompleteContext, BrokenProtocol) as failure:
            raise StepFailed(f"{step.title!r} cannot be handed over: {failure.message}") from failure
        return task_id, protocol

    def _chosen(
        self, work: Work, place: Place, review: Review | None, variables: Mapping[str, Any]
    ) -> tuple[HandoffProtocol, str]:
        """The protocol by which it is asked, and what chose it."""
        if review is not None and review.handoff is not None:
            return self._protocol(review.handoff), f"step {place.step.id}"
        handoff, rule = work.plan.handoff(variables)
        return self._protocol(handoff), rule

    def cancel(self, unit: Unit, run_id: str, *, reason: str, steps: tuple[str, ...] | None = None) -> None:
        self._workforce.cancel_tasks(unit, run_id, reason=reason, steps=steps)

    def _protocol(self, handoff: str) -> HandoffProtocol:
        found = self._handoffs().get(handoff)
        if found is None:
            raise NotFound(f"there is no handoff protocol {handoff!r}; 'tiebeam check' names who refers to it")
        return found


def _approver(work: Work, review: Review | None, variables: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The role and the person that the step's own expressions name."""
    if review is None:
        return None, None
    return _text(work, review.role, variables), _text(work, review.person, variables)


def _text(work: Work, expression: str | None, variables: Mapping[str, Any]) -> str | None:
    if expression is None:
        return None
    value = work.plan.compiled(expression).value(variables)
    if not isinstance(value, str) or not value:
        raise StepFailed(f"{expression!r} gives {value!r}, which is the id of nobody; it must give a text")
    return value


def _deciders(call: StepCall, steps: tuple[str, ...]) -> tuple[str, ...]:
    """Who decided these steps, and who opened the session they did it in where that counts."""
    outputs = [call.output_of(step) for step in steps]
    people = {str(output.get("by", "")) for output in outputs}
    people.update(str(person) for output in outputs for person in output.get("took_part", ()))
    return tuple(sorted(people - {""}))
