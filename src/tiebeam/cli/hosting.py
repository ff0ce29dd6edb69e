"""Verbs about hosting models on GPUs: throughput, offers, and what people measured themselves."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.shared import (
    Group,
    check_output,
    json_option,
    jsonl_option,
    print_json,
    print_table,
    say,
    workspace_of,
    workspace_option,
    write_jsonl,
)

if TYPE_CHECKING:
    from tiebeam.economics.hosting import Estimate, Throughput, Wanted
    from tiebeam.graph import Graph

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_ABOVE_ZERO = click.IntRange(1, 10**7)
_TERMS = ("on-demand", "spot", "reserved", "marketplace")
_METHODS = ("benchmark", "measured", "kernel-model", "roofline")

_term_option = click.option("--term", type=click.Choice(_TERMS), default=None, help="Only this way of renting.")


@click.group(cls=Group)
def hosting() -> None:
    """What models do on GPUs, and what GPUs cost by the hour, the month and the million tokens."""


@hosting.command("estimate")
@click.option("--batch", type=_FILE, default=None, help="Estimate every row of this CSV file.")
@jsonl_option
@click.option("--method", type=click.Choice(_METHODS), default=None, help="Only this method [default: the best].")
@click.option("--model", default=None, help="The model, by its record or any name it is written by.")
@click.option("--gpu", default=None, help="The GPU, such as h100-sxm.")
@click.option("--gpus", type=_ABOVE_ZERO, default=1, show_default=True, help="How many.")
@click.option("--tp", type=_ABOVE_ZERO, default=None, help="Tensor parallel [default: all GPUs].")
@click.option("--precision", default="fp8", show_default=True, help="Of the weights: bf16, fp8 or fp4.")
@click.option("--backend", default="vllm", show_default=True, help="The serving program: vllm, sglang or trtllm.")
@click.option("--input", "input_", type=_ABOVE_ZERO, default=1024, show_default=True, help="Input tokens a request.")
@click.option("--output", type=_ABOVE_ZERO, default=256, show_default=True, help="Output tokens a request.")
@click.option("--concurrency", type=_ABOVE_ZERO, default=32, show_default=True, help="Requests in flight.")
@click.option("--offer", default=None, help="A GPU offer, to say what a million tokens costs on it.")
@click.option("--term", type=click.Choice(_TERMS), default="on-demand", show_default=True, help="How it is rented.")
@click.option("--busy", default="1", show_default=True, help="The share of its hours that the hardware is busy.")
@workspace_option
@json_option
def estimate(
    *,
    batch: Path | None,
    jsonl: Path | None,
    method: str | None,
    workspace: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Output tokens a second and GPU, always with method, band and utilisation.

    With --batch the answers go to --jsonl; exits with 1 where a row could not be estimated.
    """
    from tiebeam.economics.hosting import Method, estimate_batch

    chosen = None if method is None else Method(method)
    graph = _graph(workspace)
    throughput = _throughput(graph)
    if batch is not None:
        if jsonl is None:
            raise click.UsageError("--batch needs --jsonl FILE for its answers; '-' prints them")
        check_output(jsonl)
        rows = list(estimate_batch(throughput, batch, method=chosen))
        write_jsonl(jsonl, rows)
        failed = [row for row in rows if row["method"] is None]
        click.echo(f"{len(rows) - len(failed)} of {len(rows)} estimated", err=True)
        for row in failed[:5]:
            say(f"{row['id']}: {row['reason']} [{row['state']}]", err=True)
        return 1 if failed else 0
    wanted = _wanted(options)
    found = throughput.estimate(wanted, method=chosen)
    answer = {**_shown(found), **_cost(graph, options, found, gpus=wanted.gpus)}
    if as_json:
        print_json(answer)
    else:
        rows = [(name.replace("_", " "), _text(value)) for name, value in answer.items()]
        print_table(("", ""), rows)
    return 0


@hosting.command("offers")
@click.option("--provider", default=None, help="Part of a provider's name.")
@click.option("--gpu", default=None, help="Part of a GPU's id.")
@_term_option
@workspace_option
@json_option
def offers(provider: str | None, gpu: str | None, term: str | None, workspace: Path | None, as_json: bool) -> None:
    """GPUs to rent, by the hour and by the month of 730 hours, as ranges over their sources."""
    from tiebeam.economics.hosting import list_offers
    from tiebeam.spec import Term

    graph = _graph(workspace)
    chosen = None if term is None else Term(term)
    found = list_offers(graph.gpus, graph.accelerators, provider=provider, accelerator=gpu, term=chosen)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.id,
            one.gpus_per_instance,
            price.term.value,
            _range(price.low_usd_per_gpu_hour, price.high_usd_per_gpu_hour),
            _range(price.low_usd_per_gpu_month, price.high_usd_per_gpu_month),
            price.sources[0] if len(price.sources) == 1 else f"{price.sources[0]} and {len(price.sources) - 1} more",
        )
        for one in found
        for price in one.prices
    ]
    print_table(("offer", "GPUs", "term", "USD/GPU/hour", "USD/GPU/month", "source"), rows)
    click.echo(f"{len(found)} offers of {len({one.provider for one in found})} providers")


@hosting.command("import-benchmark")
@click.argument("file", type=_FILE)
@click.option("--model", required=True, help="The model that was served.")
@click.option("--gpu", required=True, help="The GPU it ran on.")
@click.option("--gpus", type=_ABOVE_ZERO, default=1, show_default=True, help="How many.")
@click.option("--tp", type=_ABOVE_ZERO, default=None, help="Tensor parallel [default: all GPUs].")
@click.option("--precision", required=True, help="Of the weights: bf16, fp8 or fp4.")
@click.option("--backend", required=True, help="The serving program: vllm, sglang, trtllm …")
@workspace_option
@json_option
def import_benchmark(
    *,
    file: Path,
    model: str,
    gpu: str,
    gpus: int,
    tp: int | None,
    precision: str,
    backend: str,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Take what GuideLLM or `vllm bench serve` measured into the workspace; it goes before every other method."""
    from tiebeam.economics.hosting import read_benchmark, take_benchmark
    from tiebeam.kit import SystemClock

    points = read_benchmark(file, gpus=gpus, tensor_parallel=tp or gpus)
    path = take_benchmark(
        points,
        _throughput(_graph(workspace)),
        workspace=workspace_of(workspace),
        file=file,
        model=model,
        accelerator=gpu,
        precision=precision,
        backend=backend,
        today=SystemClock().now().date(),
    )
    if as_json:
        print_json({"file": path, "points": points})
    else:
        say(f"{len(points)} points in {path}")


@hosting.command("compute")
@click.option("--model", required=True, help="The model, by its record or any name it is written by.")
@click.option("--kernels-of", default=None, help="The name aiconfigurator knows it by [default: one of its record's].")
@click.option("--gpu", required=True, help="The GPU, such as h100-sxm.")
@click.option("--gpus", type=_ABOVE_ZERO, default=1, show_default=True, help="How many.")
@click.option("--tp", type=_ABOVE_ZERO, default=None, help="Tensor parallel [default: all GPUs].")
@click.option("--ep", type=_ABOVE_ZERO, default=1, show_default=True, help="Expert parallel, of a mixture of experts.")
@click.option("--precision", default="fp8", show_default=True, help="Of the weights: bf16, fp8 or fp4.")
@click.option("--backend", default="vllm", show_default=True, help="The serving program: vllm, sglang or trtllm.")
@click.option("--input", "input_", type=_ABOVE_ZERO, default=1024, show_default=True, help="Input tokens a request.")
@click.option("--output", type=_ABOVE_ZERO, default=256, show_default=True, help="Output tokens a request.")
@click.option(
    "--concurrency", type=_ABOVE_ZERO, multiple=True, default=(1, 8, 32, 128), show_default=True, help="Repeatable."
)
@workspace_option
@json_option
def compute(
    *,
    model: str,
    kernels_of: str | None,
    gpu: str,
    gpus: int,
    tp: int | None,
    ep: int,
    precision: str,
    backend: str,
    input_: int,
    output: int,
    concurrency: tuple[int, ...],
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Work out throughput from measured kernels and keep it in the workspace; needs the extra kernels."""
    from tiebeam.economics.hosting import KernelRequest, kernel_points, kernel_source, take_computed
    from tiebeam.kit import SystemClock

    known = _throughput(_graph(workspace))
    request = KernelRequest(
        names=(kernels_of,) if kernels_of else known.architecture(model).written,
        accelerator=known.accelerator(gpu).id,
        precision=precision,
        backend=backend,
        input_tokens=input_,
        output_tokens=output,
        concurrency=concurrency,
        gpus=gpus,
        tensor_parallel=tp or gpus,
        expert_parallel=ep,
    )
    points = kernel_points(request)
    path = take_computed(
        points,
        known,
        workspace=workspace_of(workspace),
        model=model,
        accelerator=gpu,
        precision=precision,
        backend=backend,
        source=kernel_source(request),
        today=SystemClock().now().date(),
    )
    if as_json:
        print_json({"file": path, "points": points})
    else:
        say(f"{len(points)} points in {path}")


@hosting.command("import-offers")
@click.argument("file", type=_FILE)
@click.option("--provider", required=True, help="Whose offers the file holds.")
@click.option("--stated", required=True, help="The day, month or year the file is of, such as 2026-11-20.")
@click.option("--gpu", "gpus", multiple=True, help="Only this GPU as the file names it; may be repeated.")
@workspace_option
@json_option
def import_offers(
    file: Path, provider: str, stated: str, gpus: tuple[str, ...], workspace: Path | None, as_json: bool
) -> None:
    """Take the offers of a gpuhunt or SkyPilot CSV file into the workspace's gpus/ folder."""
    from tiebeam.economics.hosting import read_catalog, take_offers
    from tiebeam.kit import SystemClock

    taken = take_offers(
        read_catalog(file),
        _throughput(_graph(workspace)),
        workspace=workspace_of(workspace),
        file=file,
        provider=provider,
        stated=stated,
        only=gpus,
        today=SystemClock().now().date(),
    )
    if as_json:
        print_json(taken)
        return
    for path in taken.written:
        say(str(path))
    if taken.unknown:
        say(f"no accelerator record for {', '.join(taken.unknown)}; add one below accelerators/", err=True)


def _wanted(options: dict[str, Any]) -> Wanted:
    from tiebeam.economics.hosting import Wanted

    missing = [f"--{name}" for name in ("model", "gpu") if not options[name]]
    if missing:
        raise click.UsageError(f"say {' and '.join(missing)}, or give --batch FILE")
    tensor = options["tp"] or options["gpus"]
    return Wanted(
        model=options["model"],
        accelerator=options["gpu"],
        precision=options["precision"],
        backend=options["backend"],
        input_tokens=options["input_"],
        output_tokens=options["output"],
        concurrency=options["concurrency"],
        gpus=options["gpus"],
        tensor_parallel=tensor,
    )


def _shown(found: Estimate) -> dict[str, Any]:
    names = ("out_tok_s_per_gpu", "low", "high")
    figures = {name: round(getattr(found, name), 2) for name in names}
    shares = {name: round(getattr(found, name), 4) for name in ("memory_utilisation", "compute_utilisation")}
    rest = {"in_flight": round(found.in_flight, 1), "notes": found.notes}
    return {**figures, "method": found.method, "band": found.band, "basis": found.basis, **shares, **rest}


def _cost(graph: Graph, options: dict[str, Any], found: Estimate, *, gpus: int) -> dict[str, Any]:
    from tiebeam.economics.hosting import find_offer, usd_per_mtok
    from tiebeam.kit import parse_amount
    from tiebeam.spec import Term

    if options["offer"] is None:
        return {}
    try:
        busy = parse_amount(options["busy"])
    except ValueError as problem:
        raise click.UsageError(f"--busy {options['busy']!r} is no share; write a number such as 0.6") from problem
    price = find_offer(graph.gpus, graph.accelerators, options["offer"]).under(Term(options["term"]))

    def per_mtok(usd_per_hour: Decimal, tokens_per_s: float) -> Decimal:
        whole = usd_per_mtok(usd_per_hour, Decimal(f"{tokens_per_s:.6f}"), utilisation=busy)
        return whole.quantize(Decimal("0.0001"))

    return {
        "offer": options["offer"],
        "term": price.term,
        "usd_per_hour": price.latest_usd_per_gpu_hour * gpus,
        "usd_per_month": price.latest_usd_per_gpu_month * gpus,
        "usd_per_mtok_output": per_mtok(price.latest_usd_per_gpu_hour, found.out_tok_s_per_gpu),
        "usd_per_mtok_output_low": per_mtok(price.low_usd_per_gpu_hour, found.high),
        "usd_per_mtok_output_high": per_mtok(price.high_usd_per_gpu_hour, found.low),
        "price_sources": price.sources,
    }


def _range(low: Decimal, high: Decimal) -> str:
    return f"{low.normalize():f}" if low == high else f"{low.normalize():f} to {high.normalize():f}"


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "; ".join(map(str, value)) or "none"
    return str(getattr(value, "value", value))


def _throughput(graph: Graph) -> Throughput:
    from tiebeam.economics.hosting import Throughput

    return Throughput(graph.architectures, graph.accelerators, graph.measurements)


def _graph(given: Path | None) -> Graph:
    """The library, overlaid by the workspace that is given or lies here or above."""
    from tiebeam.graph import NoWorkspace, load

    try:
        return load(workspace_of(given))
    except NoWorkspace:
        if given is not None:
            raise
        return load(None)
