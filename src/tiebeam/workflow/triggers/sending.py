"""The step `events.send`: a run tells others, or starts them, by an event."""

from __future__ import annotations

from typing import Any

from tiebeam.errors import TiebeamError
from tiebeam.spec import Condition, ConditionFailed, Effect, compile_condition, step_variable
from tiebeam.workflow.steps import StepCall, StepCode, StepFailed, StepResult

SEND = "events.send"


def send(call: StepCall) -> StepResult:
    """`params`: `name`, and `key` and the values of `payload` as expressions over `steps` and `input`."""
    assert call.unit is not None, "the contract of a step with effect db"
    variables = {"input": dict(call.input), "steps": _steps(call)}
    try:
        key = _value(call.params.get("key"), variables)
        fields: dict[str, str] = dict(call.params.get("payload") or {})
        payload = {name: _value(text, variables) for name, text in fields.items()}
        event_id = call.services.events.send_from_run(
            call.unit,
            run_id=call.run.id,
            step=call.step_id,
            team=call.run.team,
            name=str(call.params.get("name")),
            key=key,
            payload=payload,
        )
    except ConditionFailed as failure:
        raise StepFailed(failure.message) from failure
    except TiebeamError as refusal:
        raise StepFailed(refusal.message) from refusal
    name = str(call.params.get("name"))
    output = {"event": event_id, "name": name, "key": str(key)}
    return StepResult("sent", output, f"sent {name} for {key}", {"event": event_id})


def _steps(call: StepCall) -> dict[str, Any]:
    return {step_variable(name): dict(seen) for name, seen in call.inputs.items()}


def _value(text: Any, variables: dict[str, Any]) -> Any:
    return _compiled(str(text)).value(variables)


def _compiled(text: str) -> Condition:
    return compile_condition(text, ("input", "steps"))


CODES = (StepCode(SEND, Effect.DB, send),)
"""The step codes of this sub-room."""
