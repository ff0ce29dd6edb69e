"""What is asked and what an answer says: pure, so that a scorer of evaluations can use the very same code."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tiebeam.kit import canonical_json
from tiebeam.spec import Completion
from tiebeam.workflow.models.refusals import ModelAnswerUnusable
from tiebeam.workflow.steps import StepFailed

_PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_][A-Za-z0-9_.-]*)\s*\}\}", re.ASCII)
_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)


def prompt_of(template: str, known: Mapping[str, Any]) -> str:
    """The template with every `{{path}}` replaced: text as it stands, everything else as JSON. Raises StepFailed.

    What is put in is never read as a template again.
    """
    return _PLACE.sub(lambda found: _text_at(found[1], known), template)


def messages_of(asked: Completion, known: Mapping[str, Any]) -> list[dict[str, str]]:
    """The conversation to send. Raises StepFailed."""
    system = [] if asked.system is None else [{"role": "system", "content": prompt_of(asked.system, known)}]
    return [*system, {"role": "user", "content": prompt_of(asked.prompt, known)}]


def answer_of(asked: Completion, text: str) -> tuple[str, dict[str, Any]]:
    """The step's outcome and output by what the model answered. Raises ModelAnswerUnusable."""
    if not asked.as_json:
        return "completed", {"text": text}
    fenced = _FENCE.fullmatch(text)
    try:
        said = json.loads(text if fenced is None else fenced[1])
    except (ValueError, RecursionError):
        raise ModelAnswerUnusable(f"the model's answer is no JSON; it begins {text[:80]!r}") from None
    if not isinstance(said, dict):
        raise ModelAnswerUnusable(f"the model's answer is JSON, but no object; it begins {text[:80]!r}")
    output: dict[str, Any] = {"text": text, "json": said}
    if asked.outcome_from is None:
        return "completed", output
    outcome = output["json"].get(asked.outcome_from)
    if outcome not in asked.outcomes:
        raise ModelAnswerUnusable(
            f"the model's answer says {asked.outcome_from} = {str(outcome)[:80]!r}; "
            f"the step knows {', '.join(asked.outcomes)}"
        )
    return str(outcome), output


def _text_at(path: str, known: Mapping[str, Any]) -> str:
    found: Any = known
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise StepFailed(f"the prompt names {{{{{path}}}}}, and this run knows no {part!r} there")
        found = found[part]
    return found if isinstance(found, str) else canonical_json(found)
