"""Verbs about the library: intents, roles, recipes and what uses what."""

from __future__ import annotations

from pathlib import Path

import click

from tiebeam.cli.shared import json_option, print_json, print_table, workspace_option


@click.group()
def library() -> None:
    """Browse intents, recipes, roles, patterns and handoff protocols, with what uses what."""


@library.command("list")
@click.argument("kind", default="intents")
@workspace_option
@json_option
def list_(kind: str, workspace: Path | None, as_json: bool) -> None:
    """List the records of KIND (intents, recipes, roles, patterns, handoffs, evaluations, tracks …)."""
    from tiebeam.graph import find_workspace, load

    graph = load(find_workspace(workspace) if workspace is not None else None)
    records = graph.records(kind)
    if as_json:
        print_json(list(records.values()))
        return
    rows = [(record_id, getattr(record, "title", getattr(record, "name", ""))) for record_id, record in records.items()]
    print_table(("id", "title"), rows)


@library.command("show")
@click.argument("kind")
@click.argument("record")
@workspace_option
def show(kind: str, record: str, workspace: Path | None) -> None:
    """Show one record with its file, what it depends on and what uses it, as JSON."""
    from tiebeam.graph import find_workspace, load

    graph = load(find_workspace(workspace) if workspace is not None else None)
    print_json(
        {
            "record": graph.of(kind, record),
            "file": graph.file_of(kind, record),
            "depends_on": graph.depends_on(kind, record),
            "used_by": graph.used_by(kind, record),
        }
    )


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
