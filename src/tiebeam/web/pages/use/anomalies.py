"""Economics → Anomalies: what stood out in model use, by how much, since when, and the charges behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import Route

from tiebeam.economics.anomalies import Anomaly, AnomalyKind, detect
from tiebeam.economics.totals import By, ChargeFilters, DayTotal, Scope, Span, UseFilters, charges, totals_by_day
from tiebeam.errors import Invalid
from tiebeam.http import Ask
from tiebeam.kit import usd_of_nano
from tiebeam.spec import AnomalyRules
from tiebeam.web import svg
from tiebeam.web.pages.exports import table_file
from tiebeam.web.pages.use.anomaly_figures import course_of, said
from tiebeam.web.pages.use.asking import Asked, asked, commands, day_params, days_of, ledger_link, link, said_days
from tiebeam.web.pages.use.charges import call_href, state_of
from tiebeam.web.pages.use.executions import execution_href
from tiebeam.web.table import Cell, Column, Empty, Row, Table
from tiebeam.web.views import AnomaliesPage, AnomalyCard, AnomalyLine, ChargeLine, Fact, Kpi, Pill
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import day, percent, usd

PATH = "/economics/anomalies"
_DAYS, _MOST_DAYS = 7, 31
_LISTED, _CHARGES = 12, 6
_SPARK_DAYS = 28
_KINDS = {
    AnomalyKind.SPIKE: Pill("Spike", "bad"),
    AnomalyKind.DRIFT: Pill("Drift", "warn"),
    AnomalyKind.CACHE_MISSES: Pill("Cache misses", "warn"),
    AnomalyKind.RETRY_WASTE: Pill("Wasted retries", "warn"),
    AnomalyKind.RUNAWAY: Pill("Runaway", "bad"),
}
_MEANING = {
    AnomalyKind.SPIKE: "A day cost far more than days like it, working days and weekends apart.",
    AnomalyKind.DRIFT: "Days cost more from week to week, beyond what chance explains.",
    AnomalyKind.CACHE_MISSES: "Input that used to come from the provider’s cache was paid in full. Something that "
    "changes with every call, such as a time, may stand at the beginning of a prompt.",
    AnomalyKind.RETRY_WASTE: "Attempts that did not end their call cost much, or were many. A time limit may be too "
    "short, or a provider in trouble.",
    AnomalyKind.RUNAWAY: "A single execution cost far more than others of its workflow, or more than its budget wants "
    "to be told of. An agent may be going in circles.",
}
_FILE = (
    *("id", "kind", "day", "team", "workflow", "model", "execution"),
    *("unit", "observed", "expected", "threshold", "excess_usd", "because"),
)


def anomalies(visit: Visit) -> Response:
    question, rules = _asked(visit), _rules(visit)
    with visit.app.store.read() as conn:
        everything = _found(visit, conn, question, rules)
        found = _of_kind(visit, everything)
        seen = _seen(visit, found)
        page = AnomaliesPage(
            days=days_of(visit, question.span, most=_MOST_DAYS),
            kpis=_kpis(visit, question, everything),
            lines=_lines(visit, conn, found[:_LISTED], question.scope, seen),
            more=max(0, len(found) - _LISTED),
            shown=None if seen is None else _card(visit, conn, seen, question.scope),
            rules=_thresholds(rules),
            commands=commands("tiebeam ledger anomalies", "/api/v1/ledger/anomalies", day_params(question.span)),
        )
    return visit.page("pages/use/anomalies.html", anomalies=page)


def anomalies_file(visit: Visit) -> Response:
    question = _asked(visit)
    with visit.app.store.read() as conn:
        found = _of_kind(visit, _found(visit, conn, question, _rules(visit)))
    forms = [one.form() for one in found]
    columns = tuple(Column(name, name) for name in _FILE)
    rows = tuple(Row(form["id"], tuple(Cell(str(form[name])) for name in _FILE)) for form in forms)
    table = Table("anomalies", columns, rows, len(rows), Empty("", ""))
    return table_file(table, visit.path("format"), name="anomalies")


def _asked(visit: Visit) -> Asked:
    """The last seven days with any use, where no days are given."""
    question = asked(visit)
    if visit.params.get("from") or visit.params.get("to"):
        return question
    return Asked(Span(question.until - timedelta(days=_DAYS - 1), question.until), question.use, question.scope)


def _rules(visit: Visit) -> AnomalyRules:
    settings = visit.graph.settings
    return AnomalyRules() if settings is None else settings.anomalies


def _found(visit: Visit, conn: sa.Connection, question: Asked, rules: AnomalyRules) -> list[Anomaly]:
    return detect(conn, span=question.span, rules=rules, budgets=visit.graph.budgets, scope=question.scope)


def _of_kind(visit: Visit, found: list[Anomaly]) -> list[Anomaly]:
    """Raises Invalid on a kind there is none of."""
    kind = visit.params.get("kind", "")
    if kind and kind not in list(AnomalyKind):
        raise Invalid(f"kind = {kind[:40]!r}; there are {', '.join(AnomalyKind)}")
    return [one for one in found if not kind or one.kind == kind]


def _seen(visit: Visit, found: Sequence[Anomaly]) -> Anomaly | None:
    """The one that is asked for, or the first."""
    wanted = visit.params.get("see", "")
    return next((one for one in found if one.id == wanted), found[0] if found else None)


def _kpis(visit: Visit, question: Asked, found: Sequence[Anomaly]) -> tuple[Kpi, ...]:
    kinds, chosen = Counter(one.kind for one in found), visit.params.get("kind")
    beyond = usd_of_nano(sum(one.excess_nano for one in found if one.kind is not AnomalyKind.DRIFT))
    return (
        Kpi(
            "Found",
            str(len(found)),
            said_days(question.span),
            href=link(visit, PATH, kind=None, see=None) if chosen else "",
            tone="warn" if found else "",
        ),
        Kpi("Beyond the expected", usd(beyond), "findings may share charges; without drift"),
        *(
            Kpi(
                pill.text,
                str(kinds[kind]),
                "shown alone" if kind == chosen else "",
                href=link(visit, PATH, kind=kind.value, see=None) if kinds[kind] else "",
            )
            for kind, pill in _KINDS.items()
        ),
    )


def _lines(
    visit: Visit, conn: sa.Connection, found: Sequence[Anomaly], scope: Scope, seen: Anomaly | None
) -> tuple[AnomalyLine, ...]:
    sparks: dict[tuple[str, str, date], Markup] = {}
    for one in found:
        place = (one.team, one.workflow, one.day)
        if place not in sparks:
            sparks[place] = _spark(conn, one, scope)
    return tuple(
        AnomalyLine(
            id=one.id,
            kind=_KINDS[one.kind],
            title=_title(one),
            because=one.because,
            day=day(one.day),
            cost=f"+{usd(usd_of_nano(one.excess_nano))}" if one.excess_nano else "",
            href=link(visit, PATH, see=one.id) + "#seen",
            spark=sparks[one.team, one.workflow, one.day],
            is_shown=seen is not None and one.id == seen.id,
        )
        for one in found
    )


def _title(one: Anomaly) -> str:
    about = one.execution or one.model
    return " · ".join(part for part in (one.team or "no team", one.workflow, about) if part)


def _spark(conn: sa.Connection, one: Anomaly, scope: Scope) -> Markup:
    by_day = _course(conn, one, scope)
    values = [float(by_day[at].total.cost_usd) if at in by_day else 0.0 for at in _days(one.day)]
    return svg.sparkline(values, name=f"Cost by day of {one.team} / {one.workflow}")


def _course(conn: sa.Connection, one: Anomaly, scope: Scope, model: str | None = None) -> Mapping[date, DayTotal]:
    days = _days(one.day)
    filters = UseFilters(team=one.team, workflow=one.workflow, model=model)
    found = totals_by_day(conn, by=By.DAY, span=Span(days[0], days[-1]), filters=filters, scope=scope)
    return {it.day: it for it in found}


def _days(last: date) -> list[date]:
    return [last - timedelta(days=back) for back in range(_SPARK_DAYS - 1, -1, -1)]


def _card(visit: Visit, conn: sa.Connection, one: Anomaly, scope: Scope) -> AnomalyCard:
    prices = visit.app.economics.prices
    by_day = _course(conn, one, scope, one.model or None)
    page = charges(conn, _filters(one), limit=_CHARGES, scope=scope)
    beyond = usd_of_nano(one.excess_nano)
    facts = [
        Fact("Observed", said(one.unit, one.observed)),
        Fact("Expected", said(one.unit, one.expected)),
        Fact("Told from", said(one.unit, one.threshold), note="the threshold of the workspace’s rules"),
        Fact("Beyond it", usd(beyond) if one.excess_nano else "cannot be told in dollars"),
        Fact("Since" if one.kind is AnomalyKind.DRIFT else "On", day(_since(one))),
    ]
    if one.execution:
        facts.append(Fact("Execution", one.execution, href=execution_href(one.execution)))
    return AnomalyCard(
        kind=_KINDS[one.kind],
        title=_title(one),
        because=one.because,
        facts=tuple(facts),
        figure=course_of(conn, one, _days(one.day), by_day, scope=scope, prices=prices),
        charges=tuple(
            ChargeLine(
                row["at"],
                f"{row['model']} · {row['workflow']}",
                usd(usd_of_nano(row["usd_nano"])),
                state_of(row),
                call_href(row),
            )
            for row in page.charges
        ),
        ledger=ledger_link(one.ledger),
        meaning=_MEANING[one.kind],
    )


def _since(one: Anomaly) -> date:
    return date.fromisoformat(one.ledger.get("from", one.day.isoformat()))


def _filters(one: Anomaly) -> ChargeFilters:
    given = one.ledger
    first, last = given.get("from"), given.get("to")
    return ChargeFilters(
        use=UseFilters(team=given.get("team"), workflow=given.get("workflow"), model=given.get("model")),
        span=Span(date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None),
        execution=given.get("execution"),
    )


def _thresholds(rules: AnomalyRules) -> tuple[Fact, ...]:
    def times(value: Decimal) -> str:
        return f"{value.normalize():f} times"

    return (
        Fact("Ordinary is", f"the {rules.history_days} days before", note=f"at least {rules.least_days} of them"),
        Fact("Let alone", f"below {usd(rules.least_usd)}"),
        Fact("Spike", f"{times(rules.spike_ratio)} the median", note=f"and {rules.spike_deviations} deviations above"),
        Fact("Drift", f"{percent(rules.drift_share_a_week)} a week", note=f"chance below {rules.drift_chance}"),
        Fact("Cache misses", f"{percent(rules.cache_fall)} of input less than usual"),
        Fact(
            "Wasted retries", f"{percent(rules.retry_share)} of cost", note=f"or {percent(rules.failed_share)} failed"
        ),
        Fact("Runaway", f"{times(rules.execution_ratio)} the median", note="or what its budget says"),
    )


def routes(console: Console) -> list[Route]:
    seen = Ask("ledger.view", "ledger")
    return [
        route(console, PATH, anomalies, asks=seen),
        route(console, PATH + ".{format}", anomalies_file, asks=seen),
    ]
