"""Verb: what installed packages add."""

from __future__ import annotations

import click

from tiebeam.cli.shared import json_option, print_json, print_table


@click.command()
@json_option
def extensions(as_json: bool) -> int:
    """List the packages that add steps, connectors, scorers or gates, with what did not load and why.

    Exit code 1 when something did not load.
    """
    from tiebeam.app import installed

    found = installed().found
    if as_json:
        print_json(found)
    else:
        rows = [
            (f"{package.package} {package.version}", one.group, one.name, one.problem or "in use")
            for package in found
            for one in package.provides
        ]
        print_table(("package", "adds to", "name", ""), rows)
        if not rows:
            click.echo("no installed package adds anything; docs/guides/extensions.md shows how one does")
    return 1 if any(one.problem for package in found for one in package.provides) else 0
