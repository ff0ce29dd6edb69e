"""How much of a team's automatic work may run: `[work]` in `tiebeam.toml`."""

from __future__ import annotations

from pydantic import Field

from tiebeam.spec.base import DottedId, Frozen


class TeamWork(Frozen):
    """Limits of one team over all workers together; None where it has none.

    `at_once` counts stretches of its runs that are being worked on, `per_minute` those that begin within any minute.
    What people wait for, the continuation after a decision, is never held back.
    """

    at_once: int | None = Field(default=None, ge=1, le=10_000)
    per_minute: int | None = Field(default=None, ge=1, le=1_000_000)

    @property
    def is_set(self) -> bool:
        return self.at_once is not None or self.per_minute is not None


class WorkUse(TeamWork):
    """The limits of every team, and of those that have their own under `[work.teams.ID]`."""

    teams: dict[DottedId, TeamWork] = Field(default_factory=dict)

    def of(self, team: str) -> TeamWork:
        """What holds for a team: its own limits, and for what they leave open those of every team."""
        own = self.teams.get(team)
        if own is None:
            return self
        return TeamWork(
            at_once=own.at_once if own.at_once is not None else self.at_once,
            per_minute=own.per_minute if own.per_minute is not None else self.per_minute,
        )
