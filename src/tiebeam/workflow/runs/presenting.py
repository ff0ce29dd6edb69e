"""How the cases of an intent are put before people: the packet of a review, and the facts of a run in lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from tiebeam.spec import HandoffProtocol, Step
from tiebeam.workflow.runs.plan import NO_PROBLEM
from tiebeam.workflow.runs.rows import RunFacts
from tiebeam.workflow.steps import StepCall


@dataclass(frozen=True, slots=True)
class ReviewPacket:
    """`payload` is the proposed action, bound by its hash; `context` is what the reviewer needs to judge it."""

    title: str
    summary: str
    payload: dict[str, Any]
    context: dict[str, Any]
    amount: Decimal | None = None
    currency: str | None = None
    role: str | None = None
    """Overrides the protocol's role, for example when the amount asks for a higher one."""


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """What is to be reviewed: the step, the protocol it goes by, and the problem when that is the cause."""

    step: Step
    handoff: HandoffProtocol
    problem: Mapping[str, Any] = field(default_factory=lambda: dict(NO_PROBLEM))


class Presenter(Protocol):
    def packet(self, call: StepCall, case: ReviewCase) -> ReviewPacket:
        """Raises StepFailed when what the protocol asks for cannot be put together."""
        ...

    def facts(self, call: StepCall) -> RunFacts: ...


class PlainPresenter:
    """For intents without a presenter of their own: the outputs of all finished steps, as they are."""

    def packet(self, call: StepCall, case: ReviewCase) -> ReviewPacket:
        outputs = {step: dict(state.get("output", {})) for step, state in call.inputs.items()}
        context = {key: outputs.get(key, dict(call.input)) for key in case.handoff.context}
        if case.problem["kind"] != "none":
            # Whatever went wrong reaches a person, also before the steps have run that the protocol counts on.
            nothing = {"missing": "there is nothing of it yet: the problem came first"}
            context = {key: found or nothing for key, found in context.items()}
        return ReviewPacket(
            title=case.step.title,
            summary=case.problem["message"] or case.handoff.title,
            payload=outputs,
            context={**context, "problem": dict(case.problem)},
        )

    def facts(self, call: StepCall) -> RunFacts:
        return RunFacts(subject=str(call.input.get("subject") or call.run.id))
