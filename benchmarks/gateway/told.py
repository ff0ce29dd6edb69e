"""A provider that is told what to say: the message of each call is `[input, cached, output]`, the usage to be stated.

Cached tokens are part of the input, as in OpenAI's API. Streams state their usage where they are asked to, once at the
end. It runs on the event loop that started it.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from benchmarks.gateway.upstream import Connection, Far, answer

_STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Told(Connection):
    def _answer(self, request: bytes, body: bytes) -> None:
        if request.startswith(b"GET"):
            super()._answer(request, body)
            return
        asked = json.loads(body)
        given, cached, made = json.loads(asked["messages"][-1]["content"])
        usage = {
            "prompt_tokens": given,
            "completion_tokens": made,
            "total_tokens": given + made,
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        if asked.get("stream"):
            is_stated = bool((asked.get("stream_options") or {}).get("include_usage"))
            self._send(_STREAM + b"".join(_events(asked["model"], usage if is_stated else None)) + b"0\r\n\r\n")
        else:
            message = {"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}
            said = {**_head(asked["model"], "chat.completion"), "choices": [message], "usage": usage}
            self._send(answer("application/json", json.dumps(said).encode()))


def _head(model: str, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-told", "object": kind, "created": 1_760_000_000, "model": model}


def _events(model: str, usage: dict[str, Any] | None) -> list[bytes]:
    head = _head(model, "chat.completion.chunk")
    chunks: list[dict[str, Any]] = [
        {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Yes."}, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    if usage is not None:
        chunks.append({**head, "choices": [], "usage": usage})
    lines = [b"data: " + json.dumps(one).encode() + b"\n\n" for one in chunks] + [b"data: [DONE]\n\n"]
    return [b"%x\r\n%b\r\n" % (len(line), line) for line in lines]


async def start_told() -> tuple[asyncio.Server, int]:
    """The server and its port; close it when done."""
    far = Far()
    server = await asyncio.get_running_loop().create_server(lambda: Told(far), "127.0.0.1", 0, backlog=1024)
    return server, server.sockets[0].getsockname()[1]
