"""Economics → Budgets: every ceiling with what is spent and held under it, and asking for more."""

from __future__ import annotations

import shlex
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.economics.spending import BudgetLine, Level, UnknownBudget, decisions
from tiebeam.economics.totals import By, Scope, Span, Total, below, names_of, totals, totals_by_day
from tiebeam.errors import Conflict, Invalid
from tiebeam.http import Ask, seen_budgets, seen_use
from tiebeam.web import svg
from tiebeam.web.pages.exports import table_file
from tiebeam.web.table import Cell, Column, Empty, Row, Table, TableQuery, arrange
from tiebeam.web.views import (
    AskForm,
    BudgetPage,
    BudgetRow,
    BudgetsPage,
    Commands,
    Event,
    Fact,
    Figure,
    Kpi,
    Link,
    Pill,
)
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import moment, percent, usd

_PATH = "/economics/budgets"
_DAYS = 30
_SHOWN = 5
_COLUMNS = (
    Column("budget", "Budget"),
    Column("level", "Level"),
    Column("cap_usd", "Ceiling", is_number=True),
    Column("spent_usd", "Spent", is_number=True),
    Column("held_usd", "Held", is_number=True),
    Column("left_usd", "Left", is_number=True),
    Column("window", "Window"),
    Column("resets_at", "Begins anew"),
    Column("owner", "Owner"),
)
_EMPTY = Empty(
    "No budgets yet",
    "A budget says how much a team or a workflow may spend on models, and is never exceeded. Until there is one, no "
    "key can be made. Write one in budgets/, such as budgets/support.toml.",
    command="tiebeam budgets show",
)
_LEVELS = {Level.ORGANISATION: "Organisation", Level.LINE: "Line of business", Level.KEY: "Key"}


def budgets(visit: Visit) -> Response:
    lines = _lines(visit)
    table = _table(visit, lines, everything=False)
    return visit.page("pages/use/budgets.html", budgets=_page(visit, lines), table=table)


def budgets_file(visit: Visit) -> Response:
    return table_file(_table(visit, _lines(visit), everything=True), visit.path("format"), name="budgets")


def budget(visit: Visit) -> Response:
    return _one(visit, AskForm(visit.path("budget")))


def ask(visit: Visit) -> Response:
    budget_id, amount, reason = visit.path("budget"), visit.said("usd"), visit.said("reason")
    try:
        asked = visit.app.asking.ask(visit.principal, budget_id, usd=_amount(amount), reason=reason)
    except (Invalid, Conflict) as problem:
        return _one(visit, AskForm(budget_id, amount, reason, problem.message), status=problem.status)
    role = visit.names.role(asked.role)
    return visit.back_to(f"{_PATH}/{budget_id}", saying=f"Asked: {role} decides, in task {asked.task_id}.")


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise Invalid(f"{text!r} is no amount in US dollars such as 150.00")
    return amount


def _lines(visit: Visit) -> list[BudgetLine]:
    with visit.app.store.read() as conn:
        return seen_budgets(visit.caller, conn, visit.app.budgets.view(conn, at=visit.now))


def _page(visit: Visit, lines: list[BudgetLine]) -> BudgetsPage:
    rows = _tree(visit, [one for one in lines if one.level is not Level.KEY])
    top = [one for one in lines if one.level is Level.ORGANISATION]
    warned = [one for one in lines if _tone(one) != "ok"]
    held = sum((one.held_usd for one in top), Decimal())
    kpis = (
        *(
            Kpi("Spent", usd(one.spent_usd), f"of {usd(one.cap_usd)} by the {one.window}", f"{_PATH}/{one.id}")
            for one in top[:1]
        ),
        *(Kpi("Held by open calls", usd(held), "what they may cost at worst") for _ in top[:1]),
        Kpi("Near or at the ceiling", str(len(warned)), f"of {len(lines)} ceilings", tone="warn" if warned else ""),
        Kpi("Keys with a cap", str(sum(one.level is Level.KEY for one in lines)), href="/economics/keys"),
    )
    said = (
        "Every call counts against the organisation's budget."
        if top
        else "Calls that no budget covers are refused, unless their key has a cap of its own."
    )
    return BudgetsPage(kpis, rows, said, Commands("tiebeam budgets show --json", "GET /api/v1/budgets"))


def _tree(visit: Visit, lines: list[BudgetLine]) -> tuple[BudgetRow, ...]:
    """Parents before what is below them, the dearest first."""
    known = {one.id for one in lines}
    children: defaultdict[str | None, list[BudgetLine]] = defaultdict(list)
    for one in lines:
        children[one.parent if one.parent in known else None].append(one)
    rows: list[BudgetRow] = []

    def add(parent: str | None, depth: int) -> None:
        for one in sorted(children[parent], key=lambda line: (-line.cap_usd, line.title)):
            rows.append(_row(visit, one, depth))
            add(one.id, depth + 1)

    add(None, 0)
    return tuple(rows)


def _row(visit: Visit, line: BudgetLine, depth: int = 0) -> BudgetRow:
    used = _share(line.spent_usd, line.cap_usd)
    held = min(_share(line.held_usd, line.cap_usd), 100 - used)
    return BudgetRow(
        id=line.id,
        title=line.title,
        depth=depth,
        level=_LEVELS.get(line.level, line.level.value.capitalize()),
        spent=usd(line.spent_usd),
        cap=usd(line.cap_usd),
        used=used,
        held=held,
        said=f"{usd(line.spent_usd)} of {usd(line.cap_usd)} spent, {usd(line.held_usd)} held",
        state=Pill(_said(line), _tone(line)),
        ends="never" if line.resets_at is None else moment(line.resets_at, visit.zone, visit.now),
        owner="" if line.owner is None else visit.names.role(line.owner.role),
        href=f"{_PATH}/{line.id}",
    )


def _share(part: Decimal, whole: Decimal) -> float:
    return 100.0 if not whole else float(min(Decimal(100), max(Decimal(), part * 100 / whole)))


def _tone(line: BudgetLine) -> str:
    if line.spent_usd + line.held_usd >= line.cap_usd:
        return "bad" if line.hard else "warn"
    warned = any(line.spent_usd * 100 >= one * line.cap_usd for one in line.warn_percent)
    return "warn" if warned else "ok"


def _said(line: BudgetLine) -> str:
    if line.spent_usd >= line.cap_usd:
        return "At its ceiling" if line.hard else "Over its ceiling"
    if line.spent_usd + line.held_usd >= line.cap_usd:
        return "Held in full"
    share = percent(line.used_share)
    return f"{share} spent" if line.hard else f"{share} spent, soft"


def _table(visit: Visit, lines: list[BudgetLine], *, everything: bool) -> Table:
    rows = tuple(
        Row(
            one.id,
            (
                Cell(one.title, href=f"{_PATH}/{one.id}" if one.level is not Level.KEY else "/economics/keys"),
                Cell(_LEVELS.get(one.level, one.level.value.capitalize()), is_soft=True),
                Cell(usd(one.cap_usd), raw=one.cap_usd),
                Cell(usd(one.spent_usd), raw=one.spent_usd, sub=_estimated(one)),
                Cell(usd(one.held_usd), raw=one.held_usd),
                Cell(usd(one.left_usd), raw=one.left_usd, tone="bad" if one.left_usd <= 0 else ""),
                Cell(one.window, is_soft=True),
                Cell(when=one.resets_at) if one.resets_at else Cell("never", is_soft=True),
                Cell("" if one.owner is None else visit.names.role(one.owner.role)),
            ),
        )
        for one in lines
    )
    query = TableQuery.from_params(visit.params)
    return arrange(Table("budgets", _COLUMNS, rows, len(rows), _EMPTY, base=_PATH), query, everything=everything)


def _estimated(line: BudgetLine) -> str:
    return f"{usd(line.estimated_usd)} estimated" if line.estimated_usd else ""


def _one(visit: Visit, form: AskForm, *, status: int = 200) -> Response:
    lines = {one.id: one for one in _lines(visit)}
    line = lines.get(visit.path("budget"))
    if line is None or line.level is Level.KEY:
        raise UnknownBudget(f"there is no budget {visit.path('budget')!r}", budget=visit.path("budget"))
    return visit.page("pages/use/budget.html", status=status, budget=_budget(visit, line, lines, form))


def _budget(visit: Visit, line: BudgetLine, lines: dict[str, BudgetLine], form: AskForm) -> BudgetPage:
    scope = _scope(visit, line)
    since = visit.now.date() - timedelta(days=_DAYS - 1)
    start = max(since, line.since.astimezone(visit.zone).date()) if line.since else since
    with visit.app.store.read() as conn:
        changed = decisions(conn, line.id, limit=20)
        may_ask = visit.allows("budget.ask", visit.caller.object("budget", line.id, conn))
        waiting = visit.app.asking.waiting(conn, line.id, window_start=line.window_start)
        by_day = totals_by_day(conn, by=By.MODEL, span=Span(since, visit.now.date()), scope=scope)
        spent = {
            by: totals(conn, by=by, span=Span(start, visit.now.date()), scope=scope)
            for by in (By.WORKFLOW, By.TEAM, By.MODEL)
        }
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in by_day:
        sums[one.day.isoformat()] += one.total.cost_usd
    task = None if waiting is None else Link("A request waits for a decision", f"/inbox/{waiting}")
    name = shlex.quote(line.id)
    return BudgetPage(
        id=line.id,
        title=line.title,
        row=_row(visit, line),
        kpis=(
            Kpi("Spent", usd(line.spent_usd), _estimated(line) or "as booked", unit=f"of {usd(line.cap_usd)}"),
            Kpi("Held by open calls", usd(line.held_usd), "what they may cost at worst"),
            Kpi("Left", usd(line.left_usd), tone="bad" if line.left_usd <= 0 else ""),
            Kpi("Calls", f"{line.requests:,}", f"by the {line.window}"),
        ),
        facts=_facts(visit, line),
        above=_above(visit, line, lines),
        below=tuple(_row(visit, one) for one in lines.values() if one.parent == line.id),
        figure=_figure(visit, dict(sums)) if sums else None,
        parts=tuple(
            (heading, _dearest(found))
            for heading, found in zip(("Workflows", "Teams", "Models"), spent.values(), strict=True)
        ),
        changes=tuple(
            Event(
                one.at,
                f"{usd(one.cap_usd)} instead of {usd(one.instead_of_usd)}",
                who=visit.names.person(one.by.removeprefix("person:")) or one.by,
                note=one.reason,
            )
            for one in changed
        ),
        ask=AskForm(form.budget, form.usd, form.reason, form.problem, task) if may_ask else None,
        ledger=f"/economics/ledger?from={start}",
        commands=Commands(f"tiebeam budgets show {name} --json", f"GET /api/v1/budgets/{line.id}"),
    )


def _facts(visit: Visit, line: BudgetLine) -> tuple[Fact, ...]:
    record = visit.graph.budgets[line.id]
    rule = ("hard", "calls beyond it are refused") if line.hard else ("soft", "it tells, and calls go on")
    facts = [
        Fact("Level", _LEVELS.get(line.level, line.level.value.capitalize())),
        Fact("Window", f"by the {line.window}", note=record.timezone or str(visit.zone)),
        Fact("Begins anew", "never" if line.resets_at is None else moment(line.resets_at, visit.zone, visit.now)),
        Fact("Ceiling", rule[0], note=rule[1]),
        Fact("Owner", visit.names.role(record.owner_role), note=", ".join(line.owner.people) if line.owner else ""),
        Fact("Without the database", record.when_store_is_away.value, note="what becomes of calls then"),
        Fact("Owner is told at", ", ".join(f"{one} %" for one in line.warn_percent) or "never"),
    ]
    if record.usd_per_execution is not None:
        warned = record.warn_usd_per_execution
        note = "" if warned is None else f"flagged from {usd(warned)}"
        facts.append(Fact("One execution", f"at most {usd(record.usd_per_execution)}", note=note))
    if record.finops_owner is not None:
        facts.append(Fact("Reviewed monthly by", visit.names.role(record.finops_owner)))
    names = ", ".join(sorted(names_of(record)))
    if names:
        facts.append(Fact("Covers", names))
    return tuple(facts)


def _above(visit: Visit, line: BudgetLine, lines: dict[str, BudgetLine]) -> tuple[BudgetRow, ...]:
    found: list[BudgetRow] = []
    parent = line.parent
    while parent is not None and parent in lines and len(found) < len(lines):
        found.append(_row(visit, lines[parent]))
        parent = lines[parent].parent
    return tuple(found)


def _scope(visit: Visit, line: BudgetLine) -> Scope:
    """The use under this budget, as far as the visitor may see use at all."""
    seen = seen_use(visit.caller)
    if line.level is Level.ORGANISATION:
        return seen
    budgets = visit.graph.budgets
    names = frozenset(name for one in (line.id, *below(budgets, line.id)) for name in names_of(budgets[one]))
    if seen.everything:
        return Scope(teams=names, workflows=names, withheld=seen.withheld)
    return Scope(teams=names & seen.teams, workflows=names & seen.workflows, withheld=seen.withheld)


def _dearest(found: list[Total]) -> tuple[Fact, ...]:
    return tuple(
        Fact(one.key or "none named", usd(one.cost_usd), note=f"{one.requests:,} calls") for one in found[:_SHOWN]
    )


def _figure(visit: Visit, sums: dict[str, Decimal]) -> Figure:
    today = visit.now.date()
    days = [today - timedelta(days=back) for back in range(_DAYS - 1, -1, -1)]
    values = [sums.get(one.isoformat(), Decimal()) for one in days]
    labels = [f"{one.day} {one:%b}" for one in days]
    bars = [svg.Bar(label, float(value), "s1") for label, value in zip(labels, values, strict=True)]
    chart = svg.bar_chart(bars, name="Spent by day", shown=lambda value: f"${value:,.2f}")
    rows = tuple((label, usd(value)) for label, value in zip(labels, values, strict=True))
    return Figure("Spent by day", chart, ("Day", "Spent"), rows, "UTC days.")


def routes(console: Console) -> list[Route]:
    seen, one = Ask("budget.view", "budget"), Ask("budget.view", "budget", "budget")
    return [
        route(console, _PATH, budgets, asks=seen),
        route(console, _PATH + ".{format}", budgets_file, asks=seen),
        route(console, _PATH + "/{budget}", budget, asks=one),
        route(console, _PATH + "/{budget}/ask", ask, methods=("POST",), asks=Ask("budget.ask", "budget", "budget")),
    ]
