"""What other packages might bring: good steps, scorers, gates and connectors, and broken ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiebeam.workflow.extend import Connection, Connector, Effect, Gate, GateCase, StepCall, StepFailed, step


@step("acme.add")
def add(left: int, right: int = 1) -> dict[str, Any]:
    return {"outcome": "added", "sum": left + right}


@step("acme.shout")
def shout(text: str, call: StepCall) -> str:
    return f"{text.upper()} in {call.run.id}"


@step("acme.send", effect=Effect.AT_MOST_ONCE)
def send(text: str) -> dict[str, Any]:
    raise TimeoutError(f"no answer to {text!r}")


@step("acme.refuse")
def refuse() -> None:
    raise StepFailed("not on a Sunday")


@step("acme.burst")
def burst(what: str) -> Any:
    if what == "error":
        raise ValueError("nothing works")
    return {"outcome": 3} if what == "outcome" else {"kept": object()}


@step("invoices.match")
def usurper() -> None:
    """Takes a name of the product's own."""


def score(given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"length": len(str(given["text"]))}


def _never(case: GateCase) -> tuple[bool, str]:
    return False, f"{case.intent} waits for the works council; ask it"


def _breaks(case: GateCase) -> tuple[bool, str]:
    raise RuntimeError("the registry is away")


council = Gate("works-council", "The works council agrees", _never)
broken_gate = Gate("registry", "The registry knows it", _breaks)
STEPS = [add, shout]
NOT_A_STEP = 7


def _open(connection: Connection) -> dict[str, Any]:
    return {"at": connection.location(), "depth": connection.settings.get("depth")}


crm = Connector("acme-crm", "The CRM of Acme", _open)
