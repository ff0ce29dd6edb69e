"""A model server is measured under a load that stays within what was agreed to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders.model_server import model_server
from tiebeam.connect.outgoing import Outgoing, OutgoingRefused
from tiebeam.connect.secrets import read_secret
from tiebeam.connect.serving import Load, LoadFailed, Measured, Sent, WrongLoad, drive
from tiebeam.economics.hosting import read_benchmark

LOCAL = Outgoing(allow_private=("127.0.0.1",), timeout=10)


def test_every_request_of_a_level_is_made_and_no_more_at_once_than_was_said() -> None:
    with model_server(wait=0.002) as server:
        found = drive(LOCAL, Load(server.url, "m", input_tokens=20, output_tokens=8, requests=12), concurrency=3)

    assert (len(found.done), found.failed, len(server.asked)) == (12, 0, 12)
    assert 2 <= server.most_at_once <= 3
    assert {one.output_tokens for one in found.done} == {8}
    assert all(one.began < (one.first or 0) < one.ended for one in found.done)


def test_the_request_is_what_the_protocol_asks_for_and_no_prompt_is_sent_twice() -> None:
    with model_server() as server:
        drive(LOCAL, Load(server.url, "m", input_tokens=30, output_tokens=8, requests=4, fill=True), concurrency=2)

    first = server.asked[0]
    assert (first["model"], first["max_tokens"], first["stream"], first["ignore_eos"]) == ("m", 8, True, True)
    assert len({one["messages"][0]["content"] for one in server.asked}) == 4
    assert len({one["messages"][0]["content"].split()[0] for one in server.asked}) == 4


def test_figures_follow_from_the_times_and_counts() -> None:
    """Two answers of 5 and 11 tokens in 4 seconds are 4 tokens a second; the rest is by hand too."""
    sent = (Sent(10.0, 12.0, 10.5, 100, 5), Sent(10.0, 14.0, 11.0, 200, 11))
    form = Measured(2, 4.0, sent, 0, ()).form()

    assert form["output_throughput"] == 4.0
    assert form["request_throughput"] == 0.5
    assert (form["total_input_tokens"], form["total_output_tokens"]) == (300, 16)
    assert form["median_ttft_ms"] == 750.0
    assert form["median_tpot_ms"] == (375.0 + 300.0) / 2
    assert form["median_e2el_ms"] == 3000.0


def test_what_failed_is_counted_with_its_reason_and_not_sent_again() -> None:
    with model_server(fails=frozenset({2, 3})) as server:
        found = drive(LOCAL, Load(server.url, "m", requests=6), concurrency=1)

    assert (len(found.done), found.failed, len(server.asked)) == (4, 2, 6)
    assert found.problems == (('status 429: {"error": "slow down"}', 2),)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"with_usage": False}, "without the server's count of tokens"),
        ({"tokens": 0}, "without text"),
        ({"says": b"data: {nonsense\n\n"}, "no JSON"),
        ({"says": b'data: {"error": {"message": "out of memory"}}\n\n'}, "out of memory"),
        ({"says": b'data: {"choices": "many", "usage": {"prompt_tokens": true}}\n\n'}, "without text"),
        ({"fails": frozenset(range(9))}, "status 429"),
    ],
)
def test_a_server_that_cannot_be_measured_is_told_apart(settings: dict[str, object], said: str) -> None:
    with model_server(**settings) as server, pytest.raises(LoadFailed, match=said):
        drive(LOCAL, Load(server.url, "m", requests=2), concurrency=1)


def test_a_level_ends_with_its_time() -> None:
    ticks = iter(range(0, 10_000, 10))
    with model_server() as server:
        found = drive(
            LOCAL, Load(server.url, "m", requests=1000, seconds=60), concurrency=1, timer=lambda: float(next(ticks))
        )

    assert 1 <= len(found.done) < 10
    assert len(server.asked) == len(found.done)


@pytest.mark.parametrize("wrong", [{"requests": 0}, {"requests": 10**6}, {"seconds": 0}, {"input_tokens": 10**15}])
def test_a_load_without_bounds_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(WrongLoad, match=next(iter(wrong))):
        Load("http://127.0.0.1/v1", "m", **wrong)


def test_too_many_at_once_are_refused_and_so_is_a_host_nobody_vouched_for() -> None:
    load = Load("http://10.0.0.1/v1", "m")
    with pytest.raises(WrongLoad, match="256"):
        drive(LOCAL, load, concurrency=257)
    with pytest.raises(OutgoingRefused):
        drive(LOCAL, load, concurrency=1)


def test_the_key_goes_to_the_server_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", "sk-not-for-your-eyes")
    with model_server() as server:
        key = read_secret("env:MODEL_KEY", base=Path())
        found = drive(LOCAL, Load(server.url, "m", requests=1), concurrency=1, key=key)

    assert server.keys == ["Bearer sk-not-for-your-eyes"]
    assert "sk-not" not in json.dumps(found.form())


def test_what_was_measured_becomes_points_of_the_workspace(tmp_path: Path) -> None:
    with model_server(wait=0.001) as server:
        load = Load(server.url, "m", input_tokens=40, output_tokens=8, requests=4)
        levels = [drive(LOCAL, load, concurrency=level).form() for level in (1, 2)]
    (tmp_path / "b.json").write_text(json.dumps({"levels": levels}), encoding="utf-8")
    points = read_benchmark(tmp_path / "b.json", gpus=2, tensor_parallel=2)

    assert [(one.concurrency, one.output_tokens) for one in points] == [(1, 8), (2, 8)]
    assert float(points[0].output_tokens_per_s_per_gpu) == pytest.approx(levels[0]["output_throughput"] / 2, rel=1e-4)
