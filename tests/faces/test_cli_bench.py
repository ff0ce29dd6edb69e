"""Measuring a model server at the command line, and taking what was measured into the workspace."""

from __future__ import annotations

import json
from pathlib import Path

from tests.builders.model_server import model_server
from tests.faces.terminal import Terminal


def test_a_server_is_measured_from_an_empty_folder_and_taken_into_a_workspace(tiebeam: Terminal) -> None:
    with model_server(wait=0.001) as server:
        sizes = ("--concurrency", "1,2", "--input", "40", "--output", "8", "--requests", "4")
        said = tiebeam("bench", "serve", server.url, "--model", "m", *sizes, "--out", "b.json", "--json")

    assert said.code == 0, said.err
    assert "2 levels of at most 4 requests" in said.err
    assert "384 tokens at most" in said.err
    levels = json.loads(said.out)["levels"]
    assert [(one["max_concurrency"], one["completed"]) for one in levels] == [(1, 4), (2, 4)]
    assert json.loads(Path("b.json").read_text(encoding="utf-8"))["levels"] == levels

    assert tiebeam("init", "ws").code == 0
    served = ("--model", "llama-3-1-8b", "--gpu", "h100-sxm", "--gpus", "1", "--precision", "fp8", "--backend", "vllm")
    assert tiebeam("hosting", "import-benchmark", "b.json", *served, "-w", "ws").code == 0
    asked = ("--model", "llama-3-1-8b", "--gpu", "h100-sxm", "--precision", "fp8", "--backend", "vllm")
    size = ("--input", "40", "--output", "8", "--concurrency", "2")
    found = json.loads(tiebeam("hosting", "estimate", *asked, *size, "-w", "ws", "--json").out)
    assert found["method"] == "benchmark"


def test_a_wrong_list_of_levels_and_an_absent_server_are_explained(tiebeam: Terminal) -> None:
    wrong = tiebeam("bench", "serve", "http://127.0.0.1:9/v1", "--model", "m", "--concurrency", "many")
    assert (wrong.code, "is no list of numbers" in wrong.err) == (2, True)
    absent = tiebeam("bench", "serve", "http://127.0.0.1:1/v1", "--model", "m", "--requests", "1")
    assert absent.code == 1
    assert "[outgoing_refused]" in absent.err or "[load_failed]" in absent.err
    literal = tiebeam("bench", "serve", "http://127.0.0.1:8/v1", "--model", "m", "--key", "sk-1234567890")
    assert "sk-1234567890" not in literal.err
