# ids: D21, EC-19, EC-21
"""A real pattern of calls, with every figure known beforehand, as FOCUS."""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.builders.charges import charge, put_charges
from tests.builders.shared_data import shared_data

from tiebeam.economics.closing import Span
from tiebeam.economics.focus import Account, FocusQuestion, export_focus
from tiebeam.kit import Clock, Ids
from tiebeam.store import Store

COLUMNS = {"team": "x_Team", "model": "ResourceName", "workflow": "x_Workflow", "total": ""}
START = datetime(2026, 10, 30, 22, tzinfo=UTC)


@pytest.fixture
def reference() -> dict[str, Any]:
    return json.loads(shared_data("llm_usage", "ledger_reference.json").read_text(encoding="utf-8"))


def prices_of(reference: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "digest": f"price-{model}",
            "provider": "openai",
            "model": model,
            "input_usd_per_mtok": rates["input"],
            "cached_input_usd_per_mtok": rates["cached_input"],
            "output_usd_per_mtok": rates["output"],
            "tiers": [],
        }
        for model, rates in reference["prices_usd_per_1m_tokens"].items()
    ]


def calls(reference: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with shared_data("llm_usage", "gateway_workload.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            rates = reference["prices_usd_per_1m_tokens"][row["model"]]
            cached, taken, given = (int(row[f"{name}_tokens"]) for name in ("cached_input", "input", "output"))
            cost = (taken - cached) * Decimal(rates["input"]) + cached * Decimal(rates["cached_input"])
            cost += given * Decimal(rates["output"])
            yield charge(
                f"c{number}",
                at=START + timedelta(seconds=float(row["offset_s"])),
                team=row["team"],
                workflow=row["workflow"],
                execution=row["run_id"],
                model=row["model"],
                input_tokens=taken - cached,
                cached_tokens=cached,
                output_tokens=given,
                usd_nano=int((cost * 1000).to_integral_value()),
                price=f"price-{row['model']}",
            )


@pytest.fixture
def ledger(sqlite_template: Path, tmp_path: Path, clock: Clock, ids: Ids) -> Iterator[Store]:
    """One kind of database is enough: what is tried here is arithmetic."""
    shutil.copyfile(sqlite_template, tmp_path / "ledger.sqlite")
    store = Store(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock=clock, ids=ids)
    yield store
    store.close()


def test_the_export_has_every_figure_of_the_reference(reference: dict[str, Any], tmp_path: Path, ledger: Store) -> None:
    put_charges(ledger, calls(reference), prices=prices_of(reference))
    with ledger.read() as conn:
        found = export_focus(
            conn,
            tmp_path / "focus.csv",
            FocusQuestion(Span(date(2026, 10, 1), date(2026, 11, 30))),
            account=Account("acme", "Acme"),
            archive=tmp_path,
            approvals={},
        )

    sums: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    with found.file.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for by, column in (
                ("team", "x_Team"),
                ("model", "ResourceName"),
                ("workflow", "x_Workflow"),
                ("total", ""),
            ):
                line = sums[by, row.get(column, "all")]
                line["cost"] += Decimal(row["BilledCost"])
                line["requests"] += Decimal(row["x_RequestCount"])
                line[row["x_TokenClass"]] += Decimal(row["ConsumedQuantity"])
    for said in reference["totals"]:
        line = sums[said["by"], said["key"]]
        assert (line["requests"], line["input"] + line["cached"], line["cached"], line["output"]) == (
            said["requests"],
            said["input_tokens"],
            said["cached_input_tokens"],
            said["output_tokens"],
        )
        # Single charges are rounded to the nano-dollar, the reference is not.
        assert abs(line["cost"] - Decimal(said["cost_usd"])) <= Decimal("0.5e-9") * said["requests"]
