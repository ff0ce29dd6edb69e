"""Gates: what must be true before a recipe may go up. Other rooms register more of them at composition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from tiebeam.economics import UnitAnswer, Verdict
from tiebeam.errors import TiebeamError
from tiebeam.spec import Adoption, EvaluationSet, Person, Recipe, UnitEconomics, fingerprint
from tiebeam.workflow.evaluations import last_evaluation

OWNER_KINDS = {
    "internal-process-owner": "internal process owner",
    "partner-team": "partner team",
    "vendor-forward-deployed-group": "vendor forward-deployed group",
    "hybrid-squad": "hybrid squad",
}

Assess = Callable[[str, UnitEconomics], UnitAnswer]
"""The unit economics of a workflow, by its intent and what is assumed of it."""


@dataclass(frozen=True, slots=True)
class GateCase:
    """What a gate may look at: the adopted recipe and the people of the applied workspace."""

    conn: sa.Connection
    intent: str
    recipe: Recipe
    adoption: Adoption
    owner: Person | None
    evaluation_set: EvaluationSet | None

    @property
    def unit_economics(self) -> UnitEconomics | None:
        return self.adoption.unit_economics or self.recipe.unit_economics


@dataclass(frozen=True, slots=True)
class GateResult:
    """`reason` says what was found and, when the gate is shut, what opens it."""

    gate: str
    title: str
    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Gate:
    id: str
    title: str
    check: Callable[[GateCase], tuple[bool, str]]

    def ask(self, case: GateCase) -> GateResult:
        """What it answers; a gate that cannot answer is shut."""
        try:
            passed, reason = self.check(case)
        except Exception as problem:  # noqa: BLE001 - another package's gate may raise anything, and nothing may pass by it
            passed, reason = False, f"the gate could not be asked: {type(problem).__name__}: {problem}"
        return GateResult(self.id, self.title, passed, reason)


def recipe_complete(case: GateCase) -> tuple[bool, str]:
    """WF-04: all six parts."""
    recipe = case.recipe
    missing = [
        name
        for name, part in (
            ("workflow", recipe.step),
            ("evaluation set", recipe.evaluation),
            ("training track", recipe.training_track),
            ("integration map", recipe.integration),
            ("escalation rules", recipe.escalation),
            ("instrumentation", recipe.instrumentation),
        )
        if not part
    ]
    if missing:
        return False, f"the recipe lacks its {', '.join(missing)}; add the missing parts to its file"
    return True, "all six parts are there"


def accountable_owner(case: GateCase) -> tuple[bool, str]:
    """WF-10: one named person who is there, and the kind of ownership."""
    if case.owner is None:
        return False, f"{case.adoption.owner!r} is not a person of this workspace; name one owner in the adoption"
    kind = OWNER_KINDS[case.adoption.owner_kind]
    return True, f"{case.owner.name} answers for it ({kind})"


def evaluation_passed(case: GateCase) -> tuple[bool, str]:
    """B16: this version of the recipe passed this version of its set."""
    use, cases = case.recipe.evaluation, case.evaluation_set
    if use is None or cases is None:
        return False, "the recipe names no evaluation set; add one with a threshold"
    last = last_evaluation(case.conn, case.recipe.id, recipe_hash=fingerprint(case.recipe), set_hash=fingerprint(cases))
    if last is None:
        return False, f"not evaluated in this version; run 'tiebeam evaluate {case.intent}'"
    found = f"{last.passed_cases} of {last.total_cases} cases passed, {use.threshold:%} asked for"
    if last.share < use.threshold:
        failed = ", ".join(result.case for result in last.results if not result.passed)
        return False, f"{found}; failed: {failed[:300]}"
    return True, found


def unit_economics_present(assess: Assess) -> Callable[[GateCase], tuple[bool, str]]:
    """EC-14: computed before deployment, and worth it at the median of the draws."""

    def check(case: GateCase) -> tuple[bool, str]:
        assumed = case.unit_economics
        if assumed is None:
            return False, "no unit economics; add [unit_economics] to the recipe or to the adoption"
        try:
            answer = assess(case.intent, assumed)
        except TiebeamError as gap:
            return False, gap.message
        cost, margin = answer.simulation.spreads["cost_per_accepted"], answer.simulation.spreads["margin_per_accepted"]
        found = (
            f"{answer.currency} {cost.p50:.2f} per accepted outcome ({cost.p10:.2f} to {cost.p90:.2f}), "
            f"margin {margin.p50:.2f} ({margin.p10:.2f} to {margin.p90:.2f})"
        )
        if answer.verdict is Verdict.LOSES:
            return False, f"{found}: it loses money at the median; change the recipe or the assumptions"
        return True, found

    return check


def first_gates(assess: Assess) -> tuple[Gate, ...]:
    return (
        Gate("recipe-complete", "Recipe has all six parts", recipe_complete),
        Gate("accountable-owner", "One accountable owner", accountable_owner),
        Gate("evaluation-passed", "Evaluation set passed", evaluation_passed),
        Gate("unit-economics", "Unit economics computed before deployment", unit_economics_present(assess)),
    )


GATE_IDS = frozenset({"recipe-complete", "accountable-owner", "evaluation-passed", "unit-economics"})
"""The ids of the first gates: no other gate may take one of them."""
