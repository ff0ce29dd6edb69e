"""Rules about the library's own content."""

from __future__ import annotations

import pytest

from tiebeam.graph import Graph, Kind, library_root, load, lock, read_lock
from tiebeam.spec import RoleStatus, RungAction, StepKind
from tiebeam.workflow.finops import MONTHLY_REVIEW, RAISE_BUDGET

ELEVEN = {
    "classification",
    "extraction",
    "retrieval",
    "matching",
    "analysis",
    "generation",
    "prediction",
    "monitoring",
    "conversation",
    "negotiation",
    "orchestration",
}
PLACEHOLDERS = ("lorem", "todo", "tbd", "xxx", "placeholder", "example text")
BY_ITSELF = {RAISE_BUDGET, MONTHLY_REVIEW}
"""Protocols of tasks that belong to no run."""


@pytest.fixture(scope="module")
def graph() -> Graph:
    return load(None)


def test_the_library_is_data_only() -> None:
    assert not list(library_root().rglob("*.py"))


def test_content_is_as_locked() -> None:
    """Changed content needs a new version; run `lock()` after raising it."""
    assert lock(write=False) == []
    assert read_lock(library_root())


def test_no_text_is_a_placeholder() -> None:
    for file in library_root().rglob("*.toml"):
        text = file.read_text(encoding="utf-8").lower()
        assert not [word for word in PLACEHOLDERS if word in text], file


# ids: CA-08, B3
def test_each_of_the_eleven_patterns_implies_its_own_oversight(graph: Graph) -> None:
    assert set(graph.patterns) == ELEVEN
    for field in ("agent_architecture", "oversight_model", "role_transformation", "stop_condition"):
        assert len({getattr(pattern, field) for pattern in graph.patterns.values()}) == len(ELEVEN)


def test_every_record_has_a_review_date_not_before_its_birth(graph: Graph) -> None:
    for kind in Kind:
        for record_id, record in graph.records(kind).items():
            assert record.meta.reviewed >= record.meta.since, (kind, record_id)


def test_figures_name_their_source_with_a_year(graph: Graph) -> None:
    sources = [recipe.unit_economics.source for recipe in graph.recipes.values() if recipe.unit_economics]
    sources += [recipe.instrumentation.baseline_source for recipe in graph.recipes.values() if recipe.instrumentation]
    sources += [role.meta.source or "" for role in graph.roles.values() if role.approval_limit != 0]
    sources += [intent.meta.source or "" for intent in graph.intents.values()]
    sources += [budget.meta.source or "" for budget in graph.budgets.values()]
    assert sources
    assert all("20" in source for source in sources)


# ids: HO-01, HO-02, C3, C5
def test_a_protocol_says_when_with_what_and_whose_record_it_is(graph: Graph) -> None:
    for handoff in graph.handoffs.values():
        assert handoff.when
        assert "document" in handoff.context or handoff.id in BY_ITSELF
        assert handoff.audit_owner in graph.roles
        assert handoff.instructions.count("\n") >= 2, handoff.id
        assert handoff.ladder[0].action is RungAction.REMIND
        assert handoff.ladder[0].after_hours < handoff.due_hours
        assert RungAction.RAISE in {rung.action for rung in handoff.ladder}


def test_no_ladder_ever_approves_money_by_default(graph: Graph) -> None:
    for handoff in graph.handoffs.values():
        assert all(rung.action is not RungAction.DEFAULT for rung in handoff.ladder)


def test_every_handoff_is_used_by_a_recipe(graph: Graph) -> None:
    unused = {handoff for handoff in graph.handoffs if not graph.used_by("handoffs", handoff)}
    assert unused == BY_ITSELF


# ids: HO-05, C9
def test_evolved_roles_have_a_training_track_and_everybody_reports_to_the_top(graph: Graph) -> None:
    for role in graph.roles.values():
        if role.status is RoleStatus.EVOLVED:
            assert role.training_track is not None
        current = role
        while current.reports_to is not None:
            current = graph.roles[current.reports_to]
        assert current.id == "cfo"
        assert current.approval_limit is None


def test_the_internal_fde_has_the_four_duties(graph: Graph) -> None:
    """ids: HO-08"""
    role = graph.roles["fde-internal"]
    assert role.status is RoleStatus.NET_NEW
    text = " ".join(role.duties).lower()
    assert all(word in text for word in ("understand the function", "wire data and access", "checkpoints", "maintain"))


# ids: HO-06, C9
def test_training_judges_cases_and_not_recall(graph: Graph) -> None:
    tracks = {recipe.training_track for recipe in graph.recipes.values()}
    assert tracks <= set(graph.tracks)
    cases = [case for track in graph.tracks.values() for case in track.case]
    assert len(graph.tracks["finance.invoice-exceptions"].case) >= 12
    assert {"ap-analyst", "controller"} <= set(graph.tracks["finance.invoice-exceptions"].for_roles)
    for case in cases:
        assert case.question.endswith("?")
        assert len(case.situation.split()) >= 15, case.id
        assert len(case.because.split()) >= 10, case.id


# ids: B15
def test_evaluation_cases_cover_every_label_and_say_why(graph: Graph) -> None:
    cases = graph.evaluations["finance.invoice-matching"].case
    assert len(cases) >= 40
    labels = {label for case in cases for label in case.expect["labels"]}
    assert labels == {
        "price_variance",
        "quantity_variance",
        "missing_receipt",
        "missing_po",
        "duplicate_invoice",
        "tax_mismatch",
        "wrong_supplier",
        "currency_mismatch",
        "bank_detail_change",
    }
    assert {case.expect["decision"] for case in cases} == {"auto_pay", "manager_approval", "hold", "reject"}
    assert len({case.why for case in cases}) == len(cases)
    for case in cases:
        assert case.expect["labels"] == [] or case.expect["decision"] in {"hold", "reject"}, case.id
        assert case.expect["labels"] != [] or case.expect["decision"] != "reject", case.id


# ids: G1
def test_the_agent_may_use_exactly_what_its_recipes_run(graph: Graph) -> None:
    used = {step.uses for recipe in graph.recipes.values() for step in recipe.step if step.kind is StepKind.CODE}
    assert set(graph.agents["invoice-clerk"].tools) == used


def test_units_convert_within_their_base_only(graph: Graph) -> None:
    for code, unit in graph.units.items():
        assert graph.units[unit.base].base == unit.base, code
        assert code != unit.base or unit.factor == 1, code
    written = [spelling for unit in graph.units.values() for spelling in unit.written]
    assert len(written) == len(set(written))
