"""OpenRouter: the activity of /api/v1/activity by day and endpoint, and single generations of the activity page's CSV.

Source: https://openrouter.ai/docs (ActivityItem, generation). Completion tokens contain the reasoning ones; what keys
of one's own cost elsewhere is `byok_usage_inference`, and OpenRouter does not charge it.
"""

from __future__ import annotations

from collections.abc import Iterator

from tiebeam.economics.imports.sighting import Sighting, SightingKind
from tiebeam.economics.imports.sources.fields import DAY_MILLIS, Fields, id_of, millis
from tiebeam.economics.metering import Usage

PROVIDER = "openrouter"


def read_openrouter_activity(row: Fields) -> Iterator[Sighting]:
    """Calls of one day at one endpoint."""
    start = millis(row.at("date"))
    model = row.text("model_permaslug", "model")
    names = row.names(key=("api_key_name", "api_key_id"), app="app_name")
    yield Sighting(
        kind=SightingKind.BUCKET,
        file=row.file,
        line=row.line,
        id=id_of(start, model, row.text("endpoint_id"), row.text("provider_name"), sorted(names.items())),
        at=start,
        until=start + DAY_MILLIS,
        provider=PROVIDER,
        model=model,
        usage=_usage(row.count("prompt_tokens"), row.count("completion_tokens"), row.count("reasoning_tokens"), 0),
        requests=row.count("requests"),
        nano=row.usd_nano("usage"),
        endpoint="chat/completions",
        names=names,
    )


def read_openrouter_generations(row: Fields) -> Iterator[Sighting]:
    """One call."""
    began = millis(row.at("created_at"))
    name = row.needed("generation_id", "id")
    nano = row.usd_nano("cost_total", "total_cost", "usage")
    taken = row.count("native_tokens_prompt", "tokens_prompt")
    given = row.count("native_tokens_completion", "tokens_completion")
    yield Sighting(
        kind=SightingKind.CALL,
        file=row.file,
        line=row.line,
        id=name,
        at=began,
        until=began + row.count("generation_time_ms", "generation_time"),
        provider=PROVIDER,
        model=row.text("model_permaslug", "model"),
        usage=_usage(
            taken,
            given,
            row.count("native_tokens_reasoning", "tokens_reasoning"),
            row.count("native_tokens_cached", "tokens_cached"),
        ),
        nano=nano,
        endpoint="chat/completions",
        fingerprint=name,
        names=row.names(key=("api_key_name",), app="app_name"),
        millis=row.count("generation_time_ms", "generation_time"),
        first_byte_millis=row.count("time_to_first_token_ms", "latency"),
    )


def _usage(taken: int, given: int, reasoning: int, cached: int) -> Usage:
    reasoning, cached = min(reasoning, given), min(cached, taken)
    return Usage(input=taken - cached, cached=cached, output=given - reasoning, reasoning=reasoning)
