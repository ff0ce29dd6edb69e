"""Asking for a larger budget: a task of the budget's owner, whose decision sets the ceiling."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Principal
from tiebeam.economics.spending import BudgetLine, Budgets, budget_of, change_cap
from tiebeam.errors import Conflict, Invalid
from tiebeam.graph import Graph
from tiebeam.kit import decimal_text, iso
from tiebeam.spec import Budget
from tiebeam.store import Store, Unit
from tiebeam.workflow.finops.tables import finops_task
from tiebeam.workforce import Decision, Task, Workforce

RAISE_BUDGET = "finops.raise-budget"
"""The handoff protocol by which requests are decided."""
_STEP = "raise-budget"
_LONGEST_REASON = 2_000
_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,9})?")


class AlreadyAsked(Conflict):
    """Somebody has asked for more of the same budget, and its owner has not decided yet."""

    code = "already_asked"


class WindowOver(Conflict):
    """The window that more was asked for has ended."""

    code = "window_over"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was handed on."""

    task_id: str
    budget: str
    usd: Decimal
    role: str


class Asking:
    """Anybody whose work stops may ask; whoever owns the budget decides, and nobody on their own request."""

    def __init__(self, store: Store, *, graph: Callable[[], Graph], workforce: Workforce, budgets: Budgets) -> None:
        self._store = store
        self._graph = graph
        self._workforce = workforce
        self._budgets = budgets

    def ask(self, by: Principal, budget_id: str, *, usd: Decimal, reason: str) -> Asked:
        """Ask for `usd` as the ceiling of the window of now.

        Raises UnknownBudget, Invalid where that is no more than there is or no reason is given, AlreadyAsked, and what
        opening a task raises.
        """
        graph = self._graph()
        budget = budget_of(graph, budget_id)
        if not reason.strip() or len(reason) > _LONGEST_REASON:
            raise Invalid(f"say in 1 to {_LONGEST_REASON} characters what more money is needed for")
        if not _AMOUNT.fullmatch(f"{usd:f}"):
            raise Invalid(f"{usd} is no ceiling in US dollars such as 150.00", budget=budget_id)
        with self._store.unit() as unit:
            lines = {line.id: line for line in self._budgets.view(unit.conn, at=unit.now)}
            line = lines[budget_id]
            if usd <= line.cap_usd:
                raise Invalid(
                    f"budget {budget_id!r} has a ceiling of {_usd(line.cap_usd)} USD already; ask for the ceiling you "
                    "need, not for what is missing",
                    budget=budget_id,
                )
            open_one = _open_task(unit.conn, budget_id, line.window_start)
            if open_one is not None:
                raise AlreadyAsked(
                    f"more of budget {budget_id!r} was asked for already; its owner has task {open_one!r}",
                    task=open_one,
                )
            task_id = self._open(unit, by, budget, line, lines, usd=usd, reason=reason.strip())
            row = {"task_id": task_id, "kind": _STEP, "budget": budget_id, "at": unit.now}
            row["key"] = _key(budget_id, line.window_start)
            unit.conn.execute(sa.insert(finops_task).values(**row))
        return Asked(task_id, budget_id, usd, budget.owner_role)

    def waiting(self, conn: sa.Connection, budget_id: str, *, window_start: int) -> str | None:
        """The task of the request that its owner has not decided yet."""
        return _open_task(conn, budget_id, window_start)

    def edit_problems(self, task: Task, payload: Mapping[str, Any]) -> Iterable[str]:
        """What is wrong with a changed request."""
        if task.handoff != RAISE_BUDGET:
            return
        text = str(payload.get("usd", ""))
        if not _AMOUNT.fullmatch(text):
            yield f"usd: {text!r} is no ceiling in US dollars such as 150.00"

    def decided(self, unit: Unit, task: Task, decision: Decision) -> None:
        """The workforce's hook. Raises WindowOver, which leaves the task open to be rejected."""
        if task.handoff != RAISE_BUDGET:
            return
        if decision.verb in {"approve", "edit"}:
            self._raise(unit, decision)
        # The next one may ask.
        unit.conn.execute(sa.update(finops_task).where(finops_task.c.task_id == task.id).values(key=None))

    def _raise(self, unit: Unit, decision: Decision) -> None:
        asked = decision.payload
        budget = budget_of(self._graph(), str(asked["budget"]))
        line = next(one for one in self._budgets.view(unit.conn, at=unit.now) if one.id == budget.id)
        if line.window_start != asked["window_start"]:
            raise WindowOver(
                f"budget {budget.id!r} has begun anew since more was asked for; reject the request", budget=budget.id
            )
        said = f": {decision.comment}" if decision.comment else ""
        change_cap(
            unit,
            budget,
            cap_usd=Decimal(str(asked["usd"])),
            by=f"person:{decision.person_id}",
            reason=f"{asked['reason']} (task {decision.task_id}{said})",
            window_start=line.window_start,
        )

    def _open(
        self,
        unit: Unit,
        by: Principal,
        budget: Budget,
        line: BudgetLine,
        lines: Mapping[str, BudgetLine],
        *,
        usd: Decimal,
        reason: str,
    ) -> str:
        graph = self._graph()
        ends = "never" if line.resets_at is None else iso(line.resets_at)
        payload = {
            "budget": budget.id,
            "usd": decimal_text(usd),
            "instead_of_usd": decimal_text(line.cap_usd),
            "window_start": line.window_start,
            "ends": ends,
            "reason": reason,
        }
        context = {
            "budget": budget.title,
            "asked-by": _name(graph, by.person_id),
            "reason": reason,
            "spent": f"{_usd(line.spent_usd)} USD, and {_usd(line.held_usd)} USD held by calls under way",
            "ceiling": f"{_usd(line.cap_usd)} USD by the {line.window}",
            "ends": ends,
            "above": _above(line, lines) or "nothing",
        }
        return self._workforce.open_task(
            unit,
            run_id="",
            started_by=by.actor,
            seq=0,
            step_id=_STEP,
            handoff=graph.handoffs[RAISE_BUDGET],
            title=f"{budget.title}: {_usd(usd)} instead of {_usd(line.cap_usd)} USD",
            summary=f"{context['asked-by']} asks: {reason}",
            payload=payload,
            context=context,
            role=budget.owner_role,
            team=_team(graph, by.person_id),
            excluded_people=(by.person_id,),
            amount=usd - line.cap_usd,
            currency="USD",
            routed_because=f"{budget.owner_role} owns the budget {budget.id!r}",
        )


def _key(budget_id: str, window_start: int) -> str:
    return f"raise:{budget_id}:{window_start}"


def _open_task(conn: sa.Connection, budget_id: str, window_start: int) -> str | None:
    asked = sa.select(finops_task.c.task_id).where(finops_task.c.key == _key(budget_id, window_start))
    return conn.execute(asked).scalar()


def _above(line: BudgetLine, lines: Mapping[str, BudgetLine]) -> str:
    """What the ceilings above would still let through."""
    found: list[str] = []
    seen = {line.id}
    parent = line.parent
    while parent is not None and parent not in seen:
        seen.add(parent)
        above = lines[parent]
        found.append(f"{above.title}: {_usd(above.left_usd)} of {_usd(above.cap_usd)} USD left")
        parent = above.parent
    return "; ".join(found)


def _name(graph: Graph, person_id: str) -> str:
    person = graph.people.get(person_id)
    return person_id if person is None else person.name


def _team(graph: Graph, person_id: str) -> str:
    person = graph.people.get(person_id)
    return "" if person is None else (person.team or "")


def _usd(amount: Decimal) -> str:
    return f"{amount:,.2f}"
