"""Verb: run an intent, on documents or on an input."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    check_output,
    json_option,
    jsonl_option,
    person_option,
    print_json,
    print_table,
    say,
    shown_path,
    workspace_option,
    write_jsonl,
)

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.workflow import Bindings
    from tiebeam.workflow.intake import AcceptedBatch
    from tiebeam.workflow.runs import CaseRow

_TELL_SECONDS = 2.0
_FIELDS = ("document", "decision", "labels", "matched_order", "reason", "run")


@click.command()
@asks("run.start", "intent", "intent", inside=True)
@click.argument("intent")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--input",
    "input_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
    default=None,
    help="A JSON file with the fields that the intent expects, instead of documents; '-' reads it from standard input.",
)
@click.option("--subject", default=None, help="With --input: what lists show of the run.")
@click.option("--with", "bindings", multiple=True, metavar="NAME=PATH", help="orders, receipts, suppliers or policy.")
@jsonl_option
@click.option(
    "--timeout",
    type=click.FloatRange(0),
    default=None,
    metavar="SECONDS",
    help="Give up waiting after this long; the work goes on.",
)
@click.option("--wait/--no-wait", default=True, help="Work until nothing but people is waited for, or leave at once.")
@click.option("--verbose", "-v", is_flag=True, help="Tell how far the work is, also where there is no terminal.")
@workspace_option
@person_option
@json_option
def run(
    intent: str,
    paths: tuple[Path, ...],
    input_file: Path | None,
    subject: str | None,
    bindings: tuple[str, ...],
    jsonl: Path | None,
    timeout: float | None,
    wait: bool,
    verbose: bool,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Run INTENT on the documents of PATHS (files or folders) and wait until each has a decision or waits for a person.

    With --input it starts one run on a JSON object instead; INTENT may then also be the id of its adopted recipe.
    Documents that were taken in before from the same place are not taken in twice; their decisions are reported again.
    Exits with 1 when a document could not be read or a run failed.
    """
    if input_file is None:
        return _run_documents(
            intent, paths, bindings, jsonl, timeout, verbose, workspace, person, wait=wait, as_json=as_json
        )
    if paths or bindings or jsonl:
        raise click.UsageError("--input starts one run without documents; leave PATHS, --with and --jsonl out")
    given = _read_input(input_file)
    with calling(workspace, person) as caller:
        row = caller.app.starting.start(caller.principal, intent, given, subject=subject)
        finished = _work_quietly(caller.app, timeout=timeout) if wait else True
        return _report_run(caller.app, row.id, finished=finished, as_json=as_json)


def _run_documents(
    intent: str,
    paths: tuple[Path, ...],
    bindings: tuple[str, ...],
    jsonl: Path | None,
    timeout: float | None,
    verbose: bool,
    workspace: Path | None,
    person: str | None,
    *,
    wait: bool,
    as_json: bool,
) -> int:
    from tiebeam.workflow.intake import arrivals_in
    from tiebeam.workflow.runs import case_rows

    if not paths:
        raise click.UsageError("give the documents to run on (PATHS), or --input FILE.json")
    check_output(jsonl)
    given = _bindings(bindings)
    arrivals = [arrival for path in paths for arrival in arrivals_in(path)]
    _tell_of_folders(paths)
    with calling(workspace, person) as caller:
        app, principal = caller.app, caller.principal
        source = ", ".join(shown_path(path) for path in paths)
        accepted = app.starting.take_in(principal, intent, arrivals, source=source, bindings=given)
        finished = _work(app, accepted, timeout=timeout, verbose=verbose) if wait else True
        with app.store.read() as conn:
            rows = case_rows(conn, accepted.run_ids)
    if jsonl is not None:
        write_jsonl(jsonl, ({name: getattr(row, name) for name in _FIELDS} for row in rows))
    if as_json:
        print_json({"batch": accepted.batch_id, "new": accepted.new, "known": accepted.known, "documents": rows})
    elif str(jsonl) != "-":
        _print_summary(rows, known=accepted.known)
    if not finished:
        click.echo("not finished yet; the work goes on whenever 'tiebeam serve' or 'tiebeam worker' runs", err=True)
    return _exit_code(rows, finished=finished)


def _read_input(path: Path) -> dict[str, Any]:
    """Raises UsageError where it is no JSON object."""
    import json

    from tiebeam.spec import LARGEST_INPUT

    with click.open_file(str(path), encoding="utf-8") as source:
        try:
            text = source.read(2 * LARGEST_INPUT + 1)
            if len(text) > 2 * LARGEST_INPUT:
                most = f"{LARGEST_INPUT // 1024} KiB"
                raise click.UsageError(
                    f"--input {shown_path(path)} is larger than {most}; hand large things in as documents"
                )
            value = json.loads(text)
        except (ValueError, RecursionError) as problem:
            raise click.UsageError(f"--input {shown_path(path)} is no JSON: {problem}") from problem
    if not isinstance(value, dict):
        raise click.UsageError(f"--input {shown_path(path)} holds no JSON object of fields")
    return value


def _work_quietly(app: App, *, timeout: float | None) -> bool:
    app.engine.launch()
    return app.engine.drain(timeout=timeout)


def _report_run(app: App, run_id: str, *, finished: bool, as_json: bool) -> int:
    """Print where the run stands; 1 when it failed, was stopped, or is not finished in time."""
    from tiebeam.workflow.runs import RunState, run_view

    with app.store.read() as conn:
        view = run_view(conn, run_id)
        tasks = app.workforce.tasks(conn, run_id=run_id, size=100).rows
    item = view.item
    steps = [
        {"id": one.step_id, "state": one.state, "outcome": one.outcome, "summary": one.summary, "output": one.output}
        for one in view.steps
    ]
    if as_json:
        print_json(
            {
                "run": item.id,
                "state": item.state,
                "outcome": item.outcome,
                "reason": item.reason,
                "input": view.input,
                "steps": steps,
                "tasks": tasks,
            }
        )
    else:
        say(f"run {item.id} of {item.recipe}: {item.state.value}{f', {item.outcome}' if item.outcome else ''}")
        print_table(("step", "state", "outcome", "summary"), [tuple(one.values())[:4] for one in steps])
        for task in tasks:
            if task.closed_at is None:
                say(f"{task.title}: waits for a person: tiebeam inbox {task.id}")
    if not finished:
        click.echo("not finished yet; the work goes on whenever 'tiebeam serve' or 'tiebeam worker' runs", err=True)
    return 1 if not finished or view.item.state in {RunState.FAILED, RunState.STOPPED} else 0


def _bindings(pairs: tuple[str, ...]) -> Bindings:
    from tiebeam.errors import Invalid
    from tiebeam.workflow import Bindings

    try:
        return Bindings.parse(pairs)
    except Invalid as wrong:
        raise click.UsageError(f"--with {wrong.message}") from wrong


def _tell_of_folders(paths: tuple[Path, ...]) -> None:
    for path in paths:
        below = [] if path.is_file() else sorted(item.name for item in path.iterdir() if item.is_dir())
        if below:
            named = ", ".join(below[:5]) + (" …" if len(below) > 5 else "")
            click.echo(
                f"{shown_path(path)}: sub-folders are not looked into ({named}); name them to take them in", err=True
            )


def _work(app: App, accepted: AcceptedBatch, *, timeout: float | None, verbose: bool) -> bool:
    """Work until nothing but people is waited for; True when that was reached in time."""
    try:
        app.engine.launch()
        with _progress(app, accepted.batch_id, verbose=verbose) as tell:
            return app.engine.drain(timeout=timeout, on_progress=tell)
    except KeyboardInterrupt:
        click.echo(
            f"\nstopped waiting; the {accepted.new + accepted.known} documents are kept and nothing is lost. The work "
            f"goes on whenever 'tiebeam serve' or 'tiebeam worker' runs with --workspace {app.workspace}; "
            "'tiebeam runs list' shows how far it is.",
            err=True,
        )
        raise


@contextmanager
def _progress(app: App, batch_id: str | None, *, verbose: bool) -> Generator[Callable[[Any], None] | None]:
    """A bar on a terminal, a line every two seconds with --verbose elsewhere, else nothing."""
    from tiebeam.workflow.intake import batch_view

    def read_of_total() -> tuple[int, int]:
        assert batch_id is not None
        with app.store.read() as conn:
            view = batch_view(conn, batch_id)
        return view.read, view.total

    if batch_id is None or not (sys.stderr.isatty() or verbose):
        yield None
    elif sys.stderr.isatty():
        with click.progressbar(length=read_of_total()[1], label="reading, matching, deciding", file=sys.stderr) as bar:
            yield lambda _: bar.update(read_of_total()[0] - bar.pos)
    else:
        yield calm(lambda: click.echo("{} of {} documents read".format(*read_of_total()), err=True))


def calm(tell: Callable[[], None], *, every: float = _TELL_SECONDS) -> Callable[[Any], None]:
    """`tell`, at most once in `every` seconds."""
    told = time.monotonic()

    def perhaps(_: Any) -> None:
        nonlocal told
        if time.monotonic() - told >= every:
            tell()
            told = time.monotonic()

    return perhaps


def _print_summary(rows: list[CaseRow], *, known: int) -> None:
    counts = Counter(row.decision for row in rows)
    print_table(("decision", "documents"), [(name, counts[name]) for name in sorted(counts)])
    waiting = sum(row.state == "waiting" for row in rows)
    if known:
        click.echo(f"{known} documents had been taken in before")
    if waiting:
        click.echo(f"{waiting} wait for a person: tiebeam inbox")
    for row in rows:
        if row.decision == "unreadable" or row.state in {"failed", "stopped"}:
            say(f"{row.document}: {row.reason}")


def _exit_code(rows: list[CaseRow], *, finished: bool) -> int:
    troubled = any(row.decision == "unreadable" or row.state in {"failed", "stopped"} for row in rows)
    return 1 if troubled or not finished else 0
