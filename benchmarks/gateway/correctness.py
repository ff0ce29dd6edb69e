"""Does the ceiling hold when processes are killed, and is every call in the ledger?

Both ask the provider what it was asked for, which is the truth that the ledger is held against.
"""

from __future__ import annotations

import json
import signal
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.gateway.contenders import Contender, gateway_of
from benchmarks.gateway.load import Seen, Work
from benchmarks.gateway.processes import Upstream, end, free_port, load, start_load
from benchmarks.gateway.upstream import CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS
from benchmarks.gateway.workspaces import CACHED_USD, INPUT_USD, OUTPUT_USD, make_key, make_workspace, totals

PROCESSES, WRITERS_EACH = 4, 50
CALL_USD = (
    (INPUT_TOKENS - CACHED_TOKENS) * INPUT_USD + CACHED_TOKENS * CACHED_USD + OUTPUT_TOKENS * OUTPUT_USD
) / Decimal(1_000_000)
"""What the provider charges for one answer."""
SETTLE_SECONDS = 90
"""How long leases of killed processes may take to come back and rows to be written."""


def overspend(scratch: Path, upstream: Upstream, *, usd: str) -> dict[str, Any]:
    """Writers of four processes race for one ceiling; one process is killed in the middle, all at the end."""
    workspace = make_workspace(scratch / "race", port=upstream.port, team_usd=usd)
    key, port = make_key(workspace), free_port()
    log = scratch / "race.log"
    before = upstream.counts()["begun"]
    gateway = gateway_of(workspace, key, log=log, processes=PROCESSES, port=port)
    gateway.wait()
    work = replace(_slow(gateway), concurrency=PROCESSES * WRITERS_EACH)
    seen = _race(gateway, work, upstream, before, Decimal(usd))
    if gateway.server is not None:
        gateway.server.kill()
    # Whoever opens the workspace next takes over what the killed left; then the rest of the ceiling is used up.
    gateway = gateway_of(workspace, key, log=log, processes=PROCESSES, port=port)
    gateway.wait(or_refused=True)
    rest = _use_up(gateway, replace(work, concurrency=8), upstream, before, Decimal(usd))
    gateway.stop()
    calls = upstream.counts()["begun"] - before
    charged = calls * CALL_USD
    return {
        "processes": PROCESSES,
        "writers_each": WRITERS_EACH,
        "cap_usd": usd,
        "upstream_usd": str(charged),
        "overspend_usd": str(max(Decimal(0), charged - Decimal(usd))),
        "used_share": float(charged / Decimal(usd)),
        "ledger_usd": totals(workspace)["cost_usd"],
        "answers": seen.all_answers + rest.all_answers,
        "refused": seen.others.get("429", 0) + rest.others.get("429", 0),
        "said": {**seen.said, **rest.said},
        "others": {what: times for what, times in seen.others.items() if what != "429"},
    }


def _slow(gateway: Contender) -> Work:
    return gateway.work(model="slow")


def _race(gateway: Contender, work: Work, upstream: Upstream, before: int, cap: Decimal) -> Seen:
    running = start_load(replace(work, seconds=12))
    killed = False
    while running.poll() is None:
        time.sleep(0.05)
        spent = (upstream.counts()["begun"] - before) * CALL_USD
        if not killed and spent > cap / 2 and gateway.server is not None:
            # One of those that serve, not the one that watches them.
            end(gateway.server.ids[-1], signal.SIGKILL)
            killed = True
    said = running.communicate()[0]
    return Seen(**json.loads(said))


def _use_up(gateway: Contender, work: Work, upstream: Upstream, before: int, cap: Decimal) -> Seen:
    """Calls until nothing more is let in for some seconds; what leases held comes back meanwhile."""
    seen, until, last = Seen(), time.perf_counter() + SETTLE_SECONDS, -1
    while time.perf_counter() < until:
        now = load(replace(work, seconds=2))
        seen.all_answers += now.all_answers
        seen.said |= now.said
        seen.others["429"] = seen.others.get("429", 0) + now.others.get("429", 0)
        begun = upstream.counts()["begun"]
        if (begun - before) * CALL_USD > cap * Decimal("0.98") and begun == last:
            break
        last = begun
    return seen


def lost_rows(scratch: Path, upstream: Upstream, *, answers: int = 2_000) -> dict[str, Any]:
    """Kills the gateway the moment the last of so many answers came, and counts what the ledger then holds."""
    workspace = make_workspace(scratch / "rows", port=upstream.port)
    key, log = make_key(workspace), scratch / "rows.log"
    before = upstream.counts()["begun"]
    gateway = gateway_of(workspace, key, log=log)
    gateway.wait()
    first = upstream.counts()["begun"] - before
    kill = 0 if gateway.server is None else gateway.server.process.pid
    seen = load(replace(gateway.work(concurrency=32), count=answers, kill=kill))
    if gateway.server is not None:
        gateway.server.kill()
    # Opening it again takes over the journal that was left.
    again = gateway_of(workspace, key, log=log)
    again.wait()
    again.stop()
    calls = upstream.counts()["begun"] - before
    rows = totals(workspace)["requests"]
    # Beside the answers counted: those that told each boot's end.
    answered = seen.all_answers + first + 1
    return {"answers": answered, "rows": rows, "upstream_calls": calls, "lost": max(0, answered - rows)}
