"""Steps that wait for events, triggers that start by them, and how tests send and look."""

from __future__ import annotations

from typing import Any

from tests.builders.order_desk import INTENT
from tiebeam.app import App
from tiebeam.workflow.runs import run_view
from tiebeam.workflow.triggers import (
    Received,
    StartState,
    list_starts,
)

WAITS = """[[step]]
id = "paid"
title = "Wait for the payment"
kind = "event"
pattern = "orchestration"

[step.event]
name = "order.paid"
key = "input.order"

[step.event.payload]
type = "object"
required = ["amount"]
properties = { amount = { type = "number" } }

[[step]]
id = "look"
title = "Look at the order"
kind = "review"
pattern = "orchestration"
after = ["paid"]
review = { handoff = "sales.look" }

"""

STARTS = """[[trigger]]
id = "placed"
event = "order.placed"
when = "event.payload.amount > 10"
input = { order = "event.key", amount = "event.payload.amount" }

[[trigger]]
id = "case"
event = "case.moved"
mode = "stateful"
key = "event.payload.case"
input = { order = "event.payload.case" }

[[trigger]]
id = "broken"
event = "order.broken"
input = { order = "event.payload.nothing" }

"""

HEARS = """[[step]]
id = "more"
title = "Hear more"
kind = "event"
pattern = "orchestration"
event = { name = "case.moved", key = "input.order" }

[[step]]
id = "look"
title = "Look at the case"
kind = "review"
pattern = "orchestration"
after = ["more"]
review = { handoff = "sales.look" }

"""

SENDS = """[[step]]
id = "tell"
title = "Tell the others"
pattern = "orchestration"
uses = "events.send"
effect = "db"
evidence = ["event"]

[step.params]
name = "order.paid"
key = "input.order"
payload = { amount = "7 + 1" }

[[step]]
id = "paid"
title = "Wait for the payment"
kind = "event"
pattern = "orchestration"
event = { name = "order.paid", key = "input.order" }

"""


def send(app: App, name: str, key: str, payload: dict[str, Any] | None = None, **more: Any) -> Received:
    return app.triggering.events.send(app.principal(), name, key=key, payload=payload or {}, **more)


def waiting_run(app: App, order: str) -> str:
    run = app.starting.start(app.principal(), INTENT, {"order": order}).id
    assert app.engine.drain(timeout=30)
    return run


def steps_of(app: App, run: str) -> dict[str, tuple[str, str | None]]:
    assert app.engine.drain(timeout=30)
    with app.store.read() as conn:
        return {step.step_id: (step.state.value, step.outcome) for step in run_view(conn, run).steps}


def starts(app: App, trigger: str) -> list[tuple[StartState, str | None, str | None]]:
    with app.store.read() as conn:
        return [(one.state, one.run_id, one.detail) for one in list_starts(conn, frozenset({f"{INTENT}:{trigger}"}))]
