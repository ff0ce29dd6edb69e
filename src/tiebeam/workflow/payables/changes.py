"""What a person may change of a posting or of a typed invoice, and which account may be paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tiebeam.connect.documents import invoice_from_json
from tiebeam.kit import compact_key, parse_amount
from tiebeam.workflow.payables.case import APPROVING, PayablesCase, amount

_FREE = frozenset({"invoice_date", "due_date", "order_reference", "lines"})
_AMOUNTS = ("net", "tax", "gross", "payable")
_LINE = frozenset({"text", "sku", "quantity", "unit_price", "net", "tax_rate", "order_line", "account", "cost_centre"})
_INVOICE_TEXTS = ("syntax", "number", "type_code", "currency", "order_reference", "buyer_reference")
_INVOICE_AMOUNTS = ("net", "tax", "gross", "payable", "allowance_total", "charge_total")
_PARTY_TEXTS = ("name", "vat_id", "country", "email")
_LINE_TEXTS = ("id", "name", "sku", "unit", "order_line", "order_reference")
_LINE_AMOUNTS = ("quantity", "unit_price", "net", "tax_rate")


def edit_problems(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Why an edit of a case's payload is refused, one sentence each; empty when it may stand."""
    problems: list[str] = []
    if "posting" in before:
        problems += posting_problems(before["posting"], after["posting"])
    if "invoice" in before and before["invoice"] != after["invoice"]:
        problems += invoice_problems(after["invoice"])
    return problems


def posting_problems(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """A review corrects coding, dates and the order, and may lower amounts. Whom to pay, where and in which currency
    come from the document and the master record, and an account from there or from a call-back alone."""
    problems = [
        f"'posting.{key}' is taken from the document and the supplier's record and cannot be changed in a review; "
        "reject the invoice and ask for a corrected one"
        for key in sorted(before)
        if key not in _FREE and key not in _AMOUNTS and after.get(key) != before[key]
    ]
    for key in _AMOUNTS:
        problems += _raised(amount(before.get(key)), after.get(key), path=f"posting.{key}")
    lines = after.get("lines") or ()
    if lines != before.get("lines"):
        problems += _line_problems(before.get("lines") or (), lines)
    return problems or list(_sums(before, after))


def _raised(old: Decimal | None, given: Any, *, path: str) -> Iterator[str]:
    if given is None or given == "":
        if old is not None:
            yield f"{path!r} cannot be left empty"
        return
    new = _plain(given)
    if new is None:
        yield f"{path!r} must be a plain number such as 1234.50"
    elif old is not None and (abs(new) > abs(old) or new * old < 0):
        yield f"{path!r} may be lowered, but neither exceed {old} nor change its sign; more needs a new invoice"


def _plain(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        return parse_amount(str(value))
    except ValueError:
        return None


def _line_problems(before: Sequence[Mapping[str, Any]], after: Sequence[Any]) -> Iterator[str]:
    for place, line in enumerate(after):
        path = f"posting.lines[{place}]"
        if not isinstance(line, Mapping) or frozenset[Any](line) != _LINE:
            yield f"{path!r} must have exactly the fields {', '.join(sorted(_LINE))}"
            return
        if _plain(line["net"]) is None:
            yield f"'{path}.net' must be a plain number such as 1234.50"
            return
    most, given = _total(before), _total(after)
    if before and abs(given) > abs(most):
        yield f"the lines of the posting add up to {given}; they may not exceed {most}"


def _total(lines: Sequence[Mapping[str, Any]]) -> Decimal:
    return sum((amount(line.get("net")) or Decimal(0) for line in lines), Decimal(0))


def _sums(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    if all(before.get(key) == after.get(key) for key in _AMOUNTS):
        return
    net, tax, gross, payable = (amount(after.get(key)) for key in _AMOUNTS)
    if net is not None and tax is not None and gross is not None and net + tax != gross:
        yield f"the posting does not add up: net {net} + tax {tax} is not gross {gross}"
    old_gross, old_payable = amount(before.get("gross")), amount(before.get("payable"))
    was_within = old_gross is None or old_payable is None or abs(old_payable) <= abs(old_gross)
    if gross is not None and payable is not None and was_within and abs(payable) > abs(gross):
        yield f"'posting.payable' is {payable}, more than the total of {gross}"


def invoice_problems(form: Mapping[str, Any]) -> list[str]:
    """A typed invoice must hold values that can be matched: texts are texts, amounts are plain numbers."""
    problems = [
        *_texts(form, _INVOICE_TEXTS, path="invoice"),
        *_numbers(form, _INVOICE_AMOUNTS, path="invoice"),
        *_dates(form),
    ]
    problems += [
        f"'invoice.{key}' must be a list of texts"
        for key in ("ibans", "preceding_invoices", "notes", "warnings")
        if not all(isinstance(item, str) for item in form.get(key) or ())
    ]
    for key in ("seller", "buyer"):
        problems += _texts(form.get(key) or {}, _PARTY_TEXTS, path=f"invoice.{key}")
    for place, line in enumerate(form.get("lines") or ()):
        problems += _row(line, _LINE_TEXTS, _LINE_AMOUNTS, path=f"invoice.lines[{place}]")
    for place, part in enumerate(form.get("tax_subtotals") or ()):
        problems += _row(part, ("category",), ("rate", "taxable", "tax"), path=f"invoice.tax_subtotals[{place}]")
    if not problems:
        # Whatever else the form may hold has to make an invoice now, while the person who typed it is there.
        try:
            invoice_from_json({key: None if value == "" else value for key, value in form.items()})
        except (ValueError, ArithmeticError, TypeError, AttributeError, KeyError) as wrong:
            problems.append(f"the typed fields are no invoice: {wrong}")
    return problems


def _row(row: Any, texts: Sequence[str], numbers: Sequence[str], *, path: str) -> list[str]:
    if not isinstance(row, Mapping):
        return [f"{path!r} must be a table of fields"]
    return [*_texts(row, texts, path=path), *_numbers(row, numbers, path=path)]


def _texts(form: Mapping[str, Any], keys: Sequence[str], *, path: str) -> Iterator[str]:
    for key in keys:
        if not isinstance(form.get(key), str | None):
            yield f"'{path}.{key}' must be text"


def _numbers(form: Mapping[str, Any], keys: Sequence[str], *, path: str) -> Iterator[str]:
    for key in keys:
        value = form.get(key)
        if value is not None and value != "" and (not isinstance(value, str) or _plain(value) is None):
            yield f"'{path}.{key}' must be a plain number in quotes such as \"1234.50\""


def _dates(form: Mapping[str, Any]) -> Iterator[str]:
    for key in ("issue_date", "due_date"):
        value = form.get(key)
        if value is None or value == "":
            continue
        try:
            date.fromisoformat(value)
        except (ValueError, TypeError):
            yield f"'invoice.{key}' must be a date such as 2026-07-31"


def account_problem(case: PayablesCase, posting: Mapping[str, Any]) -> str | None:
    """Why the posting's account may not be paid. It is on file for the supplier, or was confirmed by call-back and
    released by a second approver as exactly this account."""
    account = posting.get("iban")
    if not account or _same_account(account, case.supplier.get("ibans") or ()):
        return None
    for step_id in ("call-back", "second-approval"):
        if case.call.outcome_of(step_id) not in APPROVING:
            return f"the account {account} is not on file and was not confirmed by call-back and a second approver"
        seen = case.call.output_of(step_id).get("payload", {}).get("posting", {}).get("iban")
        if not seen or not _same_account(account, (seen,)):
            return f"the account {account} is not the one that {step_id!r} was about ({seen})"
    return None


def _same_account(account: Any, others: Sequence[Any]) -> bool:
    return compact_key(str(account)) in {compact_key(str(other)) for other in others}
