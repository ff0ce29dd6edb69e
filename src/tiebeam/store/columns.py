"""Column types with one meaning on both databases: JSON, moments and amounts as text, digests as bytes."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from tiebeam.kit import decimal_text, iso, parse_iso, stored_json

_DIGITS = 64


class JsonText(TypeDecorator[Any]):
    """Any JSON value as text; decimals and times come back as strings. None is SQL NULL, not JSON null."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else stored_json(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else json.loads(value)


class Moment(TypeDecorator[datetime]):
    """An aware datetime as UTC ISO text of fixed width, so that text order is time order. Raises on a naive one."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time without an offset: {value!r}")
        return iso(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else parse_iso(value)


class Digest(TypeDecorator[str]):
    """A SHA-256 in hexadecimal digits, kept as its 32 bytes; what was kept as digits before is read as well."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.LargeBinary())
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return value.decode() if len(value) == _DIGITS else value.hex()


class Amount(TypeDecorator[Decimal]):
    """A decimal as plain text, exact at any size. Text order is not number order: never sort or sum it in SQL."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else decimal_text(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)
