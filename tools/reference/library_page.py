"""docs/reference/library.md: what the built-in library holds, counted."""

from __future__ import annotations

from reference.source import page, table
from tiebeam.graph import Kind, load
from tiebeam.graph.layout import place_of


def render() -> str:
    library = load(None)
    counts = [(place_of(kind).noun, str(len(getattr(library, kind.value)))) for kind in Kind]
    return page(
        "Library",
        "The library is data only: TOML files in the package, overlaid by a workspace's own.",
        ["## Counts", "", *table(("kind", "records"), counts)],
        *[_listing(kind, getattr(library, kind.value)) for kind in Kind if getattr(library, kind.value)],
    )


def _listing(kind: Kind, records: dict[str, object]) -> list[str]:
    rows = [(f"`{name}`", _title(record)) for name, record in sorted(records.items())]
    return [f"## {kind.value.capitalize()}", "", *table(("id", "title"), rows)]


def _title(record: object) -> str:
    return next((str(getattr(record, name)) for name in ("title", "name", "outcome") if hasattr(record, name)), "")
