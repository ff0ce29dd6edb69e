"""Verbs of `tiebeam ledger` about the books as a whole: exports, imports, invoices, closed months, questions in SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tiebeam.cli.asking import asks, calling
from tiebeam.cli.ledger_use import span_options
from tiebeam.cli.shared import (
    Figure,
    check_output,
    json_option,
    person_option,
    print_json,
    print_table,
    say,
    workspace_option,
)

if TYPE_CHECKING:
    from tiebeam.economics.imports import Attribution, ImportAnswer

Command = TypeVar("Command", bound=Callable[..., Any])
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_DATES = {"auto": None, "dmy": True, "mdy": False}
_MOST_LINES = 40


def file_options(command: Command) -> Command:
    """The files of others, and how they are read."""
    dates = click.option(
        "--dates",
        type=click.Choice(tuple(_DATES)),
        default="auto",
        show_default=True,
        help="Whether dates with slashes name the day or the month first.",
    )
    source = click.option("--source", default=None, help="What the files are [default: told by their columns].")
    files = click.argument("files", type=_FILE, nargs=-1, required=True)
    return files(source(dates(command)))


@click.command("export")
@asks("ledger.view", "ledger")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--focus", "version", type=click.Choice(("1.2", "1.0")), default="1.2", show_default=True, help="Version."
)
@click.option("--format", "form", type=click.Choice(("csv", "parquet")), default="csv", show_default=True, help="Form.")
@click.option(
    "--data",
    type=click.Choice(("charges", "labour", "commitments")),
    default="charges",
    show_default=True,
    help="Model use; minutes of review with the same keys; or what was promised to providers.",
)
@span_options
@workspace_option
@person_option
@json_option
def export(
    out: Path,
    version: str,
    form: str,
    data: str,
    since: datetime | None,
    until: datetime | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Write the ledger as FOCUS, the open specification of billing data, to OUT."""
    from tiebeam.economics.focus import FocusData, FocusFormat, FocusQuestion, FocusVersion
    from tiebeam.http import Books

    check_output(out)
    with calling(workspace, person) as caller:
        books = Books.read_by(caller)
        span = books.span(_day(since), _day(until))
        question = FocusQuestion(span, FocusVersion(version), FocusFormat(form), FocusData(data))
        found = books.export(out, question)
    if as_json:
        print_json(found)
        return
    sums = ", ".join(f"{amount} {currency}" for currency, amount in found.billed.items()) or "nothing billed"
    click.echo(f"{found.rows} rows of {found.data.value}, FOCUS {found.version.value}: {sums}, in {found.file}")


@click.command("import")
@asks("workspace.apply", "workspace")
@file_options
@click.option("--preview", is_flag=True, help="Say what would be booked, and book nothing.")
@click.option("--map", "rules", type=_FILE, default=None, help="Rules of attribution in TOML ([[rule]] tables).")
@click.option("--team", default=None, help="The team of what no rule and no name gives one.")
@click.option("--workflow", default=None, help="The workflow of what no rule and no name gives one.")
@click.option(
    "--bill", type=Figure(), default=None, help="What the provider's bill of the same use comes to, in dollars."
)
@click.option("--exact", is_flag=True, help="Book nothing where ledger and bill would be more than 1 % apart.")
@click.option("--book-remainder", is_flag=True, help="Book what the files do not explain of the bill as one charge.")
@workspace_option
@person_option
@json_option
def import_(
    files: tuple[Path, ...],
    source: str | None,
    dates: str,
    preview: bool,
    rules: Path | None,
    team: str | None,
    workflow: str | None,
    bill: Decimal | None,
    exact: bool,
    book_remainder: bool,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Take exports of other gateways and providers into the ledger: usage, costs, bills, seats. FILES are only read."""
    from tiebeam.economics.imports import ImportQuestion
    from tiebeam.http import Books

    question = ImportQuestion(
        files,
        source=source,
        attribution=_attribution(rules, team, workflow),
        day_first=_DATES[dates],
        bill_usd=bill,
        book_remainder=book_remainder,
    )
    with calling(workspace, person) as caller:
        imports = Books(caller.app).imports
        if preview:
            found = imports.preview(question)
        else:
            found = imports.take(question, actor=caller.principal.actor, exact=exact)
    if as_json:
        print_json(found)
    else:
        _print_import(found)


def _attribution(rules: Path | None, team: str | None, workflow: str | None) -> Attribution:
    from tiebeam.economics.imports import Attribution

    given = {name: value for name, value in (("team", team), ("workflow", workflow)) if value}
    return Attribution(otherwise=given) if rules is None else Attribution.read(rules, otherwise=given)


def _print_import(found: ImportAnswer) -> None:
    said = "booked" if found.booked else "would be booked"
    for name, source in found.sources.items():
        say(f"{name}: {source}")
    click.echo(
        f"{found.records} records of {found.since or '-'} to {found.until or '-'}: {found.charges} {said}, "
        f"{found.usd} dollars, {found.estimated_usd} of them at our prices; {found.already_there} were there already"
    )
    if found.by_model:
        names = ("provider", "model", "records", "input_tokens", "cached_input_tokens", "output_tokens", "usd")
        print_table(names, [[getattr(one, name) for name in names] for one in found.by_model[:_MOST_LINES]])
    for title, some in (
        ("seen by another source, and not booked again", found.duplicates),
        ("changed at the source, and corrected", found.changed),
        ("left out", found.left_out),
        ("without any price; nothing can be booked", found.unpriced),
    ):
        for one in some:
            say(f"{title}: {one.what}: {one.records}, {one.usd} dollars")
    if found.bill is not None:
        bill = found.bill
        verdict = "within 1 %" if bill.is_within else "more than 1 % apart"
        click.echo(f"bill {bill.bill_usd}, ledger {bill.in_ledger_usd}: {bill.share:.2%}, {verdict}")
        for one in bill.remainder:
            say(f"  {one.what}: {one.usd}")


@click.command("imports")
@asks("ledger.view", "ledger")
@workspace_option
@person_option
@json_option
def imports(workspace: Path | None, person: str | None, as_json: bool) -> None:
    """What was imported, newest first."""
    from tiebeam.economics.imports import list_imports
    from tiebeam.http import Books

    with calling(workspace, person) as caller:
        Books.read_by(caller)
        with caller.app.store.read() as conn:
            found = list_imports(conn)
    if as_json:
        print_json(found)
        return
    names = ("at", "source", "file", "charges", "since", "until", "by", "id")
    print_table(names, [[one[name] for name in names] for one in found])


@click.command("duplicates")
@asks("workspace.apply", "workspace")
@span_options
@click.option("--accept", is_flag=True, help="Take them back by corrections.")
@workspace_option
@person_option
@json_option
def duplicates(
    since: datetime | None,
    until: datetime | None,
    accept: bool,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Imported use that passed the gateway as well. Exits with 1 where there is any, and it is not taken back."""
    from tiebeam.economics.imports import find_doubles, take_back
    from tiebeam.http import Books

    with calling(workspace, person) as caller:
        span = Books(caller.app).span(_day(since), _day(until))
        with caller.app.store.read() as conn:
            found = find_doubles(conn, since=span.since, until=span.until)
        if accept and found:
            with caller.app.store.unit() as unit:
                take_back(unit, found, actor=caller.principal.actor)
    if as_json:
        print_json({"duplicates": found, "taken_back": accept})
    else:
        names = ("day", "source", "provider", "model", "was_nano", "nano", "because")
        print_table(names, [[getattr(one, name) for name in names] for one in found[:_MOST_LINES]])
        click.echo(f"{len(found)} charges{', taken back' if accept and found else ''}")
    return 1 if found and not accept else 0


@click.command("reconcile")
@asks("workspace.apply", "workspace")
@file_options
@click.option("--provider", default=None, help="Whose use is compared, where the files speak of several.")
@click.option("--accept", "reason", default=None, metavar="REASON", help="Correct what was estimated; say why.")
@workspace_option
@person_option
@json_option
def reconcile(
    files: tuple[Path, ...],
    source: str | None,
    dates: str,
    provider: str | None,
    reason: str | None,
    workspace: Path | None,
    person: str | None,
    as_json: bool,
) -> int:
    """Compare the ledger with a provider's invoice or usage export. Exits with 1 where more than 1 % is left apart."""
    from tiebeam.economics.billing import Difference, ReconcileQuestion
    from tiebeam.http import Books

    question = ReconcileQuestion(files, source=source, provider=provider, day_first=_DATES[dates])
    with calling(workspace, person) as caller:
        reconciling = Books(caller.app).reconciling
        if reason is None:
            found = reconciling.compare(question)
        else:
            found = reconciling.accept(question, actor=caller.principal.actor, reason=reason)
    if as_json:
        print_json(found)
    else:
        names = ("day", "model", "ledger_usd", "stated_usd", "difference_usd", "kind")
        apart = [one for one in found.lines if one.kind is not Difference.NONE]
        print_table(names, [[getattr(one, name) for name in names] for one in apart[:_MOST_LINES]])
        click.echo(
            f"{found.provider}, {found.since} to {found.until}: ledger {found.ledger_usd}, stated {found.stated_usd} "
            f"({found.share:.2%} apart); with estimates corrected {found.after_usd}"
        )
        if found.corrections:
            click.echo(f"{len(found.corrections)} corrections booked")
    return 0 if (found.is_within if reason is None else found.after_is_within) else 1


@click.command("close")
@asks("workspace.apply", "workspace")
@click.argument("month", metavar="YYYY-MM")
@workspace_option
@person_option
@json_option
def close(month: str, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Close a month that is over into a file that proves itself. It is never opened again."""
    from tiebeam.http import Books

    with calling(workspace, person) as caller:
        books = Books(caller.app)
        found = books.closing.close(month, actor=caller.principal.actor)
        emptied = books.closing.empty_old(keep_days=books.keep_days)
    if as_json:
        print_json({**_plain(found), "emptied": emptied})
        return
    click.echo(f"{found.month}: {found.charges} charges, closed; manifest {found.digest[:12]}")
    for one in emptied:
        click.echo(f"{one}: its charges left the database; they lie in its file")


@click.command("months")
@asks("ledger.view", "ledger")
@click.option("--verify", is_flag=True, help="Read every file and compare it with its manifest.")
@workspace_option
@person_option
@json_option
def months(verify: bool, workspace: Path | None, person: str | None, as_json: bool) -> int:
    """Months that are closed. With --verify exits with 1 where a file is not whole and true."""
    from tiebeam.http import Books

    with calling(workspace, person) as caller:
        closing = Books.read_by(caller).closing
        found = closing.months()
        faults = {one.month: closing.verify(one.month) for one in found} if verify else {}
    wrong = [fault for some in faults.values() for fault in some]
    if as_json:
        print_json([{**_plain(one), "faults": faults.get(one.month)} for one in found])
    else:
        names = ("month", "charges", "usd_nano", "closed_at", "closed_by", "emptied_at")
        print_table(names, [[getattr(one, name) for name in names] for one in found])
        for fault in wrong:
            say(fault)
    return 1 if wrong else 0


@click.command("query")
@asks("ledger.view", "ledger")
@click.argument("sql")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 10_000), help="How many rows at most.")
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(0.1, 600), help="How long at most.")
@workspace_option
@person_option
@json_option
def query(sql: str, limit: int, seconds: float, workspace: Path | None, person: str | None, as_json: bool) -> None:
    """Answer one SELECT over the table `charges`: closed months and open days alike, read only."""
    from tiebeam.economics.closing import cell
    from tiebeam.http import Books

    with calling(workspace, person) as caller:
        found = Books.read_by(caller).query.ask(sql, limit=limit, seconds=seconds)
    if as_json:
        print_json(
            {**_plain(found), "rows": [dict(zip(found.columns, map(cell, row), strict=True)) for row in found.rows]}
        )
        return
    print_table(found.columns, [[cell(one) for one in row] for row in found.rows])
    if found.is_cut:
        click.echo(f"cut at {limit} rows; --limit asks for more")


def _plain(found: object) -> dict[str, Any]:
    from tiebeam.kit import plain

    return plain(found)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
