"""Steps that ask a model: through the same admission as calls over HTTP, and paid for by their run."""

from tiebeam.workflow.models.completing import Calling, Completed, Completing
from tiebeam.workflow.models.prompts import answer_of, prompt_of
from tiebeam.workflow.models.refusals import ModelAnswerUnusable, ModelAway, ModelRefused
from tiebeam.workflow.models.steps import CODES

__all__ = [
    "CODES",
    "Calling",
    "Completed",
    "Completing",
    "ModelAnswerUnusable",
    "ModelAway",
    "ModelRefused",
    "answer_of",
    "prompt_of",
]
