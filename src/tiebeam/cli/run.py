"""Verb: run an intent on documents."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.shared import (
    json_option,
    opened,
    person_option,
    print_json,
    print_table,
    workspace_option,
    write_jsonl,
)

if TYPE_CHECKING:
    from tiebeam.app import App
    from tiebeam.workflow.runs import CaseRow

_FIELDS = ("document", "decision", "labels", "matched_order", "reason", "run")


@click.command()
@click.argument("intent")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--with", "bindings", multiple=True, metavar="NAME=PATH", help="orders, receipts, suppliers or policy.")
@click.option(
    "--jsonl", type=click.Path(path_type=Path), help="Write one JSON object a document here; '-' prints them."
)
@click.option("--timeout", type=float, default=None, help="Give up waiting after this many seconds; the work goes on.")
@workspace_option
@person_option
@json_option
def run(
    intent: str,
    paths: tuple[Path, ...],
    bindings: tuple[str, ...],
    jsonl: Path | None,
    timeout: float | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Run INTENT on the documents of PATHS (files or folders) and wait until each has a decision or waits for a person.

    Documents that were taken in before from the same place are not taken in twice; their decisions are reported again.
    Exits with 1 when a document could not be read or a run failed.
    """
    from tiebeam.workflow import Bindings
    from tiebeam.workflow.intake import arrivals_in
    from tiebeam.workflow.runs import case_rows

    arrivals = [arrival for path in paths for arrival in arrivals_in(path)]
    with opened(workspace) as app:
        principal = app.principal(person)
        source = ", ".join(str(path) for path in paths)
        accepted = app.starting.take_in(principal, intent, arrivals, source=source, bindings=Bindings.parse(bindings))
        app.engine.launch()
        finished = _wait(app, accepted.batch_id, timeout=timeout, quiet=as_json or str(jsonl) == "-")
        with app.store.read() as conn:
            rows = case_rows(conn, accepted.run_ids)
    if jsonl is not None:
        write_jsonl(jsonl, ({name: getattr(row, name) for name in _FIELDS} for row in rows))
    if as_json:
        print_json({"batch": accepted.batch_id, "new": accepted.new, "known": accepted.known, "documents": rows})
    elif str(jsonl) != "-":
        _print_summary(rows, known=accepted.known, finished=finished)
    return _exit_code(rows, finished=finished)


def _wait(app: App, batch_id: str | None, *, timeout: float | None, quiet: bool) -> bool:
    """Drain the engine while showing how many documents are read."""
    from tiebeam.workflow.intake import batch_view

    if quiet or batch_id is None or not sys.stderr.isatty():
        return app.engine.drain(timeout=timeout)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    deadline = None if timeout is None else time.monotonic() + timeout
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("reading, matching, deciding", total=None)
        while not app.engine.idle():
            if deadline is not None and time.monotonic() > deadline:
                return False
            with app.store.read() as conn:
                view = batch_view(conn, batch_id)
            progress.update(bar, completed=view.read, total=view.total)
            time.sleep(0.2)
    return True


def _print_summary(rows: list[CaseRow], *, known: int, finished: bool) -> None:
    counts = Counter(row.decision for row in rows)
    print_table(("decision", "documents"), [(name, counts[name]) for name in sorted(counts)])
    waiting = sum(row.state == "waiting" for row in rows)
    if known:
        click.echo(f"{known} documents had been taken in before")
    if waiting:
        click.echo(f"{waiting} wait for a person: tiebeam inbox")
    for row in rows:
        if row.decision == "unreadable" or row.state in {"failed", "stopped"}:
            click.echo(f"{row.document}: {row.reason}")
    if not finished:
        click.echo("not finished yet; the work goes on whenever 'tiebeam serve' or 'tiebeam worker' runs")


def _exit_code(rows: list[CaseRow], *, finished: bool) -> int:
    troubled = any(row.decision == "unreadable" or row.state in {"failed", "stopped"} for row in rows)
    return 1 if troubled or not finished else 0
