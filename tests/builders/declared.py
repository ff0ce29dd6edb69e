"""Small libraries and workspaces written to a folder, for tests of declared files."""

from __future__ import annotations

from pathlib import Path

META = "[meta]\nsince = 2026-01-01\nreviewed = 2026-01-01\n"

RECIPE = """intent = "finance.pay"
title = "By rule"
summary = "Rules first."
workforce_effect = "Fewer forms."
training_track = "finance.basics"

[[step]]
id = "look"
title = "Look"
pattern = "sorting"
uses = "demo.look"

[[step]]
id = "ask"
title = "Ask"
kind = "review"
pattern = "sorting"
after = ["look"]
when = "steps.look.outcome == 'unclear'"
review = { handoff = "finance.unclear" }

[[step]]
id = "act"
title = "Act"
pattern = "sorting"
uses = "demo.act"
after = ["look", "ask"]
effect = "db"
evidence = ["row"]

[evaluation]
set = "finance.cases"
threshold = 0.9

[[integration]]
system = "ledger"
direction = "write"
data = "rows"
access = "insert"

[[escalation]]
id = "all"
when = "true"
handoff = "finance.unclear"

[instrumentation]
accepted_when = "run.state == 'done'"
baseline_cost_per_unit = 1.50
baseline_minutes_per_unit = 2
baseline_source = "a test, 2026-01-01"
metrics = ["cost-per-accepted"]

[[stop]]
id = "never-twice"
when = "steps.act.outcome == 'twice'"
reason = "Done before."

"""

LIBRARY = {
    "patterns/sorting.toml": 'title = "Sorting"\nsummary = "s"\nagent_architecture = "a"\noversight_model = "o"\n'
    'role_transformation = "r"\nstop_condition = "s"\n\n',
    "roles/finance/clerk.toml": 'title = "Clerk"\nindustry = "finance"\narchetype = "operator"\nstatus = "evolved"\n'
    'owns = "o"\nduties = ["a", "b"]\nskills = ["c"]\ntraining_track = "finance.basics"\n\n',
    "intents/finance/pay.toml": 'title = "Pay"\ndomain = "finance"\noutcome = "Paid."\n'
    'tier = "quick-win"\neffort = "S"\n'
    'patterns = ["sorting"]\nvalue_vectors = ["financial-ops"]\nowner_role = "clerk"\nimpacted_roles = ["clerk"]\n'
    'accepted_when = "paid"\nbaseline_minutes_per_unit = 2\n\n'
    '[[context]]\nname = "bill"\ntype = "document"\nhelp = "h"\n\n',
    "handoffs/finance/unclear.toml": 'title = "Unclear"\nwhen = "w"\nto_role = "clerk"\naudit_owner = "clerk"\n'
    'context = ["bill"]\ninstructions = "i"\ndue_hours = 8\n\n[[ladder]]\nafter_hours = 4\naction = "remind"\n\n'
    '[on_timeout]\naction = "stay-open"\n\n',
    "evals/finance/cases.toml": 'title = "Cases"\nscorer = "demo.scorer"\n\n[[case]]\nid = "one"\ntitle = "One"\n'
    'given = { amount = 1.10 }\nexpect = { ok = true }\nwhy = "w"\n\n',
    "tracks/finance/basics.toml": 'title = "Basics"\nfor_roles = ["clerk"]\nminutes = 10\ngoals = ["g"]\n\n[[case]]\n'
    'id = "one"\nsituation = "s"\nquestion = "q"\ngood_answer = "a"\nbecause = "b"\n\n',
    "recipes/finance/pay/by-rule.toml": RECIPE,
}

WORKSPACE = {
    "people/ann.toml": 'name = "Ann"\nemail = "ann@example.org"\n'
    'roles = ["clerk"]\nteam = "desk"\nadministrator = true\n\n',
    "teams/desk.toml": 'title = "Desk"\nlead = "ann"\ncost_centre = "1"\n\n',
    "systems/ledger.toml": 'title = "Ledger"\nkind = "tables"\nlocation = "ledger.sqlite"\n\n',
    "systems/payments.toml": 'title = "Payments"\nkind = "payments"\nlocation = "payments"\n\n',
    "systems/mail.toml": 'title = "Mail"\nkind = "mail"\nlocation = "mail"\n\n',
    "adoptions/finance/pay.toml": 'recipe = "finance.pay/by-rule"\nowner = "ann"\n'
    'owner_kind = "internal-process-owner"\nteam = "desk"\n\n',
}

SETTINGS = '[company]\nname = "Test"\n\n[erp]\nsystem = "ledger"\n'


def write_records(root: Path, records: dict[str, str]) -> Path:
    """Write records below `root`, each completed by a [meta] table."""
    for name, text in records.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + META, encoding="utf-8")
    return root


def write_library(root: Path) -> Path:
    return write_records(root, LIBRARY)


def write_workspace(root: Path) -> Path:
    write_records(root, WORKSPACE)
    (root / "tiebeam.toml").write_text(SETTINGS, encoding="utf-8")
    return root


def edit(path: Path, old: str, new: str) -> None:
    """Replace one piece of text that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
