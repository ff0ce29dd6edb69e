"""One statement as a page: as it stands now, or as it was issued. Both are shown from the form they are kept in."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from tiebeam.economics.statements import Issued, Statement
from tiebeam.kit import usd_of_nano
from tiebeam.web.pages.use.asking import ledger_link
from tiebeam.web.table import Cell, Column, Empty, Row, Table, TableQuery, arrange
from tiebeam.web.views import (
    Commands,
    Fact,
    IssuedLine,
    Kpi,
    Link,
    Pill,
    ShareLine,
    StatementPage,
    StatementSection,
)
from tiebeam.web.visit import Visit
from tiebeam.web.wording import moment, money, percent, usd

PATH = "/economics/statements"
_PAGE, _MOST_LINES = 25, 20
_COLUMNS = (
    Column("workflow", "Workflow"),
    Column("team", "Team"),
    Column("model", "Model"),
    Column("requests", "Calls", is_number=True),
    Column("tokens", "Tokens", is_number=True),
    Column("cost_usd", "Cost", is_number=True),
)
_FILE = ("section", "team", "workflow", "provider", "model", "about", "requests", "tokens", "cost_usd")
_EMPTY = Empty("No model was used", "Nothing of this month counts for it; what it shares in stands beside.")
_BESIDE = {
    "corrections": ("Corrections", "Booked on the days of the charges they correct"),
    "shared": ("Shared costs", "By the rules in allocations/, to the nano-dollar"),
    "moved": ("Carried by others", "Charges of its own that others share"),
}


def as_it_stands(
    visit: Visit, found: Statement, *, months: tuple[Link, ...], issued: tuple[IssuedLine, ...], may_issue: bool
) -> tuple[StatementPage, Table]:
    """The page, and the table of use it is shown with."""
    form, about = found.form(), str(found.party)
    place = f"{PATH}/of/{quote(about, safe=':')}"
    query = urlencode({"month": form["month"], "kind": form["kind"]})
    page = StatementPage(
        title=found.title,
        about=about,
        month=form["month"],
        kind=form["kind"],
        pill=Pill("Final", "ok") if found.is_final else Pill("Still growing", "warn"),
        kpis=_kpis(form),
        facts=_facts(visit, form),
        said=_said(form),
        sections=_sections(form),
        files=tuple(Link(name.upper(), f"{place}.{name}?{query}") for name in ("csv", "json", "xlsx")),
        commands=Commands(
            f"tiebeam ledger statement {shlex.quote(about)} --month {form['month']} --kind {form['kind']}",
            f"GET /api/v1/ledger/statement?{urlencode({'about': about})}&{query}",
        ),
        months=months,
        issued=issued,
        may_issue=may_issue,
    )
    return page, _table(visit, form, place)


def as_issued(visit: Visit, made: Issued, form: Mapping[str, Any]) -> tuple[StatementPage, Table]:
    place = f"{PATH}/issued/{made.id}"
    billed = Kpi("Billed by this", usd(usd_of_nano(made.usd_nano)), f"number {made.number} of {made.month}")
    by = visit.names.person(made.issued_by.removeprefix("person:")) or made.issued_by
    page = StatementPage(
        title=form["title"],
        about=made.about,
        month=made.month,
        kind=made.kind,
        pill=Pill("Issued", "accent"),
        kpis=(billed, *_kpis(form)[:4]),
        facts=(
            Fact("Issued", moment(made.issued_at, visit.zone, visit.now), note=by),
            *_facts(visit, form),
            Fact("Digest", made.digest, is_mono=True, note="of the statement as it was issued"),
        ),
        said=_said(form),
        sections=_sections(form),
        files=(Link("CSV", f"{place}.csv"), Link("JSON", f"{place}.json")),
        commands=Commands(f"tiebeam ledger issued {made.id}", f"GET /api/v1/ledger/statements/{made.id}"),
    )
    return page, _table(visit, form, place)


def file_of(form: Mapping[str, Any]) -> Table:
    """All lines of a statement that was issued."""
    rows = tuple(
        Row(str(number), tuple(_file_cell(name, line[name]) for name in _FILE))
        for number, line in enumerate(form["lines"], start=1)
    )
    return Table("lines", tuple(Column(name, name) for name in _FILE), rows, len(rows), _EMPTY)


def _file_cell(name: str, value: Any) -> Cell:
    return Cell(str(value), raw=Decimal(value) if name == "cost_usd" else value)


def _kpis(form: Mapping[str, Any]) -> tuple[Kpi, ...]:
    sums = {name: Decimal(text) for name, text in form["sums"].items()}
    converted = "" if form["currency"] is None else money(Decimal(form["total"]), form["currency"])
    kpis = [
        Kpi("Total", usd(Decimal(form["total_usd"])), converted),
        Kpi("Model use", usd(sums["use"]), _estimated(form)),
        Kpi("Shared costs", usd(sums["shared"] + sums["moved"]), "what it carries, less what others carry for it"),
        Kpi("Corrections", usd(sums["corrections"])),
    ]
    if form["kind"] == "chargeback":
        kpis.append(
            Kpi("Due", usd(Decimal(form["due_usd"])), f"{usd(Decimal(form['billed_before_usd']))} billed before")
        )
    return tuple(kpis)


def _estimated(form: Mapping[str, Any]) -> str:
    estimated = Decimal(form["estimated_usd"])
    return f"{usd(estimated)} of it estimated" if estimated else "as booked"


def _facts(visit: Visit, form: Mapping[str, Any]) -> tuple[Fact, ...]:
    facts = [
        Fact("Of", form["about"]),
        Fact("Month", form["month"], note="UTC days"),
        Fact("Answers for it", visit.names.role(form["owner_role"]) if form["owner_role"] else "nobody yet"),
    ]
    if form["cost_centre"]:
        facts.append(Fact("Cost centre", form["cost_centre"]))
    kind, _, name = form["about"].partition(":")
    if kind == "line" and name in visit.graph.budgets:
        facts.append(Fact("Its budget", visit.graph.budgets[name].title, href=f"/economics/budgets/{quote(name)}"))
    return tuple(facts)


def _said(form: Mapping[str, Any]) -> tuple[str, ...]:
    said: list[str] = []
    if not form["is_final"]:
        said.append("The month is not over: figures go on growing, and nothing of it can be billed yet.")
    if form["is_partial"]:
        said.append("A rule of the workspace keeps a part of this from you; whoever sees all of it can bill it.")
    return tuple(said)


def _sections(form: Mapping[str, Any]) -> tuple[StatementSection, ...]:
    found: list[StatementSection] = []
    for name, (title, note) in _BESIDE.items():
        lines = [one for one in form["lines"] if one["section"] == name]
        if lines:
            shown = sorted(lines, key=lambda one: -abs(Decimal(one["cost_usd"])))[:_MOST_LINES]
            total = usd(Decimal(form["sums"][name]))
            found.append(
                StatementSection(title, note, total, tuple(_share(one) for one in shown), len(lines) - len(shown))
            )
    return tuple(found)


def _share(line: Mapping[str, Any]) -> ShareLine:
    names = " · ".join(line[name] for name in ("team", "workflow", "model") if line[name])
    basis: Mapping[str, Any] = line["basis"] or {}
    detail = basis.get("because", "")
    if basis.get("all_weights"):
        share = int(basis["weight"]) / int(basis["all_weights"])
        whole = usd(usd_of_nano(int(basis["whole_nano"])))
        detail = f"{percent(share, 1)} of {whole}: {detail}"
    ledger = "" if line["section"] == "shared" else ledger_link(line["ledger"])
    return ShareLine(line["about"], names, usd(Decimal(line["cost_usd"])), ledger, detail)


def _table(visit: Visit, form: Mapping[str, Any], place: str) -> Table:
    rows = _rows([one for one in form["lines"] if one["section"] == "use"])
    table = Table("lines", _COLUMNS, rows, len(rows), _EMPTY, base=place, page_size=_PAGE)
    return arrange(table, TableQuery.from_params(visit.params, sort="-cost_usd"))


def _rows(lines: Sequence[Mapping[str, Any]]) -> tuple[Row, ...]:
    return tuple(
        Row(
            str(number),
            (
                Cell(line["workflow"] or "none named", href=ledger_link(line["ledger"])),
                Cell(line["team"] or "none named", is_soft=True),
                Cell(line["model"], sub=line["provider"]),
                Cell(f"{line['requests']:,}", raw=line["requests"]),
                Cell(f"{line['tokens']:,}", raw=line["tokens"]),
                Cell(usd(Decimal(line["cost_usd"])), raw=Decimal(line["cost_usd"])),
            ),
        )
        for number, line in enumerate(lines)
    )
