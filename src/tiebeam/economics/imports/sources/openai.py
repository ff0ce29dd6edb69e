"""OpenAI's usage and costs: pages of /v1/organization/usage/* and /v1/organization/costs, or the dashboard's CSV.

Source: https://platform.openai.com/docs/api-reference/usage. `input_tokens` contain the cached ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tiebeam.economics.imports.sighting import Sighting, SightingKind
from tiebeam.economics.imports.sources.fields import DAY_MILLIS, Fields, id_of, millis
from tiebeam.economics.metering import Usage

PROVIDER = "openai"
_STARTS = ("start_time_iso", "start_time", "date", "timestamp")
_ENDS = ("end_time_iso", "end_time")
_BESIDE = ("images", "characters", "seconds", "num_sessions", "usage_bytes")


def read_openai_usage(row: Fields) -> Iterator[Sighting]:
    """Calls of one bucket of time; what is not counted in tokens is left to the costs."""
    requests = row.count("num_model_requests", "num_requests")
    usage = _usage(row)
    if usage == Usage():
        if requests or any(row.raw(name) for name in _BESIDE):
            row.left_out("counted in other than tokens; the costs export has its amount", row)
        return
    start, end = _span(row)
    is_batch = row.text("batch").lower() in ("true", "1", "yes")
    names = row.names(project=("project_name", "project_id"), key=("api_key_name", "api_key_id"), user="user_id")
    model, tier = row.text("model"), row.text("service_tier")
    yield Sighting(
        kind=SightingKind.BUCKET,
        file=row.file,
        line=row.line,
        id=id_of(start, end, model, sorted(names.items()), is_batch, tier, row.text("object")),
        at=start,
        until=end,
        provider=PROVIDER,
        model=model or "unnamed",
        usage=usage,
        requests=requests,
        service="batch" if is_batch else (tier if tier in ("flex", "priority") else "standard"),
        endpoint="embeddings" if "embedding" in (row.text("object") + model) else "chat/completions",
        names={name: value for name, value in names.items() if name != "user"},
    )


def read_openai_costs(row: Fields) -> Iterator[Sighting]:
    """One line of the costs: an amount, with the model in its words."""
    money = row.inside("amount")
    currency = money.text("currency") or row.text("amount_currency", "currency") or "usd"
    nano = money.usd_nano("value", currency=currency)
    if nano is None:
        nano = row.usd_nano("amount_value", "amount", "cost", currency=currency)
    if not nano:
        return
    start, end = _span(row)
    item = row.text("line_item") or "all"
    names = row.names(project=("project_name", "project_id"), key=("api_key_name", "api_key_id"))
    yield Sighting(
        kind=SightingKind.COST,
        file=row.file,
        line=row.line,
        id=id_of("cost", start, end, item, sorted(names.items())),
        at=start,
        until=end,
        provider=PROVIDER,
        model=model_in(item),
        nano=nano,
        what=item,
        names=names,
    )


def model_in(item: str) -> str:
    """The model a line of the costs is about, such as "gpt-4o-2024-08-06, cached input"."""
    return item.split(",", maxsplit=1)[0].split("|", maxsplit=1)[0].strip()


def _usage(row: Fields) -> Usage:
    text = row.raw("input_text_tokens")
    audio_in, audio_out = row.count("input_audio_tokens"), row.count("output_audio_tokens")
    cached, written = row.count("input_cached_tokens"), row.count("input_cache_write_tokens")
    taken, given = row.count("input_tokens", "n_context_tokens_total"), row.count("output_tokens")
    # Since the text is stated apart, the whole contains the audio; before, it was the text alone.
    fresh = taken - cached - written - (audio_in if text is not None else 0)
    answered = given - (audio_out if row.raw("output_text_tokens") is not None else 0)
    return Usage(
        input=max(0, fresh),
        cached=cached,
        cache_write=written,
        output=max(0, answered),
        audio_input=audio_in,
        audio_output=audio_out,
    )


def _span(row: Fields) -> tuple[int, int]:
    start: datetime = row.at(*_STARTS)
    begins = millis(start)
    return begins, millis(row.at(*_ENDS)) if row.raw(*_ENDS) is not None else begins + DAY_MILLIS
