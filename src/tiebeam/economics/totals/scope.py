"""Whose model use one may see, in a form in which rows are filtered where they are stored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from tiebeam.spec import Budget, BudgetLevel


@dataclass(frozen=True, slots=True)
class Scope:
    """A row is seen when its team is in `teams` or its workflow in `workflows` (with `everything`: in any case), and
    its workflow is not in `withheld`.
    """

    everything: bool = False
    teams: frozenset[str] = frozenset()
    workflows: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()

    def covers(self, *, team: str, workflow: str) -> bool:
        """Whether a row of this team and workflow is seen."""
        return workflow not in self.withheld and (self.everything or team in self.teams or workflow in self.workflows)

    def sees_team(self, team: str) -> bool:
        """Whether whatever a team used is seen."""
        return self.everything or team in self.teams

    def clause(self, team: sa.ColumnElement[str], workflow: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        """The same as a condition over two columns."""
        seen = sa.true() if self.everything else sa.or_(team.in_(self.teams), workflow.in_(self.workflows))
        return sa.and_(seen, workflow.not_in(self.withheld)) if self.withheld else seen


EVERYTHING = Scope(everything=True)


def readers_of_use(budgets: Mapping[str, Budget]) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    """Roles that read all model use, and roles that read that of a team or workflow, by its name.

    Who owns a budget, or reviews its spending, reads what counts against it.
    """
    everything: set[str] = set()
    readers: dict[str, set[str]] = {}
    for budget_id, budget in budgets.items():
        roles = responsible_roles(budget)
        if budget.level is BudgetLevel.ORGANISATION:
            everything |= roles
        for one in (budget_id, *below(budgets, budget_id)):
            for name in names_of(budgets[one]):
                readers.setdefault(name, set()).update(roles)
    return frozenset(everything), {name: frozenset(roles) for name, roles in readers.items()}


def below(budgets: Mapping[str, Budget], budget_id: str) -> list[str]:
    """The budgets beneath one, at any depth; each once, also where parents go in a circle."""
    found: dict[str, None] = {}
    waiting = [budget_id]
    while waiting:
        parent = waiting.pop()
        fresh = [one for one, budget in budgets.items() if budget.parent == parent and one not in found]
        found.update(dict.fromkeys(one for one in fresh if one != budget_id))
        waiting.extend(one for one in fresh if one != budget_id)
    return list(found)


def names_of(budget: Budget) -> frozenset[str]:
    """Teams and workflows that a budget names itself."""
    return frozenset({*budget.covers, *budget.also_covers})


def scope_of(
    budgets: Mapping[str, Budget],
    *,
    intents: Collection[str],
    withheld: Collection[str],
    reads: Callable[[str, frozenset[str]], bool],
) -> Scope:
    """What somebody sees: `intents` are those whose ledger they read, `withheld` those whose ledger they may not.

    `reads` says whether they read what is read by these roles; its first argument names what that is.
    """
    roles, by_name = readers_of_use(budgets)
    mine = frozenset(name for name, readers in by_name.items() if reads(name, readers))
    return Scope(
        everything=reads("use", roles),
        teams=mine,
        workflows=mine | frozenset(intents),
        withheld=frozenset(withheld) - frozenset(intents),
    )


def responsible_roles(budget: Budget) -> frozenset[str]:
    """Who owns a budget, and who reviews its spending."""
    return frozenset({budget.owner_role, *((budget.finops_owner,) if budget.finops_owner else ())})
