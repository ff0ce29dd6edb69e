"""Many estimates from one CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tiebeam.economics.hosting.estimating import Method, Throughput, Wanted
from tiebeam.errors import Invalid, TiebeamError

_MOST_BYTES = 50_000_000
_NEEDED = ("id", "system", "precision", "backend", "isl", "osl", "concurrency")


class BrokenBatch(Invalid):
    """The file is no list of deployments."""

    code = "broken_batch"


def estimate_batch(throughput: Throughput, path: Path, *, method: Method | None = None) -> Iterator[dict[str, Any]]:
    """One answer a row, in the file's order; columns with measurements are not read.

    Columns: id, model_path (or model), system, precision, backend, isl, osl, concurrency; tp, gpus and
    attention_dp_size where they are not 1. A row that cannot be estimated has null figures, a `state` and a `reason`.
    Raises BrokenBatch when the file itself cannot be read.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise BrokenBatch(f"{str(path)!r} has more than {_MOST_BYTES} bytes; split it")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        try:
            head = reader.fieldnames or ()
            missing = [name for name in _NEEDED if name not in head]
            if not {"model_path", "model"} & set(head):
                missing.append("model_path")
            if missing:
                raise BrokenBatch(f"{str(path)!r} lacks the columns {', '.join(missing)}")
            for row in reader:
                yield _answer(throughput, row, method)
        except (csv.Error, UnicodeDecodeError) as problem:
            raise BrokenBatch(f"{str(path)!r} is no CSV file in UTF-8: {problem}") from problem


def _answer(throughput: Throughput, row: dict[str, str | None], method: Method | None) -> dict[str, Any]:
    try:
        found = throughput.estimate(_wanted(throughput, row), method=method)
    except TiebeamError as problem:
        empty = dict.fromkeys(("out_tok_s_per_gpu", "low", "high", "method"))
        return {"id": row["id"], **empty, "state": problem.code, "reason": problem.message}
    return {
        "id": row["id"],
        "out_tok_s_per_gpu": round(found.out_tok_s_per_gpu, 4),
        "low": round(found.low, 4),
        "high": round(found.high, 4),
        "method": found.method.value,
        "band": found.band,
        "basis": found.basis,
        "memory_utilisation": round(found.memory_utilisation, 4),
        "compute_utilisation": round(found.compute_utilisation, 4),
        "notes": list(found.notes),
    }


def _wanted(throughput: Throughput, row: dict[str, str | None]) -> Wanted:
    copies = _count(row, "attention_dp_size", 1)
    tensor = _count(row, "tp", 1)
    return Wanted(
        model=throughput.first_known(row.get("model_path"), row.get("model")),
        accelerator=row["system"] or "",
        precision=row["precision"] or "",
        backend=row["backend"] or "",
        input_tokens=_count(row, "isl"),
        output_tokens=_count(row, "osl"),
        concurrency=_count(row, "concurrency"),
        gpus=_count(row, "gpus", tensor * copies),
        tensor_parallel=tensor,
        attention_parallel=copies,
    )


def _count(row: dict[str, str | None], name: str, default: int | None = None) -> int:
    text = (row.get(name) or "").strip()
    if not text and default is not None:
        return default
    try:
        number = float(text)
    except ValueError as problem:
        raise Invalid(f"{name} is {text!r}; write a whole number") from problem
    if not number.is_integer():
        raise Invalid(f"{name} is {text!r}; write a whole number")
    return int(number)
