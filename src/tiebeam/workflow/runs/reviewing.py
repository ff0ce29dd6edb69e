"""Handing a case to a person: choosing the protocol, building the packet, opening the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tiebeam.errors import NotFound
from tiebeam.spec import HandoffProtocol, Step
from tiebeam.store import Unit
from tiebeam.workflow.runs.plan import NO_PROBLEM
from tiebeam.workflow.runs.presenting import Presenter, ReviewCase
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
        step: Step,
        call: StepCall,
        presenter: Presenter,
        variables: Mapping[str, Any],
        *,
        problem: Mapping[str, Any] = NO_PROBLEM,
    ) -> tuple[str, HandoffProtocol]:
        """Open the review task of a step, or of the problem it met. Returns (task id, protocol).

        Raises NoHandoff when no rule holds, and StepFailed when nobody may decide or the packet is incomplete.
        """
        # Whoever settles a problem decides nothing about the case itself, so the step's own rules do not bind them.
        review = step.review if problem["kind"] == "none" else None
        if review is not None and review.handoff is not None:
            protocol, rule = self._protocol(review.handoff), f"step {step.id}"
        else:
            handoff, rule = work.plan.handoff(variables)
            protocol = self._protocol(handoff)
        packet = presenter.packet(call, ReviewCase(step, protocol, problem))
        try:
            task_id = self._workforce.open_task(
                work.unit,
                run_id=work.row.id,
                intent=work.row.intent,
                started_by=work.row.started_by,
                seq=work.take_seq(),
                step_id=step.id,
                handoff=protocol,
                title=packet.title,
                summary=packet.summary,
                payload=packet.payload,
                context=packet.context,
                role=packet.role or protocol.to_role,
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

    def cancel(self, unit: Unit, run_id: str, *, reason: str) -> None:
        self._workforce.cancel_tasks(unit, run_id, reason=reason)

    def _protocol(self, handoff: str) -> HandoffProtocol:
        found = self._handoffs().get(handoff)
        if found is None:
            raise NotFound(f"there is no handoff protocol {handoff!r}; 'tiebeam check' names who refers to it")
        return found


def _deciders(call: StepCall, steps: tuple[str, ...]) -> tuple[str, ...]:
    """Who decided these steps, and who opened the session they did it in where that counts."""
    outputs = [call.output_of(step) for step in steps]
    people = {str(output.get("by", "")) for output in outputs}
    people.update(str(person) for output in outputs for person in output.get("took_part", ()))
    return tuple(sorted(people - {""}))
