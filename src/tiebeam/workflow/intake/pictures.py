"""The pages of a taken-in document as pictures, drawn from the archive."""

from __future__ import annotations

from pathlib import Path

from tiebeam.connect.documents import PagePicture, PageSize, Reader
from tiebeam.errors import NotFound
from tiebeam.workflow.intake.archive import Archive
from tiebeam.workflow.intake.views import DocumentView


def original_of(found: DocumentView, archive: Archive) -> Path:
    """Where the bytes lie as they arrived. Raises NotFound where they were too large to keep, or are gone."""
    if not found.archived:
        raise NotFound(f"the original of {found.name!r} was too large to keep; only its hash is known")
    return archive.path_of(found.sha256)


def document_pages(found: DocumentView, *, archive: Archive, reader: Reader) -> tuple[PageSize, ...]:
    """Raises NotFound, NoPages, PictureRefused and ReaderUnavailable."""
    return reader.pages(original_of(found, archive), name=found.name)


def document_picture(
    found: DocumentView, *, archive: Archive, reader: Reader, page: int, width: int = 1000
) -> PagePicture:
    """Page `page`, counted from 1. Raises what `document_pages` does, PageMissing, and Invalid for an odd width."""
    return reader.picture(original_of(found, archive), name=found.name, page=page, width=width)
