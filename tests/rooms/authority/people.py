"""Who asks in these tests, and what about."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tiebeam.authority import Obj, Principal, PrincipalKind

ADA = Principal("ada", "Ada", roles=("ap-analyst",))
ZOE = Principal("zoe", "Zoe", roles=("auditor",))
MIA = Principal("mia", "Mia", roles=("ap-manager",))
EVE = Principal("eve", "Eve")
ROOT = Principal("root", "Root", administrator=True)
GLASS = replace(ZOE, emergency=("ap-analyst", "ap-manager"))
AGENT = Principal("coder", "Coder", roles=("ap-analyst",), kind=PrincipalKind.AGENT, scopes=frozenset({"run.start"}))
FEED = Principal("feed", "Feed", roles=("ap-analyst",), kind=PrincipalKind.SERVICE, scopes=frozenset({"run.start"}))
SYSTEM = Principal("system:intake", "Intake", kind=PrincipalKind.SYSTEM)


def task(**facts: object) -> Obj:
    return Obj("task", "task_1", {"role": "ap-analyst", "audit_owner": "auditor", "readers": ("ap-analyst",), **facts})


def intent(**facts: object) -> Obj:
    return Obj(
        "intent",
        "finance.invoices",
        {"owner_role": "ap-manager", "roles": ("ap-analyst",), "readers": ("ap-analyst",), **facts},
    )


def run(**facts: object) -> Obj:
    given = {"owner_role": "ap-manager", "roles": ("ap-analyst",), "readers": ("ap-analyst",), "audit_owner": "auditor"}
    return Obj("run", "run_1", {**given, **facts})


def of(kind: str, **facts: object) -> Obj:
    return Obj(kind, f"{kind}_1", facts)


def money(amount: str | None, limit: str | None) -> dict[str, Decimal | None]:
    """The circumstances of releasing money; None is an unknown amount, or no limit."""
    return {
        "amount": None if amount is None else Decimal(amount),
        "limit": None if limit is None else Decimal(limit),
    }
