"""A shop with the desk of those who look after its runs: recipes applied by a test, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa

from tests.builders.authority import authority
from tests.rooms.workflow.shop import Shop
from tests.rooms.workflow.test_plan import META
from tests.rooms.workforce.company import COMPANY
from tiebeam.authority import Principal
from tiebeam.graph import Graph
from tiebeam.spec import Adoption, ContextField, Intent, Recipe
from tiebeam.store import read_journal
from tiebeam.workflow import IntentFacts
from tiebeam.workflow.operating import Desk, Operating, Stalling
from tiebeam.workflow.promotion import NotInService
from tiebeam.workflow.runs import RunRow, load_run
from tiebeam.workflow.telling import Message, Telling

INTENT = Intent(
    id="test.intent",
    meta=META,
    title="A test",
    domain="test",
    outcome="It is tested.",
    tier="quick-win",  # pyright: ignore
    effort="S",  # pyright: ignore
    patterns=("matching",),
    value_vectors=("financial-ops",),
    owner_role="ap-manager",
    impacted_roles=("ap-analyst",),
    context=(ContextField(name="subject", type="text", help="What it is about."),),
    accepted_when="done",
    baseline_minutes_per_unit=Decimal(1),
)
ADOPTION = Adoption(
    id="test.intent",
    meta=META,
    recipe="test.intent/recipe",
    owner="mia",
    owner_kind="internal-process-owner",
    team="payables",
)


def graph_of(recipes: Mapping[str, Recipe]) -> Graph:
    """A graph of one intent, these recipes of it, and the people of the company."""
    nothing: dict[str, Any] = {one.name: {} for one in fields(Graph)}
    nothing["settings"] = None
    return replace(
        Graph(**nothing),
        intents={INTENT.id: INTENT},
        recipes=recipes,
        adoptions={ADOPTION.id: ADOPTION},
        people=COMPANY.people,
        roles=COMPANY.roles,
    )


class Gates:
    """Whether the applied version takes work."""

    def __init__(self) -> None:
        self.shut = False

    def require_in_service(self, _conn: sa.Connection, workflow: str) -> None:
        if self.shut:
            raise NotInService(f"{workflow!r} was changed since it was promoted")


class Yard:
    """`mia` holds the owning role, `ada` works, `sam` is an administrator, `zoe` an auditor of something else."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.gates = Gates()
        facts = IntentFacts(self.graph)
        self.telling = Telling(shop.store, places=lambda: ())
        self.desk = Desk(
            store=shop.store,
            engine=shop.engine,
            interpreter=cast(Any, _Anew(shop)),
            workforce=shop.workforce,
            intake=cast(Any, SimpleNamespace(read_again=lambda _unit, _row, seq: False)),
            promotion=cast(Any, self.gates),
            authority=authority(),
            facts=facts,
            graph=self.graph,
        )
        self.operating = Operating(self.desk)
        self.stalling = Stalling(self.desk, telling=self.telling)

    def graph(self) -> Graph:
        known = getattr(self, "_known", None)
        if known is None or known[0] != self.shop.recipes:
            known = self._known = (dict(self.shop.recipes), graph_of(dict(self.shop.recipes)))
        return known[1]

    def deploy(self, recipe: Recipe) -> Recipe:
        """Apply a version of a recipe."""
        self.shop.recipes[recipe.id] = recipe
        return recipe

    def who(self, name: str = "mia") -> Principal:
        return self.shop.workforce.principal(name)

    def row(self, run_id: str) -> RunRow:
        with self.shop.store.read() as conn:
            return load_run(conn, run_id)

    def facts(self, run_id: str, kind: str) -> list[dict[str, Any]]:
        """The payloads of a kind in a run's journal, with who did it."""
        with self.shop.store.read() as conn:
            entries = read_journal(conn, f"run:{run_id}")
        return [{"actor": one.actor, **one.payload} for one in entries if one.kind == kind]

    def messages(self) -> list[Message]:
        with self.shop.store.read() as conn:
            return self.telling.messages(conn)


class _Anew:
    """The shop's interpreter with the step codes it has by now."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shop.interpreter(), name)
