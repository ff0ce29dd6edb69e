"""What a recipe's step says of the model it asks: `params` of steps whose code is `model.complete`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from tiebeam.spec.base import Data, Frozen, Id, Text

COMPLETE = "model.complete"
Prompt = Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
_TAKEN = frozenset(
    {"model", "messages", "stream", "stream_options", "n", "max_tokens", "max_completion_tokens", "temperature"}
)


class Completion(Frozen):
    """A prompt for a model. `{{input.subject}}` and `{{steps.<id>.output.<name>}}` stand for what a run knows."""

    model: Text
    """As clients of the gateway name it: a served model or a route."""
    task_class: Id | None = None
    """The class of a route; the one of the workflow where it is left out."""
    system: Prompt | None = None
    prompt: Prompt
    max_output_tokens: int | None = Field(default=None, gt=0)
    as_json: bool = False
    """The answer must be a JSON object."""
    outcome_from: str | None = Field(default=None, max_length=80)
    """The member of the JSON answer that is the step's outcome."""
    outcomes: tuple[Id, ...] = ()
    """What that member may say; anything else goes to a person."""
    temperature: Decimal | None = Field(default=None, ge=0, le=2)
    options: Data = Field(default_factory=dict[str, Any])
    """Sent along as they stand, such as seed, reasoning_effort or response_format; fractions become text."""

    @model_validator(mode="after")
    def _fits_together(self) -> Completion:
        if (self.outcome_from is None) != (not self.outcomes):
            raise ValueError("outcome_from and outcomes go together: which member, and what it may say")
        if self.outcome_from is not None and not self.as_json:
            raise ValueError("an outcome is read from a JSON answer; add as_json = true")
        if taken := sorted(_TAKEN & self.options.keys()):
            raise ValueError(f"options may not set {', '.join(taken)}: the step sets that itself")
        return self
