"""What a workspace brings along of the use of models before it had a gateway, taken into a new ledger."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tiebeam.app.running import App
from tiebeam.economics.imports import Attribution, ImportQuestion, Imports
from tiebeam.economics.returns import read_reports

RULES, OUTCOMES = "attribution.toml", "outcomes.jsonl"
_EXPORTS = frozenset({".csv", ".json", ".jsonl"})


@dataclass(frozen=True, slots=True)
class Seeded:
    """`charges` came into the ledger, for `usd` together; `outcomes` reports beside them."""

    files: int = 0
    charges: int = 0
    usd: Decimal = Decimal()
    outcomes: int = 0


def seed_use(app: App) -> Seeded:
    """Take in the folder of `[sources] use`, as the machine's owner; doing it again changes nothing.

    Raises what importing and reporting raise, and nothing where no such folder is named or there.
    """
    settings = app.graph().settings
    folder = None if settings is None or settings.sources.use is None else app.workspace / settings.sources.use
    if folder is None or not folder.is_dir():
        return Seeded()
    rules = folder / RULES
    attribution = Attribution.read(rules) if rules.is_file() else Attribution()
    files = sorted(one for one in folder.iterdir() if one.suffix in _EXPORTS and one.name != OUTCOMES)
    imports, by = Imports(app.store, prices=app.economics.prices), app.principal()
    answers = [imports.take(ImportQuestion((one,), attribution=attribution), actor=by.actor) for one in files]
    return Seeded(
        files=len(files),
        charges=sum(one.charges for one in answers),
        usd=sum((one.usd for one in answers), Decimal()),
        outcomes=_reported(app, folder / OUTCOMES),
    )


def _reported(app: App, file: Path) -> int:
    if not file.is_file():
        return 0
    with app.store.unit() as unit:
        return len(app.outcomes.report(unit, app.principal(), read_reports(file.read_text(encoding="utf-8"))))
