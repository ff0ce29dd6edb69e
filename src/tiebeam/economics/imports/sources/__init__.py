"""The sources that are known: how each is told from its columns, and how its records are read."""

from tiebeam.economics.imports.sources.fields import Fields, Unreadable
from tiebeam.economics.imports.sources.known import SOURCES, Source, source_of

__all__ = ["SOURCES", "Fields", "Source", "Unreadable", "source_of"]
