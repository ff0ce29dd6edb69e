"""A recorded stream of model use through a gateway of several processes, and whether the ledger comes to what it must.

    python -m benchmarks.gateway.replay WORKLOAD.csv REFERENCE.json [--kill] [--keep FOLDER]

The workload has a line for each call: team, workflow, run_id, model, input_tokens, cached_input_tokens (of the input),
output_tokens. The reference has prices_usd_per_1m_tokens by model, and totals by team, workflow, model. Everything is
done as a user would: an empty workspace, records written by hand, a key for each team and workflow, calls over HTTP,
every second one streamed, and the commands of the terminal. The provider states the line's usage and nothing else.

`--kill` ends one process by SIGKILL in the middle and all of them after the last answer, and opens the gateway again:
every answer must be in the ledger exactly, everything else must be marked as estimated. `--keep` leaves the workspace
and the ledger as FOCUS there. Ends with 1 where anything differs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import json
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from benchmarks.gateway.processes import GATEWAY_CORE, Server, end, free_port, wait_for
from benchmarks.gateway.told import start_told
from benchmarks.gateway.workspaces import command, said, tiebeam

Row = dict[str, str]
Sums = dict[str, dict[str, Decimal]]
PARTS = ("requests", "input_tokens", "cached_input_tokens", "output_tokens", "cost_usd")
RETURNS = {"cost_usd", "value_usd", "outcomes", "usd_per_outcome", "usd_per_million_tokens", "value_per_token"}
SETTLE_SECONDS = 90
"""How long the leases of killed processes may take to come back."""


@dataclass
class Seen:
    answered: list[Row] = field(default_factory=list)
    unanswered: list[Row] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def make_workspace(folder: Path, *, port: int, prices: dict[str, dict[str, str]]) -> None:
    tiebeam("init", str(folder), "--example", "empty")
    today = datetime.now(UTC).date()
    meta = f"\n[meta]\nsince = 2020-01-01\nreviewed = {today}\n"
    files = {
        "upstreams/told.toml": f'title = "Told what to say"\nprovider = "told"\nprivate_network = true\n'
        f'base_url = "http://127.0.0.1:{port}/v1"\n',
        "budgets/company.toml": 'title = "Company"\nlevel = "organisation"\nowner_role = "cfo"\n'
        "usd_per_month = 1000000\n",
    }
    for model, price in prices.items():
        files[f"served/{model}.toml"] = (
            f'name = "{model}"\ncapability = "standard"\ncontext_tokens = 1000000\nmax_output_tokens = 100000\n'
            f'\n[[serving]]\nupstream = "told"\nmodel = "{model}"\n'
        )
        files[f"prices/{model}.toml"] = (
            f'provider = "told"\nmodel = "{model}"\n\n[[price]]\nsince = 2020-01-01\nsource = "the reference"\n'
            f"checked = {today}\ninput_usd_per_mtok = {price['input']}\n"
            f"cached_input_usd_per_mtok = {price['cached_input']}\noutput_usd_per_mtok = {price['output']}\n"
        )
    for place, text in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + meta, encoding="utf-8")
    tiebeam("apply", "-w", str(folder))


def make_keys(folder: Path, rows: list[Row]) -> dict[tuple[str, str], str]:
    wanted = sorted({(row["team"], row["workflow"]) for row in rows})
    return {
        (team, workflow): said(
            *("keys", "create", "--team", team, "--workflow", workflow, "-w", str(folder), "--json")
        )["key"]
        for team, workflow in wanted
    }


class Replay:
    """Sends the rows in their order, so many at once; `kill` names the process to end when half are answered."""

    def __init__(self, url: str, rows: list[Row], keys: dict[tuple[str, str], str]) -> None:
        self._url, self._keys, self._rows = url, keys, rows
        self._waiting = iter(enumerate(rows))
        self.kill: int | None = None
        self.seen = Seen()

    async def run(self, at_once: int) -> Seen:
        begun = time.monotonic()
        async with httpx.AsyncClient(base_url=self._url, timeout=60, trust_env=False) as client:
            await asyncio.gather(*(self._work(client) for _ in range(at_once)))
        self.seen.seconds = time.monotonic() - begun
        return self.seen

    async def _work(self, client: httpx.AsyncClient) -> None:
        for number, row in self._waiting:
            try:
                status, text = await self._ask(client, number, row)
            except httpx.HTTPError:
                # Its process was killed; a real client would ask again, which would be another call.
                self.seen.unanswered.append(row)
                continue
            if status == 200:
                self.seen.answered.append(row)
            else:
                self.seen.refused[f"{status} {text[:200]}"] += 1
            if self.kill is not None and number > len(self._rows) // 2:
                end(self.kill, signal.SIGKILL)
                self.kill = None

    async def _ask(self, client: httpx.AsyncClient, number: int, row: Row) -> tuple[int, str]:
        used = [int(row[name]) for name in ("input_tokens", "cached_input_tokens", "output_tokens")]
        asked = {"model": row["model"], "messages": [{"role": "user", "content": json.dumps(used)}]}
        headers = {
            "authorization": f"Bearer {self._keys[row['team'], row['workflow']]}",
            "x-tiebeam-execution": row["run_id"],
        }
        path = "/v1/chat/completions"
        if number % 2:
            async with client.stream("POST", path, json={**asked, "stream": True}, headers=headers) as answer:
                text = (await answer.aread()).decode()
            if answer.status_code == 200 and "data: [DONE]" not in text:
                raise httpx.RemoteProtocolError("the stream has no end")
            return answer.status_code, text
        answer = await client.post(path, json=asked, headers=headers)
        return answer.status_code, answer.text


def sums_of(rows: list[Row], by: str, prices: dict[str, dict[str, str]]) -> Sums:
    """What rows come to, without a gateway."""
    found: Sums = {}
    for row in rows:
        given, cached, made = (Decimal(row[name]) for name in PARTS[1:4])
        price = {name: Decimal(text) for name, text in prices[row["model"]].items()}
        cost = ((given - cached) * price["input"] + cached * price["cached_input"] + made * price["output"]) / 1_000_000
        sums = found.setdefault(row[by], dict.fromkeys(PARTS, Decimal(0)))
        for name, value in zip(PARTS, (Decimal(1), given, cached, made, cost), strict=True):
            sums[name] += value
    return found


def referred(reference: dict[str, Any], by: str) -> Sums:
    return {
        str(one["key"]): {name: Decimal(str(one[name])) for name in PARTS}
        for one in reference["totals"]
        if one["by"] == by
    }


def kept(folder: Path, by: str) -> Sums:
    rows = said("ledger", "totals", "--by", by, "-w", str(folder), "--json")
    return {row["key"]: {name: Decimal(str(row[name])) for name in PARTS} for row in rows}


def differences(wanted: Sums, found: Sums, by: str) -> list[str]:
    told: list[str] = []
    for key in sorted({*wanted, *found}):
        for name in PARTS:
            want, have = wanted.get(key, {}).get(name, Decimal(0)), found.get(key, {}).get(name, Decimal(0))
            if want != have:
                told.append(f"{by} {key!r}: {name} is {have}, must be {want}")
    return told


def settled(folder: Path, cost: Decimal) -> list[str]:
    """Ledger, budgets and FOCUS agree with each other, and nothing is held."""
    until = time.monotonic() + SETTLE_SECONDS
    nodes: list[dict[str, Any]] = []
    while time.monotonic() < until:
        nodes = said("budgets", "show", "-w", str(folder), "--json")
        if all(Decimal(one["held_usd"]) == 0 and Decimal(one["leased_usd"]) == 0 for one in nodes):
            break
        time.sleep(1)
    told = [f"budget {one['id']!r} holds {one['held_usd']}" for one in nodes if Decimal(one["held_usd"])]
    spent = next(Decimal(one["spent_usd"]) for one in nodes if one["id"] == "company")
    if spent != cost:
        told.append(f"budgets have {spent} spent, the ledger {cost}")
    tiebeam("ledger", "check", "-w", str(folder))
    for version, form in (("1.2", "csv"), ("1.2", "parquet"), ("1.0", "csv")):
        out = folder.parent / f"focus-{version}.{form}"
        tiebeam("ledger", "export", "--focus", version, "--format", form, str(out), "-w", str(folder))
    billed = sum(Decimal(row["BilledCost"]) for row in _focus(folder))
    if billed != cost:
        told.append(f"FOCUS comes to {billed}, the ledger to {cost}")
    lines = said("returns", "--by", "workflow", "-w", str(folder), "--json")
    missing = sorted({name for line in lines for name in RETURNS - line.keys()})
    return told + [f"returns have no {name}" for name in missing]


def _focus(folder: Path) -> list[Row]:
    with (folder.parent / "focus-1.2.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


EXACT = (
    "SELECT {by} AS key, count(DISTINCT call_id) AS requests, sum(cached_tokens) AS cached_input_tokens, "
    "sum(input_tokens + cached_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(usd) AS cost_usd "
    "FROM charges WHERE NOT estimated GROUP BY ALL"
)
"""What was answered, without calls whose process died: those are charged at worst."""


def exact(folder: Path, by: str) -> Sums:
    rows = said("ledger", "query", EXACT.format(by=by), "-w", str(folder), "--json")["rows"]
    return {row["key"]: {name: Decimal(str(row[name])) for name in PARTS} for row in rows}


def gateway(folder: Path, port: int, processes: int) -> Server:
    words = ["gateway", "--workspace", str(folder), "--port", str(port), "--processes", str(processes)]
    server = Server(command(*words), core=GATEWAY_CORE, log=folder.parent / "gateway.log")
    wait_for(port)
    return server


async def replayed(scratch: Path, rows: list[Row], reference: dict[str, Any], given: argparse.Namespace) -> Seen:
    """The workspace with everything in its ledger; no process is left."""
    folder, port = scratch / "workspace", free_port()
    far, far_port = await start_told()
    async with far:
        make_workspace(folder, port=far_port, prices=reference["prices_usd_per_1m_tokens"])
        keys = make_keys(folder, rows)
        server = gateway(folder, port, given.processes)
        replay = Replay(f"http://127.0.0.1:{port}", rows, keys)
        # The last is one of those that serve, the first watches them.
        replay.kill = server.ids[-1] if given.kill else None
        try:
            seen = await replay.run(given.at_once)
        finally:
            server.kill() if given.kill else server.stop()
    return seen


def judged(folder: Path, seen: Seen, reference: dict[str, Any], given: argparse.Namespace) -> list[str]:
    told = [f"{times} calls refused: {what}" for what, times in seen.refused.items()]
    names = sorted({one["by"] for one in reference["totals"]} - {"total"})
    if given.kill:
        # Whoever opens the workspace next takes over what the killed left.
        again = gateway(folder, free_port(), given.processes)
        told += settled(folder, sum((row["cost_usd"] for row in kept(folder, "team").values()), Decimal(0)))
        again.stop()
        prices = reference["prices_usd_per_1m_tokens"]
        for by in names:
            told += differences(sums_of(seen.answered, by, prices), exact(folder, by), f"answered, {by}")
        rows = sum(row["requests"] for row in kept(folder, "team").values())
        if rows > len(seen.answered) + len(seen.unanswered):
            told.append(f"the ledger has {rows} calls of {len(seen.answered) + len(seen.unanswered)} that were made")
        return told
    for by in names:
        told += differences(referred(reference, by), kept(folder, by), by)
    return told + settled(folder, sum((row["cost_usd"] for row in kept(folder, "team").values()), Decimal(0)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--keep", type=Path, help="an empty folder for workspace, log and FOCUS files")
    given = parser.parse_args()
    with given.workload.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    reference = json.loads(given.reference.read_text(encoding="utf-8"))
    with contextlib.ExitStack() as stack:
        scratch = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tiebeam-replay-")))
        scratch.mkdir(parents=True, exist_ok=True)
        seen = asyncio.run(replayed(scratch, rows, reference, given))
        told = judged(scratch / "workspace", seen, reference, given)
    print(f"{len(seen.answered)} of {len(rows)} answered in {seen.seconds:.0f} s, {len(seen.unanswered)} not")
    for line in told[:50]:
        print(line)
    if told:
        raise SystemExit(f"{len(told)} differences")
    print("ledger, budgets, returns and FOCUS are exactly what they must be")


if __name__ == "__main__":
    main()
