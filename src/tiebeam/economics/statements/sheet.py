"""A statement for spreadsheets: as a workbook whose sums are formulas, and as plain rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tiebeam.economics.statements.statement import LINE_HEAD, Line, Section, Statement, ledger_command, rows_of
from tiebeam.economics.totals import usd_text
from tiebeam.economics.workbook import Calculation, InputCell, LineCell, workbook
from tiebeam.kit import csv_text

_MOST_TERMS = 20
"""Names added up in one formula: a formula has a greatest length."""


def statement_csv(statement: Statement) -> str:
    """One line each, then the total."""
    total = ["total", *([""] * (len(LINE_HEAD) - 3)), Decimal(usd_text(statement.usd_nano)), ""]
    return csv_text(LINE_HEAD, [*rows_of(statement.lines), total])


def statement_workbook(statement: Statement) -> bytes:
    """An .xlsx file: each line is an input, its section and the total follow by formulas."""
    inputs: list[InputCell] = []
    names: dict[Section, list[str]] = {section: [] for section in Section}
    for number, one in enumerate(statement.lines, start=1):
        name = f"line_{number}"
        names[one.section].append(name)
        inputs.append(InputCell(name, _about(one), "money", Decimal(usd_text(one.usd_nano)), _source(one)))
    lines = [cell for section in Section for cell in _sum(section.value, f"Sum of {section.value}", names[section])]
    lines.append(LineCell("total", "Total", "money", " + ".join(section.value for section in Section)))
    said = f"{statement.kind.value} of {statement.party} for {statement.month}: ${usd_text(statement.usd_nano)}"
    said += "" if statement.is_final else ", still growing"
    table: list[list[Any]] = [list(LINE_HEAD), *rows_of(statement.lines)]
    return workbook(Calculation(f"{statement.title}, {statement.month}", "USD", said, inputs, lines, {"Lines": table}))


def _about(one: Line) -> str:
    return " / ".join(part for part in (one.team, one.workflow, one.provider, one.model, one.about) if part)


def _source(one: Line) -> str:
    if one.basis is not None:
        return f"allocations/{one.basis['allocation']}.toml"
    return ledger_command(one)


def _sum(name: str, about: str, terms: list[str]) -> list[LineCell]:
    """Terms added up, in several lines where there are many."""
    chunks = [terms[start : start + _MOST_TERMS] for start in range(0, len(terms), _MOST_TERMS)]
    if len(chunks) <= 1:
        return [LineCell(name, about, "money", " + ".join(terms) or "0")]
    parts = [
        LineCell(f"{name}_{number}", f"{about}, part {number}", "money", " + ".join(chunk))
        for number, chunk in enumerate(chunks, start=1)
    ]
    return [*parts, *_sum(name, about, [one.name for one in parts])]
