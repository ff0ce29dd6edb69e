"""The library's evaluation set is passed by the rules that ship with it. ids: B15"""

from __future__ import annotations

import pytest

from tiebeam.graph import load
from tiebeam.spec import EvaluationCase
from tiebeam.workflow.invoices import score_case

CASES = load(None).evaluations["finance.invoice-matching"].case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_rules_decide_as_the_expert_does(case: EvaluationCase) -> None:
    got = score_case(case.given)
    assert {key: got[key] for key in case.expect} == case.expect, f"{case.why} ({got['reason']})"
