"""Units of measure as orders and invoices name them."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from tiebeam.spec.base import Frozen, Text


class Unit(Frozen):
    """A unit by its code of UN/ECE Recommendation 20; `factor` times `base` is one of it."""

    title: Text
    base: str = Field(pattern="^[A-Z0-9]{2,3}$")
    """The code quantities of the same kind convert to; its own code when nothing else does."""
    factor: Decimal = Field(default=Decimal(1), gt=0)
    written: tuple[Text, ...] = ()
    """How documents without codes write it."""


class UnitTable(Frozen):
    """The file `units.toml`."""

    source: Text
    unit: dict[str, Unit]
