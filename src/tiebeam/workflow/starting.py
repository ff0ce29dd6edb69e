"""Starting work: documents in, runs out, by the recipe the workspace has adopted for the intent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tiebeam.authority import Authority, Principal
from tiebeam.engine import Engine
from tiebeam.errors import Conflict, Invalid
from tiebeam.graph import Graph
from tiebeam.spec import checked_input
from tiebeam.store import Store, Unit
from tiebeam.workflow.beginning import Begin, house_facts, subject_of
from tiebeam.workflow.given_up import settle_given_up
from tiebeam.workflow.intake import AcceptedBatch, Arrival, Intake, Order, plain_name
from tiebeam.workflow.invoices import import_reference, policy_to_json
from tiebeam.workflow.objects import IntentFacts, intent_object, run_object
from tiebeam.workflow.promotion import Promotion
from tiebeam.workflow.runs import RunPlan, RunRow, cancel_run, load_run, retry_run
from tiebeam.workflow.sources import Bindings, read_reference
from tiebeam.workforce import Workforce, note_use, task_holders


class EffectOpen(Conflict):
    """A call to another system was begun and nobody knows yet whether it took place."""

    code = "effect_open"


class Starting:
    """Verbs of people who start, cancel and retry work. Each asks `may` itself, whatever face it is called from."""

    def __init__(
        self,
        store: Store,
        *,
        workspace: Path,
        graph: Callable[[], Graph],
        intake: Intake,
        promotion: Promotion,
        engine: Engine,
        workforce: Workforce,
        authority: Authority,
        facts: IntentFacts,
        begin: Begin,
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._graph = graph
        self._intake = intake
        self._promotion = promotion
        self._engine = engine
        self._workforce = workforce
        self._authority = authority
        self._facts = facts
        self._begin = begin

    def take_in(
        self,
        principal: Principal,
        intent: str,
        arrivals: Sequence[Arrival],
        *,
        source: str,
        bindings: Bindings | None = None,
    ) -> AcceptedBatch:
        """Accept documents for an intent.

        Raises Refused, NotAdopted, NotInService, NothingToDo, ReferenceUnreadable.
        """
        graph = self._graph()
        graph.of("intents", intent)
        asked = intent_object(self._facts, intent)
        verdict = self._authority.require(principal, "run.start", asked)
        self._workforce.note_use(principal, verdict, verb="run.start", obj=asked)
        settings = graph.settings
        if settings is None:
            raise Invalid("the workspace has no settings; add tiebeam.toml and run 'tiebeam apply'")
        with self._store.read() as conn:
            standing = self._promotion.require_in_service(conn, intent)
        _, adoption, recipe = self._promotion.adopted(intent)
        reference = read_reference(bindings or Bindings(), settings=settings, workspace=self._workspace)

        def import_dataset(unit: Unit) -> str:
            return import_reference(
                unit, orders=reference.orders, receipts=reference.receipts, suppliers=reference.suppliers
            )

        order = Order(
            recipe=recipe,
            team=adoption.team,
            run_input={
                **house_facts(graph, adoption, recipe, standing),
                "policy": policy_to_json(reference.policy),
            },
            source=source,
            import_dataset=import_dataset,
        )
        return self._intake.accept(arrivals, order, actor=principal.actor)

    def start(
        self, principal: Principal, workflow: str, run_input: Mapping[str, Any], *, subject: str | None = None
    ) -> RunRow:
        """Start one run of the recipe adopted for `workflow` (an intent, or the recipe itself).

        The input must be what the intent states. `subject` is what lists show; without it, the first text of the input.
        Raises Refused, NotAdopted, NotInService and InputRejected.
        """
        graph = self._graph()
        intent, adoption, recipe = self._promotion.adopted(workflow)
        asked = intent_object(self._facts, intent)
        verdict = self._authority.require(principal, "run.start", asked)
        checked = checked_input(graph.intents[intent].context, run_input)
        with self._store.unit() as unit:
            standing = self._promotion.require_in_service(unit.conn, workflow)
            note_use(unit, principal, verdict, verb="run.start", obj=asked)
            return self._begin(
                unit,
                recipe,
                team=adoption.team,
                subject=subject_of(graph.intents[intent], checked, subject),
                run_input={**checked, **house_facts(graph, adoption, recipe, standing)},
                actor=principal.actor,
            )

    def upload(
        self,
        principal: Principal,
        intent: str,
        files: Sequence[tuple[str, bytes]],
        *,
        channel: str,
        received_at: date,
    ) -> AcceptedBatch:
        """Accept uploaded bytes; names keep their last part only."""
        arrivals = [
            Arrival(name=plain_name(name), data=data, channel=channel, received_at=received_at) for name, data in files
        ]
        return self.take_in(principal, intent, arrivals, source=channel)

    def cancel(self, principal: Principal, run_id: str, *, reason: str) -> RunRow:
        """End a run before its time: open tasks are withdrawn, nothing more leaves the house.

        Raises Refused, Invalid without a reason, and EffectOpen while nobody knows whether something left already.
        """
        if not reason.strip():
            raise Invalid("cancelling a run needs a reason")
        with self._store.unit() as unit:
            row = load_run(unit.conn, run_id)
            holders = task_holders(unit.conn, run_id)
            asked = run_object(self._facts, unit.conn, run_id, holders=holders)
            verdict = self._authority.require(principal, "run.cancel", asked)
            if row.state.is_final:
                return row
            note_use(unit, principal, verdict, verb="run.cancel", obj=asked)
            self._workforce.cancel_tasks(unit, run_id, reason=reason)
            row = cancel_run(unit, run_id, actor=principal.actor, reason=reason)
            self._check_effects(unit, row)
            settle_given_up(self._engine, unit, row)
            self._engine.cancel(unit, "run", run_id)
        return row

    def retry(self, principal: Principal, run_id: str) -> RunRow:
        """Try a failed run again from where it stands. Raises Refused, NotFound and NotFailed."""
        with self._store.unit() as unit:
            holders = task_holders(unit.conn, run_id)
            asked = run_object(self._facts, unit.conn, run_id, holders=holders)
            verdict = self._authority.require(principal, "run.retry", asked)
            row = retry_run(unit, run_id, actor=principal.actor)
            if not self._intake.read_again(unit, row, seq=row.seq):
                self._engine.enqueue(unit, kind="run", key=run_id, seq=row.seq, queue="work", team=row.team)
            note_use(unit, principal, verdict, verb="run.retry", obj=asked)
        return row

    def _check_effects(self, unit: Unit, row: RunRow) -> None:
        """Raises EffectOpen while a call outside was begun and is not confirmed."""
        effects = self._engine.effects.list(unit.conn, row.id)
        unsure = [effect.step_id for effect in effects if effect.state == "intent"]
        if unsure:
            raise EffectOpen(
                f"step {unsure[0]!r} of run {row.id!r} was begun and is not confirmed; wait for it, or decide the task "
                "that asks whether it took place, then cancel",
                run=row.id,
                step=unsure[0],
            )


def review_rates(graph: Callable[[], Graph]) -> Callable[[str, RunPlan], tuple[Decimal, str]]:
    """Cost of an hour of review from the adoption's own figures, else the recipe's."""

    def rate(intent: str, plan: RunPlan) -> tuple[Decimal, str]:
        present = graph()
        adoption = present.adoptions.get(intent)
        assumed = (adoption.unit_economics if adoption else None) or plan.recipe.unit_economics
        currency = "EUR" if present.settings is None else present.settings.company.currency
        return (Decimal(0) if assumed is None else assumed.amount("review_cost_per_hour")), currency

    return rate


def roles_as_data(graph: Graph) -> tuple[dict[str, Any], ...]:
    """What decision rules need to know of roles: id, title and approval limit (None = no limit)."""
    return tuple(
        {"id": role.id, "title": role.title, "approval_limit": role.approval_limit} for role in graph.roles.values()
    )
