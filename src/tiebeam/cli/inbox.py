"""Verbs about review tasks: the inbox, deciding, answers."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    json_option,
    limit_option,
    person_option,
    print_json,
    print_table,
    say,
    workspace_option,
)
from tiebeam.cli.show import print_draft, print_task

if TYPE_CHECKING:
    from tiebeam.workforce import Decision

CARRY_ON_SECONDS = 60


def _minutes(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Decimal | None:
    """Minutes of a review, at most a day."""
    if value is None:
        return None
    try:
        minutes = Decimal(value)
    except InvalidOperation:
        minutes = Decimal("NaN")
    if not minutes.is_finite() or not 0 <= minutes <= 24 * 60:
        raise click.BadParameter(f"{value!r} is no number of minutes from 0 to 1440")
    return minutes


@click.command()
@asks("task.view", "task", "task")
@click.argument("task", required=False)
@click.option("--state", default="active", show_default=True, help="open, claimed, decided …, active, closed or all.")
@click.option("--mine", is_flag=True, help="Only what you may decide.")
@limit_option
@workspace_option
@person_option
@json_option
def inbox(
    task: str | None, state: str, mine: bool, limit: int, workspace: Path | None, person: str | None, as_json: bool
) -> int:
    """List review tasks, or show TASK with its packet. With --json the packet is whole."""

    with calling(workspace, person) as caller:
        app, principal = caller.app, caller.principal
        with app.store.read() as conn:
            if task is not None:
                view = app.workforce.task(conn, task)
                draft = app.workforce.draft(conn, principal, task)
                if as_json:
                    from tiebeam.kit import plain

                    print_json({**plain(view), "draft": plain(draft)})
                else:
                    print_task(view)
                    print_draft(draft)
                return 0
            page = app.workforce.tasks(
                conn,
                state=None if state == "all" else state,
                person=principal.person_id if mine else None,
                size=limit,
                visible=caller.visible("task.view"),
            )
    if as_json:
        print_json({"tasks": page.rows, "total": page.total})
        return 0
    if not page.rows:
        click.echo("nothing waits for a person; run documents with 'tiebeam run' to fill the inbox")
        return 0
    rows = [(row.id, row.role, f"{row.due_at:%Y-%m-%d %H:%M}", row.title) for row in page.rows]
    print_table(("task", "role", "due (UTC)", "title"), rows)
    if page.total > len(page.rows):
        click.echo(f"{page.total - len(page.rows)} more; raise --limit")
    return 0


@click.command()
@asks("task.decide", "task", "task", inside=True)
@click.argument("task")
@click.option(
    "--verb", required=True, type=click.Choice(["approve", "reject", "edit", "ask"]), help="One the task offers."
)
@click.option(
    "--input",
    "input_file",
    type=click.File(encoding="utf-8"),
    help="A file of JSON ('-' is standard input): comment; for edit changes; for ask text, to and subject; for all "
    "payload_hash, so that nothing is decided that changed since it was looked at.",
)
@click.option("--comment", default=None, help="Why, in a sentence.")
@click.option("--minutes", callback=_minutes, default=None, metavar="NUMBER", help="Minutes the review took.")
@workspace_option
@person_option
@json_option
def decide(
    task: str,
    verb: str,
    input_file: TextIO | None,
    comment: str | None,
    minutes: Decimal | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Decide TASK and carry its run on.

    The first decision wins. A later one exits with 1 and names the first, which --json prints. Wrong input exits with
    1, leaves the task open, and is kept as your draft with what is wrong by field; 'tiebeam inbox TASK' shows it.
    """
    from tiebeam.workforce import AlreadyDecided

    given = _given(input_file, comment)
    with calling(workspace, person) as caller:
        app, principal = caller.app, caller.principal
        try:
            decision = app.workforce.decide(
                principal,
                task,
                verb=verb,
                payload_hash=given.pop("payload_hash", None),
                input=given,
                minutes=minutes,
            )
        except AlreadyDecided as late:
            if not as_json:
                raise
            print_json(late.data["decision"])
            return 1
        app.engine.launch()
        finished = app.engine.drain(timeout=CARRY_ON_SECONDS)
    if as_json:
        print_json(decision.as_json())
    else:
        say(_sentence(decision))
    if not finished:
        click.echo("its run goes on whenever 'tiebeam serve' or 'tiebeam worker' runs", err=True)
    return 0


def _given(input_file: TextIO | None, comment: str | None) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if input_file is not None:
        try:
            read = json.load(input_file)
        except (ValueError, RecursionError) as problem:
            raise click.UsageError(f"{input_file.name} is not JSON: {problem}") from problem
        if not isinstance(read, dict):
            raise click.UsageError(f"{input_file.name} must hold one JSON object")
        if not isinstance(read.get("payload_hash", ""), str):
            raise click.UsageError(f"payload_hash in {input_file.name} must be text")
        given = read
    if comment is not None:
        given["comment"] = comment
    return given


def _sentence(decision: Decision) -> str:
    if decision.standing == "endorsed":
        return f"noted; your limit does not cover the amount, so task {decision.task_id} went on to a higher role"
    if decision.standing == "asked":
        return f"asked; task {decision.task_id} waits for the answer"
    return f"task {decision.task_id}: {decision.verb} by {decision.person_name}"


@click.command()
@asks("task.reassign", "task", "task")
@click.argument("task")
@click.option("--text", required=True, help="What was answered.")
@click.option("--sender", required=True, help="Who answered, for the record.")
@workspace_option
@person_option
@json_option
def answer(task: str, text: str, sender: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Put an answer that came by telephone or letter into TASK. Answers by mail are collected while serving."""

    with calling(workspace, person) as caller:
        view = caller.app.workforce.answer(None, task, text=text, sender=sender)
    if as_json:
        print_json({"task": view.id, "state": view.state})
    else:
        click.echo(f"task {view.id} is {view.state.value} again")
