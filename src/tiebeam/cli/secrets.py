"""Verbs about secrets: whether each one that is named can be read."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import click

from tiebeam.cli.shared import json_option, print_json, print_table, workspace_of, workspace_option


@click.group()
def secrets() -> None:
    """See which secrets the workspace names, and whether they are there. No value is ever shown."""


@secrets.command()
@workspace_option
@json_option
def check(workspace: Path | None, as_json: bool) -> int:
    """Read every secret that tiebeam.toml, systems/ and the environment name, and say which cannot be read.

    Exit code 1 when one of them cannot.
    """
    from tiebeam.app import DATABASE_VARIABLE, known_names
    from tiebeam.connect.secrets import secrets_in_use
    from tiebeam.graph import load

    folder = workspace_of(workspace)
    graph = load(folder, **known_names())
    records = {f"systems/{one.id}.toml": one for one in graph.systems.values()}
    settings = {} if graph.settings is None else {"tiebeam.toml": graph.settings}
    url = os.environ.get(DATABASE_VARIABLE, "")
    found = secrets_in_use({**settings, **records}, base=folder, more={DATABASE_VARIABLE: url})
    if as_json:
        print_json([{**asdict(one), "resolves": one.resolves} for one in found])
    else:
        rows = [(one.place, one.reference, one.problem or one.warning or "can be read") for one in found]
        print_table(("named in", "secret", ""), rows)
        if not rows:
            click.echo("the workspace names no secret")
    return 0 if all(one.resolves for one in found) else 1
