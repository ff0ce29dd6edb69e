"""Verbs about runs: list and show; those that look after runs stand in `operating` and `versions`."""

from __future__ import annotations

from pathlib import Path

import click

from tiebeam.cli import operating, runs_export, versions
from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import Group, json_option, person_option, print_json, print_table, workspace_option
from tiebeam.cli.show import print_run


@click.group(cls=Group)
def runs() -> None:
    """See what ran, what waits and why."""


@runs.command("list")
@asks("run.view", "run")
@click.option(
    "--state", default=None, help="queued, running, waiting, paused, undoing, done, stopped, failed or cancelled."
)
@click.option("--decision", default=None, help="auto_pay, manager_approval, hold, reject or unreadable.")
@click.option("--label", default=None, help="For example price_variance.")
@click.option("--query", default=None, help="Part of the number or of the supplier's name.")
@click.option("--page", default=1, show_default=True, type=click.IntRange(1, 1_000_000), help="Which page.")
@click.option("--size", default=50, show_default=True, type=click.IntRange(1, 500), help="Runs on a page.")
@workspace_option
@person_option
@json_option
def list_(
    state: str | None,
    decision: str | None,
    label: str | None,
    query: str | None,
    page: int,
    size: int,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """List runs, newest first."""
    from tiebeam.workflow.runs import RunFilter, list_runs

    with calling(workspace, person) as caller:
        visible = caller.visible("run.view")
        wanted = RunFilter(state=state, decision=decision, label=label, query=query)
        with caller.app.store.read() as conn:
            found = list_runs(conn, wanted, page=page, size=size, visible=visible)
    if as_json:
        print_json(found)
        return
    rows = [(item.id, item.state.value, item.decision, ",".join(item.labels), item.subject) for item in found.items]
    print_table(("run", "state", "decision", "labels", "subject"), rows)
    click.echo(f"{found.total} runs, page {found.page}")


@runs.command("show")
@asks("run.view", "run", "run")
@click.argument("run")
@workspace_option
@person_option
@json_option
def show(run: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Show RUN with its steps. With --json also evidence, cost, tasks and journal."""
    from tiebeam.store import read_journal
    from tiebeam.workflow.runs import case_rows, run_view

    with calling(workspace, person) as caller:
        app = caller.app
        with app.store.read() as conn:
            view = run_view(conn, run)
            (case,) = case_rows(conn, [run])
            cost = app.economics.run_cost(conn, run)
            tasks = app.workforce.tasks(conn, run_id=run, size=100).rows
            entries = read_journal(conn, f"run:{run}", limit=500, after_seq=0)
    if not as_json:
        print_run(view, case, tasks)
        return
    print_json(
        {
            "run": view.item,
            "case": case,
            "input": view.input,
            "recipe": view.recipe.id,
            "recipe_hash": view.recipe_hash,
            "steps": view.steps,
            "cost": cost,
            "tasks": tasks,
            "journal": entries,
        }
    )


for _command in (*operating.COMMANDS, *versions.COMMANDS, runs_export.export):
    runs.add_command(_command)
