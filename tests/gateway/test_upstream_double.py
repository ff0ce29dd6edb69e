"""The provider that tests call: it must itself be right, or the rest proves nothing."""

from __future__ import annotations

import json
from collections.abc import Generator

import httpx
import pytest

from tests.gateway.upstream import Says, Upstream, upstream


@pytest.fixture(scope="module")
def running() -> Generator[Upstream]:
    with upstream() as one:
        yield one


@pytest.fixture
def far(running: Upstream) -> Upstream:
    running.forget()
    return running


def _events(answer: httpx.Response) -> list[dict[str, object]]:
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def test_it_states_usage_in_the_words_of_each_endpoint(far: Upstream) -> None:
    far.says = Says(input=10, cached=4, output=5, reasoning=2)
    chat = httpx.post(f"{far.url}/chat/completions", json={"model": "m", "messages": []}).json()
    assert chat["usage"]["prompt_tokens_details"] == {"cached_tokens": 4}
    responses = httpx.post(f"{far.url}/responses", json={"model": "m", "input": "x"}).json()
    assert responses["usage"]["output_tokens_details"] == {"reasoning_tokens": 2}
    messages = httpx.post(f"{far.url}/messages", json={"model": "m", "messages": []}).json()
    assert messages["usage"]["input_tokens"] == 6
    assert [call.model for call in far.calls] == ["m", "m", "m"]


def test_a_stream_states_usage_only_when_it_is_asked_to(far: Upstream) -> None:
    body = {"model": "m", "messages": [], "stream": True}
    unasked = _events(httpx.post(f"{far.url}/chat/completions", json=body))
    asked = _events(httpx.post(f"{far.url}/chat/completions", json=body | {"stream_options": {"include_usage": True}}))
    assert not any(event.get("usage") for event in unasked)
    assert asked[-1]["choices"] == []
    assert asked[-1]["usage"]


def test_it_fails_as_often_as_it_was_told_and_breaks_off_where_it_was_told(far: Upstream) -> None:
    far.says = Says(fails=1, fail_status=429)
    body = {"model": "m", "messages": []}
    statuses = [httpx.post(f"{far.url}/chat/completions", json=body).status_code for _ in range(2)]
    assert statuses == [429, 200]
    far.says = Says(breaks_after=2)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{far.url}/messages", json=body | {"stream": True})
