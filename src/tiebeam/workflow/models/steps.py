"""The step code `model.complete`."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from tiebeam.kit import canonical_json, decimal_text, sha256_hex, usd_of_nano
from tiebeam.spec import COMPLETE, Completion, Effect
from tiebeam.workflow.models.completing import Completed, Completing
from tiebeam.workflow.models.prompts import answer_of, messages_of
from tiebeam.workflow.models.refusals import ModelRefused
from tiebeam.workflow.steps import StepCall, StepCode, StepFailed, StepResult


def complete(call: StepCall) -> StepResult:
    """Ask the model. Raises ModelRefused, ModelAway, ModelAnswerUnusable and StepFailed: each goes to a person."""
    asked = _asked(call)
    models = call.services.models
    if not isinstance(models, Completing):
        raise ModelRefused("this process lets no model calls in; run the step with 'tiebeam serve' or 'tiebeam worker'")
    done = models.complete(
        call.run,
        call.step_id,
        model=asked.model,
        messages=messages_of(asked, _known(call)),
        task_class=asked.task_class or "",
        max_output_tokens=asked.max_output_tokens,
        options=asked.options | ({} if asked.temperature is None else {"temperature": float(asked.temperature)}),
    )
    outcome, output = answer_of(asked, done.text)
    cost = decimal_text(usd_of_nano(done.nano))
    said = f"{done.model} answered in {done.output_tokens} tokens for {cost} USD"
    return StepResult(outcome, {**output, "model": done.model, "cost_usd": cost}, said, {"completion": _proof(done)})


def asked_for(call: StepCall) -> dict[str, Any]:
    """What is journalled before the call: which model, and a digest of what it is sent."""
    asked = _asked(call)
    sent = canonical_json(messages_of(asked, _known(call)))
    return {"model": asked.model, "task_class": asked.task_class or "", "messages_sha256": sha256_hex(sent)}


def _proof(done: Completed) -> dict[str, Any]:
    return {
        "call": done.call_id,
        "model": done.model,
        "upstream": done.upstream,
        "route": done.route,
        "cost_usd": decimal_text(usd_of_nano(done.nano)),
        "input_tokens": done.input_tokens,
        "output_tokens": done.output_tokens,
        "estimated": done.estimated,
        "answer_sha256": sha256_hex(done.text),
    }


def _asked(call: StepCall) -> Completion:
    try:
        return Completion.model_validate(dict(call.params))
    except ValidationError as problem:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in problem.errors())
        raise StepFailed(f"the step's params cannot be used: {faults}") from problem


def _known(call: StepCall) -> dict[str, Any]:
    run = {"id": call.run.id, "intent": call.run.intent, "team": call.run.team}
    return {"input": dict(call.input), "steps": {name: dict(one) for name, one in call.inputs.items()}, "run": run}


CODES = (StepCode(COMPLETE, Effect.IDEMPOTENT, complete, request=asked_for),)
