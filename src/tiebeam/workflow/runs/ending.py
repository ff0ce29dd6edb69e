"""What the ledger learns of a run: machine time of its steps, one outcome, and the value of an accepted one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tiebeam.economics import EntryKind, LedgerEntry
from tiebeam.store import Unit
from tiebeam.workflow.runs.plan import RunPlan
from tiebeam.workflow.runs.rows import RunRow


def end_entries(unit: Unit, row: RunRow, plan: RunPlan, *, accepted: bool, touched: bool) -> list[LedgerEntry]:
    """The outcome (quantity 1 accepted, 0 not), its share of integration and training (EC-16), and, when accepted,
    the baseline cost it replaced. `touched`: a person had to handle it.
    """
    currency = str(row.input.get("currency_of_costs") or "EUR")
    outcome = _entry(unit, row, kind=EntryKind.OUTCOME, quantity=Decimal(int(accepted)), amount=None, currency=None)
    entries = [replace(outcome, touched=touched)]
    fixed = Decimal(str(row.input.get("fixed_cost") or 0))
    if fixed:
        one = Decimal(1)
        entries.append(_entry(unit, row, kind=EntryKind.CHARGE, quantity=one, amount=fixed, currency=currency))
    instrumentation = plan.recipe.instrumentation
    if accepted and instrumentation is not None:
        entries.append(
            _entry(
                unit,
                row,
                kind=EntryKind.VALUE,
                quantity=instrumentation.baseline_minutes_per_unit,
                amount=instrumentation.baseline_cost_per_unit,
                currency=currency,
            )
        )
    return entries


def machine_time(unit: Unit, row: RunRow, seconds: Decimal, *, number: int) -> LedgerEntry:
    """What a segment of a run took of the machine, in seconds of wall time. It costs nothing until it is priced.

    `number` says how many steps had ended by then.
    """
    entry = _entry(unit, row, kind=EntryKind.MACHINE_SECONDS, quantity=seconds, amount=None, currency=None)
    # A step that was taken back and runs again takes its time again.
    return replace(entry, key=f"{row.id}:machine:{number}:{int(unit.now.timestamp() * 1000)}")


def _entry(
    unit: Unit,
    row: RunRow,
    *,
    kind: EntryKind,
    quantity: Decimal,
    amount: Decimal | None,
    currency: str | None,
) -> LedgerEntry:
    return LedgerEntry(
        kind=kind,
        run_id=row.id,
        step_id=None,
        intent=row.intent,
        recipe=row.recipe,
        team=row.team,
        person=None,
        model=None,
        quantity=quantity,
        usd_nano=None,
        amount=amount,
        currency=currency,
        at=unit.now,
        key=f"{row.id}:{kind.value}",
    )
