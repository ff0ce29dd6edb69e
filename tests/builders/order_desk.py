"""A company with a workflow that starts without documents: an order is followed up, checked by a person if it is large.

`recipe_text` puts steps and triggers of a test's own in place of the built-in ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from tests.builders.declared import write_records
from tests.builders.workspaces import opened
from tiebeam.app import App
from tiebeam.graph import init_workspace
from tiebeam.workflow.promotion import Stage

INTENT = "sales.order-follow-up"
RECIPE = f"{INTENT}/by-hand"
ADMINISTRATOR = "local-administrator"
ORDER: dict[str, Any] = {"order": "O-1", "amount": 12.5, "due-date": "2026-03-01", "urgent": False}

INTENT_TEXT = """title = "Order follow-up"
domain = "sales"
outcome = "Every order is followed up."
tier = "quick-win"
effort = "S"
patterns = ["orchestration"]
value_vectors = ["financial-ops"]
owner_role = "controller"
impacted_roles = ["ap-analyst"]
accepted_when = "looked at"
baseline_minutes_per_unit = 15

[[context]]
name = "order"
type = "text"
help = "The order's number."

[[context]]
name = "amount"
type = "number"
required = false
help = "What it comes to."

[[context]]
name = "due-date"
type = "date"
required = false
help = "When it is due."

[[context]]
name = "urgent"
type = "flag"
required = false
help = "Whether it hurries."

[[context]]
name = "notes"
type = "path"
required = false
help = "A file below the workspace."

"""

HANDOFF = """title = "Somebody looks"
when = "An order is large."
to_role = "ap-analyst"
audit_owner = "controller"
context = ["input"]
verbs = ["approve", "reject", "ask"]
instructions = "Look at the order."
due_hours = 16
on_timeout = "stay-open"

"""

STEPS = """[[step]]
id = "look"
title = "Look at the order"
kind = "review"
pattern = "orchestration"
review = { handoff = "sales.look" }

"""

REST = """intent = "sales.order-follow-up"
title = "By hand"
summary = "A person looks."
workforce_effect = "None."
training_track = "finance.payment-approval"

{steps}
{triggers}
[evaluation]
set = "finance.invoice-matching"
threshold = 0

[[integration]]
system = "mail"
direction = "write"
data = "questions"
access = "send"

[[escalation]]
id = "all"
when = "true"
handoff = "sales.look"

[instrumentation]
accepted_when = "run.state == 'done'"
baseline_cost_per_unit = 9.33
baseline_minutes_per_unit = 15
baseline_source = "a test, 2026-01-01"
metrics = ["review-minutes"]

[[stop]]
id = "never"
when = "input.order == 'never'"
reason = "Never."

[unit_economics]
source = "a test, 2026-01-01"
checked = 2026-01-01

[unit_economics.assumptions]
units_per_month = 10
exception_rate = 1
review_minutes_per_exception = 4
review_cost_per_hour = 37.30
worth = 9.33

[[unit_economics.value]]
vector = "financial-ops"
title = "An order looked at"
formula = "worth"
baseline = "a test, 2026-01-01"

"""


def recipe_text(*, steps: str = STEPS, triggers: str = "") -> str:
    return REST.format(steps=steps, triggers=triggers)


def make_order_desk(
    folder: Path,
    *,
    steps: str = STEPS,
    triggers: str = "",
    records: dict[str, str] | None = None,
    url: str | None = None,
) -> Path:
    """The workspace, its order workflow in pilot."""
    init_workspace(folder, example="empty")
    write_records(
        folder,
        {
            "intents/sales/order-follow-up.toml": INTENT_TEXT,
            "handoffs/sales/look.toml": HANDOFF.replace('on_timeout = "stay-open"\n', ""),
            "recipes/sales/order-follow-up/by-hand.toml": recipe_text(steps=steps, triggers=triggers),
            "adoptions/sales/order-follow-up.toml": f'recipe = "{RECIPE}"\nowner = "{ADMINISTRATOR}"\n'
            'owner_kind = "internal-process-owner"\nteam = "accounts-payable"\n\n',
            **(records or {}),
        },
    )
    with opened(folder, url=url) as app:
        put_in_service(app)
    return folder


def put_in_service(app: App, *, stage: Stage = Stage.PILOT) -> None:
    """Promoted whatever its gates say, for these workflows are about something else."""
    until = date(2999, 1, 1)
    app.promotion.promote(INTENT, to=stage, actor=f"person:{ADMINISTRATOR}", override="a test", until=until)


def rewrite(app: App, *, steps: str = STEPS, triggers: str = "") -> None:
    """Another version of the recipe, applied and in service."""
    text = recipe_text(steps=steps, triggers=triggers)
    write_records(app.workspace, {"recipes/sales/order-follow-up/by-hand.toml": text})
    with app.store.unit() as unit:
        app.graph.apply(unit, actor=f"person:{ADMINISTRATOR}")
    put_in_service(app)


@contextmanager
def working(folder: Path, **options: Any) -> Iterator[App]:
    """The application over the workspace, as a worker."""
    with opened(folder, work=True, **options) as app:
        yield app
