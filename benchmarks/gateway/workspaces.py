"""Workspaces of the benchmark: one provider on this machine, three served models, a tree of hard budgets, a key."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

TEAM, WORKFLOW = "sales", "enquiries"
MODELS = ("small", "paced", "slow")
INPUT_USD, CACHED_USD, OUTPUT_USD = Decimal(1), Decimal("0.1"), Decimal(4)
"""Dollars per million tokens."""
_META = "\n[meta]\nversion = 1\nsince = 2026-01-01\nreviewed = 2026-01-01\n"


def make_workspace(folder: Path, *, port: int, team_usd: str = "500000") -> Path:
    tiebeam("init", str(folder), "--example", "empty")
    today = datetime.now(UTC).date()
    files = {
        "upstreams/far.toml": (
            f'title = "On this machine"\nprovider = "far"\nbase_url = "http://127.0.0.1:{port}/v1"\n'
            "private_network = true\n"
        ),
        "budgets/company.toml": _budget("Company", "1000000", 'level = "organisation"\n'),
        "budgets/sales.toml": _budget("Sales", team_usd, f'parent = "company"\nalso_covers = ["{TEAM}"]\n'),
        "budgets/enquiries.toml": _budget(
            "Enquiries", "1000000", f'level = "workflow"\nparent = "sales"\nalso_covers = ["{WORKFLOW}"]\n'
        ),
    }
    for name in MODELS:
        files[f"served/{name}.toml"] = (
            f'name = "{name}"\ncapability = "saturated-task"\ncontext_tokens = 128000\nmax_output_tokens = 4096\n'
            f'\n[[serving]]\nupstream = "far"\nmodel = "far-{name}"\n'
        )
        files[f"prices/far-{name}.toml"] = (
            f'provider = "far"\nmodel = "far-{name}"\n\n[[price]]\nsince = 2020-01-01\nsource = "the benchmark"\n'
            f"checked = {today}\ninput_usd_per_mtok = {INPUT_USD}\ncached_input_usd_per_mtok = {CACHED_USD}\n"
            f"output_usd_per_mtok = {OUTPUT_USD}\n"
        )
    for place, text in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + _META, encoding="utf-8")
    tiebeam("apply", "-w", str(folder))
    return folder


def make_key(folder: Path) -> str:
    return said("keys", "create", "--team", TEAM, "--workflow", WORKFLOW, "-w", str(folder), "--json")["key"]


def totals(folder: Path) -> dict[str, Any]:
    """What the ledger holds of the team."""
    rows = said("ledger", "totals", "--by", "team", "-w", str(folder), "--json")
    rows = rows["rows"] if isinstance(rows, dict) else rows
    return next((row for row in rows if row["key"] == TEAM), {"requests": 0, "cost_usd": "0"})


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from tiebeam.cli import main; main()", *words]


def tiebeam(*words: str) -> str:
    done = subprocess.run(command(*words), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"tiebeam {' '.join(words[:2])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def said(*words: str) -> Any:
    return json.loads(tiebeam(*words))


def _budget(title: str, usd: str, more: str) -> str:
    return f'title = "{title}"\nowner_role = "cfo"\nusd_per_month = {usd}\nhard = true\n{more}'
