"""Why a step has no answer of a model. Each code is the `problem.kind` of the task a person gets."""

from __future__ import annotations

from tiebeam.workflow.steps import StepFailed


class ModelRefused(StepFailed):
    """The call was not let in: a budget, a class's tokens, an approval, a price or a floor stands against it."""

    code = "model_refused"


class ModelAway(StepFailed):
    """No provider of the model gave an answer."""

    code = "model_away"


class ModelAnswerUnusable(StepFailed):
    """The model answered, and not as the step asks."""

    code = "model_answer"
