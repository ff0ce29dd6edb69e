"""Which invoice line is for which order line: by item number, order line, name, quantity and price together."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz

from tiebeam.connect.documents import InvoiceLine
from tiebeam.connect.purchasing import OrderLine, PurchaseOrder
from tiebeam.kit import compact_key, words_key
from tiebeam.workflow.invoices.matching.assignment import best_assignment
from tiebeam.workflow.invoices.matching.keys import number_key
from tiebeam.workflow.invoices.matching.model import LineMatch
from tiebeam.workflow.invoices.matching.units import unit_key

SAME_ITEM_NAME = 80.0
"""Lowest similarity (0–100) of item names that makes a pair possible without item number or order line."""
_RENUMBERED_ITEM_NAME = 92.0

Place = tuple[PurchaseOrder, OrderLine]


def match_lines(lines: Sequence[InvoiceLine], *, orders: Sequence[PurchaseOrder]) -> tuple[LineMatch, ...]:
    """The assignment with the greatest total evidence. A second invoice line for the same order line joins it."""
    places: list[Place] = [(order, line) for order in orders for line in order.lines]
    skus = {compact_key(line.sku) for _, line in places if line.sku}
    scores = [[_score(line, place, known_skus=skus) for place in places] for line in lines]
    chosen = best_assignment([[score for score, _ in row] for row in scores])
    return tuple(
        _line_match(position, line, places, scores[position], chosen[position]) for position, line in enumerate(lines)
    )


def _line_match(
    position: int, line: InvoiceLine, places: list[Place], row: list[tuple[float, str]], column: int | None
) -> LineMatch:
    if column is None or row[column][0] <= 0:
        # Split lines: batches or deliveries of one order line, each on a line of its own.
        column = max(range(len(places)), key=lambda place: row[place][0], default=None)
        if column is None or row[column][0] < _JOINING:
            return LineMatch(line, position + 1, None, None, "nothing on the order fits", 0.0)
    score, how = row[column]
    order, order_line = places[column]
    return LineMatch(line, position + 1, order, order_line, how, score)


_ITEM_NUMBER = 1000.0
_ORDER_LINE = 600.0
_JOINING = 600.0


def _score(line: InvoiceLine, place: Place, *, known_skus: set[str]) -> tuple[float, str]:
    order, order_line = place
    if line.order_reference and number_key(line.order_reference) != number_key(order.id):
        return 0.0, ""
    similarity = name_similarity(line.name, order_line.name)
    sku, order_sku = compact_key(line.sku or ""), compact_key(order_line.sku or "")
    same_sku = bool(sku) and sku == order_sku
    other_sku = bool(sku) and bool(order_sku) and not same_sku
    same_line = bool(line.order_line) and _same_line_number(line.order_line or "", order_line.id)
    agreement = _agreement(line, order_line) + similarity
    if same_sku:
        return _ITEM_NUMBER + (_ORDER_LINE if same_line else 0.0) + agreement, "item number"
    if other_sku and (sku in known_skus or similarity < _RENUMBERED_ITEM_NAME):
        # The item number names another line of the order, or another item altogether.
        return 0.0, ""
    if same_line and (similarity >= SAME_ITEM_NAME or not line.name or _agrees(line, order_line)):
        return _ORDER_LINE + agreement, "order line"
    if similarity >= SAME_ITEM_NAME:
        return agreement, "name"
    if not line.name and not sku and _agrees(line, order_line):
        return agreement, "price and quantity"
    return 0.0, ""


def _same_line_number(one: str, other: str) -> bool:
    return one.strip().lstrip("0") == other.strip().lstrip("0")


def name_similarity(one: str | None, other: str | None) -> float:
    """0–100; additions around a name (`… (as ordered)`) and another order of words cost nothing."""
    if not one or not other:
        return 0.0
    return float(fuzz.token_set_ratio(words_key(one), words_key(other)))


def _agreement(line: InvoiceLine, order_line: OrderLine) -> float:
    """Small evidence that decides between items of the same name."""
    points = 0.0
    if line.unit_price is not None:
        top = max(abs(line.unit_price), abs(order_line.unit_price))
        points += 60.0 if not top else 60.0 * float(1 - min(1, abs(line.unit_price - order_line.unit_price) / top))
    if line.quantity is not None:
        top = max(abs(line.quantity), abs(order_line.quantity))
        points += 30.0 if not top else 30.0 * float(1 - min(1, abs(line.quantity - order_line.quantity) / top))
    if unit_key(line.unit) == unit_key(order_line.unit):
        points += 5.0
    if line.tax_rate is not None and line.tax_rate == order_line.tax_rate:
        points += 5.0
    return points


def _agrees(line: InvoiceLine, order_line: OrderLine) -> bool:
    return line.unit_price == order_line.unit_price and (
        line.quantity is not None and line.quantity <= order_line.quantity
    )
