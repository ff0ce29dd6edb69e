"""A document as a person sees it: its pages as pictures with marks, or an electronic invoice set out as one."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.web.views.parts import Commands, Fact, Link, Pill


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a field was read, in points of the page."""

    id: str
    title: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageImage:
    """`width` and `height` keep the place until the picture is there; `view_box` is the page in points."""

    href: str
    alt: str
    width: int
    height: int
    view_box: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field as it was read; `at` is the id of its mark, empty where the page does not show one."""

    label: str
    value: str
    quote: str = ""
    place: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class SheetLine:
    number: str
    name: str
    sku: str
    quantity: str
    unit: str
    price: str
    tax: str
    net: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An invoice set out for reading, whatever syntax it came in."""

    title: str
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    facts: tuple[Fact, ...]
    lines: tuple[SheetLine, ...]
    totals: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    more: int = 0
    """Lines that are not shown."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What can be shown of a document: `pages`, or `sheet`, or else `reason` says why neither."""

    name: str
    href: str
    pages: tuple[PageImage, ...] = ()
    more: int = 0
    """Pages that are not shown here."""
    sheet: Sheet | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DocumentPage:
    id: str
    name: str
    headline: str
    state: Pill
    run: Link
    original: str
    """Address of the bytes as they arrived; empty where they were not kept."""
    paper: Paper
    fields: tuple[FieldLine, ...]
    sheet: Sheet | None
    warnings: tuple[str, ...]
    text: str
    facts: tuple[Fact, ...]
    commands: Commands
