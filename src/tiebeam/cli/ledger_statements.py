"""Verbs of `tiebeam ledger` for those who answer for spending: statements, and what is out of the ordinary."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.ledger_use import span_options
from tiebeam.cli.shared import (
    check_output,
    json_option,
    person_option,
    print_json,
    print_table,
    say,
    workspace_option,
)

if TYPE_CHECKING:
    from tiebeam.economics.statements import Statement
    from tiebeam.economics.totals import Span
    from tiebeam.http import Caller

_HEAD = ("section", "team", "workflow", "model", "about", "requests", "tokens", "cost_usd")


@click.command("statement")
@asks("ledger.view", "ledger")
@click.argument("about", required=False, metavar="[team:NAME|line:BUDGET]")
@click.option("--month", default=None, help="As 2026-11 [default: this month].")
@click.option(
    "--kind",
    type=click.Choice(("showback", "chargeback")),
    default="showback",
    show_default=True,
    help="To show what was used, or to bill it.",
)
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write it here as a table.")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Write a spreadsheet with formulas here.")
@workspace_option
@person_option
@json_option
def statement(
    *,
    about: str | None,
    month: str | None,
    kind: str,
    csv_file: Path | None,
    xlsx: Path | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """What a team or line used in a month, corrected, with its shared costs; without a name, who has one."""
    from tiebeam.economics.statements import statement_csv, statement_workbook

    check_output(csv_file)
    check_output(xlsx)
    with calling(workspace, person) as caller:
        if about is None:
            _print_parties(caller, as_json=as_json)
            return
        found = _drawn(caller, about, month, kind)
    if csv_file is not None:
        csv_file.write_text(statement_csv(found), encoding="utf-8")
    if xlsx is not None:
        xlsx.write_bytes(statement_workbook(found))
    if as_json:
        print_json(found.form())
    else:
        _print(found)


@click.command("issue")
@asks("statement.issue", "ledger", inside=True)
@click.argument("about", metavar="team:NAME|line:BUDGET")
@click.option("--month", required=True, help="A month that is over, as 2026-10.")
@workspace_option
@person_option
@json_option
def issue(*, about: str, month: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Bill a month: the first statement of it all, a later one what was corrected since."""
    from tiebeam.economics.statements import issue as issue_it

    with calling(workspace, person) as caller:
        app = caller.app
        found = _drawn(caller, about, month, "chargeback")
        with app.store.unit() as unit:
            made = issue_it(unit, caller.principal, found, authority=app.authority, graph=app.graph())
    if as_json:
        print_json(made.form())
    else:
        say(f"{made.id}: number {made.number} of {made.month} bills {made.about} ${made.form()['usd']}")


@click.command("issued")
@asks("ledger.view", "ledger")
@click.argument("statement_id", required=False, metavar="[STATEMENT]")
@click.option("--month", default=None, help="Only of this month, as 2026-10.")
@workspace_option
@person_option
@json_option
def issued(
    *, statement_id: str | None, month: str | None, workspace: Path | None, person: str | None, as_json: bool
) -> None:
    """Chargebacks that were issued, newest first; with an id, one of them as it was issued."""
    from tiebeam.economics.forecast import Month
    from tiebeam.economics.statements import list_issued, read_issued
    from tiebeam.http import seen_use

    with calling(workspace, person) as caller:
        scope = seen_use(caller)
        with caller.app.store.read() as conn:
            if statement_id is not None:
                made, content = read_issued(conn, statement_id, scope=scope)
                print_json({**made.form(), "content": content})
                return
            found = list_issued(conn, month=None if month is None else Month.read(month), scope=scope)
    if as_json:
        print_json([one.form() for one in found])
        return
    names = ("id", "about", "month", "number", "usd", "issued_at", "issued_by")
    rows = [one.form() for one in found]
    print_table([name.replace("_", " ") for name in names], [[row[name] for name in names] for row in rows])


@click.command("anomalies")
@asks("ledger.view", "ledger")
@span_options
@workspace_option
@person_option
@json_option
def anomalies(
    *, since: datetime | None, until: datetime | None, workspace: Path | None, person: str | None, as_json: bool
) -> int:
    """What stood out: spikes, drift, cache misses, wasted retries, runaway executions. Exits with 1 where any did.

    Without days it looks at yesterday and today; at most 31 days. Thresholds are [anomalies] of tiebeam.toml.
    """
    from tiebeam.economics.anomalies import detect
    from tiebeam.http import seen_use

    with calling(workspace, person) as caller:
        app, scope = caller.app, seen_use(caller)
        graph, today = app.graph(), app.store.clock.now().date()
        span = _span(since, until, today)
        assert graph.settings is not None
        with app.store.read() as conn:
            found = detect(conn, span=span, rules=graph.settings.anomalies, budgets=graph.budgets, scope=scope)
    if as_json:
        print_json([one.form() for one in found])
    else:
        names = ("day", "kind", "team", "workflow", "excess_usd", "because")
        rows = [[one.form()[name] for name in names] for one in found]
        print_table([name.replace("_", " ") for name in names], rows)
    return 1 if found else 0


def _span(since: datetime | None, until: datetime | None, today: date) -> Span:
    from tiebeam.economics.totals import Span

    last = today if until is None else until.date()
    return Span(date.fromordinal(max(1, last.toordinal() - 1)) if since is None else since.date(), last)


def _drawn(caller: Caller, about: str, month: str | None, kind: str) -> Statement:
    from tiebeam.economics.forecast import Month
    from tiebeam.economics.statements import Party, StatementKind, draw_up
    from tiebeam.http import seen_use

    app, scope, party = caller.app, seen_use(caller), Party.read(about)
    now = app.store.clock.now()
    wanted = Month.of(now) if month is None else Month.read(month)
    with app.store.read() as conn:
        return draw_up(
            conn,
            party,
            wanted,
            graph=app.graph(),
            prices=app.economics.prices,
            now=now,
            kind=StatementKind(kind),
            scope=scope,
        )


def _print_parties(caller: Caller, *, as_json: bool) -> None:
    from tiebeam.economics.statements import parties
    from tiebeam.http import seen_use

    found = [str(one) for one in parties(caller.app.graph(), scope=seen_use(caller))]
    if as_json:
        print_json(found)
    else:
        say("\n".join(found) or "nobody whose use you may see")


def _print(found: Statement) -> None:
    form = found.form()
    owner = f", answered for by {found.owner_role}" if found.owner_role else ""
    say(f"{found.title} ({found.party}), {found.month}{owner}" + ("" if found.is_final else "; not over yet"))
    print_table([name.replace("_", " ") for name in _HEAD], [[row[name] for name in _HEAD] for row in form["lines"]])
    say(f"total ${form['total_usd']}" + (f", {form['total']} {form['currency']}" if form["currency"] else ""))
    if found.billed_nano:
        say(f"billed before ${form['billed_before_usd']}, due ${form['due_usd']}")
    if found.estimated_nano:
        say(f"${form['estimated_usd']} of the use is an estimate until it is reconciled")
    if found.is_partial:
        say("a rule keeps some of it from you")
