"""ids: EC-21 — how each kind of provider is addressed, as its own documentation of November 2026 says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rooms.connect.upstreams.far import META
from tiebeam.connect.upstreams import address_of
from tiebeam.errors import Invalid
from tiebeam.spec import Endpoint, Upstream

CHAT, RESPONSES, EMBEDDINGS, MESSAGES = Endpoint.CHAT, Endpoint.RESPONSES, Endpoint.EMBEDDINGS, Endpoint.MESSAGES
BEARER = ("authorization", "Bearer ")
AZURE = "https://ours.openai.azure.com"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/openai"
BEDROCK = "https://bedrock-runtime.eu-central-1.amazonaws.com"
MANTLE = "https://bedrock-mantle.us-east-1.api.aws"


def upstream(kind: str, base_url: str | None, **settings: Any) -> Upstream:
    return Upstream(id="far", title="Far", meta=META, provider="p", kind=kind, base_url=base_url, **settings)


@pytest.mark.parametrize(
    ("record", "endpoint", "url", "key"),
    [
        (upstream("openai", "https://api.openai.com/v1"), CHAT, "https://api.openai.com/v1/chat/completions", BEARER),
        (upstream("openai", "https://api.openai.com/v1/"), RESPONSES, "https://api.openai.com/v1/responses", BEARER),
        (
            upstream("openai", "https://vllm.example/v1"),
            EMBEDDINGS,
            "https://vllm.example/v1/embeddings",
            BEARER,
        ),
        (upstream("openai", "https://x.example/v1?a=b"), CHAT, "https://x.example/v1/chat/completions?a=b", BEARER),
        (upstream("azure", f"{AZURE}/openai/v1"), CHAT, f"{AZURE}/openai/v1/chat/completions", ("api-key", "")),
        (
            upstream("azure", f"{AZURE}/openai/v1/", api_version="preview"),
            RESPONSES,
            f"{AZURE}/openai/v1/responses?api-version=preview",
            ("api-key", ""),
        ),
        (
            upstream("azure", AZURE, api_version="2024-10-21"),
            CHAT,
            f"{AZURE}/openai/deployments/our%2Fmodel/chat/completions?api-version=2024-10-21",
            ("api-key", ""),
        ),
        (
            upstream("azure", f"{AZURE}/openai", api_version="2024-10-21"),
            EMBEDDINGS,
            f"{AZURE}/openai/deployments/our%2Fmodel/embeddings?api-version=2024-10-21",
            ("api-key", ""),
        ),
        (
            upstream("azure", AZURE, api_version="2025-04-01-preview"),
            RESPONSES,
            f"{AZURE}/openai/responses?api-version=2025-04-01-preview",
            ("api-key", ""),
        ),
        (
            upstream("anthropic", "https://api.anthropic.com/v1"),
            MESSAGES,
            "https://api.anthropic.com/v1/messages",
            ("x-api-key", ""),
        ),
        (
            upstream("anthropic", "https://api.anthropic.com/v1"),
            CHAT,
            "https://api.anthropic.com/v1/chat/completions",
            BEARER,
        ),
        (upstream("gemini", GEMINI), CHAT, f"{GEMINI}/chat/completions", BEARER),
        (upstream("gemini", f"{GEMINI}/"), EMBEDDINGS, f"{GEMINI}/embeddings", BEARER),
        (upstream("bedrock", None, region="eu-central-1"), CHAT, f"{BEDROCK}/openai/v1/chat/completions", BEARER),
        (upstream("bedrock", None, region="eu-central-1"), RESPONSES, f"{BEDROCK}/openai/v1/responses", BEARER),
        (upstream("bedrock", None, region="eu-central-1"), MESSAGES, f"{BEDROCK}/anthropic/v1/messages", BEARER),
        (upstream("bedrock", MANTLE, region="us-east-1"), MESSAGES, f"{MANTLE}/anthropic/v1/messages", BEARER),
        (upstream("bedrock", f"{MANTLE}/v1", region="us-east-1"), CHAT, f"{MANTLE}/v1/chat/completions", BEARER),
    ],
)
def test_each_kind_is_called_as_it_wants(record: Upstream, endpoint: Endpoint, url: str, key: tuple[str, str]) -> None:
    address = address_of(record, endpoint, "our/model")
    assert (address.url, (address.key_header, address.key_prefix)) == (url, key)


def test_anthropics_version_is_sent_where_it_is_asked_for() -> None:
    native = upstream("anthropic", "https://api.anthropic.com/v1")
    assert address_of(native, MESSAGES, "m").headers == {"anthropic-version": "2023-06-01"}
    assert address_of(native, CHAT, "m").headers == {}
    dated = upstream("anthropic", "https://api.anthropic.com/v1", api_version="2027-01-01")
    assert address_of(dated, MESSAGES, "m").headers == {"anthropic-version": "2027-01-01"}
    bedrock = upstream("bedrock", None, region="eu-central-1")
    assert address_of(bedrock, MESSAGES, "m").headers == {"anthropic-version": "2023-06-01"}


def test_an_azure_address_without_its_version_is_refused_with_the_fix() -> None:
    with pytest.raises(Invalid, match="api_version"):
        address_of(upstream("azure", AZURE), CHAT, "m")
