"""LiteLLM's price file: read within bounds, compared, taken over. ids: D7, CA-13"""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.builders.shared_data import shared_data

from tiebeam.economics.authoring import RecordExists
from tiebeam.economics.prices import BrokenPriceFile, UnknownPrice, compare, read_litellm, take_over

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ENTRY = {"litellm_provider": "openai", "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07}


def write(folder: Path, content: Any) -> Path:
    path = folder / "prices.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_prices_by_the_token_become_prices_by_the_million_exactly(tmp_path: Path) -> None:
    image = {"litellm_provider": "openai", "output_cost_per_image": 0.04}
    (found,) = read_litellm(write(tmp_path, {"sample_spec": "text", "gpt-4o-mini": ENTRY, "image": image}))
    assert (found.input_usd_per_mtok, found.output_usd_per_mtok) == (Decimal("0.15"), Decimal("0.6"))
    assert found.cached_input_usd_per_mtok is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"m": {"input_cost_per_token": NaN}}', "NaN"),
        ('{"m": {"input_cost_per_token": -Infinity}}', "Infinity"),
        ('{"m": {"input_cost_per_token": -1e-6}}', "not negative"),
        ('{"m": {"input_cost_per_token": 1e400}}', "cannot be"),
        ('{"m": {"input_cost_per_token": "0.1"}}', "must be a number"),
        ('{"m": {"input_cost_per_token": true}}', "must be a number"),
        ('{"m": [1]}', "must be an object"),
        ("[]", "no LiteLLM price file"),
        ('{"m": ', "no JSON"),
        ("[" * 200_000, "nested too deeply"),
    ],
)
def test_a_bad_file_is_refused_with_what_is_wrong(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(BrokenPriceFile, match=says):
        read_litellm(write(tmp_path, content))


def test_a_file_of_half_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(500_000_000)
    with pytest.raises(BrokenPriceFile, match="500000000 bytes"):
        read_litellm(path)


def test_differences_are_listed_the_furthest_apart_first(tmp_path: Path) -> None:
    content = {
        "gpt-4o-mini": ENTRY,
        "openai/gpt-4o": {**ENTRY, "input_cost_per_token": 2.5e-06, "output_cost_per_token": 3e-05},
        "o3": {**ENTRY, "input_cost_per_token": 1e-06, "output_cost_per_token": 8e-06},
        "no-such-model": ENTRY,
        "other": {**ENTRY, "litellm_provider": "nobody"},
    }
    found = compare(read_litellm(write(tmp_path, content)), at=NOW)
    assert (found.compared, found.agreed, found.unmatched) == (3, 1, 2)
    assert [(one.our_model, one.part, one.ours, one.theirs, one.ratio) for one in found.disagreements] == [
        ("gpt-4o", "output_usd_per_mtok", 10, 30, 3),
        ("o3", "input_usd_per_mtok", 2, 1, Decimal("0.5")),
    ]


def test_known_disagreements_of_two_lists_are_found_again(tmp_path: Path) -> None:
    rows = list(csv.DictReader(shared_data("economics", "prices_disagreements.csv").read_text("utf-8").splitlines()))
    theirs = {"aws": "bedrock", "google": "vertex_ai", "x-ai": "xai", "together": "together_ai"}
    theirs |= {"fireworks": "fireworks_ai", "cohere": "cohere_chat", "moonshotai": "moonshot"}
    content = {
        row["litellm_key"]: {
            "litellm_provider": theirs.get(row["provider"], row["provider"]),
            "input_cost_per_token": float(row["litellm_in"]) / 1e6,
            "output_cost_per_token": float(row["litellm_out"]) / 1e6,
        }
        for row in rows
    }
    found = compare(read_litellm(write(tmp_path, content)), at=NOW)
    again = {one.their_key for one in found.disagreements}
    assert len(again & set(content)) >= 0.8 * len(content)


def test_a_price_taken_over_is_a_record_with_its_source(tmp_path: Path) -> None:
    path = write(tmp_path, {"openai/gpt-4o-mini": ENTRY})
    day = date(2026, 11, 21)
    (written,) = take_over(
        read_litellm(path), ["openai/gpt-4o-mini"], workspace=tmp_path, file=path, today=day, since=day
    )
    text = written.read_text(encoding="utf-8")
    assert written == tmp_path / "prices/openai-gpt-4o-mini.toml"
    assert "SHA-256" in text
    assert "input_usd_per_mtok = 0.150000" in text or "input_usd_per_mtok = 0.15" in text
    with pytest.raises(RecordExists):
        take_over(read_litellm(path), ["openai/gpt-4o-mini"], workspace=tmp_path, file=path, today=day, since=day)
    with pytest.raises(UnknownPrice, match="'nope'"):
        take_over(read_litellm(path), ["nope"], workspace=tmp_path, file=path, today=day, since=day)
