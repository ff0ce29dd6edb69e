"""What every declared record shares."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from tiebeam.kit import decimal_text, digest_of

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
"""One segment: lower case, digits, single hyphens."""
DottedId = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*([./][a-z0-9]+(-[a-z0-9]+)*)*$", max_length=160)
]
"""Segments joined by `.` (folder) and `/` (a recipe below its intent)."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Cel = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""A condition in CEL; compiled and its names checked when the workspace is loaded."""
Money = Annotated[Decimal, Field(max_digits=20, decimal_places=6)]


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return decimal_text(value)
        case date():
            return value.isoformat()
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


Data = Annotated[dict[str, Any], AfterValidator(_plain)]
"""Free content in JSON's types, decimals and dates as text: the same whether read from a file or from a snapshot."""
Share = Annotated[Decimal, Field(ge=0, le=1)]


class Status(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class Frozen(BaseModel):
    """A frozen noun; unknown fields are refused so that a typing error never passes as a rule."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Meta(Frozen):
    """About the record rather than of it. `source` names where a figure or text comes from, with its date."""

    status: Status = Status.ACTIVE
    version: int = Field(default=1, ge=1)
    since: date
    reviewed: date
    source: Text | None = None
    owner: DottedId | None = None


class Record(Frozen):
    """A declared record: one file, path = id = meaning. The loader sets `id` from the path."""

    id: DottedId
    meta: Meta


def as_data(record: BaseModel) -> dict[str, Any]:
    """JSON-ready content with decimals and dates as text, for hashing and storing."""
    return record.model_dump(mode="json")


def as_written(record: BaseModel) -> dict[str, Any]:
    """The same, of what its file says alone: a new field of all records changes nothing about those without it."""
    return record.model_dump(mode="json", exclude_unset=True)


def essence(record: BaseModel) -> dict[str, Any]:
    """JSON-ready: what a record says beyond the defaults of the language, however it was read.

    A release that adds a field leaves it as it is for records without that field. So a default never changes once
    records rely on it: another meaning is another field.
    """
    return record.model_dump(mode="json", exclude_defaults=True)


def fingerprint(record: BaseModel) -> str:
    """SHA-256 of the record's essence."""
    return digest_of(essence(record))
