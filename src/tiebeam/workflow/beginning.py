"""What every run that starts without documents begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tiebeam.economics import fixed_cost_per_unit
from tiebeam.errors import Invalid
from tiebeam.graph import Graph
from tiebeam.kit import decimal_text
from tiebeam.spec import Adoption, Intent, Recipe
from tiebeam.store import Unit
from tiebeam.workflow.promotion import Standing
from tiebeam.workflow.runs import RunRow

_LONGEST_SUBJECT = 200


def house_facts(graph: Graph, adoption: Adoption, recipe: Recipe, standing: Standing) -> dict[str, str]:
    """What the house adds to the input of every run: its stage and what costs are counted in. Raises Invalid."""
    if graph.settings is None:
        raise Invalid("the workspace has no settings; add tiebeam.toml and run 'tiebeam apply'")
    assumed = adoption.unit_economics or recipe.unit_economics
    return {
        "stage": standing.stage.value,
        "currency_of_costs": graph.settings.company.currency,
        "fixed_cost": "0" if assumed is None else decimal_text(fixed_cost_per_unit(assumed)),
    }


def subject_of(intent: Intent, run_input: Mapping[str, Any], given: str | None = None) -> str:
    """What lists show of a run: what was given, else the first text of its input, else the intent's title."""
    texts = (value for value in run_input.values() if isinstance(value, str))
    for text in (given, *texts):
        shown = " ".join("".join(sign if sign.isprintable() else " " for sign in text or "").split())
        if shown:
            return shown[:_LONGEST_SUBJECT]
    return intent.title


class Begin(Protocol):
    """Starts a run in the caller's unit: its row, what it is pinned to, and its first segment."""

    def __call__(
        self,
        unit: Unit,
        recipe: Recipe,
        *,
        team: str,
        subject: str,
        run_input: Mapping[str, Any],
        actor: str,
        trigger: str | None = None,
        key: str | None = None,
    ) -> RunRow: ...
