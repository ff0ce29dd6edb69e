from __future__ import annotations

import importlib.util
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from tiebeam.connect.payments import (
    Debtor,
    InvalidAccount,
    InvalidPayment,
    PaymentInstruction,
    bank_text,
    check_bic,
    check_iban,
    payment_file,
)

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DEBTOR = Debtor(name="Harbour Tools GmbH", iban="DE89 3704 0044 0532 0130 00", bic="COBADEFFXXX")
BILL = PaymentInstruction(
    end_to_end_id="run-0001",
    amount=Decimal("1190.00"),
    currency="EUR",
    creditor_name="Öster & Söhne Gußstahl",
    creditor_iban="AT611904300234573201",
    execution_date=date(2026, 3, 20),
    invoice_numbers=("RE-2026/77",),
)
NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


def made(*instructions: PaymentInstruction, debtor: Debtor = DEBTOR) -> etree._Element:
    data = payment_file(instructions or (BILL,), message_id="TB-20260302-1", created_at=AT, debtor=debtor)
    return etree.fromstring(data)


def schema() -> etree.XMLSchema:
    spec = importlib.util.find_spec("sepaxml")
    assert spec is not None
    assert spec.origin is not None
    return etree.XMLSchema(file=str(Path(spec.origin).parent / "schemas" / "pain.001.001.09.xsd"))


def texts(tree: etree._Element, path: str) -> list[str]:
    return [one.text for one in tree.findall(f".//p:{path.replace('/', '/p:')}", NS)]


@pytest.mark.parametrize(
    ("bills", "debtor"),
    [
        ((BILL,), DEBTOR),
        ((BILL,), replace(DEBTOR, bic=None)),
        ((replace(BILL, creditor_bic="GIBAATWWXXX", creditor_country="AT"),), DEBTOR),
        (
            (
                BILL,
                replace(BILL, end_to_end_id="run-0002", currency="PLN", amount=Decimal("880.5")),
                replace(BILL, end_to_end_id="run-0003", execution_date=date(2026, 3, 21)),
            ),
            DEBTOR,
        ),
    ],
)
def test_a_payment_file_satisfies_the_published_schema(bills: tuple[PaymentInstruction, ...], debtor: Debtor) -> None:
    tree = made(*bills, debtor=debtor)
    assert schema().validate(tree), schema().error_log


def test_a_payment_names_its_invoice_and_comes_back_with_its_own_id() -> None:
    tree = made()
    assert texts(tree, "EndToEndId") == ["run-0001"]
    assert texts(tree, "Ustrd") == ["RE-2026/77"]
    assert texts(tree, "Cdtr/Nm") == ["Oester + Soehne Gussstahl"]
    assert texts(tree, "CdtrAcct/Id/IBAN") == ["AT611904300234573201"]
    assert texts(tree, "ChrgBr") == ["SLEV"]
    assert texts(tree, "SvcLvl/Cd") == ["SEPA"]


def test_control_sums_cover_every_group_of_day_and_currency() -> None:
    tree = made(
        BILL,
        replace(BILL, end_to_end_id="run-0002", amount=Decimal("10.05")),
        replace(BILL, end_to_end_id="run-0003", currency="NOK", amount=Decimal("7")),
    )
    assert texts(tree, "GrpHdr/CtrlSum") == ["1207.05"]
    assert texts(tree, "GrpHdr/NbOfTxs") == ["3"]
    assert texts(tree, "PmtInf/CtrlSum") == ["1200.05", "7"]
    assert [one.get("Ccy") for one in tree.findall(".//p:InstdAmt", NS)] == ["EUR", "EUR", "NOK"]


def test_a_currency_outside_the_euro_scheme_shares_the_charges() -> None:
    tree = made(replace(BILL, currency="USD"))
    assert texts(tree, "ChrgBr") == ["SHAR"]
    assert texts(tree, "SvcLvl/Cd") == []


def test_equal_payments_give_equal_bytes() -> None:
    def once() -> bytes:
        return payment_file(BILL, message_id="TB-1", created_at=AT, debtor=DEBTOR)

    assert once() == once()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"amount": Decimal("-5.00")}, "above zero"),
        ({"amount": Decimal(0)}, "above zero"),
        ({"amount": Decimal("1.005")}, "more decimals"),
        ({"amount": Decimal("1.5"), "currency": "JPY"}, "more decimals"),
        ({"currency": "euro"}, "currency code"),
        ({"end_to_end_id": "x" * 36}, "end-to-end id"),
        ({"end_to_end_id": "a//b"}, "end-to-end id"),
        ({"creditor_name": "株式会社"}, "no letter"),
        ({"invoice_numbers": ()}, "names no invoice"),
        ({"invoice_numbers": ("七",)}, "names no invoice"),
    ],
)
def test_a_payment_that_a_bank_would_refuse_is_refused_before_it_is_written(
    change: dict[str, object], says: str
) -> None:
    with pytest.raises(InvalidPayment, match=says):
        made(replace(BILL, **change))  # pyright: ignore[reportArgumentType]


def test_two_payments_never_share_an_end_to_end_id() -> None:
    with pytest.raises(InvalidPayment, match="twice"):
        made(BILL, BILL)


@pytest.mark.parametrize("good", ["DE89370400440532013000", "gb82 west 1234 5698 7654 32", "NO9386011117947"])
def test_an_account_number_is_normalised(good: str) -> None:
    assert check_iban(good) == good.replace(" ", "").upper()


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("DE88370400440532013000", "check digits"),
        ("DE8937040044053201300", "22"),
        ("not an account", "not an IBAN"),
        ("", "not an IBAN"),
    ],
)
def test_a_wrong_account_number_is_refused(bad: str, says: str) -> None:
    with pytest.raises(InvalidAccount, match=says):
        check_iban(bad)


def test_one_changed_digit_is_always_noticed() -> None:
    good = "DE89370400440532013000"
    for place in range(4, len(good)):
        other = good[:place] + str((int(good[place]) + 1) % 10) + good[place + 1 :]
        with pytest.raises(InvalidAccount):
            check_iban(other)


def test_a_bank_identifier_has_eight_or_eleven_characters() -> None:
    assert check_bic("cobadeff") == "COBADEFF"
    with pytest.raises(InvalidAccount):
        check_bic("COBADE")


def test_text_for_banks_holds_only_letters_that_every_bank_carries() -> None:
    assert bank_text("Ærø Værktøj A/S – № 7", longest=70) == "AEro VAErktoj A/S - No 7".replace("AE", "Ae").replace(
        "VAe", "Vae"
    )
    assert bank_text("//a//b/", longest=70) == "a/b"
    assert bank_text("x" * 200, longest=140) == "x" * 140
