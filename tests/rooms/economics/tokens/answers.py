"""What providers state about usage, written after their own documentation, with what an invoice says for it.

`rates` are dollars per million tokens by class; `usd` is reckoned by hand from the provider's own way of charging.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tiebeam.economics.metering import Usage
from tiebeam.spec import Endpoint, UpstreamKind

CHECKED = "2026-11-21"
OPENAI = "openai-python 3.54.0, types/completion_usage.py; developers.openai.com/api/docs/guides/prompt-caching"
RESPONSES = "openai-python 3.54.0, types/responses/response_usage.py"
ANTHROPIC = "anthropic-sdk-python 2.12.0, types/usage.py; platform.claude.com, prompt caching"


@dataclass(frozen=True)
class Stated:
    name: str
    source: str
    """Where the shape is documented, as it stood on CHECKED."""
    usage: dict[str, Any]
    expected: Usage
    usd: str
    rates: dict[str, str]
    kind: UpstreamKind = UpstreamKind.OPENAI
    endpoint: Endpoint = Endpoint.CHAT
    around: dict[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        if self.endpoint is Endpoint.MESSAGES:
            content = [{"type": "text", "text": "Hi"}]
            whole = {"id": "msg_1", "type": "message", "role": "assistant", "content": content}
        elif self.endpoint is Endpoint.RESPONSES:
            whole = {"id": "resp_1", "object": "response", "status": "completed", "output": []}
        elif self.endpoint is Endpoint.EMBEDDINGS:
            whole = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}]}
        else:
            message = {"role": "assistant", "content": "Hi"}
            whole = {"id": "c1", "object": "chat.completion", "choices": [{"index": 0, "message": message}]}
        return {**whole, **self.around, "usage": self.usage}

    def charged(self, usage: Usage) -> Decimal:
        parts = {name: getattr(usage, name) for name in Usage.__slots__}
        rates = {"reasoning": self.rates.get("output", "0"), **self.rates}
        return sum(
            (Decimal(tokens) * Decimal(rates[name]) for name, tokens in parts.items() if tokens), Decimal(0)
        ) / Decimal(1_000_000)


ANSWERS = (
    Stated(
        "openai, most of the prompt from the cache",
        OPENAI,
        {
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "total_tokens": 2306,
            "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, "rejected_prediction_tokens": 0},
        },
        Usage(input=86, cached=1920, output=300),
        # 86 * 2.50 + 1,920 * 1.25 + 300 * 10.00 = 5,615 millionths of a dollar.
        "0.005615",
        {"input": "2.50", "cached": "1.25", "output": "10.00"},
    ),
    Stated(
        "openai, reasoning within the completion",
        OPENAI,
        {
            "prompt_tokens": 75,
            "completion_tokens": 1186,
            "total_tokens": 1261,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 1024, "audio_tokens": 0},
        },
        Usage(input=75, output=162, reasoning=1024),
        # 75 * 1.25 + 1,186 * 10.00 = 11,953.75
        "0.01195375",
        {"input": "1.25", "output": "10.00"},
    ),
    Stated(
        "openai, sound in and out",
        OPENAI,
        {
            "prompt_tokens": 119,
            "completion_tokens": 150,
            "total_tokens": 269,
            "prompt_tokens_details": {"cached_tokens": 0, "text_tokens": 19, "image_tokens": 0, "audio_tokens": 100},
            "completion_tokens_details": {"reasoning_tokens": 0, "text_tokens": 60, "audio_tokens": 90},
        },
        Usage(input=19, audio_input=100, output=60, audio_output=90),
        # 19 * 2.50 + 100 * 40.00 + 60 * 10.00 + 90 * 80.00 = 11,847.50
        "0.0118475",
        {"input": "2.50", "audio_input": "40.00", "output": "10.00", "audio_output": "80.00"},
    ),
    Stated(
        "openai responses",
        RESPONSES,
        {
            "input_tokens": 81,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 1035,
            "output_tokens_details": {"reasoning_tokens": 832},
            "total_tokens": 1116,
        },
        Usage(input=81, output=203, reasoning=832),
        # 81 * 2.50 + 1,035 * 10.00 = 10,552.50
        "0.0105525",
        {"input": "2.50", "output": "10.00"},
        endpoint=Endpoint.RESPONSES,
    ),
    Stated(
        "openai responses, written to the cache at 1.25 times the input",
        f"{RESPONSES}; learn.microsoft.com, prompt caching: writes are billed from gpt-5.6 on",
        {
            "input_tokens": 3300,
            "input_tokens_details": {
                "cached_tokens": 0,
                "cache_write_tokens": 3207,
                "cache_write_tokens_details": {"ttl_30m_tokens": 3207, "ttl_12h_tokens": 0},
            },
            "output_tokens": 40,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 3340,
        },
        Usage(input=93, cache_write=3207, output=40),
        # 93 * 5.00 + 3,207 * 6.25 + 40 * 30.00 = 21,708.75
        "0.02170875",
        {"input": "5.00", "cache_write": "6.25", "output": "30.00"},
        endpoint=Endpoint.RESPONSES,
    ),
    Stated(
        "azure",
        "learn.microsoft.com/azure/foundry-classic/openai/how-to/prompt-caching",
        {
            "completion_tokens": 1518,
            "prompt_tokens": 1566,
            "total_tokens": 3084,
            "completion_tokens_details": {"audio_tokens": None, "reasoning_tokens": 576},
            "prompt_tokens_details": {"audio_tokens": None, "cached_tokens": 1408},
        },
        Usage(input=158, cached=1408, output=942, reasoning=576),
        # 158 * 15.00 + 1,408 * 7.50 + 1,518 * 60.00 = 104,010
        "0.10401",
        {"input": "15.00", "cached": "7.50", "output": "60.00"},
        kind=UpstreamKind.AZURE,
        around={"prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]},
    ),
    Stated(
        "anthropic, the cache is filled",
        ANTHROPIC,
        {
            "input_tokens": 21,
            "cache_creation_input_tokens": 188086,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 188086, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 393,
            "service_tier": "standard",
        },
        Usage(input=21, cache_write=188086, output=393),
        # 21 * 3.00 + 188,086 * 3.75 + 393 * 15.00 = 711,280.50
        "0.7112805",
        {"input": "3.00", "cache_write": "3.75", "output": "15.00"},
        kind=UpstreamKind.ANTHROPIC,
        endpoint=Endpoint.MESSAGES,
    ),
    Stated(
        "anthropic, the cache is read",
        ANTHROPIC,
        {
            "input_tokens": 21,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 188086,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 393,
        },
        Usage(input=21, cached=188086, output=393),
        # 21 * 3.00 + 188,086 * 0.30 + 393 * 15.00 = 62,383.80
        "0.0623838",
        {"input": "3.00", "cached": "0.30", "output": "15.00"},
        kind=UpstreamKind.ANTHROPIC,
        endpoint=Endpoint.MESSAGES,
    ),
    Stated(
        "anthropic, thinking within the output",
        ANTHROPIC,
        {
            "input_tokens": 2048,
            "cache_creation_input_tokens": 248,
            "cache_read_input_tokens": 1800,
            "cache_creation": {"ephemeral_5m_input_tokens": 248, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 503,
            "output_tokens_details": {"thinking_tokens": 200},
            "inference_geo": "not_available",
            "server_tool_use": None,
        },
        Usage(input=2048, cached=1800, cache_write=248, output=303, reasoning=200),
        # 2,048 * 3.00 + 1,800 * 0.30 + 248 * 3.75 + 503 * 15.00 = 15,159
        "0.015159",
        {"input": "3.00", "cached": "0.30", "cache_write": "3.75", "output": "15.00"},
        kind=UpstreamKind.ANTHROPIC,
        endpoint=Endpoint.MESSAGES,
    ),
    Stated(
        "bedrock, its endpoint in OpenAI's form",
        "docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html",
        {"prompt_tokens": 71, "completion_tokens": 38, "total_tokens": 109},
        Usage(input=71, output=38),
        # 71 * 0.07 + 38 * 0.30 = 16.37
        "0.00001637",
        {"input": "0.07", "output": "0.30"},
        kind=UpstreamKind.BEDROCK,
    ),
    Stated(
        "gemini, thinking only in the total",
        "ai.google.dev/gemini-api/docs/openai; figures reported to mozilla-ai/any-llm in August 2026",
        {"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623},
        Usage(input=20, output=198, reasoning=405),
        # 20 * 0.30 + (198 + 405) * 2.50 = 1,513.50
        "0.0015135",
        {"input": "0.30", "output": "2.50"},
        kind=UpstreamKind.GEMINI,
    ),
    Stated(
        "gemini, nothing but thinking",
        "ai.google.dev/gemini-api/docs/openai; figures reported to router-for-me/CLIProxyAPI in September 2026",
        {"completion_tokens": 0, "total_tokens": 81, "prompt_tokens": 21}
        | {"completion_tokens_details": {"reasoning_tokens": 60}},
        Usage(input=21, reasoning=60),
        # 21 * 0.30 + 60 * 2.50 = 156.30
        "0.0001563",
        {"input": "0.30", "output": "2.50"},
        kind=UpstreamKind.GEMINI,
    ),
    Stated(
        "grok, reasoning beside the completion",
        "docs.x.ai, prompt caching; figures and cost reported to Wei-Shaw/sub2api in August 2026",
        {
            "prompt_tokens": 10120,
            "completion_tokens": 1499,
            "total_tokens": 14428,
            "prompt_tokens_details": {"text_tokens": 10120, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 128},
            "completion_tokens_details": {"reasoning_tokens": 2809, "audio_tokens": 0},
            "cost_in_usd_ticks": 232856000,
        },
        Usage(input=9992, cached=128, output=1499, reasoning=2809),
        # The provider's own figure: 232,856,000 ticks of a ten-thousand-millionth of a dollar.
        "0.0232856",
        {"input": "1.25", "cached": "0.20", "output": "2.50"},
    ),
    Stated(
        "vllm without details",
        "docs.vllm.ai, OpenAI-compatible server; vllm/entrypoints/openai, UsageInfo",
        {"prompt_tokens": 34, "total_tokens": 61, "completion_tokens": 27, "prompt_tokens_details": None},
        Usage(input=34, output=27),
        # 34 * 0.10 + 27 * 0.20 = 8.80
        "0.0000088",
        {"input": "0.10", "output": "0.20"},
    ),
    Stated(
        "vllm with --enable-prompt-tokens-details",
        "docs.vllm.ai, OpenAI-compatible server",
        {"prompt_tokens": 34, "total_tokens": 61, "completion_tokens": 27}
        | {"prompt_tokens_details": {"cached_tokens": 16}},
        Usage(input=18, cached=16, output=27),
        # 18 * 0.10 + 16 * 0.01 + 27 * 0.20 = 7.36
        "0.00000736",
        {"input": "0.10", "cached": "0.01", "output": "0.20"},
    ),
    Stated(
        "sglang, reasoning beside the details",
        "docs.sglang.ai, OpenAI-compatible APIs; sglang/srt/entrypoints/openai/protocol.py, UsageInfo",
        {"prompt_tokens": 50, "total_tokens": 90, "completion_tokens": 40}
        | {"prompt_tokens_details": None, "reasoning_tokens": 12},
        Usage(input=50, output=28, reasoning=12),
        # 50 * 0.10 + 40 * 0.20 = 13
        "0.000013",
        {"input": "0.10", "output": "0.20"},
    ),
    Stated(
        "ollama",
        "docs.ollama.com/openai",
        {"prompt_tokens": 26, "completion_tokens": 298, "total_tokens": 324},
        Usage(input=26, output=298),
        # 26 * 0.05 + 298 * 0.10 = 31.10
        "0.0000311",
        {"input": "0.05", "output": "0.10"},
        around={"system_fingerprint": "fp_ollama"},
    ),
    Stated(
        "openrouter",
        "openrouter.ai/docs/use-cases/usage-accounting",
        {
            "completion_tokens": 2,
            "completion_tokens_details": {"reasoning_tokens": 0},
            "cost": 0.000687,
            "cost_details": {"upstream_inference_cost": None},
            "prompt_tokens": 194,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 100, "audio_tokens": 0},
            "total_tokens": 196,
        },
        Usage(input=94, cache_write=100, output=2),
        # 94 * 3.00 + 100 * 3.75 + 2 * 15.00 = 687
        "0.000687",
        {"input": "3.00", "cache_write": "3.75", "output": "15.00"},
    ),
    Stated(
        "together",
        "docs.together.ai/reference/chat-completions",
        {"prompt_tokens": 29, "completion_tokens": 14, "total_tokens": 43, "cached_tokens": 0},
        Usage(input=29, output=14),
        # (29 + 14) * 0.88 = 37.84
        "0.00003784",
        {"input": "0.88", "output": "0.88"},
    ),
    Stated(
        "groq",
        "groq-typescript, src/resources/completions.ts",
        {
            "queue_time": 0.037,
            "prompt_tokens": 1524,
            "prompt_time": 0.0007,
            "completion_tokens": 377,
            "completion_time": 0.46,
            "total_tokens": 1901,
            "total_time": 0.4607,
            "prompt_tokens_details": {"cached_tokens": 1280},
            "completion_tokens_details": {"reasoning_tokens": 77},
        },
        Usage(input=244, cached=1280, output=300, reasoning=77),
        # 244 * 0.15 + 1,280 * 0.075 + 377 * 0.75 = 415.35
        "0.00041535",
        {"input": "0.15", "cached": "0.075", "output": "0.75"},
    ),
    Stated(
        "deepseek",
        "api-docs.deepseek.com/guides/kv_cache; deepseek-sdk 0.2.2, chat/response.rs",
        {
            "prompt_tokens": 1200,
            "completion_tokens": 10,
            "total_tokens": 1210,
            "prompt_cache_hit_tokens": 1024,
            "prompt_cache_miss_tokens": 176,
            "completion_tokens_details": {"reasoning_tokens": 6},
        },
        Usage(input=176, cached=1024, output=4, reasoning=6),
        # 176 * 0.27 + 1,024 * 0.07 + 10 * 1.10 = 130.20
        "0.0001302",
        {"input": "0.27", "cached": "0.07", "output": "1.10"},
    ),
    Stated(
        "moonshot, the cache beside the details",
        "platform.moonshot.ai/docs/api/chat",
        {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "cached_tokens": 40},
        Usage(input=60, cached=40, output=20),
        # 60 * 0.60 + 40 * 0.15 + 20 * 2.50 = 92
        "0.000092",
        {"input": "0.60", "cached": "0.15", "output": "2.50"},
    ),
    Stated(
        "openai embeddings",
        "openai-python 3.54.0, types/create_embedding_response.py",
        {"prompt_tokens": 8, "total_tokens": 8},
        Usage(input=8),
        # 8 * 0.02 = 0.16
        "0.00000016",
        {"input": "0.02"},
        endpoint=Endpoint.EMBEDDINGS,
    ),
    Stated(
        "vllm embeddings",
        "docs.vllm.ai, OpenAI-compatible server",
        {"prompt_tokens": 12, "total_tokens": 12, "completion_tokens": 0, "prompt_tokens_details": None},
        Usage(input=12),
        # 12 * 0.02 = 0.24
        "0.00000024",
        {"input": "0.02"},
        endpoint=Endpoint.EMBEDDINGS,
    ),
    Stated(
        "embeddings that state only a total",
        "docs.voyageai.com/reference/embeddings-api",
        {"total_tokens": 10},
        Usage(input=10),
        # 10 * 0.06 = 0.60
        "0.0000006",
        {"input": "0.06"},
        endpoint=Endpoint.EMBEDDINGS,
    ),
)
