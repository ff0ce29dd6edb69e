"""Verbs about the library: intents, roles, recipes and what uses what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.shared import Group, json_option, print_json, print_table, workspace_of, workspace_option

if TYPE_CHECKING:
    from tiebeam.graph import Graph


@click.group(cls=Group)
def library() -> None:
    """Browse intents, recipes, roles, patterns and handoff protocols, with what uses what."""


@library.command("list")
@click.argument("kind", default="intents")
@workspace_option
@json_option
def list_(kind: str, workspace: Path | None, as_json: bool) -> None:
    """List the records of KIND (intents, recipes, roles, patterns, handoffs, evaluations, tracks …)."""
    records = _graph(workspace).records(kind)
    if as_json:
        print_json(list(records.values()))
        return
    rows = [(record_id, getattr(record, "title", getattr(record, "name", ""))) for record_id, record in records.items()]
    print_table(("id", "title"), rows)


@library.command("show")
@click.argument("kind")
@click.argument("record")
@workspace_option
@json_option
def show(kind: str, record: str, workspace: Path | None, as_json: bool) -> None:
    """Show one record with its file, what it depends on and what uses it; always as JSON."""
    del as_json
    graph = _graph(workspace)
    print_json(
        {
            "record": graph.of(kind, record),
            "file": graph.file_of(kind, record),
            "depends_on": graph.depends_on(kind, record),
            "used_by": graph.used_by(kind, record),
        }
    )


def _graph(given: Path | None) -> Graph:
    """The library, overlaid by the workspace that is given or lies here or above; outside of one the library alone."""
    from tiebeam.graph import NoWorkspace, load

    try:
        return load(workspace_of(given))
    except NoWorkspace:
        if given is not None:
            raise
        return load(None)


@library.command("lock")
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; fail when content changed without a version."
)
def lock(only_check: bool) -> None:
    """Pin every library record's version and content in library.lock (for those who write the library)."""
    from tiebeam.graph import library_root
    from tiebeam.graph import lock as lock_library

    lock_library(library_root(), write=not only_check)
    click.echo("library.lock is right" if only_check else "library.lock is written")
