"""Verbs about runs and versions of recipes: migrate and replay; and what needs a look: tail, attention."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import clean, json_option, person_option, print_json, print_table, workspace_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.http import Caller
    from tiebeam.workflow.operating import Happening, MigrationPreview, Replay

_LOOK_SECONDS = 0.25


@click.command("migrate")
@asks("run.migrate", "run", inside=True)
@click.option("--recipe", required=True, help="Whose open runs: INTENT/NAME.")
@click.option("--run", "runs", multiple=True, help="Only this run; may be said several times.")
@click.option("--yes", is_flag=True, help="Do it. Without it, only say which runs fit and why others do not.")
@click.option("--preview", is_flag=True, help="Only say it, as without --yes.")
@click.option("--reason", default="", help="Why, in a sentence; it goes on the record.")
@workspace_option
@person_option
@json_option
def migrate(
    recipe: str,
    runs: tuple[str, ...],
    yes: bool,
    preview: bool,
    reason: str,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Move open runs of a recipe to its applied version, in bounded batches; what does not fit stays where it is.

    Exits with 1 when a run does not fit.
    """
    if yes and preview:
        raise click.UsageError("say --preview or --yes, not both")
    if yes and not reason.strip():
        raise click.UsageError("say why with --reason; it goes on the record")
    with calling(workspace, person) as caller:
        caller.known("recipe", recipe)
        if not yes:
            with caller.app.store.read() as conn:
                seen = caller.app.operating.preview_migration(caller.principal, conn, recipe, runs=runs or None)
            _print_migration(seen, as_json=as_json)
            return int(bool(seen.refusal) or seen.fits < len(seen.runs))
        done = caller.app.operating.migrate(caller.principal, recipe, reason=reason, runs=runs or None)
    if as_json:
        print_json(done)
    else:
        click.echo(f"{len(done.moved)} runs go on by version {done.version[:12]}, {len(done.left)} stay where they are")
        print_table(("run", "why it stays"), [(one.run, "; ".join(one.fit.reasons)) for one in done.left[:200]])
    return int(bool(done.left))


def _print_migration(seen: MigrationPreview, *, as_json: bool) -> None:
    if as_json:
        print_json(seen)
        return
    click.echo(f"{seen.recipe}: version {seen.version[:12]} is applied")
    if seen.refusal:
        click.echo(clean(f"it takes no runs: {seen.refusal}"))
    print_table(("version", "open runs"), [(one[:12], count) for one, count in seen.open.items()])
    rows = [
        (
            one.run,
            one.state.value,
            "fits" if one.fit.fits else "stays",
            "; ".join(one.fit.reasons) or _then(one.fit.waits, one.fit.next),
        )
        for one in seen.runs
    ]
    print_table(("run", "state", "", "why, or what then"), rows)
    more = f" of the first {len(seen.runs)}" if seen.after else ""
    click.echo(f"{seen.fits}{more} would be moved, {len(seen.runs) - seen.fits} not; nothing was done (--yes does it)")


def _then(waits: tuple[str, ...], following: tuple[str, ...]) -> str:
    parts = [f"waits on for {', '.join(waits)}"] if waits else []
    parts += [f"then runs {', '.join(following)}"] if following else []
    return "; ".join(parts) or "ends at once"


@click.command("replay")
@asks("run.replay", "run", "run", inside=True)
@click.argument("run")
@click.option(
    "--version",
    "version",
    default="applied",
    show_default=True,
    help="applied, pinned, the id of another recipe of the same intent, or six signs of a version's hash.",
)
@workspace_option
@person_option
@json_option
def replay(run: str, version: str, workspace: Path | None, person: str | None, as_json: bool) -> int:
    """Take RUN, which has ended, through another version, dry: nothing is kept and nothing leaves the house.

    Steps that only compute or write our own rows really run; what people, other systems and time said is taken from the
    record. Exits with 1 when something differs.
    """
    with calling(workspace, person) as caller:
        done = caller.app.operating.replay(caller.principal, run, version=version)
    if as_json:
        print_json(done)
    else:
        _print_replay(done)
    return int(done.differs)


def _print_replay(done: Replay) -> None:
    rows = [(one.instance, one.before, one.after, one.source, "; ".join(one.changes)) for one in done.steps]
    print_table(("step", "was", "would be", "taken from", "what differs"), rows)
    click.echo(clean(f"{done.run}: {done.before}; by version {done.version[:12]}: {done.after}"))


@click.command("tail")
@asks("run.view", "run", "run")
@click.argument("run", required=False)
@click.option("--from-start", is_flag=True, help="Begin with what has happened so far.")
@click.option("--once", is_flag=True, help="Print what is there and end; with RUN this begins at its start.")
@workspace_option
@person_option
@json_option
def tail(
    run: str | None, from_start: bool, once: bool, workspace: Path | None, person: str | None, as_json: bool
) -> None:
    """Follow what happens in RUN until it ends, or in all runs you may see; with --json one JSON object a line."""
    with calling(workspace, person) as caller:
        told = _one(caller, run, once=once) if run else _all(caller, from_start=from_start, once=once)
        for one in told:
            click.echo(_line(one, as_json=as_json))


def _one(caller: Caller, run: str, *, once: bool) -> Iterator[Happening]:
    from tiebeam.workflow.operating import happenings
    from tiebeam.workflow.runs import load_run

    seen = 0
    while True:
        with caller.app.store.read() as conn:
            is_over = load_run(conn, run).state.is_final
            new = happenings(conn, run, after=seen)
        yield from new
        seen = new[-1].seq if new else seen
        if not new and (once or is_over):
            return
        if not new:
            time.sleep(_LOOK_SECONDS)


def _all(caller: Caller, *, from_start: bool, once: bool) -> Iterator[Happening]:
    from tiebeam.store import journal_end
    from tiebeam.workflow.operating import Tail

    with caller.app.store.read() as conn:
        start = 0 if from_start or once else journal_end(conn)
    following = Tail(after=start, visible=caller.visible("run.view"))
    while True:
        before = following.position
        with caller.app.store.read() as conn:
            new = following.more(conn)
        yield from new
        if following.position == before:
            if once:
                return
            time.sleep(_LOOK_SECONDS)


def _line(one: Happening, *, as_json: bool) -> str:
    from tiebeam.kit import iso, plain

    if as_json:
        return json.dumps(plain(one), ensure_ascii=False)
    said = " ".join(str(one.payload[key]) for key in ("step", "outcome", "reason") if one.payload.get(key))
    return clean(f"{iso(one.at)}  {one.run}  {one.kind}  {one.actor}  {said}".rstrip())


@click.command("attention")
@asks("run.view", "run")
@workspace_option
@person_option
@json_option
def attention(workspace: Path | None, person: str | None, as_json: bool) -> int:
    """List the runs that stand still, and those the engine put aside. Exits with 1 when there are any."""
    from tiebeam.workflow.operating import put_aside, stalls

    with calling(workspace, person) as caller:
        visible = caller.visible("run.view")
        with caller.app.store.read() as conn:
            still = stalls(conn, visible=visible)
            aside = put_aside(conn, visible=visible)
    if as_json:
        print_json({"stalled": still, "put_aside": aside})
        return int(bool(still or aside.runs))
    rows = [(one.run, "stands still", f"{one.since:%Y-%m-%d %H:%M}", one.why) for one in still]
    rows += [(one.run, "put aside", f"{one.failed_at:%Y-%m-%d %H:%M}", one.reason) for one in aside.runs]
    print_table(("run", "", "since (UTC)", "why"), rows)
    click.echo(f"{len(still)} stand still, {aside.total} put aside ('tiebeam runs retry RUN' lets one go on)")
    return int(bool(rows))


COMMANDS = (migrate, replay, tail, attention)
