"""Single charges as a table: a page of them by a keyset, or all that fit a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from tiebeam.economics.metering import CLASSES, Ended
from tiebeam.economics.totals import ChargeFilters, ChargePage, charge_form, charges
from tiebeam.errors import Invalid
from tiebeam.kit import usd_of_nano
from tiebeam.web.pages.use.asking import Asked, plain
from tiebeam.web.table import EXPORT_LIMIT, Cell, Column, Empty, Row, Table
from tiebeam.web.views import Pill
from tiebeam.web.visit import Visit
from tiebeam.web.wording import usd

PATH = "/economics/ledger"
MORE = ("execution", "task_class", "ended", "estimated", "corrections")
"""What single charges know and the daily sums do not."""
ENDED: Mapping[str, Pill] = {
    Ended.OK: Pill("Answered", "ok"),
    Ended.REFUSED: Pill("Provider refused", "warn"),
    Ended.UNREACHED: Pill("Not reached", "neutral"),
    Ended.BROKEN: Pill("Broken off", "bad"),
    Ended.LEFT: Pill("Client left", "neutral"),
    Ended.CUT: Pill("Cut at a ceiling", "warn"),
    Ended.LOST: Pill("Lost: at worst", "warn"),
}
CORRECTION = Pill("Correction", "accent")
_PAGE = 25
_READ_AT_ONCE = 1_000
_COLUMNS = (
    Column("at", "When", is_sortable=False),
    Column("team", "Team", is_sortable=False),
    Column("model", "Model", is_sortable=False),
    Column("input_tokens", "Tokens in", is_number=True, is_sortable=False),
    Column("output_tokens", "Out", is_number=True, is_sortable=False),
    Column("cost_usd", "Cost", is_number=True, is_sortable=False),
    Column("ended", "Ended", is_sortable=False),
    Column("source", "From", is_sortable=False),
)
_FILE = (
    *("at", "call_id", "team", "workflow", "key_id", "agent", "environment", "execution", "step_id", "endpoint"),
    *("asked", "model", "provider", "upstream", "region", "service", "task_class", "route"),
    *("input_tokens", "cached_input_tokens", "output_tokens", *CLASSES),
    *("cost_usd", "estimated", "concluded", "ended", "status", "millis", "source", "corrects", "price"),
)
_EMPTY = Empty(
    "No charges",
    "Every attempt at a provider is a line here, a second after it ended: calls with a key of this gateway, steps of "
    "runs, and what was imported.",
    command="tiebeam keys create --team support --workflow triage",
)


def more_of(visit: Visit) -> dict[str, str]:
    """The filters that only single charges know, as the address has them. Raises Invalid."""
    found = {name: visit.params[name][:200] for name in MORE if visit.params.get(name)}
    for name in ("estimated", "corrections"):
        if found.get(name, "true") not in {"true", "false"}:
            raise Invalid(f"{name} = {found[name][:40]!r}; write true or false")
    return found


def page_of(conn: sa.Connection, asked: Asked, more: Mapping[str, str], before: str | None) -> ChargePage:
    return charges(conn, _filters(asked, more), limit=_PAGE, before=before, scope=asked.scope)


def shown_table(page: ChargePage) -> Table:
    rows = tuple(_row(one) for one in page.charges)
    return Table("ledger", _COLUMNS, rows, len(rows), _EMPTY, is_searchable=False, base=PATH)


def file_table(conn: sa.Connection, asked: Asked, more: Mapping[str, str]) -> Table:
    """The newest 10,000, with all that is known of each."""
    filters, before = _filters(asked, more), None
    found: list[Mapping[str, Any]] = []
    while len(found) < EXPORT_LIMIT:
        page = charges(conn, filters, limit=_READ_AT_ONCE, before=before, scope=asked.scope)
        found.extend(page.charges)
        before = page.before
        if before is None:
            break
    rows = tuple(file_row(one) for one in found[:EXPORT_LIMIT])
    return Table("ledger", file_columns(), rows, len(rows), _EMPTY)


def file_columns() -> tuple[Column, ...]:
    return tuple(Column(name, name) for name in _FILE)


def call_href(row: Mapping[str, Any]) -> str:
    return f"{PATH}/calls/{quote(row['call_id'], safe='')}"


def state_of(row: Mapping[str, Any]) -> Pill:
    if row["corrects"] is not None:
        return CORRECTION
    return ENDED.get(row["ended"], Pill(row["ended"]))


def _filters(asked: Asked, more: Mapping[str, str]) -> ChargeFilters:
    def text(name: str) -> str | None:
        return plain(more[name]) if name in more else None

    def yes(name: str) -> bool | None:
        return more[name] == "true" if name in more else None

    return ChargeFilters(
        use=asked.use,
        span=asked.span,
        execution=text("execution"),
        task_class=text("task_class"),
        ended=text("ended"),
        estimated=yes("estimated"),
        corrections=yes("corrections"),
    )


def _row(one: Mapping[str, Any]) -> Row:
    form, state = charge_form(one), state_of(one)
    cost = usd_of_nano(one["usd_nano"])
    return Row(
        one["id"],
        (
            Cell(when=one["at"], href=call_href(one)),
            Cell(one["team"] or "none named", sub=one["workflow"]),
            Cell(one["model"], sub=one["provider"]),
            Cell(f"{form['input_tokens']:,}", sub=_cached(form)),
            Cell(f"{form['output_tokens']:,}"),
            Cell(usd(cost), raw=cost, sub="estimated" if one["estimated"] else ""),
            Cell(state.text, tone=state.tone),
            Cell(one["source"], is_soft=True),
        ),
    )


def _cached(form: Mapping[str, Any]) -> str:
    return f"{form['cached_input_tokens']:,} cached" if form["cached_input_tokens"] else ""


def file_row(one: Mapping[str, Any]) -> Row:
    """A charge in the order of `file_columns`."""
    form = charge_form(one)
    known = {**one, **form, **form["tokens"], "cost_usd": usd_of_nano(one["usd_nano"])}
    return Row(one["id"], tuple(_file_cell(known[name]) for name in _FILE))


def _file_cell(value: Any) -> Cell:
    return Cell("") if value is None else Cell(str(value), raw=value)
