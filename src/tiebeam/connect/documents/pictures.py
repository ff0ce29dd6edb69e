"""What a person sees of a document: the sizes of its pages and each page as a picture, or why there is none."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tiebeam.connect.documents.result import ReadErrorCode, Unreadable
from tiebeam.errors import NotFound, TiebeamError

NARROWEST, WIDEST = 50, 2000
"""Pixels that a picture may be wide."""
_WITHOUT_PAGES = frozenset({ReadErrorCode.UNSUPPORTED, ReadErrorCode.EMPTY})


class PageMissing(NotFound):
    """The document has no page of this number."""

    code = "page_missing"


class NoPages(TiebeamError):
    """The document is of a kind that has no pages, such as XML; show its fields and its text instead."""

    code = "no_pages"
    status = 415


class PictureRefused(TiebeamError):
    """A page cannot be shown: damaged, protected or beyond a limit. `data["reason_code"]` is a `ReadErrorCode`."""

    code = "picture_refused"
    status = 422


@dataclass(frozen=True, slots=True)
class PageSize:
    """One page as it is shown. Points, 72 an inch."""

    page: int
    width: float
    height: float
    left: float = 0.0
    """Where the shown part begins, in the coordinates that evidence is written in."""
    top: float = 0.0


@dataclass(frozen=True, slots=True)
class PagePicture:
    """Page `page` of `pages`, counted from 1; `width` and `height` in pixels."""

    png: bytes
    page: int
    pages: int
    width: int
    height: int


class PageAbsent(Exception):
    """Raised inside the confined process; the front door turns it into `PageMissing`."""

    def __init__(self, pages: int) -> None:
        super().__init__(f"the document has {pages} pages")
        self.pages = pages


def picture_to_wire(picture: PagePicture) -> dict[str, Any]:
    return asdict(picture) | {"png": base64.b64encode(picture.png).decode("ascii")}


def picture_from_wire(form: Mapping[str, Any]) -> PagePicture:
    """Raises KeyError, TypeError or ValueError on anything that is no picture."""
    return PagePicture(
        png=base64.b64decode(form["png"], validate=True),
        page=int(form["page"]),
        pages=int(form["pages"]),
        width=int(form["width"]),
        height=int(form["height"]),
    )


def sizes_from_wire(rows: list[Mapping[str, Any]]) -> tuple[PageSize, ...]:
    """Raises KeyError, TypeError or ValueError on anything that is no page size."""
    return tuple(
        PageSize(
            page=int(row["page"]),
            width=float(row["width"]),
            height=float(row["height"]),
            left=float(row["left"]),
            top=float(row["top"]),
        )
        for row in rows
    )


def missing_page(name: str, *, page: int, pages: int) -> PageMissing:
    has = "one page" if pages == 1 else f"{pages} pages"
    return PageMissing(f"{name!r} has {has}, so there is no page {page}", page=page, pages=pages)


def not_shown(problem: Unreadable, *, name: str) -> NoPages | PictureRefused:
    """The reason why a document has no picture, as an error with a stable code."""
    reason_code = problem.code.value
    if problem.code in _WITHOUT_PAGES:
        return NoPages(f"{name!r} has no pages to show. {problem.reason}", reason_code=reason_code)
    return PictureRefused(f"{name!r} cannot be shown. {problem.reason}", reason_code=reason_code)
