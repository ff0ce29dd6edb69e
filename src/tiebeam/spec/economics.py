"""Economics: what may be spent, by whom, and at which price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field

from tiebeam.spec.base import DottedId, Frozen, Id, Money, Record, Text


class Budget(Record):
    """A ceiling owned by a business line; `parent` makes the tree."""

    title: Text
    owner_role: DottedId
    parent: DottedId | None = None
    usd_per_month: Money
    covers: tuple[DottedId, ...] = ()
    """Teams or intents charged to it."""


class PricePoint(Frozen):
    """A dated price; later points are appended, earlier ones never changed."""

    since: date
    input_usd_per_mtok: Decimal = Field(ge=0)
    output_usd_per_mtok: Decimal = Field(ge=0)
    cached_input_usd_per_mtok: Decimal | None = Field(default=None, ge=0)
    source: Text
    checked: date


class Price(Record):
    """The workspace's own price of a model (negotiated, batch, regional); overlays the public list."""

    provider: Id
    model: Text
    price: tuple[PricePoint, ...] = Field(min_length=1)
