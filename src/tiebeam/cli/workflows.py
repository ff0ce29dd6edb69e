"""Verbs about adopted workflows: where they stand, evaluating, promoting."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import json_option, person_option, print_json, print_table, workspace_option


@click.command()
@asks("intent.view", "recipe", "workflow")
@click.argument("workflow", required=False)
@workspace_option
@person_option
@json_option
def workflows(workflow: str | None, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """List the adopted workflows with their state and gates, or show WORKFLOW alone."""
    with calling(workspace, person) as caller:
        app, seen = caller.app, caller.intents()
        adopted = [intent for intent in app.graph().adoptions if intent in seen]
        intents = [app.promotion.adopted(workflow)[0]] if workflow else adopted
        with app.store.read() as conn:
            found = [
                (app.promotion.standing(conn, intent), app.promotion.ask_gates(conn, intent)) for intent in intents
            ]
    if as_json:
        print_json([{"standing": standing, "gates": gates} for standing, gates in found])
        return
    if not found:
        click.echo("no workflow is adopted; add a file below adoptions/ and run 'tiebeam apply'")
    for standing, gates in found:
        click.echo(f"{standing.recipe}: {standing.stage.value}")
        print_table(("", "gate", "found"), [("open" if g.passed else "SHUT", g.title, g.reason) for g in gates])


@click.command()
@asks("recipe.promote", "recipe", "workflow")
@click.argument("workflow")
@workspace_option
@person_option
@json_option
def evaluate(workflow: str, workspace: Path | None, person: str | None, as_json: bool) -> int:
    """Run the evaluation set of WORKFLOW's adopted recipe and keep the result for its gate."""
    with calling(workspace, person) as caller:
        _, _, recipe = caller.app.promotion.adopted(workflow)
        done = caller.app.evaluate(workflow, actor=caller.principal.actor)
    threshold = recipe.evaluation.threshold if recipe.evaluation else 1
    if as_json:
        print_json(done)
    else:
        click.echo(f"{done.passed_cases} of {done.total_cases} cases passed, {threshold:%} asked for")
        for result in done.results:
            if not result.passed:
                click.echo(f"  {result.case}: expected {dict(result.expected)}, got {dict(result.actual)}")
    return 0 if done.share >= threshold else 1


@click.command()
@asks("recipe.promote", "recipe", "workflow")
@click.argument("workflow")
@click.option(
    "--to",
    "stage",
    required=True,
    type=click.Choice(["draft", "pilot", "production", "retired"]),
    help="The state it goes to.",
)
@click.option("--override", default=None, help="Go up although a gate is shut: the reason, on the record.")
@click.option("--until", type=click.DateTime(formats=["%Y-%m-%d"]), default=None, help="The override's last day.")
@workspace_option
@person_option
@json_option
def promote(
    workflow: str,
    stage: str,
    override: str | None,
    until: datetime | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Move WORKFLOW to another state. Upwards every gate is asked, and the answers are journalled.

    Exits with 1 when a gate is shut.
    """
    from tiebeam.workflow import recipe_object
    from tiebeam.workflow.promotion import GatesShut, Stage

    with calling(workspace, person) as caller:
        app, principal = caller.app, caller.principal
        if override is not None:
            obj = recipe_object(app.intent_facts, app.promotion.adopted(workflow)[0])
            caller.require("recipe.override", obj, {"reason": override})
        try:
            record = app.promotion.promote(
                workflow,
                to=Stage(stage),
                actor=principal.actor,
                override=override,
                until=None if until is None else until.date(),
            )
        except GatesShut as refusal:
            if not as_json:
                raise
            print_json({"promoted": False, "state": refusal.data["stage"], "gates": refusal.data["gates"]})
            return 1
    if as_json:
        print_json({"promoted": True, "state": record.to_state, "record": record})
        return 0
    click.echo(f"{record.recipe}: {record.from_state.value} → {record.to_state.value}")
    print_table(("", "gate", "found"), [("open" if g.passed else "SHUT", g.title, g.reason) for g in record.gates])
    return 0
