"""Verbs about the archive: runs that ended long ago, in files that anybody can read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    Group,
    json_option,
    limit_option,
    person_option,
    print_json,
    print_table,
    say,
    workspace_option,
)

reason_option = click.option("--reason", required=True, help="Why, in a sentence; it stays on the record.")


@click.group(cls=Group)
def archive() -> None:
    """Runs that ended long ago, in files of one JSON object a line. Their journal and their costs stay."""


@archive.command("run")
@asks("workspace.archive", "workspace")
@click.option(
    "--older-than",
    "days",
    default=None,
    type=click.IntRange(1, 36500),
    help="Days since the end of a run [default: runs_after_days of [archive]].",
)
@workspace_option
@person_option
@json_option
def run(days: int | None, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Archive now what a worker would within the hour."""
    with calling(workspace, person) as caller:
        since = days if days is not None else caller.app.settings.archive.runs_after_days
        if since is None:
            raise click.UsageError("[archive] in tiebeam.toml names no runs_after_days; say --older-than DAYS")
        count = caller.app.archiving.archive(older_than=timedelta(days=since))
    if as_json:
        print_json({"archived": count})
    else:
        say(f"{count} runs archived")


@archive.command("list")
@asks("workspace.archive", "workspace")
@limit_option
@workspace_option
@person_option
@json_option
def list_(limit: int, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """List the files, newest first."""
    with calling(workspace, person) as caller:
        app = caller.app
        with app.store.read() as conn:
            files, runs = app.archiving.files(conn, limit=limit), app.archiving.count(conn)
    if as_json:
        print_json({"runs": runs, "files": files})
        return
    rows = [(f"{one.written_at:%Y-%m-%d %H:%M}", one.runs, one.bytes, one.file) for one in files]
    print_table(("written (UTC)", "runs", "bytes", "file"), rows)
    say(f"{runs} runs are in the archive")


@archive.command("show")
@asks("workspace.archive", "workspace")
@click.argument("run")
@workspace_option
@person_option
def show(run: str, workspace: Path | None, person: str | None) -> None:
    """Print archived RUN as JSON: every row of it, by table."""
    with calling(workspace, person) as caller:
        print_json(caller.app.archiving.show(run))


@archive.command("restore")
@asks("workspace.archive", "workspace")
@click.argument("run")
@reason_option
@workspace_option
@person_option
@json_option
def restore(run: str, reason: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Bring archived RUN back into the database, where it stays until it is released."""
    with calling(workspace, person) as caller:
        caller.app.archiving.bring_back(run, reason=reason, actor=caller.principal.actor)
    _tell({"run": run, "archived": False}, f"run {run} is back, and on hold", as_json=as_json)


@archive.command("hold")
@asks("workspace.archive", "workspace")
@click.argument("run")
@reason_option
@workspace_option
@person_option
@json_option
def hold(run: str, reason: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Keep RUN out of the archive until it is released."""
    with calling(workspace, person) as caller:
        caller.app.archiving.hold(run, reason=reason, actor=caller.principal.actor)
    _tell({"run": run, "held": True}, f"run {run} stays in the database until it is released", as_json=as_json)


@archive.command("release")
@asks("workspace.archive", "workspace")
@click.argument("run")
@workspace_option
@person_option
@json_option
def release(run: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Let RUN go into the archive when its time has come."""
    with calling(workspace, person) as caller:
        caller.app.archiving.release(run, actor=caller.principal.actor)
    _tell({"run": run, "held": False}, f"run {run} is on hold no longer", as_json=as_json)


@archive.command("verify")
@asks("workspace.archive", "workspace")
@workspace_option
@person_option
@json_option
def verify(workspace: Path | None, person: str | None, as_json: bool) -> int:
    """Compare every file with the hash it was written with. Exits with 1 when one is missing or changed."""
    with calling(workspace, person) as caller:
        found = list(caller.app.archiving.verify())
    wrong = [(one.file, problem) for one, problem in found if problem is not None]
    if as_json:
        print_json({"files": len(found), "problems": [{"file": name, "problem": problem} for name, problem in wrong]})
    else:
        for name, problem in wrong:
            say(f"{name}: {problem}")
        say(f"{len(found)} files read, {len(wrong)} with problems")
    return 1 if wrong else 0


def _tell(facts: dict[str, object], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        say(text)
