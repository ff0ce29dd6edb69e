"""Running a recipe's evaluation set: each case through the real step code, compared with what an expert expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.errors import TiebeamError
from tiebeam.spec import EvaluationCase, EvaluationSet, Recipe, fingerprint
from tiebeam.store import Store
from tiebeam.workflow.evaluations.tables import evaluation

Scorer = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a case's `given` to what the step code makes of it; compared key by key with the case's `expect`."""


class UnknownScorer(TiebeamError):
    """An evaluation set names a scorer that no package provides."""

    code = "unknown_scorer"
    status = 422


@dataclass(frozen=True, slots=True)
class CaseResult:
    case: str
    title: str
    passed: bool
    expected: Mapping[str, Any]
    actual: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of one recipe version by one version of a set."""

    id: str
    recipe: str
    recipe_hash: str
    set_id: str
    set_hash: str
    passed_cases: int
    total_cases: int
    results: tuple[CaseResult, ...]
    evaluated_by: str
    evaluated_at: datetime

    @property
    def share(self) -> Decimal:
        return Decimal(self.passed_cases) / Decimal(self.total_cases)


def evaluate(store: Store, recipe: Recipe, cases: EvaluationSet, *, scorer: Scorer, actor: str) -> Evaluation:
    """Run every case and keep the result. A case whose code fails counts as not passed, with the reason."""
    results = [_result(case, scorer) for case in cases.case]
    with store.unit() as unit:
        done = Evaluation(
            id=store.ids.new("eval"),
            recipe=recipe.id,
            recipe_hash=fingerprint(recipe),
            set_id=cases.id,
            set_hash=fingerprint(cases),
            passed_cases=sum(result.passed for result in results),
            total_cases=len(results),
            results=tuple(results),
            evaluated_by=actor,
            evaluated_at=unit.now,
        )
        values = {name: getattr(done, name) for name in Evaluation.__slots__}
        values["results"] = [asdict(result) for result in results]
        unit.conn.execute(sa.insert(evaluation).values(**values))
        unit.journal(
            "workspace",
            "recipe.evaluated",
            actor=actor,
            payload={
                "recipe": recipe.id,
                "recipe_hash": done.recipe_hash,
                "set": cases.id,
                "passed": done.passed_cases,
                "total": done.total_cases,
            },
        )
    return done


def last_evaluation(
    conn: sa.Connection, recipe: str, *, recipe_hash: str | None = None, set_hash: str | None = None
) -> Evaluation | None:
    """The newest evaluation of a recipe, of exactly these versions when hashes are given."""
    where = [evaluation.c.recipe == recipe]
    if recipe_hash is not None:
        where.append(evaluation.c.recipe_hash == recipe_hash)
    if set_hash is not None:
        where.append(evaluation.c.set_hash == set_hash)
    query = sa.select(evaluation).where(*where).order_by(evaluation.c.evaluated_at.desc()).limit(1)
    row = conn.execute(query).mappings().first()
    if row is None:
        return None
    values = dict(row)
    values["results"] = tuple(CaseResult(**result) for result in row["results"])
    return Evaluation(**values)


def _result(case: EvaluationCase, scorer: Scorer) -> CaseResult:
    try:
        made = scorer(case.given)
        actual = {key: made.get(key) for key in case.expect}
    except TiebeamError as failure:
        actual = {"error": failure.message}
    return CaseResult(case.id, case.title, actual == dict(case.expect), dict(case.expect), actual)
