"""Tax and totals: does the invoice add up, to rounding, and are the rates those of the order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tiebeam.connect.documents import Invoice, TaxSubtotal
from tiebeam.kit import decimal_text
from tiebeam.workflow.invoices.matching.model import Finding, Label, LineMatch

_WHOLE_UNITS = frozenset({"HUF", "JPY", "ISK", "KRW", "CLP", "VND", "PYG", "UGX", "XAF", "XOF", "XPF"})
"""Currencies whose invoices are usually rounded to whole units."""
_THREE_PLACES = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def minor_unit(currency: str | None) -> Decimal:
    """The step amounts of a currency are rounded to on invoices."""
    if currency in _WHOLE_UNITS:
        return Decimal(1)
    return Decimal("0.001") if currency in _THREE_PLACES else Decimal("0.01")


def check_taxes(invoice: Invoice, *, lines: Sequence[LineMatch]) -> list[Finding]:
    """Totals, subtotals and bases, then the rates against the order. Where no rate is printed, the order's is used."""
    rates = {match.position: _rate(match) for match in lines}
    findings = [*_totals(invoice), *_subtotals(invoice, rates=rates), *_bases(invoice, rates=rates)]
    if any(part.taxable is None or part.tax is None for part in invoice.tax_subtotals) or not invoice.tax_subtotals:
        findings += _from_lines(invoice, rates=rates)
    return findings + _rates_against_order(lines)


def _rate(match: LineMatch) -> Decimal | None:
    if match.invoice_line.tax_rate is not None:
        return match.invoice_line.tax_rate
    return match.order_line.tax_rate if match.order_line else None


def _finding(rule: str, text: str, **evidence: Any) -> Finding:
    plain = {key: decimal_text(value) if isinstance(value, Decimal) else value for key, value in evidence.items()}
    return Finding(rule, "tax_mismatch", text, plain, Label.TAX_MISMATCH)


def _totals(invoice: Invoice) -> list[Finding]:
    step = minor_unit(invoice.currency)
    findings: list[Finding] = []
    net, tax, gross = invoice.net, invoice.tax, invoice.gross
    if net is not None and tax is not None and gross is not None and abs(net + tax - gross) > step:
        text = f"Net {net} and tax {tax} make {net + tax}, the invoice says {gross}."
        findings.append(_finding("tax.total", text, net=net, tax=tax, gross=gross))
    parts = [part.tax for part in invoice.tax_subtotals if part.tax is not None]
    if tax is not None and parts and len(parts) == len(invoice.tax_subtotals):
        total = sum(parts, Decimal(0))
        if abs(total - tax) > step * max(1, len(parts) - 1):
            text = f"The tax by rate adds up to {total}, the invoice says {tax}."
            findings.append(_finding("tax.sum", text, sum=total, tax=tax))
    return findings


def _subtotals(invoice: Invoice, *, rates: dict[int, Decimal | None]) -> list[Finding]:
    """Rate × base of each subtotal. Rounding by line instead of by rate may cost half a step a line."""
    step = minor_unit(invoice.currency)
    findings: list[Finding] = []
    for part in invoice.tax_subtotals:
        rate = part.rate or Decimal(0)
        base = _base_of(invoice, part, rates=rates)
        if base is None or part.tax is None:
            continue
        at_rate = sum(line.tax_rate == part.rate for line in invoice.lines)
        expected = base * rate / 100
        if abs(expected - part.tax) > step / 2 * (max(1, at_rate) + 1):
            text = f"{rate} % of {base} is {expected.quantize(step)}, the invoice says {part.tax}."
            findings.append(_finding("tax.rate-times-base", text, rate=rate, taxable=base, tax=part.tax))
    return findings


def _base_of(invoice: Invoice, part: TaxSubtotal, *, rates: dict[int, Decimal | None]) -> Decimal | None:
    """The printed base; else the lines at that rate, where nothing else adds to it."""
    if part.taxable is not None:
        return part.taxable
    same_rate = sum(other.rate == part.rate for other in invoice.tax_subtotals)
    if part.rate is None or same_rate > 1 or invoice.allowance_total or invoice.charge_total:
        return None
    by_rate = _nets_by_rate(invoice, rates)
    if None in by_rate or any(line.net is None for line in invoice.lines):
        return None
    return by_rate.get(part.rate, (Decimal(0), 0))[0]


def _nets_by_rate(invoice: Invoice, rates: dict[int, Decimal | None]) -> dict[Decimal | None, tuple[Decimal, int]]:
    summed: dict[Decimal | None, tuple[Decimal, int]] = {}
    for position, line in enumerate(invoice.lines, start=1):
        rate = line.tax_rate if line.tax_rate is not None else rates.get(position)
        total, count = summed.get(rate, (Decimal(0), 0))
        summed[rate] = (total + (line.net or Decimal(0)), count + 1)
    return summed


def _bases(invoice: Invoice, *, rates: dict[int, Decimal | None]) -> list[Finding]:
    """The lines add up to the net total and, without allowances and charges, to the bases of the tax."""
    if not invoice.lines or any(line.net is None for line in invoice.lines):
        return []
    step = minor_unit(invoice.currency)
    adjusted = (invoice.charge_total or Decimal(0)) - (invoice.allowance_total or Decimal(0))
    lines_net = sum((line.net or Decimal(0) for line in invoice.lines), Decimal(0))
    findings: list[Finding] = []
    if invoice.net is not None and abs(lines_net + adjusted - invoice.net) > step * max(1, len(invoice.lines) // 2):
        text = (
            f"The lines with allowances and charges come to {lines_net + adjusted}, the net total says {invoice.net}."
        )
        findings.append(_finding("tax.net-sum", text, lines=lines_net, adjusted=adjusted, net=invoice.net))
    if invoice.allowance_total or invoice.charge_total or findings:
        return findings
    by_rate = _nets_by_rate(invoice, rates)
    printed: dict[Decimal, Decimal] = {}
    for part in invoice.tax_subtotals:
        if part.taxable is not None:
            printed[part.rate or Decimal(0)] = printed.get(part.rate or Decimal(0), Decimal(0)) + part.taxable
    if not printed or None in by_rate:
        return findings
    for rate in {*printed, *(key for key in by_rate if key is not None)}:
        base, (lines, count) = printed.get(rate, Decimal(0)), by_rate.get(rate, (Decimal(0), 0))
        if abs(base - lines) > step * max(1, count):
            text = f"The lines at {rate} % come to {lines}, the tax is taken on {base}."
            findings.append(_finding("tax.base", text, rate=rate, lines=lines, taxable=base))
    return findings


def _from_lines(invoice: Invoice, *, rates: dict[int, Decimal | None]) -> list[Finding]:
    """Without subtotals the tax follows from the lines' rates; document-level amounts make that impossible."""
    by_rate = _nets_by_rate(invoice, rates)
    tax = invoice.tax
    if tax is None and invoice.net is not None and invoice.gross is not None:
        tax = invoice.gross - invoice.net  # What the total asks for beyond the net is tax, whether it says so or not.
    if tax is None or not by_rate or None in by_rate or any(line.net is None for line in invoice.lines):
        return []
    adjusted = (invoice.charge_total or Decimal(0)) - (invoice.allowance_total or Decimal(0))
    known = {rate: net for rate, (net, _) in by_rate.items() if rate is not None}
    if adjusted and len(known) == 1:
        known = {rate: net + adjusted for rate, net in known.items()}
    elif adjusted:
        return []
    step = minor_unit(invoice.currency)
    expected = sum((net * rate / 100 for rate, net in known.items()), Decimal(0))
    if abs(expected - tax) <= step / 2 * (len(invoice.lines) + 1):
        return []
    text = f"The lines' rates come to {expected.quantize(step)} of tax, the invoice says {tax}."
    return [_finding("tax.rate-times-base", text, expected=expected, tax=tax)]


def _rates_against_order(lines: Sequence[LineMatch]) -> list[Finding]:
    findings: list[Finding] = []
    for match in lines:
        rate, ordered = match.invoice_line.tax_rate, match.order_line
        if ordered is None or rate is None or ordered.tax_rate is None or rate == ordered.tax_rate:
            continue
        text = f"Line {match.position} is taxed at {rate} %, the order says {ordered.tax_rate} %."
        order_id = match.order.id if match.order else None
        findings.append(
            _finding(
                "tax.rate-of-order",
                text,
                order=order_id,
                order_line=ordered.id,
                order_rate=ordered.tax_rate,
                invoice_rate=rate,
            )
        )
    return findings
