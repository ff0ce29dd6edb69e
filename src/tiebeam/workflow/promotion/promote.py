"""Promotion: the only way up, from draft over pilot to production. Every gate is asked; the answers are journalled.

A draft and a retired recipe take no work. A pilot works under supervision: nothing leaves the house unless a person
approved it. In production the recipe's own rules decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa

from tiebeam.errors import Conflict, Invalid, NotFound, TiebeamError
from tiebeam.graph import Graph
from tiebeam.spec import Adoption, Recipe, fingerprint
from tiebeam.store import Store
from tiebeam.workflow.promotion.gates import Gate, GateCase, GateResult
from tiebeam.workflow.promotion.tables import promotion


class Stage(StrEnum):
    DRAFT = "draft"
    PILOT = "pilot"
    PRODUCTION = "production"
    RETIRED = "retired"


_NEXT = {
    Stage.DRAFT: {Stage.PILOT, Stage.RETIRED},
    Stage.PILOT: {Stage.PILOT, Stage.PRODUCTION, Stage.DRAFT, Stage.RETIRED},
    Stage.PRODUCTION: {Stage.PRODUCTION, Stage.PILOT, Stage.DRAFT, Stage.RETIRED},
    Stage.RETIRED: {Stage.DRAFT},
}
_UPWARD = {Stage.PILOT, Stage.PRODUCTION}


class GatesShut(TiebeamError):
    """At least one gate is shut, so the recipe stays where it is. `data["gates"]` holds every answer."""

    code = "gates_shut"
    status = 409


class NotInService(Conflict):
    """The workflow takes no work in its present state."""

    code = "not_in_service"


class NotAdopted(NotFound):
    """The workspace has not adopted a recipe for this intent."""

    code = "not_adopted"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an adopted recipe stands. An override that has run out counts as not given: `stage` is what is in force."""

    intent: str
    recipe: str
    stage: Stage
    since: datetime | None
    by: str | None
    override_reason: str | None = None
    override_until: date | None = None
    override_expired: bool = False
    version_changed: bool = False
    """The recipe's content differs from the version that was promoted."""


@dataclass(frozen=True, slots=True)
class PromotionRecord:
    intent: str
    recipe: str
    recipe_hash: str
    from_state: Stage
    to_state: Stage
    gates: tuple[GateResult, ...]
    override_reason: str | None
    override_until: str | None
    promoted_by: str
    promoted_at: datetime


class Promotion:
    def __init__(self, store: Store, *, graph: Callable[[], Graph], gates: Sequence[Gate]) -> None:
        self._store = store
        self._graph = graph
        self._gates = list(gates)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """Every registered gate, in the order in which they are asked."""
        return tuple(self._gates)

    def register_gate(self, gate: Gate) -> None:
        self._gates.append(gate)

    def adopted(self, workflow: str) -> tuple[str, Adoption, Recipe]:
        """(intent id, adoption, recipe) for an intent id or the id of its adopted recipe. Raises NotAdopted."""
        graph = self._graph()
        intent = workflow.split("/", 1)[0]
        adoption = graph.adoptions.get(intent)
        if adoption is None or ("/" in workflow and adoption.recipe != workflow):
            raise NotAdopted(
                f"no recipe is adopted as {workflow!r}; add adoptions/{intent.replace('.', '/')}.toml, "
                "then run 'tiebeam apply'"
            )
        return intent, adoption, graph.recipes[adoption.recipe]

    def standing(self, conn: sa.Connection, workflow: str) -> Standing:
        intent, _, recipe = self.adopted(workflow)
        query = sa.select(promotion).where(promotion.c.intent == intent, promotion.c.recipe == recipe.id)
        row = conn.execute(query.order_by(promotion.c.seq.desc()).limit(1)).mappings().first()
        if row is None:
            return Standing(intent, recipe.id, Stage.DRAFT, None, None)
        until = None if row["override_until"] is None else date.fromisoformat(row["override_until"])
        expired = until is not None and self._store.clock.now().date() > until
        return Standing(
            intent=intent,
            recipe=recipe.id,
            stage=Stage(row["from_state"] if expired else row["to_state"]),
            since=row["promoted_at"],
            by=row["promoted_by"],
            override_reason=row["override_reason"],
            override_until=until,
            override_expired=expired,
            version_changed=row["recipe_hash"] != fingerprint(recipe),
        )

    def require_in_service(self, conn: sa.Connection, workflow: str) -> Standing:
        """Raises NotInService for a draft or retired recipe, or one changed since it was promoted."""
        standing = self.standing(conn, workflow)
        if standing.stage not in _UPWARD:
            raise NotInService(
                f"{standing.recipe!r} is {standing.stage.value} and takes no work; "
                f"run 'tiebeam promote {standing.intent} --to pilot'"
            )
        if standing.version_changed:
            raise NotInService(
                f"{standing.recipe!r} was changed since it was promoted to {standing.stage.value}; evaluate and "
                f"promote the new version: 'tiebeam promote {standing.intent} --to {standing.stage.value}'"
            )
        return standing

    def ask_gates(self, conn: sa.Connection, workflow: str) -> tuple[GateResult, ...]:
        """The present answer of every registered gate, changing nothing."""
        intent, adoption, recipe = self.adopted(workflow)
        graph = self._graph()
        case = GateCase(
            conn=conn,
            intent=intent,
            recipe=recipe,
            adoption=adoption,
            owner=graph.people.get(adoption.owner),
            evaluation_set=graph.evaluations.get(recipe.evaluation.set) if recipe.evaluation else None,
        )
        return tuple(gate.ask(case) for gate in self._gates)

    def promote(
        self,
        workflow: str,
        *,
        to: Stage,
        actor: str,
        override: str | None = None,
        until: date | None = None,
    ) -> PromotionRecord:
        """Move a workflow. Upwards every gate is asked: GatesShut unless a named person overrides with reason and date.

        The caller has asked `may` about promoting and overriding. Raises Invalid on a step that does not exist.
        """
        self._check_override(override, until)
        intent, _, recipe = self.adopted(workflow)
        with self._store.unit() as unit:
            present = self.standing(unit.conn, workflow)
            if to not in _NEXT[present.stage]:
                allowed = ", ".join(sorted(stage.value for stage in _NEXT[present.stage]))
                raise Invalid(f"{recipe.id!r} is {present.stage.value}; from there it can go to: {allowed}")
            gates = self.ask_gates(unit.conn, workflow) if to in _UPWARD else ()
            shut = [gate for gate in gates if not gate.passed]
            record = PromotionRecord(
                intent=intent,
                recipe=recipe.id,
                recipe_hash=fingerprint(recipe),
                from_state=present.stage,
                to_state=to,
                gates=gates,
                override_reason=override if shut else None,
                override_until=until.isoformat() if shut and until else None,
                promoted_by=actor,
                promoted_at=unit.now,
            )
            refused = bool(shut) and override is None
            answers = [asdict(gate) for gate in gates]
            payload = {**asdict(record), "gates": answers}
            unit.journal("workspace", "promotion.refused" if refused else "promoted", actor=actor, payload=payload)
            if not refused:
                unit.conn.execute(sa.insert(promotion).values(**payload))
        if refused:
            reasons = "; ".join(f"{gate.title}: {gate.reason}" for gate in shut)
            raise GatesShut(
                f"{recipe.id!r} stays {present.stage.value}: {reasons}", gates=answers, stage=present.stage.value
            )
        return record

    def history(self, conn: sa.Connection, workflow: str, *, limit: int = 50) -> list[PromotionRecord]:
        """Newest first."""
        intent, _, _ = self.adopted(workflow)
        query = sa.select(promotion).where(promotion.c.intent == intent).order_by(promotion.c.seq.desc()).limit(limit)
        return [_record(row) for row in conn.execute(query).mappings()]

    def _check_override(self, override: str | None, until: date | None) -> None:
        if override is None and until is None:
            return
        if not override or not override.strip() or until is None:
            raise Invalid("an override needs a reason and a last day: --override 'REASON' --until YYYY-MM-DD")
        if until < self._store.clock.now().date():
            raise Invalid(f"the override's last day {until.isoformat()!r} has passed")


def _record(row: sa.RowMapping) -> PromotionRecord:
    values = {name: row[name] for name in PromotionRecord.__slots__}
    values["gates"] = tuple(GateResult(**gate) for gate in row["gates"])
    values["from_state"], values["to_state"] = Stage(row["from_state"]), Stage(row["to_state"])
    return PromotionRecord(**values)
