"""Text from outside as pages, terminals and spreadsheets get it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.kit import csv_text, visible


# ids: B7
@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Torbau Krause GmbH", "Torbau Krause GmbH"),
        ("Größe 7, 東京, עברית, مرحبا", "Größe 7, 東京, עברית, مرحبا"),
        ("Torbau \u202eesuarK", "Torbau [U+202E]esuarK"),
        ("a\u200bb\u2060c\ufeff", "a[U+200B]b[U+2060]c[U+FEFF]"),
        ("\u2066x\u2069", "[U+2066]x[U+2069]"),
        ("a\U000e0041b", "a[U+E0041]b"),
        ("\x1b[2J\x9b2J\x00\x7f", "\ufffd[2J\ufffd2J\ufffd\ufffd"),
        ("one\ntwo\tthree", "one\ntwo\tthree"),
        ("می‌خواهم", "می‌خواهم"),
    ],
)
def test_what_hides_or_turns_letters_is_made_visible(given: str, shown: str) -> None:
    assert visible(given) == shown


@given(st.text())
def test_showing_twice_changes_nothing_more(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def cells(*values: object) -> list[str]:
    (_, row) = csv.reader(io.StringIO(csv_text(["a"] * len(values), [values])))
    return row


# ids: B7
@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        " =1+1",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "'=1+1",
        '"=1+1',
        "\uff1d1+1",
        "\uff0b1",
        "\uff20SUM",
        "%0A=1",
        "|calc",
        "-",
    ],
)
def test_a_spreadsheet_takes_no_text_for_a_formula(text: str) -> None:
    (cell,) = cells(text)
    assert cell.startswith("'")
    assert cell[1:].replace("\ufffd", "\r") == text


# ids: B7
def test_numbers_stay_numbers_and_text_stays_text() -> None:
    assert cells(Decimal("-12.50"), -3, 1.5, None, True, "-12.50", "+7", "-1,25") == [
        *("-12.50", "-3", "1.5", "", "True"),
        *("-12.50", "+7", "-1,25"),
    ]
    assert cells("+49 40 1234", "Krause", "a=b") == ["'+49 40 1234", "Krause", "a=b"]
    assert cells(date(2026, 3, 2), datetime(2026, 3, 2, 9, tzinfo=UTC)) == ["2026-03-02", "2026-03-02T09:00:00.000000Z"]


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_every_table_reads_back_with_as_many_cells(values: list[str]) -> None:
    row = cells(*values)
    assert len(row) == len(values)
    assert not any(cell.lstrip().startswith(("=", "@")) for cell in row)
