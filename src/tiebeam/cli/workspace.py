"""Verbs about the workspace folder: init, check, apply."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import json_option, person_option, print_json, workspace_of, workspace_option

if TYPE_CHECKING:
    from tiebeam.app import Seeded


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--example", default="empty", show_default=True, help="Which example to start from.")
@json_option
def init(directory: Path, example: str, as_json: bool) -> int:
    """Make a workspace in DIRECTORY and bring its workflows into service.

    The adopted workflows are evaluated and promoted through their gates: to pilot in an empty workspace, where nothing
    leaves the house unless a person approved it; to production in a worked example.
    """
    from tiebeam.app import open_app, seed_use
    from tiebeam.graph import init_workspace
    from tiebeam.workflow.promotion import GatesShut, Stage

    written = init_workspace(directory, example=example)
    app = open_app(directory)
    shut: list[str] = []
    stages: dict[str, str] = {}
    try:
        # A database that knew another workspace takes these files; with a new one they are in force already.
        with app.store.unit() as unit:
            app.graph.apply(unit, actor="system:tiebeam")
        actor = app.principal().actor
        goals = (Stage.PILOT,) if example == "empty" else (Stage.PILOT, Stage.PRODUCTION)
        for intent in app.graph().adoptions:
            app.evaluate(intent, actor=actor)
            try:
                for stage in goals:
                    app.promotion.promote(intent, to=stage, actor=actor)
            except GatesShut as refusal:
                shut.append(refusal.message)
            with app.store.read() as conn:
                stages[intent] = app.promotion.standing(conn, intent).stage.value
        seeded = seed_use(app)
    finally:
        app.close()
    if as_json:
        made = {"workspace": str(directory.resolve()), "files": len(written), "use": seeded}
        print_json({**made, "workflows": stages, "shut": shut})
    else:
        click.echo(f"{directory}: {len(written)} files written from example {example!r}")
        _say_made(stages, seeded, shut)
        click.echo(f"Next: tiebeam serve --workspace {directory}")
    return 1 if shut else 0


def _say_made(stages: dict[str, str], seeded: Seeded, shut: list[str]) -> None:
    for intent, stage in stages.items():
        click.echo(f"  {intent}: {stage}")
    if seeded.files:
        click.echo(f"  model use before the gateway: {seeded.charges:,} charges of {seeded.usd:,.2f} USD in the ledger")
    for message in shut:
        click.echo(f"  gate shut: {message}")


@click.command()
@workspace_option
@json_option
def check(workspace: Path | None, as_json: bool) -> int:
    """Check every declared file: shape, references and rules, each problem with file, line and fix."""
    from tiebeam.app import known_names
    from tiebeam.authority import check_rules
    from tiebeam.graph import Severity
    from tiebeam.graph import check as check_workspace

    problems = check_workspace(workspace_of(workspace), **known_names(), check_rules=check_rules)
    if as_json:
        print_json({"problems": problems})
    for problem in () if as_json else problems:
        click.echo(f"{problem.file}:{problem.line}: {problem.severity.value} {problem.rule}: {problem.message}")
        click.echo(f"    fix: {problem.fix}")
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if not as_json:
        click.echo(f"{len(errors)} errors, {len(problems) - len(errors)} warnings")
    return 1 if errors else 0


@click.command()
@asks("workspace.apply", "workspace")
@workspace_option
@person_option
@json_option
def apply(workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Put the workspace's files in force: what runs and decides from now on is what they say."""

    with calling(workspace, person) as caller:
        app, principal = caller.app, caller.principal
        with app.store.unit() as unit:
            digest = app.graph.apply(unit, actor=principal.actor)
    if as_json:
        print_json({"snapshot": digest})
    else:
        click.echo(f"in force: snapshot {digest[:12]}")
