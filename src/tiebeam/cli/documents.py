"""Verbs about documents: read them without running anything, and look at those that were taken in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    Group,
    check_output,
    json_option,
    jsonl_option,
    person_option,
    print_json,
    print_table,
    say,
    shown_path,
    workspace_option,
    write_jsonl,
)
from tiebeam.cli.show import print_document


@click.group(cls=Group)
def documents() -> None:
    """Read invoices in any supported syntax, and look at those that were taken in."""


@documents.command("read")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@jsonl_option
@json_option
def read(paths: tuple[Path, ...], jsonl: Path | None, as_json: bool) -> int:
    """Read the documents of PATHS (files, or folders with all below them) in confined processes. Needs no workspace.

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


@documents.command("show")
@asks("document.view", "document", "document")
@click.argument("document")
@click.option("--page", default=None, type=int, help="A page to draw, counted from 1 [default with --out: 1].")
@click.option(
    "--out", default=None, type=click.Path(path_type=Path, dir_okay=False, writable=True), help="The PNG to write."
)
@click.option("--width", default=1000, show_default=True, type=click.IntRange(50, 2000), help="Pixels.")
@workspace_option
@person_option
@json_option
def show(
    document: str,
    page: int | None,
    out: Path | None,
    width: int,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Show what was read from DOCUMENT (an id, see 'tiebeam runs show') and where; with --out, draw a page of it."""
    from tiebeam.workflow.intake import document_picture, document_view

    if page is not None and out is None:
        raise click.UsageError("name the picture to write with --out FILE.png")
    check_output(out)
    with calling(workspace, person) as caller:
        app = caller.app
        with app.store.read() as conn:
            view = document_view(conn, document)
        drawn = None
        if out is not None:
            archive, reader = app.intake.archive, app.reader
            drawn = document_picture(view, archive=archive, reader=reader, page=page or 1, width=width)
            out.write_bytes(drawn.png)
    if as_json:
        print_json(view)
    elif out is not None and drawn is not None:
        size = f"{drawn.width} x {drawn.height} pixels"
        say(f"page {drawn.page} of {drawn.pages} of {view.name}, {size}: {shown_path(out)}")
    else:
        print_document(view)


def _files(paths: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    """(name as given, path); a path that does not exist is left to the reader, which says so."""
    for path in paths:
        if not path.is_dir():
            yield shown_path(path), path
            continue
        for item in sorted(path.rglob("*")):
            if item.is_file():
                yield shown_path(item), item
