"""ids: EC-19, EC-21 — a real stream of use, replayed through the gateway, comes to exactly what it must."""

from __future__ import annotations

import asyncio
import csv
import json
from collections import defaultdict
from collections.abc import Generator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders.gateway import META, lines, make_key, served_record
from tests.builders.shared_data import shared_data
from tests.gateway.house import House, house
from tests.gateway.upstream import Says
from tiebeam.economics.metering import check_usage
from tiebeam.economics.totals import By, totals

AT_ONCE = 32
PARTS = ("requests", "input_tokens", "cached_input_tokens", "output_tokens")
Sums = dict[tuple[str, str], dict[str, Any]]


def _reference() -> dict[str, Any]:
    return json.loads(shared_data("llm_usage", "ledger_reference.json").read_text(encoding="utf-8"))


def _workload() -> list[dict[str, str]]:
    with shared_data("llm_usage", "gateway_workload.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _records(prices: dict[str, dict[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for model, price in prices.items():
        found[f"served/{model}.toml"] = served_record(model, model=model)
        found[f"prices/{model}.toml"] = lines(provider="far", model=model) + (
            "\n[[price]]\nsince = 2020-01-01\nsource = 'ledger_reference.json'\nchecked = 2026-01-01\n"
            f"input_usd_per_mtok = {price['input']}\ncached_input_usd_per_mtok = {price['cached_input']}\n"
            f"output_usd_per_mtok = {price['output']}\n{META}"
        )
    return found


@pytest.fixture
def here(tmp_path: Path) -> Generator[House]:
    records = _records(_reference()["prices_usd_per_1m_tokens"])
    with house(tmp_path, records=records) as one:
        yield one


async def _replay(here: House, rows: list[dict[str, str]]) -> None:
    keys = {team: make_key(here.app, team=team, workflow="*") for team in sorted({row["team"] for row in rows})}
    here.far.decide = lambda asked: Says(**json.loads(asked["messages"][0]["content"]))
    waiting = iter(rows)

    async def work(client: httpx.AsyncClient) -> None:
        for number, row in enumerate(waiting):
            used = {
                "input": int(row["input_tokens"]),
                "cached": int(row["cached_input_tokens"]),
                "output": int(row["output_tokens"]),
            }
            body: dict[str, Any] = {"model": row["model"], "stream": number % 4 == 0, "max_tokens": 4_000}
            body["messages"] = [{"role": "user", "content": json.dumps(used)}]
            headers = {
                "authorization": f"Bearer {keys[row['team']]}",
                "x-tiebeam-workflow": row["workflow"],
                "x-tiebeam-execution": row["run_id"],
            }
            answer = await client.post("/v1/chat/completions", json=body, headers=headers)
            assert answer.status_code == 200, answer.text

    async with httpx.AsyncClient(base_url=here.url, timeout=60) as client:
        await asyncio.gather(*(work(client) for _ in range(AT_ONCE)))


def _counted(here: House) -> Sums:
    found: Sums = {}
    with here.app.store.read() as conn:
        for by in (By.TEAM, By.MODEL, By.WORKFLOW):
            for one in totals(conn, by=by):
                found[by.value, one.key] = {part: getattr(one, part) for part in PARTS} | {"usd": one.cost_usd}
    return found


def _expected(rows: list[dict[str, str]], prices: dict[str, dict[str, str]]) -> Sums:
    found: Sums = defaultdict(lambda: dict.fromkeys(PARTS, 0) | {"usd": Decimal(0)})
    for row in rows:
        given, cached, made = (int(row[name]) for name in PARTS[1:])
        price = {name: Decimal(value) for name, value in prices[row["model"]].items()}
        usd = ((given - cached) * price["input"] + cached * price["cached_input"] + made * price["output"]) / 1_000_000
        for by in ("team", "model", "workflow"):
            sums = found[by, row[by]]
            for part, value in zip(PARTS, (1, given, cached, made), strict=True):
                sums[part] += value
            sums["usd"] += usd
    return dict(found)


def test_a_part_of_the_workload_comes_to_its_sums(here: House) -> None:
    rows = _workload()[::40]
    asyncio.run(_replay(here, rows))
    here.assert_settled()
    assert _counted(here) == _expected(rows, _reference()["prices_usd_per_1m_tokens"])


@pytest.mark.deep
def test_the_whole_workload_comes_to_the_reference_ledger(here: House) -> None:
    asyncio.run(_replay(here, _workload()))
    here.assert_settled()
    wanted = {
        (one["by"], one["key"]): {part: one[part] for part in PARTS} | {"usd": Decimal(one["cost_usd"])}
        for one in _reference()["totals"]
        if one["by"] != "total"
    }
    assert _counted(here) == wanted
    with here.app.store.read() as conn:
        assert check_usage(conn) == []
