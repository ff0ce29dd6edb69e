"""An invoice from what the pages print. Every figure is as printed; sums only help to choose between candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tiebeam.connect.documents.model import Invoice
from tiebeam.connect.documents.pdf_accounts import currency, ibans
from tiebeam.connect.documents.pdf_arithmetic import multiplies
from tiebeam.connect.documents.pdf_dates import days_in
from tiebeam.connect.documents.pdf_fields import Candidate, Marks
from tiebeam.connect.documents.pdf_header import Dates, preceding, references, titled_number, type_code
from tiebeam.connect.documents.pdf_labels import field_labels
from tiebeam.connect.documents.pdf_numbers import decimal_mark_of
from tiebeam.connect.documents.pdf_parties import Parties, read_parties
from tiebeam.connect.documents.pdf_table import Table, read_table
from tiebeam.connect.documents.pdf_totals import Totals, read_totals
from tiebeam.connect.documents.pdf_words import Page, Words
from tiebeam.connect.documents.result import Evidence, ReadErrorCode, Unreadable
from tiebeam.connect.documents.xml_invoice import found_in

_CENT = Decimal("0.011")
_LEAST_DIGITS = 3


@dataclass(frozen=True, slots=True)
class PageReading:
    invoice: Invoice
    evidence: tuple[Evidence, ...]


def read_pages(pages: Sequence[Page]) -> PageReading:
    """Raises Unreadable (`pdf_fields_missing`) with what was found where the key fields cannot be established."""
    marks = Marks(pages, labels=field_labels())
    mark = _decimal_mark(marks.lines)
    table = read_table(marks.lines, mark=mark)
    start = table.header.first_line if table else len(marks.lines)
    totals = read_totals(marks, after=table.last_line + 1 if table else 0, mark=mark)
    parties = read_parties(tuple(pages), marks, table_start=start)
    reading = _assembled(tuple(pages), marks, table=table, totals=totals, parties=parties, start=start)
    missing = _missing(reading.invoice)
    if not missing and _lines_disagree(totals, table=table):
        missing = ["lines that add up to the printed totals"]
    if missing:
        raise Unreadable(
            ReadErrorCode.PDF_FIELDS_MISSING,
            f"The pages do not clearly show {_listed(missing)}; read it by hand or ask the sender for the XML invoice.",
            found=found_in(reading.invoice),
            evidence=reading.evidence,
            syntax="PDF",
        )
    return reading


def _decimal_mark(lines: Sequence[Words]) -> str | None:
    texts = [text for line in lines for phrase in line.parts for text in (phrase.text, *(w.text for w in phrase.parts))]
    return decimal_mark_of(text for text in texts if not days_in(text))


def _assembled(
    pages: tuple[Page, ...], marks: Marks, *, table: Table | None, totals: Totals, parties: Parties, start: int
) -> PageReading:
    accounts, account_evidence, account_warnings = ibans(marks)
    country = parties.seller.country or (accounts[0][:2] if accounts else None)
    dates = Dates(marks, country=country)
    number = _number(marks)
    order = _order(marks, number=number)
    issued, due = dates.dates()
    due = due or dates.due_in_sentence()
    if issued is None:
        issued = _unlabelled_date(marks, dates, start=start, due=due, number=number)
    buyer_reference = _first(references(marks, "buyer_reference"))
    code, code_evidence, code_warning = currency(marks.lines, marks, country=country)
    kind, title = type_code(pages, gross=totals.gross)
    warnings = [*dates.warnings, *account_warnings, *totals.warnings, *([code_warning] if code_warning else [])]
    lines = table.lines if table else ()
    invoice = Invoice(
        syntax="PDF",
        number=number.value if number else None,
        issue_date=issued.value if issued else None,
        due_date=due.value if due else None,
        type_code=kind,
        currency=code,
        seller=parties.seller,
        buyer=parties.buyer,
        order_reference=order.value if order else None,
        buyer_reference=buyer_reference.value if buyer_reference else None,
        net=totals.net,
        tax=totals.tax,
        gross=totals.gross,
        payable=totals.payable if totals.payable is not None else totals.gross,
        ibans=accounts,
        lines=lines,
        tax_subtotals=totals.subtotals,
        allowance_total=totals.allowance,
        charge_total=totals.charge,
        preceding_invoices=preceding(marks, number=number.value if number else None) if kind != "380" else (),
        warnings=(*warnings, *_sum_warnings(totals, table=table)),
    )
    named = (("number", number), ("issue_date", issued), ("due_date", due), ("order_reference", order))
    evidence = [Evidence(field, c.quote[:300], c.place) for field, c in named if c is not None]
    evidence += [*parties.evidence, *account_evidence, *totals.evidence, *(table.evidence if table else ())]
    evidence += [code_evidence] if code_evidence else []
    evidence += [Evidence("type_code", title[:300], "page 1")] if title else []
    return PageReading(invoice=invoice, evidence=tuple(evidence))


def _number(marks: Marks) -> Candidate[str] | None:
    candidates = references(marks, "number")
    titled = titled_number(marks)
    if titled is not None and (not candidates or candidates[0].score < 10):
        return titled
    return _first(candidates)


def _first(candidates: list[Candidate[str]]) -> Candidate[str] | None:
    return candidates[0] if candidates else None


def _order(marks: Marks, *, number: Candidate[str] | None) -> Candidate[str] | None:
    """The buyer's order; without one, a buyer's reference counts that has the digits of a number."""
    for candidate in references(marks, "order_reference"):
        if number is None or candidate.place != number.place:
            return candidate
    for candidate in references(marks, "buyer_reference"):
        if sum(letter.isdigit() for letter in candidate.value) >= _LEAST_DIGITS:
            return candidate
    return None


def _unlabelled_date(
    marks: Marks, dates: Dates, *, start: int, due: Candidate[date] | None, number: Candidate[str] | None
) -> Candidate[date] | None:
    """The date in the line of the invoice number, else the only date above the table that has no label of its own."""
    labelled = {m.line for m in marks.marks if m.starts and {"other", "order_reference", "due_date"} & set(m.kinds)}
    found: dict[tuple[date, ...], Words] = {}
    for number_of_line, line in enumerate(marks.lines[:start]):
        if number_of_line in labelled:
            continue
        if due is not None and line.page == 1 and any(p.place == due.place for p in line.parts):
            continue
        for readings in days_in(line.text):
            if number is not None and any(part.place == number.place for part in line.parts):
                return dates.decided(Candidate(readings, 1.0, line.text, line.place))
            found.setdefault(readings, line)
    if len(found) != 1:
        return None
    readings, line = next(iter(found.items()))
    return dates.decided(Candidate(readings, 1.0, line.text, line.place))


def _sum_warnings(totals: Totals, *, table: Table | None) -> list[str]:
    """Sums that do not add up stay as printed; the warning says so."""
    warnings: list[str] = []
    net, tax, gross = totals.net, totals.tax, totals.gross
    if _differ(totals, table=table):
        warnings.append("The lines do not add up to the printed totals.")
    if net is not None and tax is not None and gross is not None and abs(net + tax - gross) > _CENT:
        warnings.append(f"The printed totals do not add up: {net} + {tax} is not {gross}.")
    for line in table.lines if table else ():
        if line.quantity is not None and line.unit_price is not None and line.net is not None:
            off = abs(line.quantity * line.unit_price - line.net)
            if off > max(_CENT, abs(line.quantity) * Decimal("0.0051")):
                warnings.append(
                    f"Line {line.id}: {line.quantity} times {line.unit_price} is not the printed {line.net}."
                )
    return warnings


def _lines_disagree(totals: Totals, *, table: Table | None) -> bool:
    """A table that was read wrongly shows here: it misses the totals, and its lines do not multiply either."""
    if table is None or all(multiplies(line.quantity, line.unit_price, line.net) for line in table.lines):
        return False
    return _differ(totals, table=table)


def _differ(totals: Totals, *, table: Table | None) -> bool:
    """A table that was not read whole shows here: its lines meet neither the net total, nor that total before
    discounts and charges, nor (prices with tax) the total."""
    nets = [line.net for line in table.lines if line.net is not None] if table else []
    if table is None or not nets or totals.net is None:
        return False
    total, allowance, charge = sum(nets, Decimal(0)), totals.allowance or Decimal(0), totals.charge or Decimal(0)
    known = {
        totals.net,
        totals.net + allowance - charge,
        totals.net + allowance,
        totals.net - charge,
        totals.gross or totals.net,
    }
    tolerance = Decimal("0.011") * (len(nets) + 1)
    return all(abs(abs(total) - abs(value)) > tolerance for value in known)


def _missing(invoice: Invoice) -> list[str]:
    checks = (
        (invoice.number, "an invoice number"),
        (invoice.seller.name or invoice.seller.vat_id or invoice.ibans, "who sent it"),
        (invoice.currency, "a currency"),
        (invoice.gross, "a total"),
        (invoice.lines or (invoice.net is not None and invoice.tax is not None), "lines or net and tax"),
    )
    return [word for value, word in checks if value is None or not (value or isinstance(value, Decimal))]


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
