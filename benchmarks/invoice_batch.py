"""How many invoices a second go from file to durable decision, what each costs in CPU, and where the time goes.

Ours: accepted, archived, read in confined processes, matched in order, decided, with step rows, ledger, hash-chained
journal and review tasks committed to SQLite (synchronous=FULL). The peer, when installed, is LangGraph with its SQLite
checkpointer and `durability="sync"` over the same reading and matching functions in one process: no confinement,
archive, ledger, journal or inbox.

    python -m benchmarks.invoice_batch [--folder DIR] [--repeat 3] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiebeam.app import open_app
from tiebeam.connect.documents import read_bytes
from tiebeam.connect.purchasing import load_orders, load_policy, load_receipts, load_suppliers
from tiebeam.graph import init_workspace
from tiebeam.workflow import Bindings
from tiebeam.workflow.intake import Arrival, arrivals_in
from tiebeam.workflow.invoices import MemoryReference, decide_invoice, match_invoice
from tiebeam.workflow.promotion import Stage

INTENT = "finance.invoice-processing-matching"


@dataclass(frozen=True)
class Inputs:
    """A folder of the shape `invoices/ purchase_orders/ receipts/ suppliers.csv policy.json inbox.csv`."""

    folder: Path
    arrivals: list[Arrival]

    @property
    def bindings(self) -> Bindings:
        place = self.folder
        return Bindings(
            orders=str(place / "purchase_orders"),
            receipts=str(place / "receipts"),
            suppliers=str(place / "suppliers.csv"),
            policy=str(place / "policy.json"),
        )


def cpu_seconds() -> float:
    """User and system time of this process and of the children it has reaped."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def timed(work: Callable[[], Any]) -> dict[str, float]:
    wall, cpu = time.perf_counter(), cpu_seconds()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu}


def ours(inputs: Inputs, folder: Path) -> dict[str, float]:
    init_workspace(folder, example="empty")
    app = open_app(folder)
    actor = app.principal().actor
    app.evaluate(INTENT, actor=actor)
    app.promotion.promote(INTENT, to=Stage.PILOT, actor=actor)
    app.engine.launch()

    def work() -> None:
        app.starting.take_in(app.principal(), INTENT, inputs.arrivals, source="benchmark", bindings=inputs.bindings)
        if not app.engine.drain(timeout=600):
            raise SystemExit("the batch did not finish in ten minutes")
        # Closing reaps the reading processes, so that their CPU is counted.
        app.close()

    return timed(work)


def stages(inputs: Inputs) -> dict[str, float]:
    """CPU seconds of the parts, each alone in this process."""
    data = [(item.name, (item.path or Path()).read_bytes()) for item in inputs.arrivals]
    results: list[Any] = []
    reading = timed(lambda: results.extend(read_bytes(content, name=name) for name, content in data))
    reference: list[Any] = []
    loading = timed(lambda: reference.append(_reference(inputs)))
    policy = load_policy(inputs.folder / "policy.json")

    def matching() -> None:
        for place, result in enumerate(results, start=1):
            if result.invoice is not None:
                _decide(result.invoice, reference[0], policy, place)

    return {
        "reading": reading["cpu"],
        "loading orders and receipts": loading["cpu"],
        "matching": timed(matching)["cpu"],
    }


def _reference(inputs: Inputs) -> MemoryReference:
    place = inputs.folder
    return MemoryReference(
        orders=load_orders(place / "purchase_orders"),
        receipts=load_receipts(place / "receipts"),
        suppliers=load_suppliers(place / "suppliers.csv"),
    )


def _decide(invoice: Any, reference: MemoryReference, policy: Any, place: int) -> str:
    match = match_invoice(
        invoice, reference=reference, policy=policy, document_id=str(place), arrival=place, received_on=None
    )
    return decide_invoice(match, invoice, policy).decision.value


def langgraph(inputs: Inputs, folder: Path) -> dict[str, float] | None:
    """The same documents through a LangGraph graph of three nodes; None when it is not installed."""
    try:
        from langgraph.checkpoint.sqlite import SqliteSaver  # pyright: ignore
        from langgraph.graph import END, START, StateGraph  # pyright: ignore
    except ImportError:
        return None
    from tiebeam.connect.documents import invoice_from_json, invoice_to_json

    reference, policy = _reference(inputs), load_policy(inputs.folder / "policy.json")

    def read(state: dict[str, Any]) -> dict[str, Any]:
        path = Path(state["path"])
        result = read_bytes(path.read_bytes(), name=path.name)
        return {**state, "invoice": None if result.invoice is None else invoice_to_json(result.invoice)}

    def match(state: dict[str, Any]) -> dict[str, Any]:
        if state["invoice"] is None:
            return {**state, "decision": "unreadable"}
        invoice = invoice_from_json(state["invoice"])
        return {**state, "decision": _decide(invoice, reference, policy, state["place"])}

    # The state is one dict that every node hands on whole, as our runs hand on their steps' outputs.
    graph = StateGraph(dict)
    graph.add_node("read", read)
    graph.add_node("match", match)
    graph.add_node("close", lambda state: state)
    for before, after in ((START, "read"), ("read", "match"), ("match", "close"), ("close", END)):
        graph.add_edge(before, after)

    folder.mkdir(parents=True)
    with SqliteSaver.from_conn_string(str(folder / "peer.sqlite")) as saver:
        runner = graph.compile(checkpointer=saver)

        def work() -> None:
            for place, item in enumerate(inputs.arrivals, start=1):
                config = {"configurable": {"thread_id": str(place)}}
                runner.invoke({"path": str(item.path), "place": place}, config, durability="sync")

        return timed(work)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--folder", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "p2p" / "generated"
    )
    parser.add_argument("--repeat", type=int, default=3, choices=range(1, 11))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if not (given.folder / "invoices").is_dir():
        print(f"{given.folder} holds no invoices/; name a folder with --folder")
        return
    inputs = Inputs(given.folder, arrivals_in(given.folder / "invoices"))
    rows: dict[str, list[dict[str, float]]] = {"tiebeam": [], "langgraph": []}
    for _ in range(given.repeat):
        scratch = Path(tempfile.mkdtemp(prefix="tiebeam-bench-"))
        rows["tiebeam"].append(ours(inputs, scratch / "workspace"))
        peer = langgraph(inputs, scratch / "peer")
        if peer is not None:
            rows["langgraph"].append(peer)
        shutil.rmtree(scratch)
    report(len(inputs.arrivals), rows, stages(inputs), given.json)


def report(count: int, rows: dict[str, list[dict[str, float]]], parts: dict[str, float], out: Path | None) -> None:
    found: dict[str, Any] = {"documents": count, "stages_cpu_ms": {k: v / count * 1000 for k, v in parts.items()}}
    print(f"{count} documents; medians of {len(rows['tiebeam'])} runs")
    for name, runs in rows.items():
        if not runs:
            print(f"{name}: not installed; pip install langgraph langgraph-checkpoint-sqlite")
            continue
        wall, cpu = (statistics.median(run[part] for run in runs) for part in ("wall", "cpu"))
        found[name] = {"per_second": count / wall, "cpu_ms": cpu / count * 1000}
        print(f"{name:10} {count / wall:7.1f} invoices/s   {cpu / count * 1000:6.1f} CPU-ms an invoice")
    for name, value in found["stages_cpu_ms"].items():
        print(f"  of which {name}: {value:.1f} CPU-ms")
    if out is not None:
        out.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
