"""Verbs that keep running: serve, worker; and the sign-in link."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import json_option, person_option, print_json, workspace_of, workspace_option

if TYPE_CHECKING:
    from tiebeam.serve import Place


health_port_option = click.option(
    "--health-port",
    default=None,
    type=click.IntRange(0, 65535),
    help="Answer /health, /ready and /metrics here, without any sign-in; 0 picks a free port.",
)
health_host_option = click.option(
    "--health-host", default="127.0.0.1", show_default=True, help="The address of --health-port; keep it inside."
)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8321, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 picks a free one."
)
@click.option("--no-worker", is_flag=True, help="Serve the faces only; work is done by 'tiebeam worker' elsewhere.")
@health_port_option
@health_host_option
@workspace_option
@person_option
def serve(
    host: str,
    port: int,
    no_worker: bool,
    health_port: int | None,
    health_host: str,
    workspace: Path | None,
    person: str | None,
) -> None:
    """Open the console and the API, do the work, and take in what lies in the workspace's inbox folder.

    Prints a one-time link that signs you in.
    """
    from tiebeam.cli.identity import identify
    from tiebeam.serve import serve_workspace

    serve_workspace(
        workspace_of(workspace),
        host=host,
        port=port,
        with_worker=not no_worker,
        say=click.echo,
        person=person,
        identify=identify,
        health=_place(health_host, health_port),
    )


@click.command()
@click.option(
    "--queue",
    "queues",
    multiple=True,
    metavar="NAME",
    help="Take work from this queue only; repeatable. Without it, from all: human, intake, effects, work.",
)
@health_port_option
@health_host_option
@click.option(
    "--drain-seconds",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0, 3600),
    help="How long what runs may take to end after SIGTERM or Ctrl-C.",
)
@workspace_option
def worker(
    queues: tuple[str, ...],
    health_port: int | None,
    health_host: str,
    drain_seconds: float,
    workspace: Path | None,
) -> int:
    """Do the work of a workspace without serving pages. Several workers may share one PostgreSQL.

    SIGTERM or Ctrl-C ends it gently: it takes nothing more, finishes what runs, and leaves; a second one ends it at
    once, and others take over. Exits with 1 when something was left to others.
    """
    from tiebeam.serve import run_worker

    done = run_worker(
        workspace_of(workspace),
        say=click.echo,
        queues=queues,
        health=_place(health_host, health_port),
        drain_seconds=drain_seconds,
    )
    return 0 if done else 1


def _place(host: str, port: int | None) -> Place | None:
    from tiebeam.serve import Place

    return None if port is None else Place(host, port, click.echo)


@click.command("sign-in")
@asks("person.link", "person", inside=True)
@click.argument("for_person", required=False)
@click.option("--base-url", default="http://127.0.0.1:8321", show_default=True, help="Where the console is served.")
@workspace_option
@person_option
@json_option
def sign_in(for_person: str | None, base_url: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Print a one-time link that signs FOR_PERSON (or you) in; it works once, for thirty minutes."""
    from tiebeam.http import make_link

    with calling(workspace, person) as caller:
        principal = caller.principal
        link = make_link(caller.app, principal, for_person or principal.person_id, base_url=base_url)
    if as_json:
        print_json({"link": link})
    else:
        click.echo(link)
