"""Anthropic's usage and costs: pages of /v1/organizations/usage_report/messages and /cost_report, or the console's CSV.

Source: https://platform.claude.com/docs/en/api/admin-api/usage-cost. Classes of tokens are disjoint
there too. The API's amounts are cents.
"""

from __future__ import annotations

from collections.abc import Iterator

from tiebeam.economics.imports.sighting import Sighting, SightingKind
from tiebeam.economics.imports.sources.fields import DAY_MILLIS, Fields, id_of, millis
from tiebeam.economics.metering import Usage

PROVIDER = "anthropic"
_STARTS = ("starting_at", "usage_date_utc", "date")


def read_anthropic_usage(row: Fields) -> Iterator[Sighting]:
    """Calls of one bucket of time. How many they were the report does not say."""
    nested = row.inside("cache_creation")
    usage = Usage(
        input=row.count("uncached_input_tokens", "usage_input_tokens_no_cache"),
        cached=row.count("cache_read_input_tokens", "usage_input_tokens_cache_read"),
        cache_write=nested.count("ephemeral_5m_input_tokens")
        + row.count("cache_creation_5m_input_tokens", "usage_input_tokens_cache_write_5m"),
        cache_write_1h=nested.count("ephemeral_1h_input_tokens")
        + row.count("cache_creation_1h_input_tokens", "usage_input_tokens_cache_write_1h"),
        output=row.count("output_tokens", "usage_output_tokens"),
    )
    if usage == Usage():
        return
    start, end = _span(row)
    model, tier = row.text("model", "model_version"), row.text("service_tier", "usage_type")
    names = _names(row)
    kinds = (tier, row.text("context_window"), row.text("inference_geo"), row.text("speed"))
    yield Sighting(
        kind=SightingKind.BUCKET,
        file=row.file,
        line=row.line,
        id=id_of(start, end, model, sorted(names.items()), *kinds),
        at=start,
        until=end,
        provider=PROVIDER,
        model=model or "unnamed",
        usage=usage,
        service="batch" if tier == "batch" else "standard",
        endpoint="messages",
        names=names,
    )


def read_anthropic_costs(row: Fields) -> Iterator[Sighting]:
    """One line of the costs, by model and class of tokens where the report was grouped by description."""
    currency = row.text("currency") or "USD"
    nano = row.usd_nano("cost_usd")
    if nano is None:
        nano = row.usd_nano("amount", currency=currency, cents=True)
    if not nano:
        return
    start, end = _span(row)
    names = _names(row)
    kinds = tuple(row.text(name) for name in ("cost_type", "token_type", "context_window", "inference_geo", "speed"))
    tier, model = row.text("service_tier", "usage_type"), row.text("model", "model_version")
    item = row.text("description") or " ".join(part for part in (model, tier, *kinds) if part) or "all"
    yield Sighting(
        kind=SightingKind.COST,
        file=row.file,
        line=row.line,
        id=id_of("cost", start, end, item, model, tier, *kinds, sorted(names.items())),
        at=start,
        until=end,
        provider=PROVIDER,
        model=model,
        nano=nano,
        what=item,
        names=names,
    )


def _names(row: Fields) -> dict[str, str]:
    return row.names(workspace=("workspace", "workspace_id"), key=("api_key", "api_key_id"))


def _span(row: Fields) -> tuple[int, int]:
    start = millis(row.at(*_STARTS))
    return start, millis(row.at("ending_at")) if row.raw("ending_at") is not None else start + DAY_MILLIS
