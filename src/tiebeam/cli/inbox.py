"""Verbs about review tasks: the inbox, deciding, answers."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.shared import json_option, opened, person_option, print_json, print_table, workspace_option

if TYPE_CHECKING:
    from tiebeam.workforce import Decision


@click.command()
@click.argument("task", required=False)
@click.option("--state", default="active", show_default=True, help="open, claimed, decided …, active, closed or all.")
@click.option("--mine", is_flag=True, help="Only what you may decide.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
@workspace_option
@person_option
@json_option
def inbox(
    task: str | None, state: str, mine: bool, limit: int, workspace: Path | None, person: str | None, as_json: bool
) -> int:
    """List review tasks, or show TASK with its whole packet."""
    from tiebeam.workforce import Obj, require

    with opened(workspace) as app:
        principal = app.principal(person)
        require(principal, "task.view", Obj("task", task or "*", {}))
        with app.store.read() as conn:
            if task is not None:
                print_json(app.workforce.task(conn, task))
                return 0
            page = app.workforce.tasks(
                conn,
                state=None if state == "all" else state,
                person=principal.person_id if mine else None,
                size=limit,
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
@click.argument("task")
@click.option("--verb", required=True, type=click.Choice(["approve", "reject", "edit", "ask"]))
@click.option(
    "--input",
    "input_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="JSON: comment; for edit changes; for ask text, to and subject. May also hold payload_hash.",
)
@click.option("--comment", default=None, help="Why, in a sentence.")
@click.option("--minutes", type=Decimal, default=None, help="Minutes the review took.")
@workspace_option
@person_option
@json_option
def decide(
    task: str,
    verb: str,
    input_file: Path | None,
    comment: str | None,
    minutes: Decimal | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Decide TASK and carry its run on. The first decision wins; a later one is told who decided before."""
    given = _given(input_file, comment)
    with opened(workspace) as app:
        principal = app.principal(person)
        decision = app.workforce.decide(
            principal,
            task,
            verb=verb,
            payload_hash=given.pop("payload_hash", None),
            input=given,
            minutes=minutes,
        )
        app.engine.launch()
        app.engine.drain(timeout=60)
    if as_json:
        print_json(decision)
    else:
        click.echo(_sentence(decision))
    return 0


def _given(input_file: Path | None, comment: str | None) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if input_file is not None:
        try:
            read = json.loads(input_file.read_text(encoding="utf-8"))
        except ValueError as problem:
            raise click.UsageError(f"{input_file} is not JSON: {problem}") from problem
        if not isinstance(read, dict):
            raise click.UsageError(f"{input_file} must hold one JSON object")
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
@click.argument("task")
@click.option("--text", required=True, help="What was answered.")
@click.option("--sender", required=True, help="Who answered, for the record.")
@workspace_option
@person_option
@json_option
def answer(task: str, text: str, sender: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Put an answer that came by telephone or letter into TASK. Answers by mail are collected while serving."""
    from tiebeam.workforce import Obj, require

    with opened(workspace) as app:
        principal = app.principal(person)
        with app.store.read() as conn:
            role = app.workforce.task(conn, task).role
        require(principal, "task.reassign", Obj("task", task, {"role": role}))
        view = app.workforce.answer(None, task, text=text, sender=sender)
    if as_json:
        print_json({"task": view.id, "state": view.state})
    else:
        click.echo(f"task {view.id} is {view.state.value} again")
