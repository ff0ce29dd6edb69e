"""The sources that are known: how each is told from its columns, and how its records are read."""

from tiebeam.economics.imports.sources.fields import Fields, ToUsd, Unreadable, id_of
from tiebeam.economics.imports.sources.known import SOURCES, Source, source_of

__all__ = ["SOURCES", "Fields", "Source", "ToUsd", "Unreadable", "id_of", "source_of"]
