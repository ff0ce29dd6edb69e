"""The form of our credentials, and names with stars."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.kit import CREDENTIAL, MASKING, make_credential, matches_star, parse_credential


@pytest.mark.parametrize("kind", ["p", "s", "a", "k"])
def test_a_credential_is_known_by_its_form_and_kind(kind: str) -> None:
    made = make_credential(kind)
    found = parse_credential(made.text, kinds=kind)
    assert found == made
    assert made.id.startswith(f"tb_{kind}_")
    assert parse_credential(made.text, kinds="x") is None
    assert CREDENTIAL.search(f"see {made.text}!") is not None
    assert made.text not in repr(made)
    assert made.text not in MASKING.mask(f"key {made.text}")


def test_a_mistyped_one_is_none() -> None:
    text = make_credential("k").text
    other = "A" if text[20] != "A" else "B"
    for wrong in (text[:-1], f"{text}x", f" {text}", f"{text[:20]}{other}{text[21:]}", ""):
        assert parse_credential(wrong, kinds="k") is None


def test_a_replaced_one_keeps_its_public_id() -> None:
    first = make_credential("k")
    second = make_credential("k", public=first.id)
    assert (second.id, second.text == first.text, second.hash == first.hash) == (first.id, False, False)
    assert parse_credential(second.text, kinds="k") == second


@given(st.text(alphabet="ab*", max_size=8), st.text(alphabet="ab", max_size=10))
def test_a_star_stands_for_any_letters_and_everything_else_for_itself(pattern: str, text: str) -> None:
    plain = ".*".join(re.escape(part) for part in pattern.split("*"))
    assert matches_star(text, pattern) is (re.fullmatch(plain, text, re.DOTALL) is not None)


def test_many_stars_cost_no_more_than_the_text_is_long() -> None:
    assert not matches_star("a" * 10_000, "*a" * 200 + "*b")
