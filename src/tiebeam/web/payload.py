"""A proposed payload as a form and back: fields by their path, and only what the protocol lets a person edit."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tiebeam.errors import Invalid
from tiebeam.web.views import FormField
from tiebeam.web.wording import sentence

FIELD_PREFIX = "field:"
LINE_PARTS = ("name", "quantity", "unit_price", "net", "tax_rate", "order_line")
_LINE_HINT = "One line each: description | quantity | unit price | net | tax % | order line"
_NO_LINE: Mapping[str, Any] = dict.fromkeys(("id", "sku", "unit", "order_reference", *LINE_PARTS))
_MOST_FIELDS = 120
_NUMBERS = re.compile(r"(^|_)(net|tax|gross|payable|quantity|unit_price|tax_rate|amount)$")
_HIDDEN = frozenset(
    {
        "document_id",
        "supplier_id",
        "kind",
        "syntax",
        "warnings",
        "notes",
        "buyer",
        "buyer_reference",
        "country",
        "email",
        "preceding_invoices",
        "tax_subtotals",
        "allowance_total",
        "charge_total",
    }
)
"""What nobody types: the house's own data, and what follows from other fields."""
_ORDER = (
    "number",
    "invoice_number",
    "type_code",
    "issue_date",
    "invoice_date",
    "due_date",
    "order_reference",
    "seller",
    "supplier_name",
    "currency",
    "net",
    "tax",
    "gross",
    "payable",
    "iban",
    "ibans",
    "lines",
)
_LABELS = {
    "iban": "Account to pay to (IBAN)",
    "ibans": "Accounts to pay to (IBAN)",
    "due_date": "Due date (YYYY-MM-DD)",
    "issue_date": "Invoice date (YYYY-MM-DD)",
    "invoice_date": "Invoice date (YYYY-MM-DD)",
    "order_reference": "Order number",
    "type_code": "Type (380 invoice, 381 credit note)",
    "seller.name": "Supplier",
    "seller.vat_id": "Supplier's VAT id",
    "sku": "item number",
    "tax_rate": "tax %",
}


def form_fields(payload: Mapping[str, Any], editable: Sequence[str]) -> tuple[FormField, ...]:
    """Every value below the editable keys that a person may type, in the order of a document; at most 120."""
    fields: list[FormField] = []
    for key in editable:
        for path, value in _leaves(payload.get(key), key):
            if len(fields) == _MOST_FIELDS:
                return tuple(fields)
            fields.append(_field(path, value))
    return tuple(fields)


def _field(path: str, value: Any) -> FormField:
    if isinstance(value, list):
        is_lines = path.endswith(".lines")
        text = "" if is_lines else ", ".join(str(one) for one in value)
        hint = _LINE_HINT if is_lines else "Several with commas between them"
        return FormField(path, "Invoice lines" if is_lines else _label(path), text, hint=hint, is_text=is_lines)
    return FormField(path, _label(path), "" if value is None else str(value), bool(_NUMBERS.search(path)))


def changes_from(payload: Mapping[str, Any], editable: Sequence[str], sent: Mapping[str, str]) -> dict[str, Any]:
    """The editable top-level keys that differ once `sent` (path → text) is put in. Raises Invalid on unknown paths."""
    known = {field.path: field.value for field in form_fields(payload, editable)}
    changed = {path: text.strip() for path, text in sent.items() if text.strip() != known.get(path, "")}
    unknown = sorted(set(changed) - set(known))
    if unknown:
        raise Invalid(f"{unknown[0]!r} is no field of this proposal; load the page again")
    touched = {path.split(".", 1)[0] for path in changed}
    result = {key: copy.deepcopy(payload.get(key)) for key in touched}
    for path, text in changed.items():
        _put(result, path.split("."), text)
    return result


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key in sorted(value, key=lambda one: _ORDER.index(one) if one in _ORDER else len(_ORDER) - 2):
            if key not in _HIDDEN:
                yield from _leaves(value[key], f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        if value and all(isinstance(inner, Mapping) for inner in value):
            for index, inner in enumerate(value):
                yield from _leaves(inner, f"{path}.{index}")
        else:
            yield path, list(value)
    elif value is None or isinstance(value, (str, int, float)):
        yield path, value


def _put(target: Any, steps: list[str], text: str) -> None:
    *way, last = steps
    for step in way:
        target = target[int(step)] if isinstance(target, list) else target[step]
    place: Any = int(last) if isinstance(target, list) else last
    before = target[place]
    if isinstance(before, list):
        target[place] = _lines(text) if last == "lines" else [part.strip() for part in text.split(",") if part.strip()]
    elif isinstance(before, int) and not isinstance(before, bool) and text.isdecimal():
        target[place] = int(text)  # Numbers that came as numbers stay numbers, so that their type does not change.
    else:
        target[place] = text or None


def _lines(text: str) -> list[dict[str, Any]]:
    """Typed invoice lines. Raises Invalid on one with more parts than a line has."""
    lines: list[dict[str, Any]] = []
    for number, row in enumerate((row for row in text.splitlines() if row.strip()), start=1):
        parts = [part.strip() or None for part in row.split("|")]
        if len(parts) > len(LINE_PARTS):
            raise Invalid(f"line {number} has {len(parts)} parts; write {' | '.join(LINE_PARTS)}")
        lines.append({**_NO_LINE, "id": str(number), **dict(zip(LINE_PARTS, parts, strict=False))})
    return lines


def _label(path: str) -> str:
    parts = path.split(".")[1:] or [path]
    line = next((int(part) + 1 for part in parts if part.isdigit()), None)
    name = _LABELS.get(".".join(parts[-2:])) or _LABELS.get(parts[-1]) or sentence(parts[-1])
    return name if line is None else f"Line {line}: {name[:1].lower()}{name[1:]}"
