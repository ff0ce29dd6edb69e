"""Reference data of runs: orders, receipts, suppliers and the policy, read before a batch is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiebeam.connect.purchasing import load_orders, load_policy, load_receipts, load_suppliers
from tiebeam.errors import Invalid
from tiebeam.spec import WorkspaceSettings

NAMES = ("orders", "receipts", "suppliers", "policy")


@dataclass(frozen=True, slots=True)
class Bindings:
    """Paths or database URLs; None where the workspace's own setting holds."""

    orders: str | None = None
    receipts: str | None = None
    suppliers: str | None = None
    policy: str | None = None

    @classmethod
    def parse(cls, pairs: tuple[str, ...]) -> Bindings:
        """From `NAME=PATH` texts. Raises Invalid naming the one that is wrong."""
        found: dict[str, str] = {}
        for pair in pairs:
            name, mark, place = pair.partition("=")
            if name not in NAMES or not mark or not place:
                raise Invalid(f"{pair!r} is not NAME=PATH with NAME one of {', '.join(NAMES)}")
            found[name] = place
        return cls(**found)


@dataclass(frozen=True, slots=True)
class ReferenceData:
    orders: tuple[Any, ...]
    receipts: tuple[Any, ...]
    suppliers: tuple[Any, ...]
    policy: Any


def read_reference(bindings: Bindings, *, settings: WorkspaceSettings, workspace: Path) -> ReferenceData:
    """Load everything; a source that is named nowhere counts as empty, except the policy. Raises on unreadable ones."""
    sources = settings.sources

    def place(given: str | None, declared: str | None) -> str | Path | None:
        if given is not None:
            return given if "://" in given else Path(given)
        if declared is None:
            return None
        return declared if "://" in declared else workspace / declared

    orders = place(bindings.orders, sources.orders)
    receipts = place(bindings.receipts, sources.receipts)
    suppliers = place(bindings.suppliers, sources.suppliers)
    policy = place(bindings.policy, sources.policy)
    if policy is None:
        raise Invalid("no matching policy; name one in tiebeam.toml [sources] or give --with policy=PATH")
    return ReferenceData(
        orders=() if orders is None else tuple(load_orders(orders)),
        receipts=() if receipts is None else tuple(load_receipts(receipts)),
        suppliers=() if suppliers is None else tuple(load_suppliers(suppliers)),
        policy=load_policy(Path(policy)),
    )
