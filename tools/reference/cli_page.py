"""docs/reference/cli.md: every verb with its arguments and options, from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from reference.source import page, table
from tiebeam.cli.main import cli


def render() -> str:
    return page(
        "Command line",
        "Exit codes: 0 done, 1 something needs attention (printed), 2 wrong use, 3 internal error with a reference. "
        "Every command takes `--workspace DIR`; without it, the current folder and its parents are searched for "
        "`tiebeam.toml`.",
        *[_verb(names, command) for names, command in _verbs(cli, ("tiebeam",))],
    )


def commands() -> list[str]:
    """Every command as it is typed."""
    return [" ".join(names) for names, _ in _verbs(cli, ("tiebeam",))]


def _verbs(command: click.Command, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield names, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from _verbs(inner, (*names, name))


def _verb(names: tuple[str, ...], command: click.Command) -> list[str]:
    context = click.Context(command, info_name=" ".join(names))
    lines = [f"## `{' '.join(names)}`", "", inspect.cleandoc(command.help or ""), ""]
    lines += ["```", " ".join([*names, *command.collect_usage_pieces(context)]), "```"]
    told = [p for p in command.get_params(context) if p.name != "help"]
    options = [record for p in told if (record := p.get_help_record(context)) is not None]
    rows = [(f"`{left}`", right) for left, right in options]
    return [*lines, "", *table(("option", "meaning"), rows)] if rows else lines
