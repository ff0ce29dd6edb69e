"""Verbs about prices of models: what a call costs, what is known, how sources differ."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiebeam.cli.shared import (
    Group,
    json_option,
    limit_option,
    print_json,
    print_table,
    workspace_of,
    workspace_option,
)

if TYPE_CHECKING:
    from tiebeam.economics.prices import ModelPrice, Prices, TokenCost
    from tiebeam.graph import Graph
    from tiebeam.spec import ModelOffer

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]
_MOMENT = click.DateTime(formats=_FORMATS)
_COUNT = click.IntRange(0, 10**18)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_SERVICES = ("standard", "batch", "flex", "priority")

_at_option = click.option(
    "--at", type=_MOMENT, default=None, help="The day or moment in UTC [default: now]; a day means its beginning."
)
_service_option = click.option(
    "--service", type=click.Choice(_SERVICES), default="standard", show_default=True, help="How the call is served."
)
_provider_option = click.option("--provider", default=None, help="The provider, as `tiebeam prices search` names it.")


@click.command("cost")
@click.option("--model", required=True, help="The model by the name the provider knows it by; never an alias.")
@_provider_option
@click.option("--input", "input_", type=_COUNT, required=True, help="Input tokens, with those of the cache.")
@click.option("--cached", type=_COUNT, default=0, help="Of these, read from the provider's cache.")
@click.option("--cache-write", type=_COUNT, default=0, help="Of these, written to the provider's cache.")
@click.option("--cache-write-1h", type=_COUNT, default=0, help="Of these, written there for an hour.")
@click.option("--output", type=_COUNT, required=True, help="Output tokens, with those of reasoning.")
@click.option(
    "--service", type=click.Choice(_SERVICES), default="standard", show_default=True, help="How it is served."
)
@click.option("--region", default=None, help="Where it is served, for prices of the workspace that differ by region.")
@_at_option
@workspace_option
@json_option
def cost(
    *,
    model: str,
    provider: str | None,
    input_: int,
    cached: int,
    cache_write: int,
    cache_write_1h: int,
    output: int,
    service: str,
    region: str | None,
    at: datetime | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """What one call costs, exactly, with the price it was reckoned by."""
    from tiebeam.economics.prices import TokenUsage
    from tiebeam.kit import decimal_text
    from tiebeam.spec import ServiceTier

    book, now = _book(_graph(workspace))
    usage = TokenUsage(
        model=model,
        provider=provider,
        input=input_,
        output=output,
        cached_input=cached,
        cache_write=cache_write,
        cache_write_1h=cache_write_1h,
        service=ServiceTier(service),
        region=region,
    )
    found = book.cost(usage, at=_moment(at) or now)
    if as_json:
        print_json(_answer(found, input_tokens=input_, at=_moment(at) or now))
        return
    click.echo(f"{decimal_text(found.usd)} USD  {found.price.model} at {found.price.provider}, {found.price.source}")
    rows = [(one.part, one.tokens, _plain(one.usd_per_mtok), _plain(one.usd)) for one in found.parts]
    print_table(("part", "tokens", "USD per million", "USD"), rows)


def _answer(found: TokenCost, *, input_tokens: int, at: datetime) -> dict[str, Any]:
    from tiebeam.kit import decimal_text

    price = found.price
    return {
        "cost_usd": decimal_text(found.usd),
        "model": price.model,
        "provider": price.provider,
        "at": at,
        "price": {
            "parts": found.parts,
            "source": price.source,
            "date": price.since,
            "service": price.service,
            "region": price.region,
            "tier_above_input_tokens": price.tier_of(input_tokens),
        },
        "snapshot": price.snapshot()["digest"],
    }


@click.group(cls=Group)
def prices() -> None:
    """Prices of models: the library's, the public list's and the workspace's own."""


@prices.command("list")
@_provider_option
@click.option(
    "--capability", type=click.Choice(("frontier", "standard", "saturated-task")), default=None, help="Only this class."
)
@workspace_option
@json_option
def list_(provider: str | None, capability: str | None, workspace: Path | None, as_json: bool) -> None:
    """The library's curated models with what they cost now."""
    graph = _graph(workspace)
    book, now = _book(graph)
    found = [
        (one, book.price(one.model, provider=one.provider, at=now))
        for one in graph.models.values()
        if provider in (None, one.provider) and capability in (None, one.capability.value)
    ]
    if as_json:
        print_json([{**_shown(one), "price": price} for one, price in found])
        return
    rows = [(one.id, one.capability.value, one.context_tokens, *_figures(price)) for one, price in found]
    print_table(("id", "capability", "context", "input", "cached", "output"), rows)
    click.echo(f"{len(found)} models; USD per million tokens")


def _shown(offer: ModelOffer) -> dict[str, Any]:
    names = ("id", "title", "provider", "model", "capability", "capability_basis", "context_tokens", "quality")
    return {name: getattr(offer, name) for name in (*names, "quality_source")}


@prices.command("show")
@click.argument("model")
@_provider_option
@click.option(
    "--service", type=click.Choice(_SERVICES), default="standard", show_default=True, help="How it is served."
)
@click.option("--region", default=None, help="Where it is served.")
@_at_option
@workspace_option
@json_option
def show(
    model: str,
    provider: str | None,
    service: str,
    region: str | None,
    at: datetime | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """The price of MODEL on a day, with its source, its tiers and its hash."""
    from tiebeam.spec import ServiceTier

    book, now = _book(_graph(workspace))
    found = book.price(model, provider=provider, at=_moment(at) or now, service=ServiceTier(service), region=region)
    if as_json:
        print_json(found.snapshot())
        return
    print_table(("", ""), [(name.replace("_", " "), value) for name, value in found.snapshot().items()])


@prices.command("search")
@click.argument("text")
@limit_option
@json_option
def search(text: str, limit: int, as_json: bool) -> None:
    """Models of the public list whose provider, name or description holds every word of TEXT."""
    from itertools import islice

    from tiebeam.economics.prices import list_name, public_models

    found = list(islice(public_models(text), limit))
    if as_json:
        print_json(found)
        return
    print_table(("provider", "model", "title"), [(one.provider, one.model, one.title) for one in found])
    click.echo(f"{len(found)} models of {list_name()}")


@prices.command("history")
@click.argument("model")
@_provider_option
@workspace_option
@json_option
def history(model: str, provider: str | None, workspace: Path | None, as_json: bool) -> None:
    """Every price of MODEL that is known, as a dated series."""
    found = _book(_graph(workspace))[0].history(model, provider=provider)
    if as_json:
        print_json([one.snapshot() for one in found])
        return
    rows = [(one.since or "undated", *_figures(one), one.source) for one in found]
    print_table(("since", "input", "cached", "output", "source"), rows)


@prices.command("discrepancies")
@click.argument("file", type=_FILE)
@_at_option
@json_option
def discrepancies(file: Path, at: datetime | None, as_json: bool) -> int:
    """Where LiteLLM's price FILE and the public list disagree. Exits with 1 where they do."""
    from tiebeam.economics.prices import compare, read_litellm
    from tiebeam.kit import SystemClock

    found = compare(read_litellm(file), at=_moment(at) or SystemClock().now())
    if as_json:
        print_json(found)
    else:
        rows = [(one.provider, one.their_key, one.part, one.ours, one.theirs, one.ratio) for one in found.disagreements]
        print_table(("provider", "model", "part", "list", "file", "ratio"), rows)
        click.echo(f"{found.compared} compared, {found.agreed} agree, {found.unmatched} not in the list")
    return 1 if found.disagreements else 0


@prices.command("drift")
@json_option
def drift(as_json: bool) -> int:
    """Where the library's models differ from the installed public list. Exits with 1 where they do."""
    from tiebeam.economics.prices import drift as drift_of

    found = drift_of(_graph(None).models)
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(f"{one.id}: {one.reason}" for one in found) or "the library says what the list says")
    return 1 if found else 0


@prices.command("drop")
@click.option("--monthly", required=True, help="What the tokens of a workflow cost a month, in USD.")
@click.option("--from", "before", required=True, help="The price before, in USD per million tokens.")
@click.option("--to", "after", required=True, help="The price after.")
@json_option
def drop(monthly: str, before: str, after: str, as_json: bool) -> None:
    """What the same volume costs at another price; only tokens move with it, nobody's minutes."""
    from tiebeam.economics.prices import price_drop

    found = price_drop(
        _amount("--monthly", monthly),
        from_usd_per_mtok=_amount("--from", before),
        to_usd_per_mtok=_amount("--to", after),
    )
    if as_json:
        print_json(found)
        return
    rows = [
        ("tokens a month", f"{found.tokens_per_month:,.0f}"),
        ("before", f"{found.usd_per_month_before:,.2f} USD a month"),
        ("after", f"{found.usd_per_month_after:,.2f} USD a month"),
        ("saved", f"{found.saved_usd_per_month:,.2f} USD a month, {found.saved_share:.2%}"),
        ("ratio", "" if found.ratio is None else f"{found.ratio:.2f}"),
    ]
    print_table(("", ""), rows)


def _amount(option: str, text: str) -> Decimal:
    from tiebeam.kit import parse_amount

    try:
        return parse_amount(text)
    except ValueError as problem:
        raise click.UsageError(f"{option} {text!r} is no amount; write a number such as 0.15") from problem


@prices.command("import")
@click.argument("file", type=_FILE)
@click.option(
    "--model", "models", multiple=True, help="A model by its key in FILE; may be repeated. Without one, lists."
)
@click.option("--since", type=click.DateTime(formats=["%Y-%m-%d"]), default=None, help="The price's first day [today].")
@workspace_option
@json_option
def import_(file: Path, models: tuple[str, ...], since: datetime | None, workspace: Path | None, as_json: bool) -> None:
    """Take prices of LiteLLM's FILE into the workspace's prices/ folder, as records to check."""
    from tiebeam.economics.prices import read_litellm, take_over
    from tiebeam.kit import SystemClock

    found = read_litellm(file)
    if not models:
        if as_json:
            print_json(found)
        else:
            rows = [(one.key, one.provider, one.input_usd_per_mtok, one.output_usd_per_mtok) for one in found]
            print_table(("key", "provider", "input", "output"), rows)
        return
    today = SystemClock().now().date()
    written = take_over(
        found, models, workspace=workspace_of(workspace), file=file, today=today, since=since.date() if since else today
    )
    if as_json:
        print_json([str(path) for path in written])
    else:
        click.echo("\n".join(str(path) for path in written))


def _figures(price: ModelPrice) -> tuple[Any, Any, Any]:
    return price.input_usd_per_mtok, price.cached_input_usd_per_mtok, price.output_usd_per_mtok


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def _moment(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=UTC)


def _graph(given: Path | None) -> Graph:
    """The library, overlaid by the workspace that is given or lies here or above."""
    from tiebeam.graph import NoWorkspace, load

    try:
        return load(workspace_of(given))
    except NoWorkspace:
        if given is not None:
            raise
        return load(None)


def _book(graph: Graph) -> tuple[Prices, datetime]:
    """The prices of the files as they lie here, and now."""
    from tiebeam.economics.prices import Prices
    from tiebeam.kit import SystemClock

    clock = SystemClock()
    return Prices(graph.prices, clock, currency="USD", listed=graph.models), clock.now()
