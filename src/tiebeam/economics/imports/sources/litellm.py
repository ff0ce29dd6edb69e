"""LiteLLM's spend logs: the table LiteLLM_SpendLogs as CSV, or what /spend/logs and /spend/logs/v2 answer.

Source: schema.prisma of BerriAI/litellm (LiteLLM_SpendLogs), and its metadata's `usage_object`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tiebeam.economics.imports.sighting import Sighting, SightingKind
from tiebeam.economics.imports.sources.fields import Fields, millis
from tiebeam.economics.metering import Usage

_LABELS = ("team", "workflow", "agent", "environment", "env", "project")


def read_litellm(row: Fields) -> Iterator[Sighting]:
    """One call, or nothing where LiteLLM answered from its own cache or nothing was charged for a failure."""
    details = row.inside("metadata")
    nano = row.usd_nano("spend", "response_cost", "cost")
    failed = row.text("status") == "failure" or details.text("status") == "failure"
    if row.text("cache_hit").lower() in ("true", "t", "1"):
        row.left_out("answered from LiteLLM's own cache", row)
        return
    if failed and not nano:
        row.left_out("failed, and nothing was charged", row)
        return
    began, ended = row.at("start_time", "starttime"), row.raw("end_time", "endtime")
    request = row.needed("request_id", "id")
    yield Sighting(
        kind=SightingKind.CALL,
        file=row.file,
        line=row.line,
        id=request,
        at=millis(began),
        until=millis(row.at("end_time", "endtime")) if ended else millis(began),
        provider=row.text("custom_llm_provider") or _in_front(row.text("model")) or "unknown",
        model=row.text("model").split("/", 1)[-1] or row.text("model_group"),
        usage=_usage(row, details),
        nano=nano,
        endpoint=row.text("call_type"),
        execution=row.text("session_id"),
        fingerprint=request,
        status=500 if failed else 200,
        names=_names(row, details),
        millis=max(0, millis(row.at("end_time", "endtime")) - millis(began)) if ended else 0,
    )


def _in_front(model: str) -> str:
    return model.split("/", 1)[0] if "/" in model else ""


def _usage(row: Fields, details: Fields) -> Usage:
    stated = details.inside("usage_object")
    if not stated.record.fields:
        stated = details.inside("additional_usage_values")
    prompt, answered = row.count("prompt_tokens"), row.count("completion_tokens")
    of_prompt, of_answer = stated.inside("prompt_tokens_details"), stated.inside("completion_tokens_details")
    cached = stated.count("cache_read_input_tokens") or of_prompt.count("cached_tokens")
    written = stated.count("cache_creation_input_tokens")
    kept = of_prompt.inside("cache_creation_token_details").count("ephemeral_1h_input_tokens")
    kept = min(kept, written)
    audio_in, audio_out = of_prompt.count("audio_tokens"), of_answer.count("audio_tokens")
    reasoning = min(of_answer.count("reasoning_tokens"), answered)
    apart = cached + written + audio_in
    return Usage(
        # Older releases left the cache's tokens out of the prompt's.
        input=prompt - apart if prompt >= apart else prompt,
        cached=cached,
        cache_write=written - kept,
        cache_write_1h=kept,
        output=max(0, answered - reasoning - audio_out),
        reasoning=reasoning,
        audio_input=audio_in,
        audio_output=audio_out,
    )


def _names(row: Fields, details: Fields) -> dict[str, str]:
    found = row.names(key="api_key", team="team_id", project="organization_id", user="user")
    found |= details.names(
        key=("user_api_key_alias", "user_api_key_hash"),
        team=("user_api_key_team_alias", "user_api_key_team_id"),
        user=("user_api_key_user_id",),
    )
    tags = row.raw("request_tags")
    texts = tags if isinstance(tags, list) else str(tags or "").strip("[]{}").replace('"', "").split(",")
    for tag in texts:
        name, sign, value = str(tag).strip().partition(":")
        if sign and name in _LABELS:
            found["environment" if name == "env" else name] = value.strip()
        elif str(tag).strip():
            found.setdefault("tag", str(tag).strip())
    return found
