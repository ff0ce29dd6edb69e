"""Tables as data: one description serves the page, the `.csv` and the `.json` at the same URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tiebeam.kit import csv_text, decimal_text, iso
from tiebeam.web.wording import NONE

PAGE_SIZE = 50
EXPORT_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str
    is_number: bool = False
    is_sortable: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """`raw` is what exports and sorting use; without it the text is."""

    text: str = ""
    href: str = ""
    sub: str = ""
    """A quieter second line."""
    tone: str = ""
    """A pill of that tone: ok, warn, bad, accent, neutral."""
    is_mono: bool = False
    is_soft: bool = False
    is_long: bool = False
    """May break anywhere, as machine text must."""
    when: datetime | None = None
    """Shown as a time element; the text is then its words."""
    raw: Any = None

    @property
    def value(self) -> Any:
        if self.raw is not None or self.when is not None:
            return self.raw if self.raw is not None else self.when
        return "" if self.text == NONE else self.text


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    cells: tuple[Cell, ...]
    """Parallel to the columns."""
    marks: Mapping[str, str] | None = None
    """Values that filters compare with, by filter key."""


@dataclass(frozen=True, slots=True)
class Filter:
    key: str
    label: str
    choices: tuple[tuple[str, str], ...]
    """(value, label) pairs."""
    value: str = ""

    @property
    def chosen(self) -> str:
        return dict(self.choices).get(self.value, self.value)


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list is for, and the one thing that fills it."""

    title: str
    text: str
    command: str = ""
    href: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class TableQuery:
    """Sort, page and search as the URL states them."""

    text: str = ""
    sort: str = ""
    is_descending: bool = False
    page: int = 1
    filters: Mapping[str, str] | None = None

    @classmethod
    def from_params(cls, params: Mapping[str, str], *, filters: Sequence[str] = (), sort: str = "") -> TableQuery:
        """Reads `q`, `sort` (a leading minus means descending), `page` and the named filters; nonsense is ignored."""
        asked = params.get("sort", sort)
        page = params.get("page", "1")
        return cls(
            text=params.get("q", "").strip()[:200],
            sort=asked.removeprefix("-"),
            is_descending=asked.startswith("-"),
            page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
            filters={key: params[key] for key in filters if params.get(key)},
        )


@dataclass(frozen=True, slots=True)
class Table:
    """One page of rows. `is_searchable` offers the search field; `base` is the path exports are made from."""

    id: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: int
    empty: Empty
    query: TableQuery = TableQuery()
    filters: tuple[Filter, ...] = ()
    is_searchable: bool = True
    base: str = ""
    page_size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.page_size))

    @property
    def first(self) -> int:
        return (self.query.page - 1) * self.page_size + 1

    @property
    def active(self) -> tuple[Filter, ...]:
        return tuple(one for one in self.filters if one.value)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.active or self.query.text)


def _sort_key(value: Any) -> tuple[int, Any]:
    if value is None or value == "":
        return (3, "")
    if isinstance(value, (int, float, Decimal)):
        return (0, value)
    if isinstance(value, datetime):
        return (1, value.timestamp())
    return (2, str(value).casefold())


def arrange(table: Table, query: TableQuery, *, everything: bool = False) -> Table:
    """Search, filter, sort and cut the rows of a table that was built whole; `everything` skips the cut for exports."""
    wanted = query.text.casefold()
    chosen = query.filters or {}
    rows = [
        row
        for row in table.rows
        if all((row.marks or {}).get(key) == value for key, value in chosen.items())
        and (not wanted or any(wanted in f"{cell.text} {cell.sub}".casefold() for cell in row.cells))
    ]
    place = next((i for i, column in enumerate(table.columns) if column.key == query.sort and column.is_sortable), None)
    if place is not None:
        blank = [row for row in rows if _sort_key(row.cells[place].value)[0] == 3]
        rows = [row for row in rows if _sort_key(row.cells[place].value)[0] != 3]
        rows.sort(key=lambda row: _sort_key(row.cells[place].value), reverse=query.is_descending)
        rows += blank
    total = len(rows)
    page = min(query.page, max(1, -(-total // table.page_size)))
    start = (page - 1) * table.page_size
    rows = rows[:EXPORT_LIMIT] if everything else rows[start : start + table.page_size]
    filters = tuple(replace(one, value=chosen.get(one.key, "")) for one in table.filters)
    return replace(table, rows=tuple(rows), total=total, query=replace(query, page=page), filters=filters)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return iso(value)
    return value


def as_records(table: Table) -> list[dict[str, Any]]:
    """One JSON object per row, keys as the columns; amounts as decimal text, times as ISO 8601."""
    return [
        {"id": row.key}
        | {column.key: _plain(cell.value) for column, cell in zip(table.columns, row.cells, strict=True)}
        for row in table.rows
    ]


def as_csv(table: Table) -> str:
    """The table for a spreadsheet, which will not run any of it."""
    head = ["id", *(column.key for column in table.columns)]
    return csv_text(head, ([row.key, *(cell.value for cell in row.cells)] for row in table.rows))
