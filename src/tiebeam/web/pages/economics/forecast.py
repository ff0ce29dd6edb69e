"""Economics → Forecast: what each workflow's month will cost, how good forecasts were, and cost against value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.economics import workbook
from tiebeam.economics.forecast import (
    Forecast,
    Level,
    Month,
    NotForecast,
    Outlook,
    Reconciled,
    accuracy_of,
    course,
    forecast_form,
    forecast_sheet,
    per_accepted,
    reasoning,
    together,
)
from tiebeam.http import Ask
from tiebeam.web.pages.economics.forecast_charts import course_figure, history_figure
from tiebeam.web.pages.economics.forecast_tables import error_table, month_table, served_table
from tiebeam.web.pages.exports import table_file
from tiebeam.web.table import Table, TableQuery
from tiebeam.web.views import (
    Commands,
    ErrorLine,
    Fact,
    ForecastOnePage,
    ForecastPage,
    Kpi,
    NoticeLine,
    PartRow,
    Pill,
)
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import NONE, moment, money, percent
from tiebeam.workflow import served

PATH = "/economics/forecast"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LEVELS = {
    Level.CALM: Pill("On plan", "ok"),
    Level.WARN: Pill("Above plan", "warn"),
    Level.ALERT: Pill("Far above plan", "bad"),
}
_TABS = ("month", "errors", "served")
_ASK = Ask("ledger.view", "ledger")


def forecast_notices(visit: Visit) -> tuple[NoticeLine, ...]:
    """The highest alert of this month for each workflow the reader may see, as Home tells it."""
    intents = visit.caller.visible("ledger.view").intents
    with visit.app.store.read() as conn:
        found = visit.app.forecasting.alerts(conn, intents=intents)
    worst = {one.intent: one for one in sorted(found, key=lambda one: one.level.rank)}
    return tuple(
        NoticeLine(
            f"{visit.names.intent(one.intent)}: {one.because}. {visit.names.person(one.owner)} answers for it.",
            f"{PATH}/{one.intent}",
            LEVELS[one.level].tone,
        )
        for one in worst.values()
    )


def forecast_list(visit: Visit) -> Response:
    month, tab = _month(visit), _tab(visit)
    found = _forecasts(visit, month)
    page = ForecastPage(
        tab=tab,
        month=str(month),
        title=f"{month.first:%B %Y}",
        before=str(month.plus(-1)),
        after=str(month.plus(1)),
        notices=_notices(visit, found),
        kpis=_kpis(visit, found),
        course=course_figure(
            together([course(one) for one in found]) if found else [],
            currency=visit.currency,
            title="All workflows together",
        ),
        errors=_errors(visit) if tab == "errors" else (),
        commands=_commands(month, ""),
    )
    return visit.page("pages/economics/forecast.html", forecast=page, table=_table(visit, everything=False))


def list_file(visit: Visit) -> Response:
    return table_file(_table(visit, everything=True), visit.path("format"), name=f"forecast-{_tab(visit)}")


def forecast_page(visit: Visit) -> Response:
    month = _month(visit)
    found = _one(visit, month)
    past = _past(visit, found.intent)
    plan = found.plan
    page = ForecastOnePage(
        title=visit.names.intent(found.intent),
        month=f"{month.first:%B %Y}",
        before=str(month.plus(-1)),
        after=str(month.plus(1)),
        level=LEVELS[found.level] if plan is not None else Pill("No plan", "neutral"),
        because="" if not found.because else f"{_capital(found.because)}.",
        problem="" if found.problem is None else found.problem.message,
        reasoning=f"{_capital(reasoning(found))}.",
        kpis=_one_kpis(found),
        course=course_figure(course(found), currency=found.currency, title="The month, added up"),
        parts=tuple(_part(one, found) for one in (*found.parts, found.total, found.units, found.accepted, found.value)),
        facts=_facts(visit, found, past),
        history=history_figure(past, currency=found.currency),
        path=f"{PATH}/{found.intent}",
        commands=_commands(month, found.intent),
    )
    return visit.page("pages/economics/forecast_one.html", forecast=page)


def one_file(visit: Visit, kind: str) -> Response:
    """The workflow's forecast as JSON, or as a spreadsheet with live formulas."""
    found = _one(visit, _month(visit))
    if kind == "json":
        return JSONResponse(forecast_form(found))
    headers = {"content-disposition": f'attachment; filename="forecast-{found.intent}-{found.month}.xlsx"'}
    return Response(workbook(forecast_sheet(found)), media_type=SHEET, headers=headers)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _month(visit: Visit) -> Month:
    """The month asked for, this one when none is. Raises WrongMonth."""
    text = visit.params.get("month", "")
    return Month.read(text) if text else visit.app.forecasting.month_now()


def _tab(visit: Visit) -> str:
    tab = visit.params.get("tab", "month")
    return tab if tab in _TABS else "month"


def _forecasts(visit: Visit, month: Month) -> list[Forecast]:
    with visit.app.store.read() as conn:
        return visit.app.forecasting.forecasts(conn, month, intents=visit.caller.visible("ledger.view").intents)


def _one(visit: Visit, month: Month) -> Forecast:
    """Raises NotForecast, alike for what is absent and what is somebody else's."""
    intent = visit.path("workflow")
    found = [one for one in _forecasts(visit, month) if one.intent == intent]
    if not found:
        raise NotForecast(f"no recipe that you may see is adopted as {intent!r}")
    return found[0]


def _past(visit: Visit, intent: str) -> list[Reconciled]:
    with visit.app.store.read() as conn:
        return visit.app.forecasting.reconciled(conn, intents=[intent])


def _table(visit: Visit, *, everything: bool) -> Table:
    query = TableQuery.from_params(visit.params, filters=("level", "stage"))
    tab, intents = _tab(visit), visit.caller.visible("ledger.view").intents
    with visit.app.store.read() as conn:
        if tab == "errors":
            months = visit.app.forecasting.reconciled(conn, intents=intents)
            return error_table(visit.names, months, query, everything=everything)
        if tab == "served":
            month = _month(visit)
            found = served(
                conn,
                forecasting=visit.app.forecasting,
                promotion=visit.app.promotion,
                since=month.first,
                until=month.last,
                intents=intents,
            )
            return served_table(visit.names, found, query, everything=everything)
    return month_table(visit.names, _forecasts(visit, _month(visit)), LEVELS, query, everything=everything)


def _notices(visit: Visit, found: Sequence[Forecast]) -> tuple[NoticeLine, ...]:
    return tuple(
        NoticeLine(
            f"{visit.names.intent(one.intent)}: {one.because}. {visit.names.person(one.owner)} answers for it.",
            f"{PATH}/{one.intent}",
            LEVELS[one.level].tone,
        )
        for one in sorted(found, key=lambda one: -one.level.rank)
        if one.because
    )


def _kpis(visit: Visit, found: Sequence[Forecast]) -> tuple[Kpi, ...]:
    planned = [one.total.planned for one in found if one.total.planned is not None]
    ends = [one.total.projected for one in found if one.total.projected is not None]
    plan, spent, end = sum(planned), sum(one.total.actual for one in found), sum(ends)
    value = sum(one.value.projected or 0 for one in found)
    worst = max((one.level for one in found), key=lambda one: one.rank, default=Level.CALM)
    currency = visit.currency
    share = f"{(end - plan) / plan:+.0%} against plan" if plan else "nothing planned"
    return (
        Kpi("Planned", f"{plan:,.0f}", f"{len(planned)} of {len(found)} workflows", unit=currency),
        Kpi("So far", f"{spent:,.0f}", "by the ledger", unit=currency),
        Kpi("At its end", f"{end:,.0f}", share, unit=currency, tone=_tone(worst)),
        Kpi("Value at its end", f"{value:,.0f}", "what the old way would cost", unit=currency),
    )


def _tone(level: Level) -> str:
    return {Level.CALM: "", Level.WARN: "warn", Level.ALERT: "bad"}[level]


def _one_kpis(found: Forecast) -> tuple[Kpi, ...]:
    each, tally, currency = per_accepted(found), found.spent.tally, found.currency
    ends = NONE if found.low is None or found.high is None else f"{found.low:,.0f} to {found.high:,.0f} at P10 and P90"
    return (
        Kpi("Planned", money(found.total.planned), _range(found.total), unit=currency),
        Kpi("So far", money(found.total.actual), f"{tally.units:,} cases", unit=currency),
        Kpi("At its end", money(found.total.projected), ends, unit=currency, tone=_tone(found.level)),
        Kpi("Cost per accepted", money(each["actual"]), f"planned {money(each['planned'])}", unit=currency),
        Kpi(
            "A million tokens",
            NONE if tally.usd_per_mtok is None else f"{tally.usd_per_mtok:,.2f}",
            f"{tally.tokens:,.0f} tokens so far",
            unit="" if tally.usd_per_mtok is None else "USD",
        ),
    )


def _range(one: Outlook) -> str:
    return "" if one.p10 is None or one.p90 is None else f"{one.p10:,.0f} to {one.p90:,.0f} at P10 and P90"


def _part(one: Outlook, found: Forecast) -> PartRow:
    shown = (lambda value: NONE if value is None else f"{value:,.0f}") if one.unit == "units" else money
    variance = None
    if one.variance is not None and one.share is not None:
        # More cost than planned is bad, more cases or value are not.
        is_dear = one.unit == "money" and one.name != "value" and one.share > found.use.warn_share
        variance = Pill(f"{one.share:+.0%}", "warn" if is_dear else "neutral")
    elif one.variance:
        variance = Pill(f"{one.variance:+,.2f}", "warn")
    return PartRow(
        title=one.title,
        planned=shown(one.planned),
        range=_range(one),
        actual=shown(one.actual),
        projected=shown(one.projected),
        variance=variance,
        is_sum=one.name == "total",
    )


def _facts(visit: Visit, found: Forecast, past: Sequence[Reconciled]) -> tuple[Fact, ...]:
    good, plan = accuracy_of(found.intent, past), found.plan
    made = "not kept yet; a worker keeps it" if not found.is_kept or plan is None else moment(plan.made_at, visit.zone)
    facts = [
        Fact("Answers for it", visit.names.person(found.owner)),
        Fact(
            "Plan made",
            made,
            note="late: counts for no forecast error" if found.is_kept and plan and plan.is_late else "",
        ),
        Fact("Warns above", percent(found.use.warn_share), note=f"alert above {percent(found.use.alert_share)}"),
        Fact(
            "Forecast error",
            percent(good.absolute_share),
            note=f"mean of {good.months} months, bias {percent(good.bias_share)}" if good.months else "no month yet",
        ),
        Fact("Because of volume", money(found.volume_effect, found.currency)),
    ]
    if plan is not None:
        facts.append(Fact("Prices", plan.price_source))
        if plan.unrecorded:
            facts.append(Fact("Planned, not in the ledger", money(plan.unrecorded, found.currency)))
    return tuple(facts)


def _errors(visit: Visit) -> tuple[ErrorLine, ...]:
    with visit.app.store.read() as conn:
        months = visit.app.forecasting.reconciled(conn, intents=visit.caller.visible("ledger.view").intents)
    found = [
        accuracy_of(intent, [one for one in months if one.intent == intent])
        for intent in dict.fromkeys(one.intent for one in months)
    ]
    return tuple(
        ErrorLine(
            visit.names.intent(one.intent),
            f"{PATH}/{one.intent}",
            percent(one.absolute_share, 1),
            percent(one.bias_share, 1),
            f"{one.months} counted, {one.left_out} left out",
        )
        for one in found
    )


def _commands(month: Month, workflow: str) -> Commands:
    name = f" {workflow}" if workflow else ""
    path = f"/{workflow}" if workflow else ""
    return Commands(f"tiebeam forecast{name} --month {month} --json", f"GET /api/v1/forecast{path}?month={month}")


def routes(console: Console) -> list[Route]:
    return [
        route(console, PATH, forecast_list, asks=_ASK),
        route(console, PATH + ".{format}", list_file, asks=_ASK),
        *(
            route(console, f"{PATH}/{{workflow}}.{kind}", partial(one_file, kind=kind), asks=_ASK)
            for kind in ("json", "xlsx")
        ),
        route(console, f"{PATH}/{{workflow}}", forecast_page, asks=_ASK),
    ]
