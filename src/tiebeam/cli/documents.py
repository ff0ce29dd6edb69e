"""Verbs about documents: read them without running anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from tiebeam.cli.shared import (
    Group,
    check_output,
    json_option,
    jsonl_option,
    print_json,
    print_table,
    shown_path,
    write_jsonl,
)


@click.group(cls=Group)
def documents() -> None:
    """Read invoices in any supported syntax. Needs no workspace."""


@documents.command("read")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@jsonl_option
@json_option
def read(paths: tuple[Path, ...], jsonl: Path | None, as_json: bool) -> int:
    """Read the documents of PATHS (files, or folders with all below them) in confined processes.

    Each gives its fields and `error`, which is null when the document is readable. Exits with 1 when one is not.
    """
    from tiebeam.connect.documents import Reader, reference_fields

    check_output(jsonl)
    files = list(_files(paths))
    with Reader(workers=2) as reader:
        results = reader.read_many((name, path) for name, path in files)
        rows = [reference_fields(result, file=name) for (name, _), result in zip(files, results, strict=True)]
    if jsonl is not None:
        write_jsonl(jsonl, rows)
    if as_json:
        print_json(rows)
    elif str(jsonl) != "-":
        head = ("file", "syntax", "number", "seller", "gross", "error")
        print_table(head, [[row.get(name) for name in head] for row in rows])
    return 1 if any(row["error"] is not None for row in rows) else 0


def _files(paths: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    """(name as given, path); a path that does not exist is left to the reader, which says so."""
    for path in paths:
        if not path.is_dir():
            yield shown_path(path), path
            continue
        for item in sorted(path.rglob("*")):
            if item.is_file():
                yield shown_path(item), item
