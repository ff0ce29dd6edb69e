"""The gateway alone, for machines that do nothing else."""

from __future__ import annotations

from pathlib import Path

import click

from tiebeam.cli.shared import workspace_of, workspace_option


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8322, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 picks a free one."
)
@click.option(
    "--processes",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="How many processes share the port, one for each core that may be used.",
)
@workspace_option
def gateway(host: str, port: int, processes: int, workspace: Path | None) -> None:
    """Take model calls over OpenAI's and Anthropic's APIs, within the workspace's budgets.

    Upstreams, models, prices, budgets and routes come from the applied workspace, keys from 'tiebeam keys create'.
    Stop with Ctrl-C; calls under way may end.
    """
    from tiebeam.gateway import run_gateway

    run_gateway(workspace_of(workspace), host=host, port=port, processes=processes, say=click.echo)
