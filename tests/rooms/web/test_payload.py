"""A proposal becomes a form and comes back changed only where a person typed."""

from __future__ import annotations

import pytest

from tiebeam.errors import Invalid
from tiebeam.web.payload import changes_from, form_fields

POSTING = {
    "posting": {
        "supplier_name": "Brandt Werkzeuge GmbH",
        "document_id": "doc_1",
        "due_date": None,
        "gross": "119.00",
        "iban": "DE89370400440532013000",
        "lines": [{"text": "Drill", "account": None, "quantity": "2"}],
    },
    "effect": "post",
}
TYPED = {"invoice": {"number": None, "ibans": [], "lines": [], "seller": {"name": None, "vat_id": None, "email": None}}}


def test_only_what_the_protocol_lets_a_person_edit_is_a_field() -> None:
    assert form_fields(POSTING, ()) == ()
    paths = [field.path for field in form_fields(POSTING, ("posting",))]
    assert paths[0] == "posting.due_date"
    assert paths[-1].startswith("posting.lines.0.")
    assert "posting.document_id" not in paths
    assert not any(path.startswith("effect") for path in paths)


def test_an_untouched_form_changes_nothing() -> None:
    sent = {field.path: field.value for field in form_fields(POSTING, ("posting",))}
    assert changes_from(POSTING, ("posting",), sent) == {}


def test_a_typed_value_replaces_its_place_and_nothing_else() -> None:
    changed = changes_from(POSTING, ("posting",), {"posting.lines.0.account": " 4000 ", "posting.gross": "119.00"})
    assert changed["posting"]["lines"] == [{"text": "Drill", "account": "4000", "quantity": "2"}]
    assert changed["posting"]["due_date"] is None
    assert POSTING["posting"]["lines"][0]["account"] is None  # type: ignore[index]


def test_an_emptied_field_is_missing_and_not_an_empty_text() -> None:
    assert changes_from(POSTING, ("posting",), {"posting.iban": ""})["posting"]["iban"] is None


@pytest.mark.parametrize("path", ["posting.document_id", "effect", "posting.new", "other.x"])
def test_a_path_that_was_not_offered_is_refused(path: str) -> None:
    with pytest.raises(Invalid, match="no field of this proposal"):
        changes_from(POSTING, ("posting",), {path: "x"})


def test_a_person_types_a_whole_invoice_from_the_document() -> None:
    sent = {
        "invoice.number": "4711",
        "invoice.ibans": "DE89370400440532013000, ",
        "invoice.lines": "Drill | 2 | 50.00 | 100.00 | 19 | 10\n\nOil | 1",
    }
    invoice = changes_from(TYPED, ("invoice",), sent)["invoice"]
    assert invoice["ibans"] == ["DE89370400440532013000"]
    assert [line["name"] for line in invoice["lines"]] == ["Drill", "Oil"]
    assert invoice["lines"][0]["order_line"] == "10"
    assert invoice["lines"][1]["net"] is None


def test_a_line_with_too_many_parts_is_told() -> None:
    with pytest.raises(Invalid, match="line 1 has 7 parts"):
        changes_from(TYPED, ("invoice",), {"invoice.lines": "a|b|c|d|e|f|g"})
