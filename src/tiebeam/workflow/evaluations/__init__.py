"""Evaluations: what a recipe makes of cases whose right answer an expert wrote down."""

from tiebeam.workflow.evaluations.evaluate import (
    CaseResult,
    Evaluation,
    Scorer,
    UnknownScorer,
    evaluate,
    last_evaluation,
)

__all__ = ["CaseResult", "Evaluation", "Scorer", "UnknownScorer", "evaluate", "last_evaluation"]
