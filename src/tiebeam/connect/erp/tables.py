"""An ERP reached through its database: vouchers in two tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError

from tiebeam.connect.erp.http import ErpUnreachable
from tiebeam.connect.erp.posting import KeyReused, Posting, read_posting
from tiebeam.errors import Invalid
from tiebeam.kit import Clock, SystemClock, decimal_text, digest_of, iso

_metadata = sa.MetaData()

ap_voucher = sa.Table(
    "ap_voucher",
    _metadata,
    sa.Column("voucher", sa.Text, primary_key=True),
    sa.Column("idempotency_key", sa.Text, nullable=False, unique=True),
    sa.Column("content_digest", sa.Text, nullable=False),
    sa.Column("posted_at", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("supplier_id", sa.Text, nullable=False),
    sa.Column("invoice_number", sa.Text, nullable=False),
    sa.Column("invoice_date", sa.Text, nullable=False),
    sa.Column("due_date", sa.Text),
    sa.Column("order_reference", sa.Text),
    sa.Column("document_id", sa.Text),
    sa.Column("approved_by", sa.Text),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("net", sa.Text, nullable=False),
    sa.Column("tax", sa.Text, nullable=False),
    sa.Column("gross", sa.Text, nullable=False),
)
ap_voucher_line = sa.Table(
    "ap_voucher_line",
    _metadata,
    sa.Column("voucher", sa.Text, sa.ForeignKey("ap_voucher.voucher"), primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True),
    sa.Column("account", sa.Text),
    sa.Column("cost_centre", sa.Text),
    sa.Column("text", sa.Text),
    sa.Column("sku", sa.Text),
    sa.Column("quantity", sa.Text),
    sa.Column("unit_price", sa.Text),
    sa.Column("net", sa.Text, nullable=False),
    sa.Column("tax_rate", sa.Text),
    sa.Column("order_line", sa.Text),
)
ap_voucher_count = sa.Table(
    "ap_voucher_count",
    _metadata,
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last", sa.Integer, nullable=False),
)

# One statement that takes the row's lock, so that numbers have no gap and no two vouchers share one.
_NEXT_NUMBER = sa.text(
    'INSERT INTO ap_voucher_count (year, "last") VALUES (:year, 1) '
    'ON CONFLICT (year) DO UPDATE SET "last" = ap_voucher_count."last" + 1 RETURNING "last"'
)


class TablesErp:
    """Vouchers `AP-<year>-<number>` in the tables `ap_voucher` and `ap_voucher_line`, amounts as decimal text.

    `may_create` lets it create the tables where they are missing; else their absence is an error.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, may_create: bool = True) -> None:
        self._clock = clock or SystemClock()
        self._engine = _engine(url)
        try:
            if may_create:
                # "If not exists" in the statement itself: two workers may open a fresh ledger at the same moment.
                with self._engine.begin() as conn:
                    for table in _metadata.sorted_tables:
                        conn.execute(sa.schema.CreateTable(table, if_not_exists=True))
            is_there = may_create or sa.inspect(self._engine).has_table(ap_voucher.name)
        except OperationalError as problem:
            raise _unreachable(self._engine, problem) from problem
        if not is_there:
            raise Invalid("the ERP's database has no table 'ap_voucher'; create it or allow it by create_tables = true")

    def post_invoice(self, *, key: str, posting: Mapping[str, Any]) -> dict[str, Any]:
        """One voucher per key. Raises InvalidPosting, KeyReused when the key stands for other content, or
        ErpUnreachable before anything was sent.
        """
        content = read_posting(posting)
        digest = digest_of(content.model_dump(mode="json"))
        try:
            existing = self._existing(key, digest=digest)
        except OperationalError as problem:
            raise _unreachable(self._engine, problem) from problem
        if existing is not None:
            return existing
        try:
            with self._engine.begin() as conn:
                voucher = _insert(conn, key=key, digest=digest, posting=content, at=self._clock.now())
        except IntegrityError:
            # Another process posted the same key in between; its voucher is the answer.
            existing = self._existing(key, digest=digest)
            if existing is None:
                raise
            return existing
        return voucher

    def find(self, key: str) -> dict[str, Any] | None:
        with self._engine.connect() as conn:
            row = conn.execute(sa.select(ap_voucher).where(ap_voucher.c.idempotency_key == key)).mappings().first()
        return _receipt(row) if row is not None else None

    def close(self) -> None:
        self._engine.dispose()

    def _existing(self, key: str, *, digest: str) -> dict[str, Any] | None:
        with self._engine.connect() as conn:
            row = conn.execute(sa.select(ap_voucher).where(ap_voucher.c.idempotency_key == key)).mappings().first()
        if row is None:
            return None
        if row["content_digest"] != digest:
            raise KeyReused(f"the key {key!r} already posted voucher {row['voucher']!r} with other content")
        return _receipt(row)


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(parsed, connect_args={"timeout": 30})
        event.listen(engine, "connect", _durable)
        return engine
    if parsed.drivername == "postgresql":
        # Without a driver named, SQLAlchemy would look for one that is not installed.
        parsed = parsed.set(drivername="postgresql+psycopg")
    return sa.create_engine(parsed, pool_pre_ping=True)


def _unreachable(engine: sa.Engine, problem: OperationalError) -> ErpUnreachable:
    shown = engine.url.render_as_string(hide_password=True)
    said = " ".join(str(problem.orig).split())[:300]
    return ErpUnreachable(f"the ERP's database {shown} cannot be reached: {said}")


def _durable(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _insert(conn: sa.Connection, *, key: str, digest: str, posting: Posting, at: datetime) -> dict[str, Any]:
    number = conn.execute(_NEXT_NUMBER, {"year": at.year}).scalar_one()
    row = {
        "voucher": f"AP-{at.year}-{number:06d}",
        "idempotency_key": key,
        "content_digest": digest,
        "posted_at": iso(at),
        **{name: _text(value) for name, value in posting if name != "lines"},
    }
    conn.execute(sa.insert(ap_voucher), row)
    lines = [
        {"voucher": row["voucher"], "line": place, **{name: _text(value) for name, value in line}}
        for place, line in enumerate(posting.lines, start=1)
    ]
    if lines:
        conn.execute(sa.insert(ap_voucher_line), lines)
    return _receipt(row)


def _text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case Decimal():
            return decimal_text(value)
        case _:
            return str(value)


def _receipt(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "voucher": row["voucher"],
        "key": row["idempotency_key"],
        "posted_at": row["posted_at"],
        "kind": row["kind"],
        "gross": row["gross"],
        "currency": row["currency"],
    }
