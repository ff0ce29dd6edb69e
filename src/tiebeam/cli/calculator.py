"""The calculator at the command line: models by the token, models on GPUs, and both for one volume."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.shared import (
    Group,
    check_output,
    json_option,
    person_option,
    print_json,
    print_table,
    say,
    workspace_option,
)

if TYPE_CHECKING:
    from tiebeam.economics.calculator import ApiView, Catalogue, Comparison, HostingView, Question, View

_ASKED = {
    "ratio": "Input to output tokens [default: 3:1].",
    "tokens": "Tokens of a month, input and output [default: 200000000].",
    "calls": "Calls a month, instead of --tokens.",
    "per-call": "Input and output tokens of one call [default: 2000].",
    "cached": "Share of the input that is read from the cache, such as 0.4 or 40% [default: 0].",
    "batch": "Share of the calls that can wait for batch [default: 0].",
    "service": "How calls are served: standard, batch, flex or priority.",
    "region": "Where they are served, for prices of the workspace by region.",
    "currency": "Of every figure [default: USD].",
    "at": "At the prices of this day [default: today].",
    "sort": "cost, name, provider, class, context, input, output, throughput or hour; -cost for the dearest first.",
    "precision": "Format of the weights on a GPU: bf16, fp8 or fp4 [default: fp8].",
    "backend": "Serving program: vllm, sglang or trtllm [default: vllm].",
    "busy": "Share of its hours that hardware works [default: 0.6].",
    "concurrency": "Requests in flight on one copy of the model [default: 32].",
    "input": "Input tokens of a request on a GPU [default: by the ratio].",
    "output": "Output tokens of a request on a GPU [default: by the ratio].",
    "replica": "GPUs of one copy of the model [default: the fewest that hold it].",
    "method": "How throughput is estimated: benchmark, measured or roofline [default: the best].",
    "term": "How GPUs are rented: on-demand, spot, reserved or marketplace [default: on-demand].",
    "q": "Words of a model's name; also searches the public list beyond the library.",
    "metered": "The API option to compare, by id [default: the cheapest].",
    "rented": "The hosting option to compare, by id [default: the cheapest].",
}
_FILTERS = {
    "provider": "Only models of this provider; may be repeated.",
    "class": "Only models of this class: frontier, standard or saturated-task; may be repeated.",
    "model": "Only this model, by id; may be repeated.",
    "gpu": "Only this GPU; may be repeated.",
    "host": "Only GPUs of this provider; may be repeated.",
    "arch": "Model to host; may be repeated; all for every one [default: llama-3-1-70b].",
}
_FILE = click.Path(path_type=Path, dir_okay=False, writable=True)


def question_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for name, text in reversed(_FILTERS.items()):
        function = click.option(f"--{name}", f"asked_{name}", multiple=True, help=text)(function)
    for name, text in reversed(_ASKED.items()):
        asked = f"asked_{name.replace('-', '_')}"
        function = click.option(f"--{name}", asked, default=None, help=text)(function)
    return function


def _output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        person_option,
        workspace_option,
        json_option,
        click.option("--xlsx", type=_FILE, default=None, help="Write a spreadsheet with live formulas here."),
        click.option("--csv", "csv_", type=_FILE, default=None, help="Write every column here as CSV."),
    ):
        function = option(function)
    return function


@click.group(cls=Group)
def calculator() -> None:
    """What a volume of tokens costs: by the token, on GPUs, and compared."""


@calculator.command("api")
@asks("intent.view", "catalogue")
@question_options
@_output_options
def api(**options: Any) -> None:
    """Every model at every provider for one question, the cheapest first, with source and date of each price."""
    from tiebeam.economics.calculator import api_view

    _answer(options, api_view, _print_api)


@calculator.command("hosting")
@asks("intent.view", "catalogue")
@question_options
@_output_options
def hosting(**options: Any) -> None:
    """GPUs to rent for one question: tokens a second with method and band, GPUs needed, cost by the hour and month."""
    from tiebeam.economics.calculator import hosting_view

    _answer(options, hosting_view, _print_hosting)


@calculator.command("compare")
@asks("intent.view", "catalogue")
@question_options
@_output_options
def compare(**options: Any) -> None:
    """Tokens, GPUs and capacity for one volume, the cheapest first, and from which volume GPUs are cheaper."""
    from tiebeam.economics.calculator import compare as compare_

    _answer(options, compare_, _print_comparison)


def _answer(options: dict[str, Any], view: Callable[[Catalogue, Question], Any], show: Callable[[Any], None]) -> None:
    from tiebeam.economics.calculator import Catalogue, form

    question = asked_question(options)
    for file in (options["csv_"], options["xlsx"]):
        check_output(file)
    with calling(options["workspace"], options["person"]) as caller:
        app = caller.app
        day = question.at or app.store.clock.now().date()
        found = view(Catalogue(app.graph(), app.economics.prices, day=day), question)
    _write(found, csv=options["csv_"], xlsx=options["xlsx"])
    if options["as_json"]:
        print_json(form(found))
    else:
        show(found)


def asked_question(options: dict[str, Any]) -> Question:
    """From the options of a command. Wrong figures are wrong use."""
    from tiebeam.economics.calculator import BadQuestion, read_question

    pairs: list[tuple[str, str]] = []
    for name, value in options.items():
        if name.startswith("asked_") and value:
            values = value if isinstance(value, tuple) else (value,)
            pairs += [(name.removeprefix("asked_"), one) for one in values]
    try:
        return read_question(pairs)
    except BadQuestion as problem:
        raise click.UsageError(f"--{problem.message}") from problem


def _write(view: View, *, csv: Path | None, xlsx: Path | None) -> None:
    from tiebeam.economics import workbook
    from tiebeam.economics.calculator import calculator_sheet, flat_table
    from tiebeam.kit import csv_text

    if csv is not None:
        table = flat_table(view)
        csv.write_text(csv_text(table.head, table.rows), encoding="utf-8", newline="")
    if xlsx is not None:
        xlsx.write_bytes(workbook(calculator_sheet(view)))


def _print_api(view: ApiView) -> None:
    rows = [
        (
            row.model.id,
            "" if row.model.capability is None else row.model.capability.value,
            _money(row.parts and row.parts.input),
            _money(row.parts and row.parts.output),
            _money(row.per_mtok),
            _month(row.per_month) if row.problem is None else row.problem.message,
        )
        for row in view.rows
    ]
    print_table(("model", "class", "input", "output", "a million", "a month"), rows)
    _say_question(view, len(view.rows))


def _print_hosting(view: HostingView) -> None:
    rows = [
        (
            row.id,
            f"{row.hour_per_gpu.value:,.2f}",
            "" if row.estimate is None else f"{row.estimate.out_tok_s_per_gpu:,.0f}",
            "" if row.estimate is None else f"{row.estimate.method.value} {row.estimate.band}",
            "" if row.cost is None else row.cost.gpus,
            "" if row.cost is None else f"{row.cost.used_share:.0%}",
            _money(row.cost and row.cost.per_mtok.value),
            _month(row.cost and row.cost.per_month.value) if row.problem is None else row.problem.message,
        )
        for row in view.rows
    ]
    print_table(("offer/model", "an hour", "tok/s/GPU", "method, band", "GPUs", "used", "a million", "a month"), rows)
    _say_question(view, len(view.rows))
    if view.other_terms:
        click.echo(f"offers without a {view.question.term.value} price: {view.other_terms}")


def _print_comparison(view: Comparison) -> None:
    rows = [(one.kind.value, one.id, _money(one.per_mtok), _month(one.per_month), one.detail) for one in view.options]
    print_table(("", "option", "a million", "a month", ""), rows)
    _say_question(view, len(view.options))
    found = view.break_even
    if found is None:
        say(f"no break-even: {view.missing}")
    elif found.crossing.first is None:
        say(f"{found.hosted} is never cheaper than {found.metered}, however full it is")
    else:
        for_good = found.crossing.for_good
        later = (
            ""
            if for_good == found.crossing.first
            else ", for good from " + ("no volume" if for_good is None else f"{for_good:,.0f}")
        )
        say(f"{found.hosted} is cheaper than {found.metered} from {found.crossing.first:,.0f} tokens a month{later}")
    click.echo("record what is chosen, and why, with: tiebeam decisions record")


def _say_question(view: View, count: int) -> None:
    volume = view.question.volume
    click.echo(f"{count} rows; {volume:,.0f} tokens a month; {view.currency} at the prices of {view.day}")
    for note in getattr(view, "notes", ()):
        say(note)


def _money(value: Decimal | None) -> str:
    return "" if value is None else f"{value:,.4f}"


def _month(value: Decimal | None) -> str:
    return "" if value is None else f"{value:,.2f}"
