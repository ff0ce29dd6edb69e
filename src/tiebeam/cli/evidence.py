"""Verbs about evidence packs: make one, and verify one without any workspace."""

from __future__ import annotations

from pathlib import Path

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    Group,
    check_output,
    json_option,
    person_option,
    print_json,
    say,
    workspace_option,
)


@click.group(cls=Group)
def evidence() -> None:
    """Everything a run or a decision rests on, in one file that another machine verifies."""


@evidence.command("export")
@asks("evidence.export", "evidence", "subject")
@click.argument("subject", metavar="RUN|DECISION")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@workspace_option
@person_option
@json_option
def export(subject: str, out: Path, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Write the pack of a run, or of the decision on a task, to OUT."""
    check_output(out)
    with calling(workspace, person) as caller:
        app = caller.app
        with app.store.read() as conn:
            wanted = app.evidence.subject(conn, subject)
        made = app.evidence.export(wanted, actor=caller.principal.actor)
        app.anchoring.deliver()
    out.write_bytes(made.data)
    if as_json:
        print_json({"run": made.subject.run, "decision": made.subject.decision, "sha256": made.sha256})
        return
    say(f"evidence of run {made.subject.run} written to {out}, sha256 {made.sha256}")
    for what in made.missing:
        say(f"not in it: {what}")


@evidence.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--anchors", type=click.Path(path_type=Path), help="The anchors that were kept elsewhere.")
@json_option
def verify(file: Path, anchors: Path | None, as_json: bool) -> int:
    """Verify the pack FILE, offline and without a workspace. Exits with 0 sound, 1 not sound, 2 cannot be read."""
    from tiebeam.verifier import main

    return main([str(file), *(("--anchors", str(anchors)) if anchors else ()), *(("--json",) if as_json else ())])
