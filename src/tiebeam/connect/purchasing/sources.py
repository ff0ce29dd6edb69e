"""Where reference data comes from: a folder of UBL files, CSV files, or a database."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from tiebeam.connect.purchasing import ubl
from tiebeam.connect.purchasing.errors import ReferenceUnreadable
from tiebeam.connect.purchasing.model import PurchaseOrder, Receipt, Supplier
from tiebeam.connect.purchasing.tables import ORDERS, RECEIPTS, SUPPLIERS, Shape, column_map, table_of
from tiebeam.kit import MASKING

_LARGEST_TABLE = 200 * 1024 * 1024
_LONGEST_CELL = 131_072
_MOST_ROWS = 1_000_000
_MOST_COLUMNS = 300
_ORDER_KINDS = frozenset({"Order"})
_RECEIPT_KINDS = frozenset({"ReceiptAdvice", "DespatchAdvice"})
_OTHER_KINDS = frozenset(
    {"OrderResponse", "OrderResponseSimple", "Invoice", "CreditNote", "ApplicationResponse", "Catalogue", "Quotation"}
)
"""Documents that may lie in the same folder and change nothing about what was ordered or received."""


def load_orders(source: str | Path, *, settings: Mapping[str, Any] | None = None) -> tuple[PurchaseOrder, ...]:
    """Orders from UBL (`*.xml`), CSV or a database URL.

    `settings` may name a `table` and map fields to `columns`. Raises ReferenceUnreadable naming file, row and column.
    """
    orders = _load(source, shape=ORDERS, kinds=_ORDER_KINDS, settings=settings or {})
    return _once(orders, what="order")


def load_receipts(source: str | Path, *, settings: Mapping[str, Any] | None = None) -> tuple[Receipt, ...]:
    """Goods receipts, and despatch advices marked as such; sources as in `load_orders`."""
    return _load(source, shape=RECEIPTS, kinds=_RECEIPT_KINDS, settings=settings or {})


def load_suppliers(source: str | Path, *, settings: Mapping[str, Any] | None = None) -> tuple[Supplier, ...]:
    """The supplier master from CSV or a database URL."""
    return _load(source, shape=SUPPLIERS, kinds=frozenset(), settings=settings or {})


def _once(orders: tuple[PurchaseOrder, ...], *, what: str) -> tuple[PurchaseOrder, ...]:
    seen: set[str] = set()
    for order in orders:
        if order.id in seen:
            raise ReferenceUnreadable(f"{what} {order.id!r} is there twice; keep the one that counts", id=order.id)
        seen.add(order.id)
    return orders


def _load(source: str | Path, *, shape: Shape, kinds: frozenset[str], settings: Mapping[str, Any]) -> tuple[Any, ...]:
    if isinstance(source, str) and "://" in source:
        return _from_database(source, shape=shape, settings=settings)
    path = Path(source)
    if not path.exists():
        raise ReferenceUnreadable(f"{str(path)!r} does not exist; name the {shape.kind} as a file, folder or URL")
    if path.is_file() and path.suffix.lower() == ".xml" and kinds:
        return tuple(_from_xml([path], kinds=kinds))
    if path.is_file():
        return _from_csv(path, shape=shape, settings=settings)
    return _from_folder(path, shape=shape, kinds=kinds, settings=settings)


def _from_folder(path: Path, *, shape: Shape, kinds: frozenset[str], settings: Mapping[str, Any]) -> tuple[Any, ...]:
    documents = sorted(path.glob("*.xml")) if kinds else []
    records = tuple(_from_xml(documents, kinds=kinds))
    if records:
        return records
    fitting = [file for file in sorted(path.glob("*.csv")) if _fits(file, shape=shape, settings=settings)]
    if len(fitting) == 1:
        return _from_csv(fitting[0], shape=shape, settings=settings)
    if len(fitting) > 1:
        names = ", ".join(file.name for file in fitting)
        raise ReferenceUnreadable(f"{str(path)!r} has several files that look like {shape.kind}: {names}; name one")
    if documents or not any(path.iterdir()):
        return ()
    raise ReferenceUnreadable(f"{str(path)!r} holds no {shape.kind} as UBL (*.xml) or CSV; name the right folder")


def _from_xml(files: Iterable[Path], *, kinds: frozenset[str]) -> Iterable[Any]:
    cancelled: set[str] = set()
    records: list[Any] = []
    for file in files:
        root = ubl.parse_file(file)
        kind = ubl.kind_of(root)
        if kind in kinds:
            read = ubl.read_order if kind == "Order" else ubl.read_receipt
            records.append(read(root, place=repr(file.name)))
        elif kind == "OrderCancellation":
            cancelled.add(ubl.cancelled_order(root, place=repr(file.name)))
        elif kind not in _OTHER_KINDS | _ORDER_KINDS | _RECEIPT_KINDS:
            raise ReferenceUnreadable(
                f"{file.name!r} is a {kind!r}, which is not read here; put the order as it stands now in its place",
                file=file.name,
            )
    return [record for record in records if not (isinstance(record, PurchaseOrder) and record.id in cancelled)]


def _rows_of(path: Path) -> tuple[list[str], list[tuple[str, dict[str, Any]]]]:
    if path.stat().st_size > _LARGEST_TABLE:
        raise ReferenceUnreadable(f"{path.name!r} is larger than {_LARGEST_TABLE // 1024 // 1024} MiB; split it")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ReferenceUnreadable(f"{path.name!r} is not UTF-8 text; save it as 'CSV UTF-8'") from problem
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter)
    rows: list[tuple[str, dict[str, Any]]] = []
    try:
        for row in reader:
            place = f"{path.name!r}, row {reader.line_num}"
            if len(rows) >= _MOST_ROWS or len(reader.fieldnames or ()) > _MOST_COLUMNS:
                raise ReferenceUnreadable(f"{place}: more than {_MOST_ROWS} rows or {_MOST_COLUMNS} columns; split it")
            # The reader's own limit belongs to the whole process, where others may have raised it.
            if any(isinstance(cell, str) and len(cell) > _LONGEST_CELL for cell in row.values()):
                raise csv.Error(f"field larger than field limit ({_LONGEST_CELL})")
            if None in row:
                raise ReferenceUnreadable(f"{place} has more cells than the header has columns", place=place)
            rows.append((place, {str(key): value for key, value in row.items()}))
    except csv.Error as problem:
        raise ReferenceUnreadable(f"{path.name!r}, row {reader.line_num}: {problem}") from problem
    return list(reader.fieldnames or ()), rows


def _fits(path: Path, *, shape: Shape, settings: Mapping[str, Any]) -> bool:
    head, _ = _rows_of(path)
    chosen: Mapping[str, str] = settings.get("columns", {})
    try:
        found = column_map(head, known=shape.known, chosen=chosen, needed=shape.needed, name=path.name)
    except ReferenceUnreadable:
        return False
    # A table of orders also has an order and a quantity; only receipts say when, or that, goods came.
    return shape.kind != "receipts" or "receipt" in found or any("received" in header.lower() for header in head)


def _from_csv(path: Path, *, shape: Shape, settings: Mapping[str, Any]) -> tuple[Any, ...]:
    headers, rows = _rows_of(path)
    chosen: Mapping[str, str] = settings.get("columns", {})
    return shape.build(
        table_of(path.name, rows, headers=headers, known=shape.known, needed=shape.needed, chosen=chosen)
    )


def _read_url(url: str, *, kind: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise ReferenceUnreadable(f"the address of the {kind} is no database URL; write postgresql://…") from None
    if parsed.password is not None:
        MASKING.add(str(parsed.password))
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def _from_database(url: str, *, shape: Shape, settings: Mapping[str, Any]) -> tuple[Any, ...]:
    engine = sa.create_engine(_read_url(url, kind=shape.kind))
    try:
        inspector = sa.inspect(engine)
        names = [*inspector.get_table_names(), *inspector.get_view_names()]
        wanted = settings.get("table") or next((name for name in shape.tables if name in names), None)
        if wanted not in names:
            raise ReferenceUnreadable(
                f"the database has no table {wanted or shape.tables[0]!r} for {shape.kind}; it has "
                f"{', '.join(names) or 'none'}; name it under `table`"
            )
        table = sa.Table(wanted, sa.MetaData(), autoload_with=engine)
        with engine.connect() as conn:
            found = [dict(row) for row in conn.execute(sa.select(table)).mappings()]
    except SQLAlchemyError as problem:
        said = MASKING.mask(str(getattr(problem, "orig", None) or problem))
        raise ReferenceUnreadable(f"the {shape.kind} could not be read from the database: {said}") from problem
    finally:
        engine.dispose()
    rows = [(f"table {wanted!r}, row {count}", row) for count, row in enumerate(found, start=1)]
    headers = [column.name for column in table.columns]
    chosen: Mapping[str, str] = settings.get("columns", {})
    return shape.build(table_of(wanted, rows, headers=headers, known=shape.known, needed=shape.needed, chosen=chosen))
