"""The two recipes of invoice matching, walked through with every decision a policy and people can make."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any

import pytest

from tiebeam.graph import Graph, load
from tiebeam.spec import Condition, Recipe, Step, StepKind, compile_condition, step_variable

INTENT = "finance.invoice-processing-matching"
THREE_WAY, SERVICES = f"{INTENT}/three-way-match", f"{INTENT}/two-way-services"
DECISIONS = [
    ("auto_pay", []),
    ("manager_approval", []),
    ("reject", ["duplicate_invoice"]),
    ("hold", ["bank_detail_change", "duplicate_invoice"]),
    ("hold", []),
    *(
        ("hold", [label])
        for label in (
            "bank_detail_change",
            "currency_mismatch",
            "missing_po",
            "missing_receipt",
            "price_variance",
            "quantity_variance",
            "tax_mismatch",
            "wrong_supplier",
        )
    ),
    ("hold", ["bank_detail_change", "price_variance"]),
    ("hold", ["missing_po", "tax_mismatch"]),
    ("hold", ["missing_receipt", "quantity_variance"]),
]


@pytest.fixture(scope="module")
def graph() -> Graph:
    return load(None)


class Walk:
    """The interpreter's rule, in its smallest form: file order, `when` decides, everything else is skipped."""

    def __init__(
        self,
        recipe: Recipe,
        *,
        read: str,
        decision: str,
        labels: list[str],
        people: Mapping[str, str],
        stage: str = "production",
    ) -> None:
        self.stage = stage
        self.recipe, self.read, self.people = recipe, read, people
        self.decided = {"decision": decision, "labels": labels}
        self.steps: dict[str, dict[str, Any]] = {
            step_variable(step.id): {"outcome": "pending", "output": {}} for step in recipe.step
        }
        self.stopped: str | None = None
        self.asked: dict[str, str] = {}
        for step in recipe.step:
            self._take(step)
            if self.stopped is not None:
                return

    def outcome(self, step_id: str) -> str:
        return self.steps[step_variable(step_id)]["outcome"]

    @property
    def variables(self) -> dict[str, Any]:
        problem = {"kind": "none", "step": "", "message": ""}
        return {
            "steps": self.steps,
            "input": {"stage": self.stage},
            "run": {"state": "done", "outcome": ""},
            "problem": problem,
        }

    def _take(self, step: Step) -> None:
        if step.when is None or self._holds(step.when):
            self.steps[step_variable(step.id)] = self._result(step)
        else:
            self.steps[step_variable(step.id)] = {"outcome": "skipped", "output": {}}
        for rule in self.recipe.stop:
            if self._holds(rule.when):
                self.stopped = rule.id
                return

    def _result(self, step: Step) -> dict[str, Any]:
        if step.kind is StepKind.REVIEW:
            assert step.review is not None
            self.asked[step.id] = step.review.handoff or next(
                rule.handoff for rule in self.recipe.escalation if self._holds(rule.when)
            )
            return {"outcome": self.people[step.id], "output": {"by": step.id}}
        match step.id:
            case "read":
                return {"outcome": self.read, "output": {}}
            case "decide":
                return {"outcome": self.decided["decision"], "output": self.decided}
            case "post":
                return {"outcome": "posted", "output": {}}
            case _:
                return {"outcome": "done", "output": {}}

    def _holds(self, text: str) -> bool:
        return _condition(text).holds(self.variables)


@cache
def _condition(text: str) -> Condition:
    return compile_condition(text, ["steps", "input", "run", "problem"])


def _everything(recipe: Recipe) -> list[Walk]:
    reviews = [step.id for step in recipe.step if step.kind is StepKind.REVIEW and step.id != "capture"]
    return [
        Walk(recipe, read="read", decision=decision, labels=list(labels), people=dict(zip(reviews, verbs, strict=True)))
        for decision, labels in DECISIONS
        for verbs in product(["approve", "edit", "reject"], repeat=len(reviews))
    ]


@pytest.fixture(scope="module")
def three_way(graph: Graph) -> list[Walk]:
    return _everything(graph.recipes[THREE_WAY])


@pytest.fixture(scope="module")
def services(graph: Graph) -> list[Walk]:
    return _everything(graph.recipes[SERVICES])


# ids: CA-05, CA-07, B6
def test_the_intent_is_an_outcome_with_two_configurations_of_different_effect(graph: Graph) -> None:
    intent = graph.intents[INTENT]
    assert intent.outcome == "Ensure accurate financial obligations are recorded with minimal manual intervention."
    assert intent.patterns == ("classification", "orchestration")
    assert intent.value_vectors == ("financial-ops",)
    assert {"ap-analyst", "controller"} <= set(intent.impacted_roles)
    effects = {recipe.workforce_effect for recipe in graph.recipes.values() if recipe.intent == INTENT}
    assert len(effects) >= 2


# ids: WF-08
@pytest.mark.parametrize("recipe_id", [THREE_WAY, SERVICES])
def test_a_stop_rule_never_fires_on_a_lawful_path(graph: Graph, recipe_id: str) -> None:
    assert {walk.stopped for walk in _everything(graph.recipes[recipe_id])} == {None}


# ids: WF-15
@pytest.mark.parametrize("recipe_id", [THREE_WAY, SERVICES])
def test_every_path_is_closed_and_paid_exactly_when_posted(graph: Graph, recipe_id: str) -> None:
    for walk in _everything(graph.recipes[recipe_id]):
        assert walk.outcome("close") == "done"
        assert (walk.outcome("pay") == "skipped") == (walk.outcome("post") == "skipped")


@pytest.mark.parametrize("recipe_id", [THREE_WAY, SERVICES])
def test_a_rejection_by_anybody_or_by_rule_posts_nothing(graph: Graph, recipe_id: str) -> None:
    for walk in _everything(graph.recipes[recipe_id]):
        rejected = walk.decided["decision"] == "reject" or any(walk.outcome(step) == "reject" for step in walk.asked)
        assert not (rejected and walk.outcome("post") == "posted")


# ids: WF-07
@pytest.mark.parametrize("recipe_id", [THREE_WAY, SERVICES])
def test_changed_bank_details_need_a_call_and_a_second_approver_whatever_the_amount(
    graph: Graph, recipe_id: str
) -> None:
    for walk in _everything(graph.recipes[recipe_id]):
        if "bank_detail_change" in walk.decided["labels"]:
            assert walk.asked["call-back"] == "finance.bank-detail-callback"
            if walk.outcome("post") == "posted":
                assert walk.outcome("second-approval") in {"approve", "edit"}


def test_an_invoice_without_findings_below_the_limit_reaches_nobody(three_way: list[Walk]) -> None:
    clean = [walk for walk in three_way if walk.decided["decision"] == "auto_pay"]
    assert {walk.outcome("post") for walk in clean} == {"posted"}
    assert all(not walk.asked for walk in clean)


@pytest.mark.parametrize(("verb", "posted"), [("approve", "posted"), ("reject", "skipped")])
def test_in_a_pilot_a_person_approves_what_would_be_paid_automatically(graph: Graph, verb: str, posted: str) -> None:
    walk = Walk(
        graph.recipes[THREE_WAY], read="read", decision="auto_pay", labels=[], people={"approve": verb}, stage="pilot"
    )
    assert walk.asked == {"approve": "finance.payment-approval"}
    assert walk.outcome("post") == posted


# ids: B10, WF-07
@pytest.mark.parametrize(("verb", "posted"), [("approve", "posted"), ("reject", "skipped")])
def test_what_somebody_typed_in_is_looked_at_by_another_before_it_is_paid(graph: Graph, verb: str, posted: str) -> None:
    walk = Walk(
        graph.recipes[THREE_WAY],
        read="unreadable",
        decision="auto_pay",
        labels=[],
        people={"capture": "edit", "approve": verb},
    )
    assert set(walk.asked) == {"capture", "approve"}
    assert walk.outcome("post") == posted


# ids: B10
def test_whoever_accepts_a_difference_does_not_release_it(graph: Graph, three_way: list[Walk]) -> None:
    for walk in three_way:
        if walk.decided["decision"] == "hold":
            assert walk.asked
            if walk.outcome("post") == "posted":
                assert {"approve", "second-approval"} & set(walk.asked)
                assert len(walk.asked) >= 2
    steps = {step.id: step for step in graph.recipes[THREE_WAY].step}
    for step_id in ("approve", "second-approval"):
        review = steps[step_id].review
        assert review is not None
        assert {"call-back", "resolve"} <= set(review.four_eyes_with)
        assert review.authority


# ids: WF-07
@pytest.mark.parametrize(
    ("labels", "handoff"),
    [
        (["price_variance"], "finance.price-variance"),
        (["missing_po"], "finance.coding-by-budget-owner"),
        (["missing_receipt"], "finance.receipt-query"),
        (["quantity_variance"], "finance.receipt-query"),
        (["tax_mismatch"], "finance.invoice-exception"),
        (["wrong_supplier"], "finance.invoice-exception"),
        (["currency_mismatch"], "finance.invoice-exception"),
        (["bank_detail_change", "price_variance"], "finance.price-variance"),
        (["missing_po", "tax_mismatch"], "finance.invoice-exception"),
        ([], "finance.invoice-exception"),
    ],
)
def test_each_finding_goes_to_who_can_settle_it(three_way: list[Walk], labels: list[str], handoff: str) -> None:
    held = [walk for walk in three_way if walk.decided == {"decision": "hold", "labels": labels}]
    asked = {walk.asked["resolve"] for walk in held if walk.outcome("call-back") != "reject"}
    assert asked == {handoff}


def test_a_service_is_never_paid_without_its_budget_owner(services: list[Walk]) -> None:
    for walk in services:
        if walk.outcome("post") == "posted":
            assert walk.asked["approve"] == "finance.service-acceptance"
    unreceived = [walk for walk in services if walk.decided["labels"] == ["missing_receipt"]]
    assert all("resolve" not in walk.asked for walk in unreceived)


@pytest.mark.parametrize("recipe_id", [THREE_WAY, SERVICES])
def test_an_unreadable_document_that_is_no_invoice_ends_rejected(graph: Graph, recipe_id: str) -> None:
    walk = Walk(graph.recipes[recipe_id], read="unreadable", decision="hold", labels=[], people={"capture": "reject"})
    assert walk.asked == {"capture": "finance.unreadable-document"}
    assert walk.outcome("match") == walk.outcome("post") == "skipped"
    assert walk.outcome("close") == "done"


# ids: WF-08, B13
def test_a_contradiction_between_decision_and_findings_stops_the_run(graph: Graph) -> None:
    walk = Walk(graph.recipes[THREE_WAY], read="read", decision="auto_pay", labels=["price_variance"], people={})
    assert walk.stopped == "paid-with-findings"
    assert walk.outcome("post") == "pending"


@pytest.mark.parametrize("recipe_id", [THREE_WAY, SERVICES])
def test_problems_reach_a_person_before_anything_else_is_looked_at(graph: Graph, recipe_id: str) -> None:
    recipe = graph.recipes[recipe_id]
    pending = {step_variable(step.id): {"outcome": "pending", "output": {}} for step in recipe.step}
    for kind, handoff in (
        ("ambiguous_effect", "finance.effect-uncertain"),
        ("step_failed", "finance.step-problem"),
        ("missing_evidence", "finance.step-problem"),
        ("condition_failed", "finance.step-problem"),
    ):
        variables = {"steps": pending, "input": {}, "run": {}, "problem": {"kind": kind}}
        names = ["steps", "input", "run", "problem"]
        first = next(rule for rule in recipe.escalation if compile_condition(rule.when, names).holds(variables))
        assert first.handoff == handoff
