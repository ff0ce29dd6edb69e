"""ids: EC-21 — a step asks a provider and gets the whole answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.far_server import far_server, reply
from tests.rooms.connect.upstreams.far import HERE, record
from tiebeam.connect.models import ModelClient
from tiebeam.connect.upstreams import AnswerOverLimit, Failed, Unreachable
from tiebeam.spec import Endpoint, OutgoingRules


def test_the_provider_is_asked_with_its_key_and_answers(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-provider-key\n")
    (tmp_path / "key").chmod(0o600)
    with far_server(lambda _: reply(b'{"id": 1}', headers=("X-Request-Id: 7",))) as there:
        far = record(there.port, secret="file:key", kind="anthropic")
        answer = ModelClient(HERE, workspace=tmp_path).call(far, Endpoint.MESSAGES, model="m", body=b'{"a": 1}')
    assert (answer.status, answer.body, answer.headers["x-request-id"]) == (200, b'{"id": 1}', "7")
    assert answer.is_success
    head, _, body = there.heads[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/messages HTTP/1.1\r\n")
    assert b"\r\nx-api-key: a-provider-key\r\n" in head
    assert b"\r\nanthropic-version: 2023-06-01\r\n" in head
    assert b"\r\ncontent-type: application/json\r\n" in head
    assert body == b'{"a": 1}'


def test_a_refusal_of_the_provider_is_an_answer() -> None:
    with far_server(lambda _: reply(b"no", status="429 Slow")) as there:
        answer = ModelClient(HERE, workspace=Path()).call(record(there.port), Endpoint.CHAT, model="m", body=b"{}")
    assert (answer.status, answer.is_success) == (429, False)


def test_errors_say_whether_anything_was_sent(tmp_path: Path) -> None:
    client = ModelClient(HERE, workspace=tmp_path, largest=100)
    with far_server(lambda _: b"") as there:
        with pytest.raises(Failed):
            client.call(record(there.port), Endpoint.CHAT, model="m", body=b"{}")
        with pytest.raises(Unreachable, match="key cannot be read"):
            client.call(record(there.port, secret="file:none"), Endpoint.CHAT, model="m", body=b"{}")
        with pytest.raises(Unreachable, match=r"\[outgoing\] allow"):
            ModelClient(OutgoingRules(), workspace=tmp_path).call(
                record(there.port), Endpoint.CHAT, model="m", body=b"{}"
            )
    assert len(there.heads) == 1
    with pytest.raises(Unreachable):
        client.call(record(there.port), Endpoint.CHAT, model="m", body=b"{}")
    with far_server(lambda _: reply(b"a" * 101)) as there, pytest.raises(AnswerOverLimit):
        client.call(record(there.port), Endpoint.CHAT, model="m", body=b"{}")
