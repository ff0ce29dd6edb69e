"""Verbs: back a workspace up into one file, and bring it back from there."""

from __future__ import annotations

from pathlib import Path

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import check_output, json_option, person_option, print_json, say, workspace_option


@click.command()
@asks("workspace.backup", "workspace")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@workspace_option
@person_option
@json_option
def backup(file: Path, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Write the whole workspace to FILE: database, documents, ledger books, declared files. Work goes on meanwhile.

    The file fits SQLite and PostgreSQL alike, and never replaces another. Keep the printed hash apart from it.
    """
    from tiebeam.app import back_up

    check_output(file)
    with calling(workspace, person) as caller:
        written = back_up(caller.app, file, actor=caller.principal.actor)
    if as_json:
        print_json(written)
        return
    say(
        f"{written.rows:,} rows of {written.tables} tables and {written.files:,} files written to {written.path}, "
        f"{written.bytes:,} bytes\nsha256 {written.sha256}"
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--workspace",
    "-w",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The folder to restore into; made when it is missing.",
)
@click.option("--check", is_flag=True, help="Only read FILE as a whole and compare it with its hashes.")
@json_option
def restore(file: Path, workspace: Path | None, check: bool, as_json: bool) -> int:
    """Bring the workspace in FILE back where there is none.

    That is a folder without a database, or an empty PostgreSQL named by TIEBEAM_DATABASE_URL. Nothing that is there is
    replaced. The file is verified first and the journal afterwards. Exits with 1 when the journal is not sound.
    """
    from tiebeam.app import restore as bring_back
    from tiebeam.store import open_backup

    if check:
        with open_backup(file) as opened:
            size = opened.verify()
            facts = {name: opened.manifest[name] for name in ("at", "schema", "release", "workspace", "database")}
            rows = sum(opened.rows_of(name) for name in opened.tables)
        _tell({**facts, "bytes": size, "rows": rows}, f"{file} is whole: {rows:,} rows as of {facts['at']}", as_json)
        return 0
    if workspace is None:
        raise click.UsageError("name the folder to restore into with --workspace")
    done = bring_back(file, workspace)
    state = "the journal is sound" if done.sound else "the journal is NOT sound: " + "; ".join(done.problems)
    told = f"{done.rows:,} rows of {done.tables} tables and {done.files:,} files restored to {done.workspace}, as of "
    _tell(done, f"{told}{done.taken_at}; {state}", as_json)
    return 0 if done.sound else 1


def _tell(facts: object, text: str, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        say(text)
