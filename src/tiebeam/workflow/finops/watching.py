"""Telling a budget's owner when shares of its ceiling are reached (EC-21)."""

from __future__ import annotations

from collections.abc import Callable

from tiebeam.economics.spending import BudgetLine, Budgets, crossings
from tiebeam.graph import Graph
from tiebeam.kit import NANO, decimal_text, iso
from tiebeam.store import Store, Unit
from tiebeam.workflow.telling import Telling
from tiebeam.workforce import Workforce

_LOOK_SECONDS = 5.0
KIND = "budget.warning"


class Watching:
    """Safe with several workers: each share of each window is told once, and only the highest that was reached."""

    def __init__(
        self,
        store: Store,
        *,
        graph: Callable[[], Graph],
        budgets: Budgets,
        telling: Telling,
        workforce: Workforce,
    ) -> None:
        self._store = store
        self._graph = graph
        self._budgets = budgets
        self._telling = telling
        self._workforce = workforce
        self._said: dict[tuple[str, int], tuple[int, str]] = {}

    def work(self) -> float:
        """One turn of the worker's loop. Returns the seconds until the next."""
        now = self._store.clock.now()
        with self._store.read() as conn:
            lines = self._budgets.view(conn, at=now)
        for line in lines:
            reached = max(_reached(line), default=None)
            if reached is None or self._said.get((line.id, line.window_start)) == (reached, str(line.cap_usd)):
                continue
            with self._store.unit() as unit:
                self._tell(unit, line, reached)
            self._said[line.id, line.window_start] = (reached, str(line.cap_usd))
        return _LOOK_SECONDS

    def _tell(self, unit: Unit, line: BudgetLine, percent: int) -> None:
        # A ceiling that was raised is another: its shares are told again.
        key = f"budget:{line.id}:{line.window_start}:{percent}:{decimal_text(line.cap_usd)}"
        people = [] if line.owner is None else self._graph().people_with(line.owner.role)
        subject = f"{line.title}: {percent} % of {line.cap_usd:,.2f} USD is spent"
        ends = "It does not begin anew." if line.resets_at is None else f"It begins anew at {iso(line.resets_at)}."
        then = "Calls that would go over are refused." if line.hard else "It is soft: calls go on."
        text = f"{line.spent_usd:,.4f} USD of {line.cap_usd:,.2f} USD by the {line.window} are spent. {ends} {then}\n"
        is_new = self._telling.say(
            unit,
            key=key,
            kind=KIND,
            subject=subject,
            text=f"{text}\nThe page /economics/budgets/{line.id} shows what it went on.\n",
            facts={
                "budget": line.id,
                "percent": percent,
                "spent_usd": decimal_text(line.spent_usd),
                "cap_usd": decimal_text(line.cap_usd),
                "hard": line.hard,
                "resets_at": None if line.resets_at is None else iso(line.resets_at),
            },
            to=[person.email for person in people],
        )
        if is_new:
            self._workforce.tell(unit, [person.id for person in people], KIND, subject)


def _reached(line: BudgetLine) -> tuple[int, ...]:
    spent, cap = int(line.spent_usd * NANO), int(line.cap_usd * NANO)
    return crossings(0, spent, cap_nano=cap, percents=line.warn_percent)
