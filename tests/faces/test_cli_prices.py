"""Prices and hosting at the command line. ids: EC-01, EC-10, EC-11, CA-13, CA-14"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.faces.terminal import Terminal

HEAD = "id,model_path,system,precision,backend,isl,osl,tp,gpus,concurrency"


@pytest.fixture
def tiebeam(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(capsys)


def test_the_cost_of_a_call_with_the_price_it_goes_by(tiebeam: Terminal) -> None:
    asked = ("cost", "--model", "gpt-4o-mini", "--provider", "openai", "--at", "2026-11-21", "--json")
    found = tiebeam(*asked, "--input", "1000000", "--cached", "400000", "--output", "200000").json
    # 600,000 x 0.15 + 400,000 x 0.075 + 200,000 x 0.60, over a million.
    assert Decimal(found["cost_usd"]) == Decimal("0.24")
    assert [part["part"] for part in found["price"]["parts"]] == ["input", "cached_input", "output"]
    assert found["price"]["source"].startswith("genai-prices ")
    again = tiebeam(*asked, "--input", "1", "--output", "0").json
    assert found["snapshot"] == again["snapshot"]
    assert len(found["snapshot"]) == 64


@pytest.mark.parametrize(
    ("model", "code"), [("chatgpt-4o-latest", "model_alias_refused"), ("nobodys-model", "unknown_price")]
)
def test_what_has_no_price_is_told_and_never_zero(tiebeam: Terminal, model: str, code: str) -> None:
    said = tiebeam("cost", "--model", model, "--input", "1", "--output", "1", "--json")
    assert said.code == 1
    assert code in said.err
    assert said.out == ""


def test_the_workspaces_own_price_goes_first_and_its_state_is_told(tiebeam: Terminal) -> None:
    assert tiebeam("init", "ws", "--example", "empty").code == 0
    price = Path("ws/prices/mine.toml")
    price.parent.mkdir(exist_ok=True)
    text = (
        'provider = "openai"\nmodel = "gpt-4o-mini"\n[[price]]\nsince = 2026-01-01\ninput_usd_per_mtok = 0.1\n'
        'output_usd_per_mtok = 0.5\nsource = "contract 7"\nchecked = 2026-11-01\n'
        "[meta]\nsince = 2026-01-01\nreviewed = 2026-01-01\n"
    )
    price.write_text(text, encoding="utf-8")
    asked = ("cost", "--model", "gpt-4o-mini", "--input", "1000000", "--output", "0", "-w", "ws")
    assert tiebeam(*asked, "--at", "2026-11-21", "--json").json["cost_usd"] == "0.1"
    assert "stale_price" in tiebeam(*asked, "--at", "2028-01-01").err
    assert "starts after" in tiebeam(*asked, "--at", "2025-01-01").err


def test_the_library_lists_its_models_and_follows_the_list(tiebeam: Terminal) -> None:
    found = tiebeam("prices", "list", "--json").json
    assert len(found) >= 55
    assert len({one["provider"] for one in found}) >= 8
    assert tiebeam("prices", "drift").code == 0
    assert tiebeam("prices", "show", "o3", "--provider", "openai", "--at", "2025-01-01", "--json").json[
        "input_usd_per_mtok"
    ] == "10"  # fmt: skip
    assert len(tiebeam("prices", "history", "o3", "--provider", "openai", "--json").json) == 2
    assert tiebeam("prices", "search", "claude opus", "--json").json


def test_a_drop_in_price_moves_only_the_tokens(tiebeam: Terminal) -> None:
    found = tiebeam("prices", "drop", "--monthly", "50000", "--from", "20", "--to", "0.15", "--json").json
    assert Decimal(found["usd_per_month_after"]) == 375
    assert Decimal(found["tokens_per_month"]) == 2_500_000_000


def test_a_price_file_is_compared_and_taken_over(tiebeam: Terminal) -> None:
    entry = {"litellm_provider": "openai", "input_cost_per_token": 3e-7, "output_cost_per_token": 6e-7}
    Path("theirs.json").write_text(json.dumps({"gpt-4o-mini": entry}), encoding="utf-8")
    said = tiebeam("prices", "discrepancies", "theirs.json", "--json")
    assert said.code == 1
    assert [one["ratio"] for one in said.json["disagreements"]] == ["2.0000"]
    assert tiebeam("init", "ws", "--example", "empty").code == 0
    assert tiebeam("prices", "import", "theirs.json", "--model", "gpt-4o-mini", "-w", "ws").code == 0
    assert tiebeam("check", "-w", "ws").code == 0
    shown = tiebeam("prices", "show", "gpt-4o-mini", "-w", "ws", "--json").json
    assert Decimal(shown["input_usd_per_mtok"]) == Decimal("0.3")


def test_a_batch_of_deployments_is_estimated(tiebeam: Terminal) -> None:
    rows = ["a,Qwen/Qwen3-32B,h100_sxm,fp8,vllm,1000,500,1,1,8", "b,nobody,h100_sxm,fp8,vllm,1000,500,1,1,8"]
    Path("batch.csv").write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    said = tiebeam("hosting", "estimate", "--batch", "batch.csv", "--jsonl", "out.jsonl", "--method", "roofline")
    assert said.code == 1
    assert "unknown_architecture" in said.err
    good, bad = (json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines())
    assert {"id", "out_tok_s_per_gpu", "low", "high", "method"} <= set(good)
    assert good["method"] == "roofline"
    assert bad["out_tok_s_per_gpu"] is None


def test_one_estimate_says_what_a_million_tokens_costs_on_an_offer(tiebeam: Terminal) -> None:
    asked = ("hosting", "estimate", "--model", "llama-3.1-70b", "--gpu", "h100-sxm", "--gpus", "4", "--json")
    found = tiebeam(*asked, "--offer", "runpod.h100-sxm", "--busy", "0.5").json
    by_hand = Decimal("3.99") * 1_000_000 / (3600 * Decimal(str(found["out_tok_s_per_gpu"])) * Decimal("0.5"))
    assert Decimal(found["usd_per_mtok_output"]) == pytest.approx(by_hand, abs=Decimal("0.001"))
    assert (found["usd_per_hour"], found["usd_per_month"]) == ("15.96", "11650.80")
    assert found["method"] == "measured"
    assert tiebeam("hosting", "estimate", "--model", "x").code == 2


def test_offers_are_listed_by_the_hour_and_the_month(tiebeam: Terminal) -> None:
    found = tiebeam("hosting", "offers", "--json").json
    assert len(found) >= 15
    assert all(price["low_usd_per_gpu_month"] for one in found for price in one["prices"])
    assert tiebeam("hosting", "offers", "--term", "spot").out.count("spot") >= 5


def test_a_benchmark_and_a_catalogue_are_taken_into_the_workspace(tiebeam: Terminal) -> None:
    assert tiebeam("init", "ws", "--example", "empty").code == 0
    run = {"completed": 10, "total_input_tokens": 10_000, "total_output_tokens": 5_000, "max_concurrency": 8}
    Path("run.json").write_text(json.dumps({**run, "output_throughput": 900.0}), encoding="utf-8")
    served = ("--model", "qwen3-32b", "--gpu", "h100-sxm", "--precision", "fp8", "--backend", "vllm")
    assert tiebeam("hosting", "import-benchmark", "run.json", *served, "-w", "ws").code == 0
    sizes = ("--input", "1000", "--output", "500", "--concurrency", "8")
    found = tiebeam("hosting", "estimate", *served, *sizes, "-w", "ws", "--json").json
    assert found["method"] == "benchmark"
    Path("offers.csv").write_text("price,gpu_count,gpu_name,spot\n4,1,H100,False", encoding="utf-8")
    taken = ("--provider", "nine", "--stated", "2026-11-20", "-w", "ws")
    assert tiebeam("hosting", "import-offers", "offers.csv", *taken).code == 0
    assert tiebeam("check", "-w", "ws").code == 0
    assert tiebeam("hosting", "offers", "--provider", "nine", "-w", "ws", "--json").json[0]["id"] == "nine.h100-sxm-x1"
