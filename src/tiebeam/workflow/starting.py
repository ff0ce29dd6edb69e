"""Starting work: documents in, runs out, by the recipe the workspace has adopted for the intent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tiebeam.authority import Authority, Principal
from tiebeam.errors import Invalid
from tiebeam.graph import Graph
from tiebeam.spec import checked_input
from tiebeam.store import Store, Unit
from tiebeam.workflow.beginning import Begin, house_facts, subject_of
from tiebeam.workflow.intake import AcceptedBatch, Arrival, Intake, Order, plain_name
from tiebeam.workflow.invoices import import_reference, policy_to_json
from tiebeam.workflow.objects import IntentFacts, intent_object
from tiebeam.workflow.promotion import Promotion
from tiebeam.workflow.runs import RunPlan, RunRow
from tiebeam.workflow.sources import Bindings, read_reference
from tiebeam.workforce import Workforce, note_use


class TakesNoDocuments(Invalid):
    """The intent states no document among its fields, so a run of it begins with an input."""

    code = "takes_no_documents"
    status = 422


class Starting:
    """Verbs of people who start work. Each asks `may` itself, whatever face it is called from."""

    def __init__(
        self,
        store: Store,
        *,
        workspace: Path,
        graph: Callable[[], Graph],
        intake: Intake,
        promotion: Promotion,
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

        Raises Refused, NotAdopted, NotInService, TakesNoDocuments, NothingToDo, ReferenceUnreadable.
        """
        graph = self._graph()
        graph.of("intents", intent)
        asked = intent_object(self._facts, intent)
        verdict = self._authority.require(principal, "run.start", asked)
        self._workforce.note_use(principal, verdict, verb="run.start", obj=asked)
        if all(field.type != "document" for field in graph.intents[intent].context):
            message = f"{intent!r} takes no documents; start it with an input: tiebeam run {intent} --input FILE.json"
            raise TakesNoDocuments(message)
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
