"""What sums of model use are asked for: by what, of which days, of whom."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

import sqlalchemy as sa

from tiebeam.errors import Invalid


class By(StrEnum):
    """What model use is added up by."""

    TEAM = "team"
    WORKFLOW = "workflow"
    MODEL = "model"
    KEY = "key"
    AGENT = "agent"
    ENVIRONMENT = "environment"
    PROVIDER = "provider"
    UPSTREAM = "upstream"
    SOURCE = "source"
    DAY = "day"

    @property
    def column(self) -> str:
        return "key_id" if self is By.KEY else self.value


@dataclass(frozen=True, slots=True)
class Span:
    """UTC days, both ends included; None is open on that side."""

    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since > self.until:
            raise Invalid(f"from {self.since} to {self.until} is no span of days; give the earlier day first")

    def clause(self, day: sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
        ends: list[sa.ColumnElement[bool]] = []
        if self.since is not None:
            ends.append(day >= self.since.isoformat())
        if self.until is not None:
            ends.append(day <= self.until.isoformat())
        return ends


ALL_DAYS = Span()


@dataclass(frozen=True, slots=True, kw_only=True)
class UseFilters:
    """Every given part must match; each is a column of the daily rollup. Empty text finds what carries no name."""

    team: str | None = None
    workflow: str | None = None
    model: str | None = None
    key: str | None = None
    agent: str | None = None
    environment: str | None = None
    provider: str | None = None
    upstream: str | None = None
    source: str | None = None

    @property
    def given(self) -> dict[str, str]:
        """By column of the rollup and of the charges."""
        found = {By(one.name).column: getattr(self, one.name) for one in fields(UseFilters)}
        return {column: value for column, value in found.items() if value is not None}


NO_FILTERS = UseFilters()
