"""Options and output that commands have in common."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tiebeam.app import App

Command = TypeVar("Command", bound=Callable[..., Any])

workspace_option = click.option(
    "--workspace",
    "-w",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The workspace folder [default: this folder or the nearest parent with tiebeam.toml].",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
limit_option = click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 500), help="How many to print at most."
)
jsonl_option = click.option(
    "--jsonl",
    type=click.Path(path_type=Path, dir_okay=False, writable=True, allow_dash=True),
    help="Write one JSON object a document here; '-' prints them.",
)
xlsx_option = click.option(
    "--xlsx",
    default=None,
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write a spreadsheet with live formulas here.",
)
person_option = click.option(
    "--person",
    envvar="TIEBEAM_PERSON",
    default=None,
    help="As whom of those signed in on this machine ('tiebeam whoami'); it signs nobody in.",
)


class Group(click.Group):
    """A command that has commands, and names the nearest one when it does not know what was typed."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        known = self.list_commands(ctx)
        if name and not name.startswith("-") and name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            meant = f"did you mean {' or '.join(near)}?" if near else f"the commands are {', '.join(known)}"
            raise click.UsageError(f"there is no command {name!r}; {meant}", ctx)
        return super().resolve_command(ctx, args)


def check_output(path: Path | None) -> None:
    """Say before any work is done that its result could not be written. Raises UsageError."""
    if path is not None and str(path) != "-" and not path.resolve().parent.is_dir():
        raise click.UsageError(f"there is no folder {str(path.parent)!r} to write {path.name!r} in; make it first")


def workspace_of(given: Path | None) -> Path:
    """The workspace folder. Raises NoWorkspace with the command that makes one."""
    from tiebeam.graph import find_workspace

    return find_workspace(given if given is not None else Path.cwd())


@contextmanager
def opened(given: Path | None) -> Generator[App]:
    """The application over a workspace, closed at the end whatever happens. Who acts is found out when it is asked."""
    from tiebeam.app import open_app
    from tiebeam.cli.identity import identify

    app = open_app(workspace_of(given))
    app.identify = identify
    try:
        yield app
    finally:
        app.close()


def print_json(value: Any) -> None:
    from tiebeam.kit import plain

    click.echo(_json_text(plain(value), indent=2))


def _json_text(value: Any, *, indent: int | None = None) -> str:
    """Readable JSON in which no letter turns or hides others: those are written as escapes, so nothing is lost."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return text if clean(text) == text else "".join(map(_json_letter, text))


def _json_letter(letter: str) -> str:
    return letter if letter == "\n" or clean(letter) == letter else json.dumps(letter)[1:-1]


def clean(text: str) -> str:
    """What comes from a document may hold sequences that a terminal would obey, or letters that turn others round."""
    from tiebeam.kit import visible

    return visible(text)


def say(text: str, *, err: bool = False) -> None:
    """Print text that may quote documents, letters or files of others."""
    click.echo(clean(text), err=err)


def shown_path(path: Path) -> str:
    """A path as text; bytes that are no UTF-8, which no file of text can hold, become `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def print_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns aligned by their widest cell; the last one is left as long as it is. An empty head is left out."""
    texts = [["" if cell is None else clean(" ".join(str(cell).split("\n"))) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(head), *texts]) for i in range(len(head))]
    for row in [list(head), *texts] if any(head) else texts:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        click.echo("  ".join([*cells, row[-1]]).rstrip())


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """One JSON object a line; `-` is standard output. Returns how many."""
    from tiebeam.kit import plain

    lines = [_json_text(plain(row)) for row in rows]
    text = "".join(f"{line}\n" for line in lines)
    if str(path) == "-":
        click.echo(text, nl=False)
    else:
        path.write_text(text, encoding="utf-8")
    return len(lines)


class Figure(click.ParamType[Decimal]):
    """A decimal of any size; what it may be is for the verb to say."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            return Decimal(str(value))
        except InvalidOperation:
            self.fail(f"{str(value)[:40]!r} is no number", param, ctx)
