"""Verb: what waits, what runs and how the workflows stand, at a glance."""

from __future__ import annotations

from pathlib import Path

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import json_option, person_option, print_json, print_table, say, workspace_option


@click.command()
@asks("run.view", "run")
@workspace_option
@person_option
@json_option
def status(workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Show what waits for you, what runs, what was decided and where the workflows stand."""
    from tiebeam.workflow.runs import decision_counts, run_counts

    with calling(workspace, person) as caller:
        app, principal = caller.app, caller.principal
        visible, seen = caller.visible("run.view"), caller.intents()
        with app.store.read() as conn:
            tasks = app.workforce.counts(conn, principal, visible=caller.visible("task.view"))
            runs, decisions = run_counts(conn, visible=visible), decision_counts(conn, visible=visible)
            notices = app.workforce.notices(conn, principal.person_id)
            standings = [app.promotion.standing(conn, intent) for intent in app.graph().adoptions if intent in seen]
        work, reading = app.engine.health(), app.reader.held()
    if as_json:
        names = ("tasks", "runs", "decisions", "notices", "workflows", "work", "reading")
        print_json(dict(zip(names, (tasks, runs, decisions, notices, standings, work, reading), strict=True)))
        return
    click.echo(f"{tasks.active} tasks wait, {tasks.mine} of them for {principal.name}, {tasks.overdue} overdue")
    print_table(("runs", ""), sorted(runs.items()))
    print_table(("decisions", ""), sorted(decisions.items()))
    print_table(("workflow", "state"), [(one.recipe, one.stage.value) for one in standings])
    for notice in notices:
        say(f"{notice.at:%Y-%m-%d %H:%M} {notice.text}")
    for gap in reading.missing:
        say(f"reading documents: {gap}")
