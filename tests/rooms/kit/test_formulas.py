"""Formulas: one text, three ways to work it out, and nothing but arithmetic in it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.kit.formulas import (
    Exact,
    FastColumns,
    FormulaBroken,
    PlainColumns,
    prepared,
    read_formula,
    spreadsheet_formula,
    work_out,
)

TEXTS = ["a + b * 2", "-(a - b) / 4", "min(a, b) + max(a, 3)", "ceil(a / 3) * b", "if_positive(a - b, a, b ** 2)"]


@pytest.mark.parametrize("text", TEXTS)
@given(a=st.integers(-50, 50), b=st.integers(-50, 50))
def test_exact_and_drawn_agree(text: str, a: int, b: int) -> None:
    formula = read_formula(text)
    exact = work_out(formula, {"a": Decimal(a), "b": Decimal(b)}, arithmetic=Exact())
    assert prepared(formula, arithmetic=Exact())({"a": Decimal(a), "b": Decimal(b)}) == exact
    plain, fast = PlainColumns(), FastColumns()
    spread = plain.uniform(1, 1, 0, 3) * 0
    assert list(work_out(formula, {"a": spread + a, "b": spread + b}, arithmetic=plain)) == pytest.approx(
        [float(exact)] * 3
    )
    zero = fast.uniform(1, 1, 0, 3) * 0
    assert list(work_out(formula, {"a": zero + a, "b": zero + b}, arithmetic=fast)) == pytest.approx([float(exact)] * 3)


def test_a_spreadsheet_gets_its_own_words() -> None:
    cells = {"a": "B2", "b": "B3"}
    shown = spreadsheet_formula(read_formula("ceil(a / 3) * b + if_positive(a, -b ** 2, 1.50)"), cells.__getitem__)
    assert shown == "=((ROUNDUP((B2/3),0)*B3)+IF(B2>0,(-(B3^2)),1.5))"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a +",
        "a if b else c",
        "a.b",
        "a[0]",
        "'text'",
        "True",
        "open(a)",
        "min(a)",
        "min(a, b, key=c)",
        "__import__('os')",
        "lambda: 1",
        "a // b",
        "-" * 200 + "a",
        "+".join(["a"] * 120),
        "a" * 600,
        "a\x00",
    ],
)
def test_anything_but_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(FormulaBroken):
        read_formula(text)


def test_a_missing_name_is_named() -> None:
    with pytest.raises(FormulaBroken, match="'nobody'"):
        work_out(read_formula("a + nobody"), {"a": Decimal(1)}, arithmetic=Exact())
