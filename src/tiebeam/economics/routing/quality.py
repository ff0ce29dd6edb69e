"""How well models do at what they are used for: results of evaluations, recorded and never changed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.routing.tables import quality_result
from tiebeam.errors import Invalid
from tiebeam.store import Unit

MOST_RESULTS = 10_000
_LONGEST_SOURCE = 500


class WrongResult(Invalid):
    """A part of a result that cannot be so; `field` names it."""

    code = "wrong_quality_result"


@dataclass(frozen=True, slots=True)
class QualityResult:
    """`score` is a share from 0 to 1 over `cases`; `model` is the provider's name of what was evaluated."""

    id: str
    served: str
    model: str
    evaluation: str
    score: Decimal
    cases: int
    source: str
    recorded_at: datetime
    recorded_by: str


def insert_result(
    unit: Unit, *, served: str, model: str, evaluation: str, score: Decimal, cases: int, source: str, by: str
) -> QualityResult:
    """Raises WrongResult."""
    if not score.is_finite() or not 0 <= score <= 1:
        raise WrongResult(f"score is {score}; give a share from 0 to 1, such as 0.94", field="score")
    if not 1 <= cases <= 1_000_000_000:
        raise WrongResult(f"cases is {cases}; say over how many cases the score is", field="cases")
    told = " ".join(source.split())
    if not 1 <= len(told) <= _LONGEST_SOURCE:
        raise WrongResult(
            f"source has {len(told)} letters; say in 1 to {_LONGEST_SOURCE} where it is from", field="source"
        )
    made = QualityResult(
        id=unit.store.ids.new("quality"),
        served=served,
        model=model,
        evaluation=evaluation,
        score=score,
        cases=cases,
        source=told,
        recorded_at=unit.now,
        recorded_by=by,
    )
    unit.conn.execute(sa.insert(quality_result).values(**{one.name: getattr(made, one.name) for one in fields(made)}))
    return made


def list_results(
    conn: sa.Connection, *, served: str | None = None, evaluation: str | None = None, limit: int = 200
) -> list[QualityResult]:
    """Newest first."""
    column = quality_result.c
    statement = sa.select(quality_result).order_by(column.recorded_at.desc(), column.id.desc()).limit(limit)
    if served is not None:
        statement = statement.where(column.served == served)
    if evaluation is not None:
        statement = statement.where(column.evaluation == evaluation)
    return [_result(row) for row in conn.execute(statement)]


class Scoreboard:
    """The latest score of each model on each evaluation."""

    def __init__(self, scores: dict[tuple[str, str, str], Decimal] | None = None) -> None:
        self._scores = scores or {}

    @classmethod
    def read(cls, conn: sa.Connection) -> Scoreboard:
        column = quality_result.c
        latest = sa.select(
            quality_result,
            sa.func.row_number()
            .over(
                partition_by=(column.served, column.model, column.evaluation),
                order_by=(column.recorded_at.desc(), column.id.desc()),
            )
            .label("place"),
        ).subquery()
        rows = conn.execute(sa.select(latest).where(latest.c.place == 1).limit(MOST_RESULTS))
        return cls({(row.served, row.model, row.evaluation): row.score for row in rows})

    def score(self, served: str, model: str, evaluation: str) -> Decimal | None:
        return self._scores.get((served, model, evaluation))


def _result(row: Any) -> QualityResult:
    return QualityResult(**{one.name: getattr(row, one.name) for one in fields(QualityResult)})
