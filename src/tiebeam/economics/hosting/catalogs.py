"""Offers of GPUs from the files of gpuhunt and SkyPilot."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from tiebeam.economics.files import read_rows
from tiebeam.errors import Invalid
from tiebeam.spec import Term

_DEAREST = Decimal(100_000)
"""Dollars for an hour of one GPU; a dearer one is a mistake in the file."""
_GPUHUNT = {"gpu_name", "gpu_count", "price", "spot"}
_SKYPILOT = {"AcceleratorName", "AcceleratorCount", "Price", "SpotPrice"}


class BrokenCatalog(Invalid):
    """The file is no list of GPU offers that could be trusted."""

    code = "broken_gpu_catalog"


@dataclass(frozen=True, slots=True)
class CatalogOffer:
    """One GPU model in instances of one size: the range over the file's regions and instance types."""

    gpu: str
    gpus_per_instance: int
    term: Term
    low_usd_per_gpu_hour: Decimal
    high_usd_per_gpu_hour: Decimal
    rows: int


@dataclass(frozen=True, slots=True)
class _Cell:
    gpu: str
    gpus: int
    term: Term
    usd_per_hour: Decimal


def read_catalog(path: Path) -> list[CatalogOffer]:
    """Offers by GPU, size and term. Rows without a GPU or without a price are left out. Raises BrokenCatalog."""
    found: dict[tuple[str, int, Term], list[Decimal]] = defaultdict(list)
    is_known = False
    for line, row in enumerate(read_rows(path, BrokenCatalog), start=2):
        if set(row) >= _GPUHUNT:
            cells = _gpuhunt(row, line)
        elif set(row) >= _SKYPILOT:
            cells = _skypilot(row, line)
        else:
            raise BrokenCatalog(
                f"{str(path)!r} is neither a gpuhunt file ({', '.join(sorted(_GPUHUNT))}) "
                f"nor a SkyPilot catalogue ({', '.join(sorted(_SKYPILOT))})"
            )
        is_known = True
        for cell in cells:
            found[cell.gpu, cell.gpus, cell.term].append(cell.usd_per_hour / cell.gpus)
    if not is_known:
        raise BrokenCatalog(f"{str(path)!r} has no rows")
    return [
        CatalogOffer(gpu, gpus, term, min(prices), max(prices), len(prices))
        for (gpu, gpus, term), prices in sorted(found.items())
    ]


def _gpuhunt(row: dict[str, str], line: int) -> list[_Cell]:
    if not row["gpu_name"].strip() or not row["price"].strip():
        return []
    is_spot = row["spot"].strip().lower() in {"true", "1"}
    term = Term.SPOT if is_spot else Term.ON_DEMAND
    gpus = _count(row["gpu_count"], line)
    return [_Cell(row["gpu_name"].strip(), gpus, term, _price(row["price"], line))] if gpus else []


def _skypilot(row: dict[str, str], line: int) -> list[_Cell]:
    name = row["AcceleratorName"].strip()
    gpus = _count(row["AcceleratorCount"], line) if name else 0
    if not gpus:
        return []
    terms = ((Term.ON_DEMAND, row["Price"]), (Term.SPOT, row["SpotPrice"]))
    return [_Cell(name, gpus, term, _price(text, line)) for term, text in terms if text.strip()]


def _count(text: str, line: int) -> int:
    """Fractions of a GPU are no dedicated offer and count as none."""
    match = re.fullmatch(r"(\d{1,4})(\.(\d{1,6}))?", text.strip())
    if match is None:
        if not text.strip():
            return 0
        raise BrokenCatalog(f"line {line}: {text[:40]!r} is no number of GPUs")
    return 0 if int(match.group(3) or 0) else int(match.group(1))


def _price(text: str, line: int) -> Decimal:
    try:
        price = Decimal(text.strip())
    except InvalidOperation as problem:
        raise BrokenCatalog(f"line {line}: {text[:40]!r} is no price") from problem
    if not price.is_finite() or not 0 < price <= _DEAREST:
        raise BrokenCatalog(f"line {line}: {text.strip()[:40]} is no price of an hour; it must be above 0 and finite")
    return price
