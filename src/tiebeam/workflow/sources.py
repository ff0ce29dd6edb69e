"""Reference data of runs: orders, receipts, suppliers and the policy, read before a batch is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiebeam.connect.purchasing import load_orders, load_policy, load_receipts, load_suppliers
from tiebeam.connect.secrets import read_secret, url_with_password
from tiebeam.errors import Invalid
from tiebeam.spec import Sources, WorkspaceSettings, is_secret_reference

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
        return None if declared is None else _declared(declared, sources=sources, workspace=workspace)

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


def _declared(place: str, *, sources: Sources, workspace: Path) -> str | Path:
    """A path, or a database URL with its password put in."""
    url = read_secret(place, base=workspace).reveal() if is_secret_reference(place) else place
    if "://" not in url:
        return workspace / url
    password = None if sources.password is None else read_secret(sources.password, base=workspace)
    has_login = url_with_password(url, None).username is not None
    return url_with_password(url, password if has_login else None).render_as_string(hide_password=False)
