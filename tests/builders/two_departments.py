"""A company with two workflows whose people have nothing to do with each other: finance and the legal department.

The legal department's papers carry `MARKER`, so that a test can search any answer for what is foreign to finance;
finance's own carry `OWN_MARKER`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.builders.declared import META, write_records
from tests.builders.workspaces import opened
from tests.faces.papers import invoice_bytes
from tiebeam.app import App
from tiebeam.graph import init_workspace
from tiebeam.workflow.intake import arrivals_in
from tiebeam.workflow.promotion import Stage
from tiebeam.workflow.runs import RunFilter, list_runs

FINANCE = "finance.invoice-processing-matching"
LEGAL = "legal.counsel-bills"
MARKER = "Kanzlei-Geheimfall"
OWN_MARKER = "Torbau-Krause"
AGENT, SERVICE = "bill-reader", "bill-feed"

PEOPLE = {
    "ada": ("Ada Analyst", ["ap-analyst"], "accounts-payable"),
    "bea": ("Bea Budget", ["budget-owner"], "accounts-payable"),
    "cleo": ("Cleo Controller", ["controller"], "accounts-payable"),
    "lex": ("Lex Counsel", ["legal-counsel"], "legal"),
    "aud": ("Aud Auditor", ["legal-auditor"], "legal"),
    "nora": ("Nora Neighbour", ["workflow-designer"], "accounts-payable"),
}
"""Analyst, approver and audit owner of finance; approver and audit owner of legal; one without a part in either."""

_ROLE = """title = "{title}"
industry = "legal"
archetype = "operator"
status = "evolved"
owns = "Bills of law firms"
duties = ["Check bills", "Know the case"]
skills = ["Law"]
approval_limit = "unlimited"

"""
_HANDOFF = """title = "Counsel's approval"
when = "A law firm sent its bill."
to_role = "legal-counsel"
audit_owner = "legal-auditor"
context = ["read"]
verbs = ["approve", "reject", "ask"]
instructions = "Compare the bill with the engagement letter."
due_hours = 16

"""
_RECIPE = """intent = "legal.counsel-bills"
title = "Counsel checks"
summary = "Every bill is checked by counsel."
workforce_effect = "Counsel sees every bill."
training_track = "finance.payment-approval"

[[step]]
id = "read"
title = "Read the document"
pattern = "extraction"
uses = "invoices.read"
effect = "db"
evidence = ["document-hash", "fields"]

[[step]]
id = "check"
title = "Check the bill"
kind = "review"
pattern = "orchestration"
after = ["read"]
review = { handoff = "legal.approval" }

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
handoff = "legal.approval"

[instrumentation]
accepted_when = "run.state == 'done'"
baseline_cost_per_unit = 9.33
baseline_minutes_per_unit = 15
baseline_source = "a test, 2026-01-01"
metrics = ["review-minutes"]

[[stop]]
id = "never-unread"
when = "steps.read.outcome == 'lost'"
reason = "The bill was lost."

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
title = "A bill checked by hand"
formula = "worth"
baseline = "a test, 2026-01-01"

"""
_INTENT = """title = "Bills of counsel"
domain = "legal"
outcome = "Every bill is checked."
tier = "quick-win"
effort = "S"
patterns = ["extraction"]
value_vectors = ["financial-ops"]
owner_role = "legal-counsel"
impacted_roles = ["legal-counsel"]
accepted_when = "approved"
baseline_minutes_per_unit = 15

[[context]]
name = "document"
type = "document"
help = "The bill."

"""


def _records() -> dict[str, str]:
    records = {
        "roles/legal/legal-counsel.toml": _ROLE.format(title="Legal counsel"),
        "roles/legal/legal-auditor.toml": _ROLE.format(title="Legal auditor"),
        "handoffs/legal/approval.toml": _HANDOFF,
        "intents/legal/counsel-bills.toml": _INTENT,
        "recipes/legal/counsel-bills/checked.toml": _RECIPE,
        "adoptions/legal/counsel-bills.toml": 'recipe = "legal.counsel-bills/checked"\nowner = "lex"\n'
        'owner_kind = "internal-process-owner"\nteam = "legal"\n\n',
        "teams/legal.toml": 'title = "Legal"\nlead = "lex"\ncost_centre = "2000"\n\n',
        "budgets/legal.toml": f'title = "{MARKER}"\nowner_role = "legal-counsel"\nusd_per_month = 77\n'
        'covers = ["legal.counsel-bills"]\n\n',
    }
    records[f"agents/{AGENT}.toml"] = (
        'title = "Bill reader"\nmanaging_role = "ap-analyst"\ntools = []\ndata_scopes = ["invoices"]\n'
        'autonomy = "manual"\n\n'
    )
    records[f"service-accounts/{SERVICE}.toml"] = (
        'title = "Bill feed"\npurpose = "Hands bills in"\nmanaging_role = "ap-analyst"\nroles = ["ap-analyst"]\n'
        'scopes = ["run.start", "run.view", "task.view", "document.view", "ledger.view", "intent.view"]\n\n'
    )
    for person, (name, roles, team) in PEOPLE.items():
        listed = ", ".join(f'"{role}"' for role in roles)
        records[f"people/{person}.toml"] = (
            f'name = "{name}"\nemail = "{person}@example.org"\nteam = "{team}"\nroles = [{listed}]\n\n'
        )
    return records


def make_two_departments(folder: Path) -> Path:
    """A workspace whose two workflows are pilots, so that every paper goes to a person."""
    init_workspace(folder, example="empty")
    write_records(folder, _records())
    with opened(folder) as app:
        for intent in (FINANCE, LEGAL):
            app.evaluate(intent, actor="person:local-administrator")
            app.promotion.promote(intent, to=Stage.PILOT, actor="person:local-administrator")
    return folder


def work_in(app: App, folder: Path) -> None:
    """One paper in each department, worked on until somebody is waited for."""
    papers = {FINANCE: ("OWN-1", f"{OWN_MARKER} GmbH", "local-administrator"), LEGAL: ("SECRET-1", MARKER, "lex")}
    for intent, (number, seller, person) in papers.items():
        path = folder / "papers" / f"{number}.xml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(invoice_bytes(number, seller=seller))
        principal = app.workforce.principal(person)
        app.starting.take_in(principal, intent, list(arrivals_in(path)), source=f"{intent} papers")
    assert app.engine.drain(timeout=120)


@dataclass(frozen=True, slots=True)
class Case:
    """The ids of one department's paper."""

    intent: str
    run: str
    task: str
    document: str
    batch: str


def case_of(app: App, intent: str) -> Case:
    with app.store.read() as conn:
        (item,) = list_runs(conn, RunFilter(intent=intent)).items
        (task,) = app.workforce.tasks(conn, run_id=item.id).rows
    assert item.document_id is not None
    assert item.batch_id is not None
    return Case(intent, item.id, task.id, item.document_id, item.batch_id)


def forbid_everything(app: App) -> None:
    """A workspace rule that lets nobody do anything, put in force."""
    rule = (
        'title = "Nothing"\nbecause = "{principal} may do nothing"\n'
        f'cedar = "forbid (principal, action, resource);"\n\n{META}'
    )
    (app.workspace / "access").mkdir(exist_ok=True)
    (app.workspace / "access" / "nothing.toml").write_text(rule, encoding="utf-8")
    with app.store.unit() as unit:
        app.graph.apply(unit, actor="system:tiebeam")
