"""What a command asks before it does anything. Every command declares it; a test lists those that do not."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tiebeam.cli.shared import opened
from tiebeam.errors import TiebeamError

if TYPE_CHECKING:
    from tiebeam.http import Caller

FACE = "cli"
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Declared:
    """The question of a command, as `tiebeam.http.Ask` carries it out; `argument` holds the object's id."""

    verb: str
    kind: str
    argument: str
    inside: bool


def asks(verb: str, kind: str, argument: str = "", *, inside: bool = False) -> Callable[[Function], Function]:
    """Put it next to the command's function. `inside` as in `tiebeam.http.Ask`."""

    def declare(function: Function) -> Function:
        vars(function)["ask"] = Declared(verb, kind, argument, inside)
        return function

    return declare


def declared_by(command: click.Command) -> Declared | None:
    """What a command asks, for those who list the commands."""
    return getattr(command.callback, "ask", None)


@contextmanager
def calling(workspace: Path | None, person: str | None) -> Generator[Caller]:
    """Who acts, over the opened application, once the question of the running command was answered with yes.

    An optional argument that was left out asks about the list. A refusal on the way goes on the record.
    """
    from tiebeam.http import Ask, Caller

    context = click.get_current_context()
    declared = declared_by(context.command)
    if declared is None:
        raise LookupError(f"command {context.command_path!r} does not say what it asks")
    given = context.params.get(declared.argument)
    key = declared.argument if given is not None else ""
    with opened(workspace) as app:
        caller = Caller(app, app.principal(person), FACE)
        try:
            caller.answer(Ask(declared.verb, declared.kind, key, declared.inside), context.params)
            yield caller
        except TiebeamError as problem:
            caller.note(problem)
            raise
