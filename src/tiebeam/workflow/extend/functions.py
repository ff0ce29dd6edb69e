"""A plain Python function as a step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

from tiebeam.errors import TiebeamError
from tiebeam.kit import canonical_json
from tiebeam.spec import ConditionBroken, ConditionFailed, Effect, compile_condition, step_variable
from tiebeam.workflow.steps import EffectUnclear, StepCall, StepCode, StepFailed, StepResult

Function = Callable[..., Any]


class StepBroken(StepFailed):
    """The function behind a step raised an error of its own, or gave something that cannot be kept."""

    code = "step_broken"


class ArgumentMissing(StepFailed):
    """The recipe's step gives no value for one of the function's arguments, or one it does not have."""

    code = "argument_missing"


def step(
    uses: str,
    *,
    effect: Effect | str = Effect.PURE,
    find: Callable[[StepCall], dict[str, Any] | None] | None = None,
) -> Callable[[Function], StepCode]:
    """Make a function the step code `uses`.

    Its arguments are the expressions of the recipe step's `params.args`, by name; one called `call` gets the StepCall.
    What it returns becomes the output: a mapping as it is (its text under `outcome` is the outcome), a StepResult
    untouched, anything else under `value`. All of it must be JSON-like.
    An error it raises goes to a person, for an at-most-once effect as "nobody knows whether it took place".
    """
    kind = Effect(effect)

    def made(function: Function) -> StepCode:
        names = _argument_names(function, uses)

        def run(call: StepCall) -> StepResult:
            return _result(uses, _called(function, names, call, effect=kind))

        request = _request if kind in {Effect.IDEMPOTENT, Effect.AT_MOST_ONCE} else None
        return StepCode(uses=uses, effect=kind, run=run, request=request, find=find)

    return made


def _argument_names(function: Function, uses: str) -> dict[str, bool]:
    """{name: is required} of the function's arguments."""
    names: dict[str, bool] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY, parameter.VAR_KEYWORD}:
            raise TypeError(f"the function of step {uses!r} takes {parameter}; give every argument a name")
        names[name] = parameter.default is parameter.empty
    return names


def _arguments(call: StepCall) -> dict[str, Any]:
    """The recipe's expressions under `params.args`, evaluated on what the run knows."""
    given: Any = call.params.get("args") or {}
    if not isinstance(given, Mapping):
        raise ArgumentMissing(f"`params.args` of step {call.step_id!r} is no table of expressions")
    expressions = cast("Mapping[str, Any]", given)
    variables = {
        "steps": {step_variable(name): dict(state) for name, state in call.inputs.items()},
        "input": dict(call.input),
        "run": {"id": call.run.id},
        **{name: getattr(call, name) for name in ("item", "index", "previous") if hasattr(call, name)},
    }
    values: dict[str, Any] = {}
    for name, text in expressions.items():
        try:
            values[name] = compile_condition(str(text), variables).value(variables)
        except (ConditionBroken, ConditionFailed) as problem:
            raise ArgumentMissing(f"argument {name!r} of step {call.step_id!r}: {problem.message}") from problem
    return values


def _request(call: StepCall) -> dict[str, Any]:
    """Journalled before the call: with which arguments."""
    return {"args": _plain(call.step_id, _arguments(call))}


def _called(function: Function, names: Mapping[str, bool], call: StepCall, *, effect: Effect) -> Any:
    values = _arguments(call)
    if unknown := sorted(set(values) - set(names)):
        known = ", ".join(sorted(set(names) - {"call"})) or "none"
        raise ArgumentMissing(f"step {call.step_id!r} gives {unknown[0]!r}; the function takes {known}")
    if "call" in names:
        values["call"] = call
    if missing := sorted(name for name, required in names.items() if required and name not in values):
        raise ArgumentMissing(
            f"step {call.step_id!r} gives no {missing[0]!r}; add it to `params.args` as an expression"
        )
    try:
        return function(**values)
    except TiebeamError:
        raise
    except Exception as problem:
        said = f"{type(problem).__name__}: {problem}"[:500]
        if effect is Effect.AT_MOST_ONCE:
            raise EffectUnclear(f"the step {call.step_id!r} broke off: {said}") from problem
        raise StepBroken(f"the step {call.step_id!r} broke off: {said}") from problem


def _result(uses: str, given: Any) -> StepResult:
    if isinstance(given, StepResult):
        return given
    output: dict[str, Any]
    if isinstance(given, Mapping):
        output = {str(key): value for key, value in cast("Mapping[Any, Any]", given).items()}
    else:
        output = {"value": given}
    outcome = output.pop("outcome", "done")
    if not isinstance(outcome, str):
        raise StepBroken(f"the function of step {uses!r} gave the outcome {outcome!r}; an outcome is a text")
    output = _plain(uses, output)
    return StepResult(outcome=outcome, output=output, summary=f"{uses}: {outcome}", evidence=output)


def _plain(name: str, data: dict[str, Any]) -> dict[str, Any]:
    try:
        canonical_json(data)
    except (TypeError, ValueError, RecursionError) as problem:
        raise StepBroken(f"what step {name!r} works with cannot be kept as JSON: {problem}") from problem
    return data
