"""The entry point: finds the command, and turns errors into one clear line and an exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from tiebeam import __version__
from tiebeam.cli.shared import Group, say
from tiebeam.errors import TiebeamError

COMMANDS = {
    "init": "workspace",
    "check": "workspace",
    "apply": "workspace",
    "run": "run",
    "documents": "documents",
    "inbox": "inbox",
    "decide": "inbox",
    "answer": "inbox",
    "tasks": "tasks",
    "status": "status",
    "runs": "runs",
    "triggers": "triggers",
    "events": "events",
    "workflows": "workflows",
    "promote": "workflows",
    "evaluate": "workflows",
    "library": "library",
    "extensions": "extensions",
    "units": "units",
    "portfolio": "portfolio",
    "cost": "prices",
    "prices": "prices",
    "hosting": "hosting",
    "bench": "bench",
    "calculator": "calculator",
    "decisions": "decisions",
    "capacity": "capacity",
    "pricing": "pricing",
    "forecast": "forecast",
    "budget": "budget",
    "budgets": "budgets",
    "tco": "tco",
    "studies": "tco",
    "keys": "keys",
    "routes": "routes",
    "ledger": "ledger",
    "returns": "returns",
    "outcomes": "returns",
    "messages": "messages",
    "journal": "journal",
    "evidence": "evidence",
    "secrets": "secrets",
    "policy": "policy",
    "login": "login",
    "logout": "login",
    "whoami": "login",
    "sessions": "sessions",
    "tokens": "tokens",
    "delegations": "delegations",
    "emergency": "emergency",
    "access": "access",
    "sign-in": "serve",
    "archive": "archive",
    "backup": "backup",
    "restore": "backup",
    "gateway": "gateway",
    "serve": "serve",
    "worker": "serve",
}
"""Each command and the module that holds it."""

DONE, ATTENTION, WRONG_USE, INTERNAL = 0, 1, 2, 3


class LazyGroup(Group):
    """Imports a command's module only when that command is called, or its help is printed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        loaded = import_module(f"tiebeam.cli.{module}")
        return getattr(loaded, cmd_name.replace("-", "_"))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows: list[tuple[str, str]] = []
        for name in COMMANDS:
            command = self.get_command(ctx, name)
            if command is not None:
                rows.append((name, _first_sentence(command)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _first_sentence(command: click.Command) -> str:
    return " ".join((command.help or "").split("\n\n")[0].split()).split(". ")[0].rstrip(".")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tiebeam")
def cli() -> None:
    """Tiebeam runs enterprise AI work: documents in, decisions and postings out, people where they must be.

    Start with 'tiebeam init DIR --example harbour-tools' and 'tiebeam serve --workspace DIR'.

    Exit codes: 0 done; 1 something needs attention (printed); 2 wrong use; 3 internal error with a reference.
    """


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run_cli(sys.argv[1:]))


def run_cli(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        result = cli.main(args=arguments or ["--help"], prog_name="tiebeam", standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return WRONG_USE
    except click.Abort:
        click.echo("stopped", err=True)
        return ATTENTION
    except TiebeamError as problem:
        say(f"tiebeam: {_masked(problem.message)} [{problem.code}]", err=True)
        return ATTENTION
    except BrokenPipeError:
        # Whoever reads our output has seen enough, as `head` does. What is still to be written goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ATTENTION
    except Exception as problem:  # noqa: BLE001 - the last resort: a reference for the user, the traceback in a file
        if isinstance(problem, OSError) and problem.filename is not None:
            say(f"tiebeam: cannot use {str(problem.filename)!r}: {problem.strerror}", err=True)
            return ATTENTION
        return _internal_error()
    return result if isinstance(result, int) else DONE


def _masked(text: str) -> str:
    from tiebeam.kit import MASKING

    return MASKING.mask(text)


def _internal_error() -> int:
    import secrets
    import traceback
    from tempfile import NamedTemporaryFile

    reference = secrets.token_hex(4)
    with NamedTemporaryFile(
        "w", encoding="utf-8", prefix=f"tiebeam-{reference}-", suffix=".log", delete=False
    ) as details:
        details.write(_masked(traceback.format_exc()))
    click.echo(f"tiebeam: internal error, reference {reference}; the details are in {details.name}", err=True)
    return INTERNAL
