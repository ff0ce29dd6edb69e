"""What a step asks a model and makes of the answer: pure, so that evaluations use the very same code."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tiebeam.spec import Completion
from tiebeam.workflow.models import ModelAnswerUnusable, answer_of, prompt_of
from tiebeam.workflow.steps import StepFailed

# ids: EC-21

KNOWN: dict[str, Any] = {
    "input": {"letter": "Dear {{run.id}}", "sums": {"net": "10.00", "lines": [1, 2]}},
    "steps": {"read-it": {"outcome": "done", "output": {"summary": "short"}}},
    "run": {"id": "run_1"},
}


def test_a_prompt_is_filled_with_what_the_run_knows() -> None:
    template = "{{ input.letter }}|{{input.sums}}|{{steps.read-it.output.summary}}|{{steps.read-it.outcome}}|{{run.id}}"
    assert prompt_of(template, KNOWN) == 'Dear {{run.id}}|{"lines":[1,2],"net":"10.00"}|short|done|run_1'


@given(st.text(max_size=60))
def test_what_is_put_in_is_never_read_as_a_template(text: str) -> None:
    assert prompt_of("<{{input.letter}}>", {"input": {"letter": text}}) == f"<{text}>"


def test_braces_of_json_stay_as_they_are() -> None:
    assert prompt_of('{"kind": "x"} {{ not a path }} {{}}', {}) == '{"kind": "x"} {{ not a path }} {{}}'


@pytest.mark.parametrize("path", ["input.nothing", "nothing", "input.letter.deeper", "steps.other.output"])
def test_what_the_run_does_not_know_is_named(path: str) -> None:
    with pytest.raises(StepFailed, match="this run knows no"):
        prompt_of(f"{{{{{path}}}}}", KNOWN)


ASKED = Completion(model="m", prompt="p", as_json=True, outcome_from="kind", outcomes=("yes", "no"))


@pytest.mark.parametrize("text", ['{"kind": "yes"}', '```json\n{"kind": "yes"}\n```', ' {"kind":"yes", "why": 1} '])
def test_an_answer_in_json_is_read_also_from_a_fence(text: str) -> None:
    outcome, output = answer_of(ASKED, text)
    assert (outcome, output["json"]["kind"], output["text"]) == ("yes", "yes", text)


@given(st.text(max_size=80))
def test_any_other_answer_is_unusable_and_nothing_worse(text: str) -> None:
    try:
        outcome, _ = answer_of(ASKED, text)
    except ModelAnswerUnusable:
        return
    assert outcome in ASKED.outcomes


@pytest.mark.parametrize(
    "text", ['{"kind": ["yes"]}', '{"kind": null}', '{"kind": {}}', "[" * 5_000, '{"kind": "YES"}']
)
def test_answers_that_come_close_are_unusable(text: str) -> None:
    with pytest.raises(ModelAnswerUnusable):
        answer_of(ASKED, text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"options": {"stream": True}},
        {"options": {"model": "other"}},
        {"outcomes": ["yes"]},
        {"outcome_from": "kind", "outcomes": ["yes"]},
        {"temperature": 3},
        {"max_output_tokens": 0},
        {"promt": "x"},
    ],
)
def test_params_that_cannot_be_so_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Completion.model_validate({"model": "m", "prompt": "p", **wrong})
