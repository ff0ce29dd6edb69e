"""Names that pose as others are told in words; honest names of the world are left alone. ids: B7, B14, C5"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders.hostile_text import NAMES
from tests.builders.hostile_tools import ubl
from tiebeam.connect.documents import Reader, ReadResult
from tiebeam.connect.documents.posing import posing_in

HONEST = (
    "Żółć & Søn A/S",
    "Müller-Lüdenscheidt GmbH & Co. KG",
    "Ορφανίδης Α.Ε.",
    "ООО «Ромашка»",
    "ООО Baltika",
    "株式会社トヨタ TOYOTA",
    'שלום בע\u200f"מ',
    "شركة النور ABC",
    "Gerät 10 µm Ω",
    "한국 Samsung",
    "Nguyễn Thị Minh",
)
POSING = {
    "turned round": "U+202E",
    "isolated": "U+2066",
    "zero width": "U+200B",
    "tags that only machines read": "U+E0061",
    "letters that look alike": "mixes alphabets",
}


@pytest.fixture(scope="module")
def read() -> ReadResult:
    with Reader() as reader:
        return reader.read(ubl(), name="a.xml")


def test_an_honest_invoice_warns_of_nothing(read: ReadResult) -> None:
    assert read.invoice is not None
    assert posing_in(read.invoice) == ()


@pytest.mark.parametrize("name", HONEST)
def test_names_of_the_world_are_left_alone(read: ReadResult, name: str) -> None:
    assert read.invoice is not None
    assert posing_in(replace(read.invoice, seller=replace(read.invoice.seller, name=name))) == ()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ТОРБАУ GmbH", ""),
        ("Краков GmbH", ""),
        ("Тоrbau GmbH", "Т U+0422, о U+043E"),
        ("\uff34orbau GmbH", "U+FF34"),
        ("\U0001d413orbau GmbH", "U+1D413"),
        ("Нова Torbau", ""),
        ("Тосо СОРТ Torbau", "С U+0421"),
        ("Torb\u03b1u", "U+03B1"),
    ],
)
def test_a_word_of_two_alphabets_or_made_of_look_alikes_is_told(read: ReadResult, name: str, told: str) -> None:
    assert read.invoice is not None
    said = posing_in(replace(read.invoice, seller=replace(read.invoice.seller, name=name)))
    assert bool(said) is bool(told)
    assert all(told in one for one in said)


def test_accounts_numbers_and_addresses_are_looked_at_too(read: ReadResult) -> None:
    assert read.invoice is not None
    party = replace(read.invoice.seller, email="re\u0441hnung@torbau.example", vat_id="D\u0415123456789")
    said = posing_in(replace(read.invoice, seller=party, number="R\u202e1", ibans=("D\u041589370400440532013000",)))
    assert [one.split(" '")[0] for one in said] == [
        "The seller's VAT id",
        "The seller's e-mail address",
        "The invoice number",
        "An account",
    ]


@pytest.mark.parametrize("what", POSING)
def test_the_reader_tells_it_of_a_document(what: str) -> None:
    with Reader() as reader:
        found = reader.read(ubl(seller=NAMES[what]), name="a.xml")
    assert found.invoice is not None
    (warning,) = [one for one in found.invoice.warnings if one.startswith("The seller's name")]
    assert POSING[what] in warning
    assert not any(sign in warning for sign in "\u202e\u2066\u200b")
