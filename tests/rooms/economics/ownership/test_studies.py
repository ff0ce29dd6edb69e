"""What a study may say: every figure with its basis, within bounds, and nothing that nobody reads."""

# ids: EC-13
from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from tests.builders.studies import NOW, by_hand, figure, library, prices, study

from tiebeam.economics.hosting import UnknownOffer
from tiebeam.economics.ownership import (
    UnknownStudy,
    WrongStudy,
    compare_sides,
    find_study,
    read_study_changes,
    study_case,
    study_line,
)
from tiebeam.economics.prices import UnknownPrice
from tiebeam.economics.units import WrongFigure, read_pairs
from tiebeam.graph import Graph
from tiebeam.spec import STUDY_DRIVERS, Basis, Side, Study


@pytest.fixture(scope="module")
def graph() -> Graph:
    return library()


def test_every_study_of_the_library_can_be_answered(graph: Graph) -> None:
    assert len(graph.studies) >= 4
    for one in graph.studies.values():
        answer = compare_sides(study_case(graph, prices(), one, at=NOW), draws=100)
        assert answer.in_words()
        assert {line.basis for line in answer.figures} >= {Basis.ASSUMED}


def test_the_mid_size_company_never_does_better_with_hardware(graph: Graph) -> None:
    answer = compare_sides(study_case(graph, prices(), find_study(graph, "mid-size-metered"), at=NOW), draws=100)

    assert answer.cheapest is Side.API
    assert all(not one.users and not one.starts_cheaper for one in answer.comparisons.values())


def test_the_sources_case_marks_what_the_source_states(graph: Graph) -> None:
    found = find_study(graph, "70b-four-years")
    stated = {name for name, one in found.assumptions.items() if one.basis is Basis.STATED}

    assert {"users", "horizon_months"} <= stated
    assert found.assumptions["utilisation"].basis is Basis.ASSUMED
    assert found.retells is not None
    assert "not at hand" in found.retells
    assert study_line(found)["figures"]["assumed"] > 10


def changed(**fields: Any) -> dict[str, Any]:
    data = study().model_dump(mode="json")
    return {**data, **fields}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("server_price", "-1", "server_price lies between 0 and"),
        ("server_price", "1e15", "server_price lies between 0 and"),
        ("utilisation", "0", "utilisation lies between 0.001 and 1"),
        ("utilisation", "1.2", "utilisation lies between"),
        ("pue", "0.9", "pue lies between 1 and 5"),
        ("horizon_months", "7.5", "one whole number of months"),
        ("horizon_months", ("12", "24", "36"), "without a range"),
        ("power_price_per_kwh", "NaN", "finite number"),
        ("colour", "1", "nothing reads the assumption 'colour'"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_by_name(name: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        study(**{name: value})


def test_a_figure_without_a_source_or_a_basis_is_refused() -> None:
    data = changed()
    for key in ("source", "basis"):
        figures = {**data["assumptions"], "pue": {**figure("1.5"), key: None}}
        if key == "basis":
            del figures["pue"]["basis"]
        with pytest.raises(ValidationError, match=r"where it comes from|basis"):
            Study.model_validate({**data, "assumptions": figures})


def test_what_no_list_says_has_to_be_stated() -> None:
    with pytest.raises(ValidationError, match="say nothing of server_price"):
        study(without=("server_price",))
    with pytest.raises(ValidationError, match="at least two of"):
        Study.model_validate(changed(rented=None, own=None))
    with pytest.raises(ValidationError, match=r"belongs to \[own\]"):
        Study.model_validate(changed(own=None))
    with pytest.raises(ValidationError, match="must be below"):
        study(users_from=10, users_to=10)


def test_prices_are_those_of_the_day_unless_the_study_says_otherwise(graph: Graph) -> None:
    listed = study_case(graph, prices(), study(without=tuple(n for n in _PRICES)), at=NOW)

    assert listed.figures["api_input_price_per_mtok"].value == 2
    assert listed.figures["api_output_price_per_mtok"].value == 8
    assert listed.figures["api_cached_price_per_mtok"].value == Decimal("0.5")
    assert by_hand().figures["api_output_price_per_mtok"].value == 10


_PRICES = ("api_input_price_per_mtok", "api_output_price_per_mtok", "api_cached_price_per_mtok")


def test_what_the_records_do_not_know_is_an_error_of_its_own(graph: Graph) -> None:
    unpriced = Study.model_validate(changed(api={"model": "nobody-sells-it"}))
    with pytest.raises(UnknownPrice):
        study_case(graph, prices(), unpriced, at=NOW)
    unoffered = Study.model_validate(changed(rented={"offer": "lambda.h100-sxm-x8", "term": "spot"}))
    with pytest.raises(UnknownOffer, match="no spot price"):
        study_case(graph, prices(), unoffered, at=NOW)
    with pytest.raises(UnknownPrice, match=r"no \[\[capacity\]\]"):
        study_case(graph, prices(), Study.model_validate(changed(rented={"capacity": "nobody"})), at=NOW)
    serving = {
        "architecture": "llama-3-1-70b",
        "accelerator": "h200-sxm",
        "precision": "fp8",
        "backend": "vllm",
        "gpus": 8,
        "tensor_parallel": 8,
        "concurrency": 32,
    }
    mixed = Study.model_validate(changed(rented={"offer": "lambda.h100-sxm-x8", "serving": serving}))
    with pytest.raises(WrongStudy, match="rents 'h100-sxm'"):
        study_case(graph, prices(), mixed, at=NOW)


def test_a_price_of_the_past_has_a_day(graph: Graph) -> None:
    past = study_case(graph, prices(), study(), at=datetime(2026, 3, 1, tzinfo=UTC))

    assert past.priced_at.isoformat() == "2026-03-01"


def test_changes_are_read_and_bounded() -> None:
    assert read_study_changes({"pue": "1.3"}, users="20_000") == {"pue": Decimal("1.3"), "users": Decimal(20000)}
    assert read_pairs(["pue=1.3", "a=b=c"]) == {"pue": "1.3", "a": "b=c"}
    with pytest.raises(WrongFigure, match="NAME=VALUE"):
        read_pairs(["pue"])
    for name, value in (
        ("users", 0),
        ("users", 10**15),
        ("pue", "Infinity"),
        ("nothing", 1),
        ("horizon_months", "1.5"),
    ):
        with pytest.raises(WrongFigure):
            by_hand().having({name: Decimal(value)})


def test_an_unknown_study_is_told_with_those_that_exist(graph: Graph) -> None:
    with pytest.raises(UnknownStudy, match="70b-four-years"):
        find_study(graph, "nobody-wrote-it")


def test_every_driver_is_read_by_some_line() -> None:
    from tiebeam.economics.ownership import lines_of
    from tiebeam.kit.formulas import read_formula

    used = set[str]().union(*(read_formula(line.formula).names for line in lines_of(tuple(Side))))
    assert set(STUDY_DRIVERS) <= used
