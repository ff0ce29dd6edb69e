"""What the rules found, as quotes and a comparison that a reviewer can judge by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from tiebeam.web.views import CompareRow, Fact, Quote
from tiebeam.web.wording import NONE, in_words, money, quantity, sentence

_MOST_QUOTES = 12
_MOST_NOTES = 6


def finding_quotes(rules: object) -> tuple[Quote, ...]:
    """Findings and rules that spoke, blocking ones first and in their colour."""
    if not isinstance(rules, (list, tuple)):
        return ()
    found: Sequence[Mapping[str, Any]] = [rule for rule in rules if isinstance(rule, Mapping)]
    ordered = sorted(found, key=lambda rule: not rule.get("blocks", True))
    if any(rule.get("blocks", True) for rule in ordered):
        # That a discrepancy needs a person says nothing beside the discrepancy itself.
        ordered = [rule for rule in ordered if not str(rule.get("rule", "")).startswith("decision.")]
    return tuple(
        Quote(
            text=str(rule.get("text", "")),
            source=f"Rule {rule.get('rule', '')}",
            note=_evidence_note(rule.get("evidence")),
            tone="warn" if rule.get("blocks", True) else "",
        )
        for rule in ordered[:_MOST_QUOTES]
    )


def step_quotes(evidence: Mapping[str, Any]) -> tuple[Quote, ...]:
    """The evidence a step left: lists of findings as quotes, everything else as one quote each."""
    quotes: list[Quote] = []
    for name, value in evidence.items():
        if isinstance(value, list) and value and all(isinstance(one, Mapping) and "text" in one for one in value):
            quotes += finding_quotes(value)
        elif isinstance(value, (str, int, float)):
            quotes.append(Quote(str(value), sentence(name)))
    return tuple(quotes[:_MOST_QUOTES])


def _evidence_note(evidence: object) -> str:
    if not isinstance(evidence, Mapping):
        return ""
    plain = [
        f"{in_words(str(key))} {value}"
        for key, value in evidence.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and len(str(value)) <= 80
    ]
    return ", ".join(plain[:_MOST_NOTES])


def comparison(match: Mapping[str, Any]) -> tuple[CompareRow, ...]:
    """Invoice lines beside their order lines and receipts, from the output of the matching step."""
    lines = [line for line in match.get("lines") or () if isinstance(line, Mapping)]
    findings = [one for one in match.get("findings") or () if isinstance(one, Mapping)]
    return tuple(_compare_row(line, _received(line, match.get("receipts")), findings) for line in lines)


def _compare_row(
    line: Mapping[str, Any], received: Decimal | None, findings: Sequence[Mapping[str, Any]]
) -> CompareRow:
    mine = [one for one in findings if _is_about(one, line)]
    labels = {str(one.get("label")) for one in mine}
    position, order_line = line.get("position"), line.get("order_line")
    where = f"Line {position}" + (f" · order line {order_line}" if order_line else " · not on an order")
    return CompareRow(
        line=where,
        name=str(line.get("name") or line.get("sku") or f"Line {position}"),
        invoiced=(_number(line.get("quantity")), _price(line.get("unit_price"))),
        ordered=(_number(line.get("ordered_quantity")), _price(line.get("ordered_price"))),
        received=quantity(received),
        is_quantity_off=bool(labels & {"quantity_variance", "missing_receipt"}),
        is_price_off="price_variance" in labels,
        finding=next((_short(one) for one in mine if one.get("blocks", True)), ""),
    )


def _short(finding: Mapping[str, Any]) -> str:
    """The finding in as few words as a table cell holds; its full text stands among the quotes."""
    evidence: Mapping[str, Any] = finding.get("evidence") or {}
    percent_above = evidence.get("percent") or evidence.get("above_percent")
    over = evidence.get("over")
    label = in_words(str(finding.get("label") or finding.get("code") or ""))
    said = f"{percent_above} % above" if percent_above else f"{over} too many" if over else label
    return said[:1].upper() + said[1:]


def _is_about(finding: Mapping[str, Any], line: Mapping[str, Any]) -> bool:
    evidence: Mapping[str, Any] = finding.get("evidence") or {}
    places: list[Mapping[str, Any]] = [evidence]
    if isinstance(evidence.get("lines"), list):
        places += [one for one in evidence["lines"] if isinstance(one, Mapping)]
    for place in places:
        if place.get("position") is not None and place["position"] == line.get("position"):
            return True
        if place.get("order_line") is not None and place["order_line"] == line.get("order_line"):
            return place.get("order") in (None, line.get("order"))
    return False


def _received(line: Mapping[str, Any], receipts: object) -> Decimal | None:
    """What our own people counted for this line over all receipts; None where nothing is on file."""
    if not isinstance(receipts, list) or not line.get("order_line"):
        return None
    counted: list[Decimal] = []
    for receipt in receipts:
        if receipt.get("kind") == "despatch":
            continue
        for got in receipt.get("lines") or ():
            is_same = (
                got.get("order_line") == line["order_line"]
                if got.get("order_line")
                else got.get("sku") == line.get("sku")
            )
            if is_same and (got.get("order_id") or receipt.get("order_id")) in (None, line.get("order")):
                counted.append(_decimal(got.get("quantity")) or Decimal(0))
    return sum(counted, Decimal(0)) if counted else None


def _decimal(value: object) -> Decimal | None:
    try:
        return None if value in (None, "") else Decimal(str(value))
    except InvalidOperation:
        return None


def _number(value: object) -> str:
    return quantity(_decimal(value))


def _price(value: object) -> str:
    amount = _decimal(value)
    return NONE if amount is None else f"{amount:,f}"


def posting_facts(posting: Mapping[str, Any]) -> tuple[Fact, ...]:
    """What approving would post and pay, in words; empty parts say so."""
    currency = str(posting.get("currency") or "")
    lines = [line for line in posting.get("lines") or () if isinstance(line, Mapping)]
    accounts = sorted({str(line["account"]) for line in lines if line.get("account")})
    centres = sorted({str(line["cost_centre"]) for line in lines if line.get("cost_centre")})
    booked = f"{sentence(str(posting.get('kind') or 'invoice'))} {posting.get('invoice_number') or 'without a number'}"
    facts = [
        Fact(
            "Post",
            f"{money(_decimal(posting.get('gross')), currency)}",
            note=f"{booked}, {posting.get('supplier_name') or 'unknown supplier'}",
        ),
        Fact(
            "Tax",
            money(_decimal(posting.get("tax")), currency),
            note=f"net {money(_decimal(posting.get('net')), currency)}",
        ),
        Fact("Pay", money(_decimal(posting.get("payable")), currency), note=_pay_note(posting)),
        Fact("Order", str(posting.get("order_reference") or "none")),
    ]
    if accounts or centres:
        facts.append(Fact("Account", ", ".join(accounts) or "none", note=", ".join(centres)))
    return tuple(facts)


def _pay_note(posting: Mapping[str, Any]) -> str:
    account = str(posting.get("iban") or "")
    grouped = " ".join(account[start : start + 4] for start in range(0, len(account), 4))
    due = posting.get("due_date")
    return f"to {grouped or 'no account'}" + (f", due {due}" if due else "")


def plain_facts(values: Mapping[str, Any]) -> tuple[Fact, ...]:
    """The plain values of a mapping, in its order."""
    return tuple(
        Fact(sentence(str(key)), NONE if value is None else str(value))
        for key, value in values.items()
        if value is None or isinstance(value, (str, int, float, Decimal))
    )
