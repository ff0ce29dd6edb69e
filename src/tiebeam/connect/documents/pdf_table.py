"""Invoice lines from the table on the pages: every word goes to the column where it stands and fits best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from tiebeam.connect.documents.model import InvoiceLine
from tiebeam.connect.documents.pdf_arithmetic import multiplies, recut
from tiebeam.connect.documents.pdf_articles import sku_below, with_article_numbers
from tiebeam.connect.documents.pdf_column_labels import column_labels
from tiebeam.connect.documents.pdf_columns import Column, HeaderRow, header_at
from tiebeam.connect.documents.pdf_labels import token_of, word_set
from tiebeam.connect.documents.pdf_numbers import currency_in, is_number, parse_number
from tiebeam.connect.documents.pdf_totals import is_totals_line
from tiebeam.connect.documents.pdf_words import Words, joined
from tiebeam.connect.documents.result import Evidence

_NUMERIC = frozenset({"quantity", "unit_price", "tax_rate", "tax_amount", "discount", "net", "gross"})
_CARRIED = tuple(
    word_set(
        """carriedforward broughtforward carryforward ubertrag report areporter atransporter transport riporto
        sumaysigue         overbrengen transporteren zwischensumme overfort siirto subtotalpage"""
    )
)
_BROKEN = ("-", "/", "_")
"""Where a long article number is broken between two lines."""
_APART = 2.2
"""Of the font size: a continuation line stands no further from its row."""


@dataclass(slots=True)
class Row:
    """One printed row, perhaps over several lines, with the words of each column."""

    cells: dict[str, list[Words]]
    first: Words
    last: Words
    y: float
    before: list[Words] = field(default_factory=list[Words])
    after: list[Words] = field(default_factory=list[Words])


@dataclass(frozen=True, slots=True)
class Table:
    lines: tuple[InvoiceLine, ...]
    evidence: tuple[Evidence, ...]
    header: HeaderRow
    last_line: int
    """Index of the last line of text that belongs to the table."""


def read_table(lines: Sequence[Words], *, mark: str | None) -> Table | None:
    """The lines of the first table that looks like invoice lines, over all pages; None where there is none."""
    labels = column_labels()
    header: HeaderRow | None = None
    first_header: HeaderRow | None = None
    rows: list[Row] = []
    loose: list[Words] = []
    last_line, index, is_open = 0, 0, False
    while index < len(lines):
        line = lines[index]
        may_begin = not rows or not is_open or line.page != rows[-1].last.page
        found = header_at(lines, index, labels=labels) if may_begin else None
        if found is not None and (header is None or _same_table(found, header)):
            header, first_header, is_open = found, first_header or found, True
            index = last_line = found.last_line + 1
            last_line -= 1
            loose = []
            continue
        if header is not None and is_open:
            if is_totals_line(line, mark=mark) and (rows or loose):
                is_open = False
            elif _take(line, rows=rows, loose=loose, columns=header.columns, mark=mark):
                last_line = index
        index += 1
    if first_header is None:
        return None
    columns = first_header.columns
    read = [_line(row, number=number, columns=columns, mark=mark) for number, row in enumerate(rows)]
    kept = with_article_numbers([line for line, _ in read])
    return Table(kept, tuple(e for _, evidence in read for e in evidence), first_header, last_line)


def _same_table(found: HeaderRow, header: HeaderRow) -> bool:
    """The header again on the next page; a tax summary further down has other columns."""
    return len(found.kinds & header.kinds) >= max(3, len(header.kinds) - 1)


def _take(line: Words, *, rows: list[Row], loose: list[Words], columns: Sequence[Column], mark: str | None) -> bool:
    """Adds a line to the rows. False where it has nothing to do with the table."""
    key = "".join(token_of(word.text) for word in line.words)
    if key.startswith(_CARRIED):
        return False
    cells = _cells(line.words, columns=columns)
    if _is_item(cells, mark=mark):
        row = Row(cells=cells, first=line, last=line, y=line.y)
        row.before = _above(row, loose=loose)
        _return_below(loose, row=row, rows=rows)
        loose.clear()
        rows.append(row)
        return True
    if rows and set(cells) == {"net"} and _lacks_amount(rows[-1], below=line):
        rows[-1].cells["net"] = cells["net"]  # Some layouts print the amount one line lower.
        return True
    if rows and set(cells) == {"sku"} and _text(rows[-1].cells.get("sku")).endswith(_BROKEN):
        _fill(rows[-1], cells)
        return True
    if set(cells) <= {"description", "sku", "pos", "unit", "other", "quantity"} and "description" in cells:
        loose.append(joined(cells["description"]))
        if rows and not _return_below(loose, row=None, rows=rows):
            return False
        if rows:
            _fill(rows[-1], cells)
        return bool(rows)
    return False


def _lacks_amount(row: Row, *, below: Words) -> bool:
    near = below.page == row.last.page and below.y - row.y <= _APART * max(below.size, row.last.size)
    return near and "net" not in row.cells


def _fill(row: Row, cells: dict[str, list[Words]]) -> None:
    """An article number on the second line of a row belongs to the row."""
    if "sku" not in cells:
        return
    if "sku" not in row.cells:
        row.cells["sku"] = cells["sku"]
    elif _text(row.cells["sku"]).endswith(_BROKEN):
        row.cells["sku"] += cells["sku"]


def _above(row: Row, *, loose: list[Words]) -> list[Words]:
    """Loose description lines that stand closer to this row than to the one before: the numbers are centred."""
    own: list[Words] = []
    lowest = row.y
    for words in reversed(loose):
        if words.page != row.first.page or lowest - words.y > 0.95 * max(words.size, 1.0) * 1.3:
            break
        own.insert(0, words)
        lowest = words.y
    return own if "description" not in row.cells or own else []


def _return_below(loose: list[Words], *, row: Row | None, rows: list[Row]) -> bool:
    """Gives loose lines to the row above where they stand close under it; what a new row took stays with that."""
    if not rows:
        return False
    last = rows[-1]
    taken = row.before if row is not None else []
    given = False
    for words in loose:
        if words in taken or words in last.after:
            given = given or words in last.after
            continue
        bottom = last.after[-1] if last.after else last.last
        if words.page == bottom.page and 0 < words.y - bottom.y <= _APART * max(words.size, bottom.size):
            last.after.append(words)
            given = True
    if row is not None:
        for words in taken:
            if words in last.after and "description" in row.cells and not _closer_to_new(words, last=last, row=row):
                row.before = [w for w in row.before if w is not words]
            elif words in last.after:
                last.after.remove(words)
    return given


def _closer_to_new(words: Words, *, last: Row, row: Row) -> bool:
    above = next((w for w in reversed(last.after) if w is not words and w.y < words.y), None)
    return row.y - words.y < words.y - (above.y if above is not None else last.y) - 0.5


def _is_item(cells: dict[str, list[Words]], *, mark: str | None) -> bool:
    amounts = [kind for kind in ("net", "gross", "unit_price") if _number(cells.get(kind), mark=mark) is not None]
    has_thing = any(kind in cells for kind in ("quantity", "description", "sku"))
    is_priced = "unit_price" in amounts and _quantity(cells.get("quantity"), mark=mark)[0] is not None
    has_amount = "net" in amounts or "gross" in amounts or is_priced
    return has_thing and has_amount


def _text(words: Iterable[Words] | None) -> str:
    return " ".join(word.text for word in words or ())


def _number(words: Sequence[Words] | None, *, mark: str | None) -> Decimal | None:
    if not words:
        return None
    whole = _text(words)
    value = parse_number(whole, mark=mark)
    if value is not None:
        return value
    numbers = [word.text for word in words if is_number(word.text)]
    return parse_number(numbers[0], mark=mark) if len(numbers) == 1 else None


def _cells(words: Sequence[Words], *, columns: Sequence[Column]) -> dict[str, list[Words]]:
    """The cheapest assignment of words to columns that keeps their order from left to right."""
    spans = _territories(columns)
    best = [_cost(words[0], column, span=span) for column, span in zip(columns, spans, strict=True)]
    trail: list[list[int]] = [list(range(len(columns)))]
    for last, word in pairwise(words):
        gap = (word.x0 - last.x1) / max(word.size, 1.0)
        change = 14.0 if gap < 0.45 else 5.0 if gap < 0.65 else 0.0  # A space is 0.6 in fonts of one width.
        stay = 0.0 if gap < 0.65 else 16.0 if gap > 1.6 else 1.0
        following: list[float] = []
        step: list[int] = []
        cheapest, where = float("inf"), 0
        for index, column in enumerate(columns):
            keep = best[index] + (stay if column.kind != "description" else stay / 3)
            moved = cheapest + change
            own = _cost(word, column, span=spans[index], continues=gap < 0.65)
            following.append(min(keep, moved) + own)
            step.append(index if keep <= moved else where)
            if best[index] < cheapest:
                cheapest, where = best[index], index
        best = following
        trail.append(step)
    place = min(range(len(columns)), key=best.__getitem__)
    cells: dict[str, list[Words]] = {}
    for word, step in zip(reversed(words), reversed(trail), strict=True):
        cells.setdefault(columns[place].kind, []).insert(0, word)
        place = step[place]
    return cells


def _territories(columns: Sequence[Column]) -> list[tuple[float, float]]:
    """Where the words of a column may stand at no cost: text runs to the right, numbers to either side."""
    spans: list[tuple[float, float]] = []
    for index, column in enumerate(columns):
        left = columns[index - 1].x1 if index else 0.0
        right = columns[index + 1].x0 if index + 1 < len(columns) else column.x1 + 60
        spans.append((left, right))
    return spans


def _cost(word: Words, column: Column, *, span: tuple[float, float], continues: bool = False) -> float:
    outside = max(0.0, span[0] - word.x0, word.x1 - span[1])
    apart = max(0.0, column.x0 - word.x1, word.x0 - column.x1)
    before = 0.0 if continues else max(0.0, column.x0 - 3 - word.x0)
    cost = outside + (0.15 * apart if column.kind in _NUMERIC else 0.2 * before)
    number = is_number(word.text)
    if column.kind in _NUMERIC and not number:
        if currency_in(word.text) or word.text in {"%", "kr", "kr.", "-", "–"}:
            return cost
        if column.kind != "quantity" or len(word.text) > 8:
            return cost + 40.0
        return cost + (0.5 if len(word.text) <= 4 else 4.0)
    if column.kind == "pos" and not word.text.strip(".)").isdigit():
        return cost + 40.0
    if column.kind == "unit" and number:
        return cost + 15.0
    if column.kind == "description" and number:
        return cost + 2.0
    if column.kind == "sku" and not any(letter.isdigit() for letter in word.text):
        return cost + 3.0
    return cost


def _line(row: Row, *, number: int, columns: Sequence[Column], mark: str | None) -> tuple[InvoiceLine, list[Evidence]]:
    cells = row.cells
    read = (_number(cells.get("unit_price"), mark=mark), _number(cells.get("net"), mark=mark))
    if not multiplies(_quantity(cells.get("quantity"), mark=mark)[0], *read):
        cells = recut(row.first.words, cells=cells, columns=columns, mark=mark) or cells
    amounts = {kind: _number(cells.get(kind), mark=mark) for kind in _NUMERIC}
    quantity, unit = _quantity(cells.get("quantity"), mark=mark)
    kind = _net_kind(quantity, amounts)
    sku = _unbroken(_text(cells.get("sku"))) or sku_below(row.after)
    name = " ".join(part for part in (_text(row.before), _text(cells.get("description")), _text(row.after)) if part)
    line = InvoiceLine(
        id=_text(cells.get("pos")).rstrip(".)") or str(number + 1),
        name=name or None,
        sku=sku or None,
        quantity=quantity,
        unit=_text(cells.get("unit")) or unit,
        unit_price=amounts["unit_price"],
        net=amounts[kind],
        tax_rate=amounts["tax_rate"],
    )
    words = cells.get(kind) or []
    evidence = [Evidence(f"lines[{number}].net", row.first.text[:300], words[0].place)] if words else []
    return line, evidence


def _unbroken(code: str) -> str:
    """`GL-40-` and `XL` on the next line are one article number."""
    for sign in _BROKEN:
        code = code.replace(f"{sign} ", sign)
    return code


def _net_kind(quantity: Decimal | None, amounts: dict[str, Decimal | None]) -> str:
    """`net` unless only the other amount column agrees with quantity times price."""
    price = amounts["unit_price"]
    if amounts["net"] is None:
        return "gross"
    if amounts["gross"] is None or quantity is None or price is None:
        return "net"
    expected = quantity * price
    off = {kind: abs((amounts[kind] or Decimal(0)) - expected) for kind in ("net", "gross")}
    return "gross" if off["gross"] < Decimal("0.02") < off["net"] and amounts["tax_rate"] is None else "net"


def _quantity(words: Sequence[Words] | None, *, mark: str | None) -> tuple[Decimal | None, str | None]:
    """`22 MON`, `3 Stk.`, `2x`: the number and the unit beside it."""
    if not words:
        return None, None
    whole = parse_number(_text(words), mark=mark)
    if whole is not None:
        return whole, None
    numbers = [word for word in words if is_number(word.text)]
    others = [word.text for word in words if not is_number(word.text)]
    if len(numbers) == 1:
        return parse_number(numbers[0].text, mark=mark), " ".join(others).strip("×. ").removeprefix("x ") or None
    if numbers and words[: len(numbers)] == numbers:
        return parse_number(_text(numbers), mark=mark), " ".join(others) or None
    glued = _text(words)
    digits = "".join(c for c in glued if c.isdigit() or c in ".,")
    unit = glued[len(digits) :].strip(" x×")
    if glued.startswith(digits) and digits and unit.isalpha():
        return parse_number(digits, mark=mark), unit or None
    return None, None
