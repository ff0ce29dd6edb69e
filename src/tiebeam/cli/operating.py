"""Verbs that look after runs: pause, resume, cancel, retry, fork, migrate, replay, and what stands still."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import clean, json_option, person_option, print_json, print_table, workspace_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.workflow.operating import Trace
    from tiebeam.workflow.runs import RunRow

_preview = click.option("--preview", is_flag=True, help="Say what it would do, and do nothing.")
_reason = click.option("--reason", default="", help="Why, in a sentence; it goes on the record.")
_again = click.option(
    "--again", multiple=True, metavar="STEP", help="This happened once and was taken back there: make it again."
)


@click.command("pause")
@asks("run.pause", "run", "run", inside=True)
@click.argument("run")
@click.option("--reason", required=True, help="Why, in a sentence.")
@workspace_option
@person_option
@json_option
def pause(run: str, reason: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Hold RUN where it is: no further step begins, and what it waits for is kept."""
    with calling(workspace, person) as caller:
        row = caller.app.operating.pause(caller.principal, run, reason=reason)
    _say(row, as_json=as_json)


@click.command("resume")
@asks("run.resume", "run", "run", inside=True)
@click.argument("run")
@_reason
@workspace_option
@person_option
@json_option
def resume(run: str, reason: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Let a paused RUN go on; a worker takes it up where it stood."""
    with calling(workspace, person) as caller:
        row = caller.app.operating.resume(caller.principal, run, reason=reason)
    _say(row, as_json=as_json)


@click.command("cancel")
@asks("run.cancel", "run", "run", inside=True)
@click.argument("run")
@_reason
@click.option("--undo/--no-undo", default=True, show_default=True, help="Take back first what its steps can undo.")
@_preview
@workspace_option
@person_option
@json_option
def cancel(
    run: str, reason: str, undo: bool, preview: bool, workspace: Path | None, person: str | None, as_json: bool
) -> None:
    """End RUN before its time; its open tasks are withdrawn and nothing leaves the house but what undoes.

    --preview says what would be taken back, the latest first, and what would stay.
    """
    _needs_reason(reason, unless=preview)
    with calling(workspace, person) as caller:
        with caller.app.store.read() as conn:
            seen = caller.app.operating.preview_cancel(conn, run)
        row = None if preview else caller.app.operating.cancel(caller.principal, run, reason=reason, undo=undo)
    if as_json:
        print_json(seen if row is None else {"run": row.id, "state": row.state.value})
        return
    if row is not None:
        click.echo(f"run {row.id} is {row.state.value}")
    _print_traces(seen.undone if undo else (), title="taken back, the latest first")
    _print_traces(seen.stays if undo else (*seen.undone, *seen.stays), title="stays as it is")
    if row is None:
        click.echo(f"{seen.tasks} open tasks would be withdrawn; nothing was done")


@click.command("retry")
@asks("run.retry", "run", "run", inside=True)
@click.argument("run")
@click.option("--from", "step", default=None, metavar="STEP", help="Do it again from this step on, failed or not.")
@_reason
@click.option("--keep", multiple=True, metavar="STEP", help="This happened once and stands: do not make it again.")
@_again
@_preview
@workspace_option
@person_option
@json_option
def retry(
    run: str,
    step: str | None,
    reason: str,
    keep: tuple[str, ...],
    again: tuple[str, ...],
    preview: bool,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Try RUN again, which failed with an internal error; what it had done stays done.

    With --from, do any run again from a step on. What happened outside and happens only once needs a word: --keep it as
    it is, or make it --again because it was taken back there.
    """
    if step is None and (keep or again or preview):
        raise click.UsageError("--keep, --again and --preview belong to --from STEP")
    _needs_reason(reason, unless=preview or step is None)
    with calling(workspace, person) as caller:
        operating = caller.app.operating
        if preview and step is not None:
            with caller.app.store.read() as conn:
                seen = operating.preview_rewind(conn, run, step)
            if as_json:
                print_json(seen)
                return
            click.echo(f"would be done again: {', '.join(seen.forgets)}")
            _print_traces(seen.stands, title="happened once; say --keep or --again for each")
            _print_traces(seen.repeats, title="made again without harm")
            if seen.refusal:
                click.echo(f"not possible: {seen.refusal}")
            return
        if step is None:
            row = operating.retry(caller.principal, run)
        else:
            row = operating.rewind(caller.principal, run, step, reason=reason, keep=keep, again=again)
    _say(row, as_json=as_json, also=" again")


@click.command("fork")
@asks("run.fork", "run", "run", inside=True)
@click.argument("run")
@click.option("--from", "step", default="", metavar="STEP", help="Begin before this step [default: from the start].")
@click.option(
    "--version",
    "version",
    default="pinned",
    show_default=True,
    help="pinned (as RUN was), applied, or the id of another recipe of the same intent.",
)
@_again
@_reason
@_preview
@workspace_option
@person_option
@json_option
def fork(
    run: str,
    step: str,
    version: str,
    again: tuple[str, ...],
    reason: str,
    preview: bool,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Begin a new run where RUN, which has ended, stood before a step; what came before is taken as it was."""
    _needs_reason(reason, unless=preview)
    with calling(workspace, person) as caller:
        operating = caller.app.operating
        if preview:
            with caller.app.store.read() as conn:
                seen = operating.preview_fork(conn, run, step=step, version=version)
            if as_json:
                print_json(seen)
                return
            click.echo(f"taken over: {', '.join(seen.takes) or 'nothing'}")
            _print_traces(seen.stands, title="would happen a second time; acknowledge each with --again")
            for note in (*seen.fit.notes, *([f"not possible: {seen.refusal}"] if seen.refusal else [])):
                click.echo(clean(note))
            return
        row = operating.fork(caller.principal, run, reason=reason, step=step, version=version, again=again)
    if as_json:
        print_json({"run": row.id, "from": run, "state": row.state.value})
    else:
        click.echo(f"run {row.id} begins where {run} stood")


def _needs_reason(reason: str, *, unless: bool) -> None:
    if not unless and not reason.strip():
        raise click.UsageError("say why with --reason; it goes on the record")


def _say(row: RunRow, *, as_json: bool, also: str = "") -> None:
    if as_json:
        print_json({"run": row.id, "state": row.state.value})
    else:
        click.echo(f"run {row.id} is {row.state.value}{also}")


def _print_traces(traces: Sequence[Trace], *, title: str) -> None:
    if not traces:
        return
    click.echo(f"{title}:")
    rows = [(one.instance, one.effect.value, one.undone_by or "", clean(one.summary)) for one in traces]
    print_table(("step", "effect", "undone by", "what was done"), rows)


COMMANDS = (pause, resume, cancel, retry, fork)
