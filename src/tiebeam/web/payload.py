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
_MOST_FIELDS = 120
_NUMBERS = re.compile(r"(^|_)(net|tax|gross|payable|quantity|unit_price|tax_rate|amount)$")
_HIDDEN = frozenset({"document_id", "supplier_id", "kind", "syntax", "warnings", "notes"})
_LABELS = {
    "iban": "Account to pay to (IBAN)",
    "due_date": "Due date (YYYY-MM-DD)",
    "issue_date": "Invoice date (YYYY-MM-DD)",
    "invoice_date": "Invoice date (YYYY-MM-DD)",
    "order_reference": "Order number",
    "vat_id": "VAT id",
    "type_code": "Type (380 invoice, 381 credit note)",
}


def form_fields(payload: Mapping[str, Any], editable: Sequence[str]) -> tuple[FormField, ...]:
    """Every plain value below the editable keys, at most 120 of them."""
    fields: list[FormField] = []
    for key in editable:
        for path, value in _leaves(payload.get(key), key):
            if len(fields) == _MOST_FIELDS:
                return tuple(fields)
            fields.append(
                FormField(path, _label(path), "" if value is None else str(value), bool(_NUMBERS.search(path)))
            )
    return tuple(fields)


def changes_from(payload: Mapping[str, Any], editable: Sequence[str], sent: Mapping[str, str]) -> dict[str, Any]:
    """The editable top-level keys that differ once `sent` (path → text) is put in. Raises Invalid on unknown paths."""
    known = {field.path: field.value for field in form_fields(payload, editable)}
    changed = {path: text.strip() for path, text in sent.items() if text.strip() != known.get(path, "")}
    unknown = sorted(set(changed) - set(known))
    if unknown:
        raise Invalid(f"{unknown[0]!r} is no field of this proposal; load the page again")
    touched = {path.split(".", 1)[0] for path in changed}
    result = {key: copy.deepcopy(payload[key]) for key in touched}
    for path, text in changed.items():
        _put(result, path.split("."), text or None)
    return result


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in _HIDDEN:
                yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{index}")
    elif value is None or isinstance(value, (str, int, float)):
        yield path, value


def _put(target: Any, steps: list[str], value: str | None) -> None:
    *way, last = steps
    for step in way:
        target = target[int(step)] if isinstance(target, list) else target[step]
    place: Any = int(last) if isinstance(target, list) else last
    before = target[place]
    # Numbers that came as numbers stay numbers, so that an unchanged meaning keeps its type.
    is_whole = isinstance(before, int) and not isinstance(before, bool) and value is not None and value.isdigit()
    target[place] = int(value) if is_whole and value is not None else value


def _label(path: str) -> str:
    parts = path.split(".")[1:] or [path]
    name = _LABELS.get(parts[-1], sentence(parts[-1]))
    line = next((int(part) + 1 for part in parts if part.isdigit()), None)
    owner = parts[-2] if len(parts) > 1 and not parts[-2].isdigit() and line is None else ""
    prefix = f"{sentence(owner)}: " if owner else f"Line {line}: " if line is not None else ""
    return prefix + (name[:1].lower() + name[1:] if prefix and not name.isupper() else name)
