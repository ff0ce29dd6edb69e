"""ids: EC-21, EC-25 — the official Python clients of OpenAI and Anthropic, unchanged but for an address and a key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from pydantic import BaseModel

from tests.gateway import answers
from tests.gateway.client_place import Place, client_place
from tests.gateway.upstream import Says

HELLO: list[Any] = [{"role": "user", "content": "Grüße"}]
PICTURE: list[Any] = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{answers.DOT}"}},
        ],
    }
]
NATIVE_PICTURE: list[Any] = [
    {
        "role": "user",
        "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": answers.DOT}},
            {"type": "text", "text": "What is this?"},
        ],
    }
]


class City(BaseModel):
    city: str


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Generator[Place]:
    with client_place(tmp_path_factory.mktemp("clients") / "work") as place:
        yield place


@pytest.fixture
def place(whole: Place) -> Place:
    whole.far.forget()
    return whole


# OpenAI: chat


def test_chat_answers_with_its_usage_and_says_what_it_cost(place: Place) -> None:
    with place.openai() as client:
        raw = client.chat.completions.with_raw_response.create(model="small", messages=HELLO)
        answer = raw.parse()
    assert answer.choices[0].message.content == "Hello from far away."
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (100, 20)
    assert raw.headers["x-tiebeam-call"]
    assert float(raw.headers["x-tiebeam-cost-usd"]) == pytest.approx(0.00018)
    assert place.far.calls[0].asked["messages"] == HELLO


def test_chat_streams_and_shows_usage_only_to_those_who_asked(place: Place) -> None:
    with place.openai() as client:
        with client.chat.completions.create(model="small", messages=HELLO, stream=True) as stream:
            chunks = list(stream)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "word0 word1 word2 "
        assert all(chunk.usage is None for chunk in chunks)
        with client.chat.completions.create(
            model="small", messages=HELLO, stream=True, stream_options={"include_usage": True}
        ) as stream:
            chunks = list(stream)
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 120


def test_the_streaming_helper_follows_a_stream(place: Place) -> None:
    with place.openai() as client, client.chat.completions.stream(model="small", messages=HELLO) as stream:
        kinds = [event.type for event in stream]
        whole = stream.get_final_completion()
    assert "content.delta" in kinds
    assert whole.choices[0].message.content == "word0 word1 word2 "


def test_tools_go_there_and_calls_come_back(place: Place) -> None:
    place.far.says = Says(body=answers.CHAT_TOOL)
    with place.openai() as client:
        answer = client.chat.completions.create(model="small", messages=HELLO, tools=answers.CHAT_TOOLS)
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].type == "function"
    assert json.loads(calls[0].function.arguments) == answers.ARGUMENTS
    assert place.far.calls[0].asked["tools"] == answers.CHAT_TOOLS


def test_calls_of_tools_come_in_a_stream(place: Place) -> None:
    place.far.says = Says(body=answers.CHAT_TOOL_STREAM, content_type="text/event-stream")
    with place.openai() as client:
        arguments = ""
        with client.chat.completions.create(
            model="small", messages=HELLO, tools=answers.CHAT_TOOLS, stream=True
        ) as stream:
            for chunk in stream:
                for call in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
                    arguments += (call.function.arguments if call.function else None) or ""
    assert json.loads(arguments) == answers.ARGUMENTS


def test_pictures_go_there_untouched(place: Place) -> None:
    with place.openai() as client:
        client.chat.completions.create(model="small", messages=PICTURE)
    assert place.far.calls[0].asked["messages"] == PICTURE


def test_structured_output_is_parsed(place: Place) -> None:
    place.far.says = Says(body=answers.CHAT_STRUCTURED)
    with place.openai() as client:
        answer = client.chat.completions.parse(model="small", messages=HELLO, response_format=City)
    assert answer.choices[0].message.parsed == City(city="Hamburg")
    form = place.far.calls[0].asked["response_format"]
    assert (form["type"], form["json_schema"]["name"]) == ("json_schema", "City")


def test_the_request_arrives_byte_for_byte_but_for_the_model_and_the_limit(place: Place) -> None:
    sent: list[bytes] = []
    client = place.openai()
    post = client._client.send  # pyright: ignore[reportPrivateUsage]

    def noting(request: Any, **said: Any) -> Any:
        sent.append(request.content)
        return post(request, **said)

    client._client.send = noting  # type: ignore[method-assign]
    with client:
        client.chat.completions.create(
            model="small", messages=HELLO, max_tokens=50, temperature=0.1, metadata={"a": "ü"}, seed=7
        )
    assert place.far.calls[0].body == sent[0].replace(b'"small"', b'"far-small"')


def test_many_calls_at_once_over_the_asynchronous_client(place: Place) -> None:
    async def ask() -> list[str | None]:
        async with openai.AsyncOpenAI(base_url=f"{place.address}/v1", api_key=place.key) as client:
            found = await asyncio.gather(
                *(client.chat.completions.create(model="small", messages=HELLO) for _ in range(20))
            )
        return [one.choices[0].message.content for one in found]

    assert asyncio.run(ask()) == ["Hello from far away."] * 20


# OpenAI: the other endpoints


def test_responses_answer_stream_call_tools_and_parse(place: Place) -> None:
    with place.openai() as client:
        answer = client.responses.create(model="small", input="Hello", store=False)
        assert answer.output_text == "Hello from far away."
        assert answer.usage is not None
        assert answer.usage.total_tokens == 120
        with client.responses.create(model="small", input="Hello", store=False, stream=True) as stream:
            events = list(stream)
        assert [event.type for event in events][-1] == "response.completed"
        assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == (
            "word0 word1 word2 "
        )
        place.far.says = Says(body=answers.RESPONSE_TOOL)
        tools: list[Any] = [{"type": "function", "strict": False, **answers.CHAT_TOOLS[0]["function"]}]
        called = client.responses.create(model="small", input="Hello", store=False, tools=tools)
        assert called.output[0].type == "function_call"
        assert json.loads(called.output[0].arguments) == answers.ARGUMENTS
        place.far.says = Says(body=answers.RESPONSE_STRUCTURED)
        parsed = client.responses.parse(model="small", input="Hello", store=False, text_format=City)
        assert parsed.output_parsed == City(city="Hamburg")


def test_embeddings_answer(place: Place) -> None:
    with place.openai() as client:
        answer = client.embeddings.create(model="small", input=["one", "two"])
    assert answer.data[0].embedding == [0.1, 0.2]
    assert answer.usage.prompt_tokens == 100


def test_models_are_listed_to_both_clients(place: Place) -> None:
    with place.openai() as client:
        names = {model.id for model in client.models.list()}
        assert client.models.retrieve("small").id == "small"
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("none-such")
    with place.anthropic() as native:
        assert {model.id for model in native.models.list()} == names
        assert native.models.retrieve("claude").id == "claude"
    assert {"small", "mid", "frontier", "claude"} <= names


# Anthropic


def test_messages_answer_with_their_usage(place: Place) -> None:
    with place.anthropic() as client:
        answer = client.messages.create(model="claude", max_tokens=200, messages=HELLO, system="Be kind.")
    assert answer.content[0].type == "text"
    assert answer.content[0].text == "Hello from far away."
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (100, 20)
    call = place.far.calls[0]
    assert (call.path, call.headers["anthropic-version"]) == (
        "/v1/messages",
        client.default_headers["anthropic-version"],
    )
    assert call.asked["max_tokens"] == 200
    assert "x-api-key" not in call.headers
    assert place.key not in str(call.headers)


def test_messages_stream(place: Place) -> None:
    with (
        place.anthropic() as client,
        client.messages.stream(model="claude", max_tokens=200, messages=HELLO) as stream,
    ):
        text = "".join(stream.text_stream)
        whole = stream.get_final_message()
    assert text == "word0 word1 word2 "
    assert (whole.stop_reason, whole.usage.output_tokens) == ("end_turn", 20)


def test_messages_call_tools_in_both_ways(place: Place) -> None:
    with place.anthropic() as client:
        place.far.says = Says(body=answers.MESSAGE_TOOL)
        answer = client.messages.create(model="claude", max_tokens=200, messages=HELLO, tools=answers.MESSAGE_TOOLS)
        assert answer.content[0].type == "tool_use"
        assert answer.content[0].input == answers.ARGUMENTS
        assert place.far.calls[0].asked["tools"] == answers.MESSAGE_TOOLS
        place.far.says = Says(body=answers.MESSAGE_TOOL_STREAM, content_type="text/event-stream")
        with client.messages.stream(
            model="claude", max_tokens=200, messages=HELLO, tools=answers.MESSAGE_TOOLS
        ) as stream:
            whole = stream.get_final_message()
        assert whole.content[0].type == "tool_use"
        assert whole.content[0].input == answers.ARGUMENTS


def test_messages_take_pictures(place: Place) -> None:
    with place.anthropic() as client:
        client.messages.create(model="claude", max_tokens=200, messages=NATIVE_PICTURE)
    assert place.far.calls[0].asked["messages"] == NATIVE_PICTURE


def test_the_asynchronous_anthropic_client_streams(place: Place) -> None:
    async def ask() -> str:
        async with (
            anthropic.AsyncAnthropic(base_url=place.address, api_key=place.key) as client,
            client.messages.stream(model="claude", max_tokens=200, messages=HELLO) as stream,
        ):
            return "".join([text async for text in stream.text_stream])

    assert asyncio.run(ask()) == "word0 word1 word2 "


# Refusals become the clients' own errors


def test_a_wrong_key_is_an_authentication_error_to_both(place: Place) -> None:
    with place.openai("wrong") as client, pytest.raises(openai.AuthenticationError) as refused:
        client.chat.completions.create(model="small", messages=HELLO)
    assert refused.value.code == "invalid_api_key"
    with place.anthropic("wrong") as native, pytest.raises(anthropic.AuthenticationError, match="opens nothing"):
        native.messages.create(model="claude", max_tokens=200, messages=HELLO)
    assert place.far.calls == []


def test_an_unknown_model_is_not_found_by_both(place: Place) -> None:
    with place.openai() as client, pytest.raises(openai.NotFoundError, match="none-such"):
        client.chat.completions.create(model="none-such", messages=HELLO)
    with place.anthropic() as native, pytest.raises(anthropic.NotFoundError, match="none-such"):
        native.messages.create(model="none-such", max_tokens=200, messages=HELLO)


def test_a_spent_budget_is_a_rate_limit_error_that_says_whose_and_is_not_tried_again(place: Place) -> None:
    patient = openai.OpenAI(base_url=f"{place.address}/v1", api_key=place.poor_key, max_retries=3)
    with patient as client, pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="small", messages=HELLO)
    assert refused.value.code == "budget_exhausted"
    as_patient = anthropic.Anthropic(base_url=place.address, api_key=place.poor_key, max_retries=3)
    with as_patient as native, pytest.raises(anthropic.RateLimitError):
        native.messages.create(model="claude", max_tokens=200, messages=HELLO)
    assert place.far.calls == []


def test_what_cannot_be_bounded_is_a_bad_request(place: Place) -> None:
    with place.openai() as client, pytest.raises(openai.BadRequestError, match="previous_response_id"):
        client.responses.create(model="small", input="Hello", previous_response_id="resp_0")
    assert place.far.calls == []


@pytest.mark.parametrize(
    ("says", "error", "native_error"),
    [
        (
            Says(
                status=400,
                body=b'{"type":"error","error":{"type":"invalid_request_error","message":"no such thing"}}',
            ),
            openai.BadRequestError,
            anthropic.BadRequestError,
        ),
        (
            Says(status=429, body=b'{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}'),
            openai.RateLimitError,
            anthropic.RateLimitError,
        ),
        (Says(status=500, body=b"<html>oops</html>"), openai.InternalServerError, anthropic.InternalServerError),
        (Says(drops=True), openai.InternalServerError, anthropic.InternalServerError),
    ],
)
def test_a_providers_failure_is_the_clients_own_error(
    place: Place, says: Says, error: type[Exception], native_error: type[Exception]
) -> None:
    place.far.says = says
    with place.openai() as client, pytest.raises(error):
        client.chat.completions.create(model="small", messages=HELLO)
    with place.anthropic() as native, pytest.raises(native_error):
        native.messages.create(model="claude", max_tokens=200, messages=HELLO)


def test_a_stream_that_breaks_off_is_an_error_and_no_silence(place: Place) -> None:
    place.far.says = Says(breaks_after=2)
    with place.openai() as client:
        stream = client.chat.completions.create(model="small", messages=HELLO, stream=True)
        with stream, pytest.raises(openai.APIError):
            list(stream)
    with place.anthropic() as native:
        with_events = native.messages.create(model="claude", max_tokens=200, messages=HELLO, stream=True)
        with with_events, pytest.raises(anthropic.APIError):
            list(with_events)


def test_a_failing_provider_is_tried_by_the_gateway_and_then_by_the_client(place: Place) -> None:
    place.far.says = Says(fails=3, fail_status=503)
    with openai.OpenAI(base_url=f"{place.address}/v1", api_key=place.key, max_retries=1) as client:
        assert client.chat.completions.create(model="small", messages=HELLO).choices
    assert len(place.far.calls) == 4


def test_there_is_no_other_way_to_a_provider(place: Place) -> None:
    """# complaint: 6"""
    with place.openai() as client:
        for call in (
            lambda: client.completions.create(model="small", prompt="Hello"),
            lambda: client.images.generate(model="small", prompt="Hello"),
            lambda: client.moderations.create(input="Hello"),
            client.files.list,
            lambda: client.responses.retrieve("resp_1"),
        ):
            with pytest.raises(openai.NotFoundError):
                call()
    with place.anthropic() as native, pytest.raises(anthropic.NotFoundError):
        native.messages.batches.list()
    assert place.far.calls == []


def test_the_key_never_leaves_for_the_provider(place: Place, tmp_path: Path) -> None:
    with place.openai() as client:
        client.chat.completions.create(model="small", messages=HELLO)
    headers = place.far.calls[0].headers
    assert "authorization" not in headers
    assert not any(name.startswith(("x-stainless", "x-tiebeam", "cookie")) for name in headers)
