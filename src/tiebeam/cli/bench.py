"""Verbs that measure: how many tokens a second a model server gives under load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.shared import check_output, json_option, print_json, print_table, say, workspace_of, workspace_option

if TYPE_CHECKING:
    from tiebeam.connect.outgoing import Outgoing
    from tiebeam.connect.secrets import Secret
    from tiebeam.connect.serving import Load

_ANSWER_SECONDS = 600.0


@click.group()
def bench() -> None:
    """Measure servers, so that estimates rest on figures of your own."""


@bench.command()
@click.argument("url")
@click.option("--model", required=True, help="As the server names it.")
@click.option(
    "--concurrency", default="1,4,16", show_default=True, metavar="N,N,…", help="Requests at once, level after level."
)
@click.option("--input", "input_", default=512, show_default=True, help="Tokens of a prompt, about.")
@click.option("--output", default=128, show_default=True, help="Tokens of an answer, at most.")
@click.option("--requests", default=32, show_default=True, help="Requests of a level, at most.")
@click.option("--seconds", default=120, show_default=True, help="After so long a level starts no more requests.")
@click.option("--fill", is_flag=True, help="Ask for answers of the full length (ignore_eos; vLLM and SGLang know it).")
@click.option("--seed", default=1, show_default=True, help="Of the prompts.")
@click.option("--key", default=None, metavar="REFERENCE", help="Where the API key is kept, such as env:MODEL_KEY.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    default=Path("benchmark.json"),
    show_default=True,
    help="Write what was measured here, for 'tiebeam hosting import-benchmark'.",
)
@workspace_option
@json_option
def serve(
    url: str, concurrency: str, key: str | None, out: Path, workspace: Path | None, as_json: bool, **size: Any
) -> None:
    """Drive a bounded load at the OpenAI-compatible API at URL, such as http://127.0.0.1:8000/v1, and measure it.

    Each level makes --requests requests, --concurrency at a time; what that costs at most is said first. Only tokens
    that the server counts are counted.
    """
    from tiebeam.connect.serving import Load, drive

    check_output(out)
    levels = _levels(concurrency)
    load = Load(url=url, input_tokens=size.pop("input_"), output_tokens=size.pop("output"), **size)
    outgoing, secret = _outgoing(load, key, workspace)
    say(
        f"{len(levels)} levels of at most {load.requests} requests to {load.address}: "
        f"{len(levels) * load.most_tokens:,} tokens at most",
        err=True,
    )
    measured: list[dict[str, Any]] = []
    for level in levels:
        found = drive(outgoing, load, concurrency=level, key=secret).form()
        measured.append({"model": load.model, **found})
        say(f"{level} at once: {found['output_throughput']:,.1f} tokens/s, {found['failed']} failed", err=True)
        out.write_text(json.dumps({"program": "tiebeam bench serve", "levels": measured}, indent=1), encoding="utf-8")
    if as_json:
        print_json({"file": str(out), "levels": measured})
        return
    _print(measured)
    click.echo(
        f"\nwritten to {out}; take it in with: tiebeam hosting import-benchmark {out} --model … --gpu … --gpus …"
    )


def _levels(text: str) -> list[int]:
    from tiebeam.connect.serving import check_concurrency

    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) < 6 for part in parts):
        raise click.UsageError(f"--concurrency {text!r} is no list of numbers; write one such as 1,4,16")
    return [check_concurrency(int(part)) for part in dict.fromkeys(parts)]


def _outgoing(load: Load, key: str | None, workspace: Path | None) -> tuple[Outgoing, Secret | None]:
    """The client as the workspace sets it, else as it comes. Whoever names a host here vouches for it."""
    from urllib.parse import urlsplit

    from tiebeam.connect.outgoing import outgoing_for
    from tiebeam.connect.secrets import read_secret
    from tiebeam.graph import NoWorkspace
    from tiebeam.graph import load as load_graph
    from tiebeam.spec import OutgoingRules

    folder, rules = Path.cwd(), OutgoingRules()
    try:
        folder = workspace_of(workspace)
    except NoWorkspace:
        if workspace is not None:
            raise
    else:
        settings = load_graph(folder).settings
        rules = rules if settings is None else settings.outgoing
    secret = None if key is None else read_secret(key, base=folder)
    host = urlsplit(load.address).hostname
    allowed = (host,) if host else ()
    return outgoing_for(rules, workspace=folder, also_allowed=allowed, timeout=_ANSWER_SECONDS), secret


def _print(measured: list[dict[str, Any]]) -> None:
    names = ("output_throughput", "median_ttft_ms", "p99_ttft_ms", "median_tpot_ms", "median_e2el_ms")
    head = ("at once", "done", "failed", "tokens/s", "first token ms", "p99", "between tokens ms", "answer ms")
    rows = [
        (one["max_concurrency"], one["completed"], one["failed"], *(f"{one.get(name, 0):,.1f}" for name in names))
        for one in measured
    ]
    print_table(head, rows)
    for one in measured:
        for problem in one["problems"]:
            click.echo(f"{one['max_concurrency']} at once, {problem['times']} times: {problem['problem']}")
