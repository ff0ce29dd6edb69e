"""Economics → Ledger: what models were used for and what it cost, from sums down to single charges."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from tiebeam.economics.focus import FocusFormat, FocusQuestion
from tiebeam.economics.totals import By, Scope, Total, UseFilters, grand_total, totals, totals_by_day
from tiebeam.errors import Invalid, NotFound
from tiebeam.http import Ask, Books
from tiebeam.kit import usd_of_nano
from tiebeam.web import svg
from tiebeam.web.pages.exports import table_file
from tiebeam.web.pages.use import call, charges
from tiebeam.web.pages.use.asking import (
    NAMES,
    Asked,
    asked,
    chips_of,
    commands,
    day_params,
    days_of,
    link,
    named,
    said_days,
)
from tiebeam.web.pages.use.charges import MORE, PATH
from tiebeam.web.pages.use.course import course_figure
from tiebeam.web.table import Cell, Column, Empty, Row, Table, TableQuery, arrange
from tiebeam.web.views import Commands, Kpi, LedgerPage, SourceShare
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import NONE, day, percent, usd

_CHARGES = "charges"
_IMPORTED = "import:"
_PAGE = 25
_MOST_KEYS = 500
_BELOW = {
    By.DAY: By.TEAM,
    By.SOURCE: By.TEAM,
    By.ENVIRONMENT: By.TEAM,
    By.TEAM: By.WORKFLOW,
    By.KEY: By.WORKFLOW,
    By.AGENT: By.WORKFLOW,
    By.PROVIDER: By.MODEL,
    By.UPSTREAM: By.MODEL,
    By.WORKFLOW: By.MODEL,
}
"""What a row opens: the next thing to ask of it, down to its single charges."""
_EMPTY = Empty(
    "Nothing used yet",
    "Calls with a key of this gateway and model steps of runs are here a second after they ended. What was used "
    "before there was a gateway can be imported: a provider's usage export, or the spend log of another gateway.",
    command="tiebeam ledger import EXPORT",
)


def ledger(visit: Visit) -> Response:
    question, by, more = asked(visit), _by(visit), charges.more_of(visit)
    with visit.app.store.read() as conn:
        if more or by is None:
            return _charges_page(visit, conn, question, more)
        return _sums_page(visit, conn, question, by)


def ledger_file(visit: Visit) -> Response:
    question, by, more = asked(visit), _by(visit), charges.more_of(visit)
    with visit.app.store.read() as conn:
        if more or by is None:
            table = charges.file_table(conn, question, more)
        else:
            found = totals(conn, by=by, span=question.span, filters=question.use, scope=question.scope)
            table = _table(visit, conn, question, by, found, everything=True)
    return table_file(table, visit.path("format"), name="ledger")


def focus(visit: Visit) -> Response:
    """These days as FOCUS, for who sees all use: filters do not narrow it, so that its sum is the ledger's."""
    books, kind = Books.read_by(visit.caller), visit.path("format")
    if kind not in list(FocusFormat):
        raise NotFound(f"FOCUS comes as {' and '.join(FocusFormat)}, not {kind[:20]!r}")
    question, form = asked(visit), FocusFormat(kind)
    folder = Path(tempfile.mkdtemp(prefix="tiebeam-focus-"))
    done = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        books.export(folder / "export", FocusQuestion(books.span(question.since, question.until), form=form))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    media = "text/csv; charset=utf-8" if form is FocusFormat.CSV else "application/vnd.apache.parquet"
    name = f"focus-1.2-{question.since}-{question.until}.{form.value}"
    return FileResponse(folder / "export", media_type=media, filename=name, background=done)


def _by(visit: Visit) -> By | None:
    """None for single charges."""
    text = visit.params.get("by", By.TEAM.value)
    if text == _CHARGES:
        return None
    if text not in list(By):
        raise Invalid(f"by = {text[:40]!r}; the ledger is added up by {', '.join(By)}, or shows charges")
    return By(text)


def _sums_page(visit: Visit, conn: sa.Connection, question: Asked, by: By) -> Response:
    found = totals(conn, by=by, span=question.span, filters=question.use, scope=question.scope)
    given = {"by": by.value, **day_params(question.span), **question.names}
    page = replace(
        _around(visit, conn, question, by),
        heading=f"By {by.value}",
        note="Each row opens what is behind it",
        commands=commands("tiebeam ledger totals", "/api/v1/ledger/totals", given),
    )
    table = _table(visit, conn, question, by, found, everything=False)
    return visit.page("pages/use/ledger.html", ledger=page, table=table)


def _charges_page(visit: Visit, conn: sa.Connection, question: Asked, more: Mapping[str, str]) -> Response:
    before = visit.params.get("before") or None
    found = charges.page_of(conn, question, more, before)
    # The daily sums do not know what `more` asks for, so there is nothing to stand above such a list.
    around = _narrow(visit, question, more) if more else _around(visit, conn, question, None)
    page = replace(
        around,
        older=link(visit, PATH, before=found.before) if found.before else "",
        newest=link(visit, PATH, before=None) if before else "",
    )
    return visit.page("pages/use/ledger.html", ledger=page, table=charges.shown_table(found))


def _charge_commands(question: Asked, more: Mapping[str, str]) -> Commands:
    given = {**day_params(question.span), **question.names, **more}
    made = commands("tiebeam ledger lines --of use", "/api/v1/ledger/charges", given)
    turned = made.cli.replace("--task-class ", "--class ").replace("--corrections true", "--corrections")
    return Commands(turned, made.api)


def _around(visit: Visit, conn: sa.Connection, question: Asked, by: By | None) -> LedgerPage:
    """What stands above the table: sums, their course, and where they come from."""
    span, use, scope = question.span, question.use, question.scope
    total = grand_total(conn, span=span, filters=use, scope=scope)
    # A course by day of days would be one colour a day; of charges, models say most.
    apart = By.MODEL if by is None or by is By.DAY else by
    course = totals_by_day(conn, by=apart, span=span, filters=use, scope=scope)
    anywhere = UseFilters(**{name: getattr(use, name) for name in NAMES if name != "source"})
    sources = totals(conn, by=By.SOURCE, span=span, filters=anywhere, scope=scope)
    return replace(
        _narrow(visit, question, {}),
        by=_CHARGES if by is None else by.value,
        kpis=_kpis(question, total) if total.attempts else (),
        figure=course_figure(course, span, title=f"Cost by {apart.value}", shown=_shown) if course else None,
        sources=_sources(visit, question, sources),
        imported=_imported(sources),
    )


def _narrow(visit: Visit, question: Asked, more: Mapping[str, str]) -> LedgerPage:
    """The page of single charges, with nothing above them."""
    days = f"--from {question.since} --to {question.until}"
    return LedgerPage(
        days=days_of(visit, question.span),
        by=_CHARGES,
        chips=chips_of(visit, {**question.names, **more}),
        clear=link(visit, PATH, **dict.fromkeys((*NAMES, *MORE, "page", "before", "q"))),
        heading="Charges",
        note="An attempt at a provider each, the newest first",
        focus=f"{PATH}/focus.csv?{urlencode(day_params(question.span))}" if _sees_all(question.scope) else "",
        export=f"tiebeam ledger export --focus 1.2 --format csv {days} charges.csv",
        commands=_charge_commands(question, more),
    )


def _sees_all(scope: Scope) -> bool:
    return scope.everything and not scope.withheld


def _kpis(question: Asked, total: Total) -> tuple[Kpi, ...]:
    again = total.attempts - total.requests
    tried = f"{again:,} more attempts" if again > 0 else "each at the first attempt"
    estimated = total.estimated_nano / total.usd_nano if total.usd_nano > 0 else 0.0
    cached = total.cached_input_tokens / total.input_tokens if total.input_tokens else None
    tokens = f"{svg.short_number(total.input_tokens)} in, {svg.short_number(total.output_tokens)} out"
    return (
        Kpi("Cost", usd(total.cost_usd), said_days(question.span)),
        Kpi("Calls", f"{total.requests:,}", tried),
        Kpi("Tokens", svg.short_number(total.tokens), tokens),
        Kpi("Cached share", percent(cached), "of input, from providers’ caches"),
        Kpi("A million tokens", usd(total.usd_per_million_tokens), "all classes together"),
        Kpi("Estimated", percent(estimated, 1), "until it is reconciled", tone="warn" if estimated > 0.05 else ""),
    )


def _sources(visit: Visit, question: Asked, found: list[Total]) -> tuple[SourceShare, ...]:
    whole = sum(one.usd_nano for one in found)
    chosen = question.names.get("source")
    return tuple(
        SourceShare(
            name=_source(one.key),
            cost=usd(one.cost_usd),
            share=percent(one.usd_nano / whole) if whole > 0 else NONE,
            href=link(visit, PATH, source=None if chosen == named(one.key) else named(one.key), page=None, before=None),
            is_chosen=chosen == named(one.key),
        )
        for one in found
    )


def _source(key: str) -> str:
    if key.startswith(_IMPORTED):
        return f"Imported: {key.removeprefix(_IMPORTED)}"
    return {"gateway": "Gateway", "step": "Steps of runs"}.get(key, key or "none named")


def _imported(found: list[Total]) -> str:
    whole = sum(one.usd_nano for one in found)
    brought = sum(one.usd_nano for one in found if one.key.startswith(_IMPORTED))
    if whole <= 0:
        return ""
    if not brought:
        return "All of it was metered here."
    return f"{percent(1 - brought / whole)} was metered here, {percent(brought / whole)} imported."


def _table(
    visit: Visit, conn: sa.Connection, question: Asked, by: By, found: list[Total], *, everything: bool
) -> Table:
    columns = (
        Column(by.value, by.value.capitalize()),
        Column("cost_usd", "Cost", is_number=True),
        Column("share", "Share", is_number=True),
        Column("requests", "Calls", is_number=True),
        Column("input_tokens", "Tokens in", is_number=True),
        Column("cached_input_tokens", "Cached", is_number=True),
        Column("output_tokens", "Out", is_number=True),
        Column("usd_per_million_tokens", "A million", is_number=True),
        Column("estimated_usd", "Estimated", is_number=True),
        Column("retried_usd", "Retried", is_number=True),
    )
    whole = sum(one.usd_nano for one in found)
    names = _key_names(visit, conn) if by is By.KEY else {}
    rows = tuple(_row(visit, question, by, one, whole, names.get(one.key, "")) for one in found)
    table = Table("ledger", columns, rows, len(rows), _nothing(visit, question), base=PATH, page_size=_PAGE)
    return arrange(table, TableQuery.from_params(visit.params), everything=everything)


def _key_names(visit: Visit, conn: sa.Connection) -> dict[str, str]:
    keys = visit.app.keys.list(conn, visit.principal, with_ended=True, limit=_MOST_KEYS)
    return {one.id: one.name for one in keys}


def _row(visit: Visit, question: Asked, by: By, one: Total, whole: int, name: str) -> Row:
    per, share = one.usd_per_million_tokens, one.usd_nano / whole if whole > 0 else None
    estimated, retried = usd_of_nano(one.estimated_nano), usd_of_nano(one.retried_nano)
    return Row(
        named(one.key),
        (
            Cell(_shown_key(by, one.key), href=_opened(visit, question, by, one.key), sub=name, raw=one.key),
            Cell(usd(one.cost_usd), raw=one.cost_usd),
            Cell(percent(share), raw=share, is_soft=True),
            Cell(f"{one.requests:,}", raw=one.requests),
            Cell(svg.short_number(one.input_tokens), raw=one.input_tokens),
            Cell(svg.short_number(one.cached_input_tokens), raw=one.cached_input_tokens, is_soft=True),
            Cell(svg.short_number(one.output_tokens), raw=one.output_tokens),
            Cell(usd(per), raw=per),
            Cell(usd(estimated) if estimated else NONE, raw=estimated, is_soft=True),
            Cell(usd(retried) if retried else NONE, raw=retried, is_soft=True),
        ),
    )


def _opened(visit: Visit, question: Asked, by: By, key: str) -> str:
    """The same question of this row alone, by the next thing that is not narrowed to yet."""
    known = {*question.names, by.value}
    below = _BELOW.get(by)
    while below is not None and below.value in known:
        below = _BELOW.get(below)
    changes: dict[str, object] = {"by": _CHARGES if below is None else below.value}
    changes |= dict.fromkeys(("page", "sort", "q", "before"))
    changes |= {"from": key, "to": key} if by is By.DAY else {by.value: named(key)}
    return link(visit, PATH, **changes)


def _nothing(visit: Visit, question: Asked) -> Empty:
    if not question.names and not (visit.params.get("from") or visit.params.get("to")):
        return _EMPTY
    text = f"Nothing was used from {said_days(question.span)}" + (" that fits this" if question.names else "")
    return Empty("Nothing here", f"{text}, as far as you may see.", href=PATH, action="Look at everything")


def _shown_key(by: By, key: str) -> str:
    if by is By.DAY:
        return day(date.fromisoformat(key))
    return _source(key) if by is By.SOURCE else _shown(key)


def _shown(key: str) -> str:
    return key or "none named"


def routes(console: Console) -> list[Route]:
    seen = Ask("ledger.view", "ledger")
    return [
        route(console, PATH, ledger, asks=seen),
        route(console, PATH + ".{format}", ledger_file, asks=seen),
        route(console, PATH + "/focus.{format}", focus, asks=seen),
        *call.routes(console),
    ]
