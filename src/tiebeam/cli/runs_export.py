"""Verb: runs as an object-centric event log."""

from __future__ import annotations

from pathlib import Path

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import check_output, json_option, person_option, print_json, say, workspace_option


@click.command("export")
@asks("run.view", "run")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--ocel", is_flag=True, help="The form; there is no other, and it may be left out.")
@click.option("--run", "runs", multiple=True, metavar="RUN", help="These runs only. Repeatable.")
@click.option("--intent", default=None, help="Runs of this intent only.")
@click.option("--state", default=None, help="Runs in this state only, for example done.")
@click.option(
    "--limit", default=10_000, show_default=True, type=click.IntRange(1, 100_000), help="How many runs, newest first."
)
@workspace_option
@person_option
@json_option
def export(
    out: Path,
    ocel: bool,
    runs: tuple[str, ...],
    intent: str | None,
    state: str | None,
    limit: int,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Write runs to OUT as an object-centric event log (OCEL 2.0) for process mining, in the form its name ends with:
    .json, .xml or .sqlite. It holds the runs you may see.
    """
    del ocel
    from tiebeam.workflow.evidence import event_log, write_log
    from tiebeam.workflow.runs import RunFilter

    check_output(out)
    with calling(workspace, person) as caller:
        visible = caller.visible("run.view")
        wanted = RunFilter(intent=intent, state=state)
        with caller.app.store.read() as conn:
            log = event_log(conn, wanted, runs=runs, visible=visible, most=limit)
        write_log(log, out)
    done = {"file": str(out), "events": len(log.events), "objects": len(log.objects)}
    if as_json:
        print_json(done)
    else:
        say(f"{done['events']} events and {done['objects']} objects written to {out}")
