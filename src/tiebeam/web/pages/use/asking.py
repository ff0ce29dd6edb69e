"""An address as a question about the use of models: which days, narrowed to what, and the same for other faces."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from tiebeam.economics.forecast import Month
from tiebeam.economics.totals import Scope, Span, UseFilters, charges
from tiebeam.errors import Invalid
from tiebeam.http import seen_use
from tiebeam.web.render import Here
from tiebeam.web.views import Chip, Commands, Days
from tiebeam.web.visit import Visit
from tiebeam.web.wording import day as in_words

NAMELESS = "-"
"""In an address: what carries no name. An empty text would fall out of it."""
NAMES = ("team", "workflow", "model", "key", "agent", "environment", "provider", "upstream", "source")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """Days, names and whose eyes. `span` has both ends."""

    span: Span
    use: UseFilters
    scope: Scope
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """What is narrowed to, as the address has it."""

    @property
    def since(self) -> date:
        assert self.span.since is not None
        return self.span.since

    @property
    def until(self) -> date:
        assert self.span.until is not None
        return self.span.until


def asked(visit: Visit) -> Asked:
    """Raises Invalid on days that are none."""
    scope = seen_use(visit.caller)
    names = {name: visit.params[name][:_LONGEST_NAME] for name in NAMES if visit.params.get(name)}
    use = UseFilters(**{name: plain(value) for name, value in names.items()})
    return Asked(_span(visit, scope), use, scope, names)


def plain(value: str) -> str:
    return "" if value == NAMELESS else value


def named(key: str) -> str:
    """As it stands in an address."""
    return key or NAMELESS


def link(visit: Visit, path: str, **changes: object) -> str:
    """The present question with changes, at a path; None takes a part away."""
    return Here(path, tuple(visit.params.items()))("", **changes)


def ledger_link(filters: Mapping[str, str], **more: str) -> str:
    """Where the ledger lists the charges that these filters find; filters as verbs name them."""
    kept = {name: named(value) if name in NAMES else value for name, value in filters.items()}
    return "/economics/ledger?" + urlencode({**kept, "by": "charges", **more})


def days_of(visit: Visit, span: Span, *, most: int | None = None) -> Days:
    """The form that chooses days, with the usual spans as links, those of more than so many days left out."""
    today = visit.now.date()
    month = Month.of(visit.now)
    before = month.plus(-1)
    usual = (
        ("This month", month.first, today),
        ("Last month", before.first, before.last),
        ("7 days", today - timedelta(days=6), today),
        ("90 days", today - timedelta(days=89), today),
    )
    links = tuple(
        (text, link(visit, visit.request.url.path, **_turned(first, last)), (first, last) == (span.since, span.until))
        for text, first, last in usual
        if most is None or (last - first).days < most
    )
    return Days(str(span.since), str(span.until), links)


def _turned(first: date, last: date) -> dict[str, object]:
    return {"from": first, "to": last, "page": None, "before": None}


def chips_of(visit: Visit, names: Mapping[str, str]) -> tuple[Chip, ...]:
    """What is narrowed to, each with the way back."""
    path = visit.request.url.path
    return tuple(
        Chip(name.replace("_", " ").capitalize(), plain(value) or "none named", link(visit, path, **_without(name)))
        for name, value in names.items()
    )


def _without(name: str) -> dict[str, object]:
    return {name: None, "page": None, "before": None}


def said_days(span: Span) -> str:
    if span.since == span.until:
        return in_words(span.since)
    return f"{in_words(span.since)} to {in_words(span.until)}"


def commands(cli: str, api: str, given: Mapping[str, str]) -> Commands:
    """The same question for a shell and over HTTP; `given` by the names the command has."""
    options = " ".join(f"--{name.replace('_', '-')} {shlex.quote(plain(value))}" for name, value in given.items())
    query = urlencode({name: plain(value) for name, value in given.items()})
    return Commands(f"{cli} {options}".rstrip(), f"GET {api}?{query}" if query else f"GET {api}")


def day_params(span: Span) -> dict[str, str]:
    found = {"from": span.since, "to": span.until}
    return {name: value.isoformat() for name, value in found.items() if value is not None}


def _span(visit: Visit, scope: Scope) -> Span:
    first, last = _day(visit, "from"), _day(visit, "to")
    today = visit.now.date()
    if first is None and last is None:
        return usual_span(visit, scope)
    last = last or today
    return Span(first or last.replace(day=1), last)


def usual_span(visit: Visit, scope: Scope) -> Span:
    """This month, or, where nothing was used in it yet, the last one in which something was."""
    month, today = Month.of(visit.now), visit.now.date()
    with visit.app.store.read() as conn:
        newest = charges(conn, limit=1, scope=scope).charges
    used = date.fromisoformat(newest[0]["day"]) if newest else today
    if used >= month.first:
        return Span(month.first, max(today, used))
    latest = Month(used.year, used.month)
    return Span(latest.first, latest.last)


def _day(visit: Visit, name: str) -> date | None:
    text = visit.params.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(f"{name} = {text[:40]!r} is no day such as 2026-11-21") from None
