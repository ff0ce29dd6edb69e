"""Forecasts, their alerts and errors, cost to serve, and the budget frame over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from tiebeam.api.access import Dependency, asks
from tiebeam.app import App
from tiebeam.economics import workbook
from tiebeam.economics.forecast import (
    Forecast,
    Month,
    NotForecast,
    accuracy_form,
    accuracy_of,
    alert_form,
    forecast_form,
    forecast_sheet,
    reconciled_form,
)
from tiebeam.economics.frame import frame_form, frame_sheet
from tiebeam.http import Caller, measured, seen_frame
from tiebeam.kit import plain
from tiebeam.workflow import served as served_by

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_Month = Annotated[str | None, Query(max_length=7, description="Such as 2026-11.")]


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["economics"])
    read = asks(app, "ledger.view", "ledger")
    _add_forecasts(routes, app, read)
    _add_one_forecast(routes, app, read)
    _add_ledger(routes, app, read)
    _add_frames(routes, asks(app, "intent.view", "catalogue"))
    return routes


def _add_forecasts(routes: APIRouter, app: App, read: Dependency) -> None:
    @routes.get("/forecast")
    def forecasts(caller: Caller = Depends(read), month: _Month = None) -> list[dict[str, Any]]:
        """Plan, ledger so far and projection of every adopted workflow you may see; this month's when none is given."""
        return [forecast_form(one) for one in _forecasts(app, caller, month)]

    @routes.get("/forecast/reconciliation")
    def reconciliation(
        caller: Caller = Depends(read),
        workflow: Annotated[str | None, Query(max_length=200)] = None,
        until: _Month = None,
        months: Annotated[int, Query(ge=1, le=36)] = 12,
    ) -> dict[str, Any]:
        """Months that are over: the plan as it was kept against the ledger, and the error of each workflow."""
        intents = caller.visible("ledger.view").intents
        with app.store.read() as conn:
            found = app.forecasting.reconciled(conn, until=_month(until), months=months, intents=intents)
        found = [one for one in found if workflow in (None, one.intent)]
        names = dict.fromkeys(one.intent for one in found)
        accuracy = [accuracy_of(name, [one for one in found if one.intent == name]) for name in names]
        return {
            "months": [reconciled_form(one) for one in found],
            "accuracy": [accuracy_form(one) for one in accuracy],
        }

    @routes.get("/forecast/alerts")
    def alerts(caller: Caller = Depends(read), since: _Month = None) -> list[dict[str, Any]]:
        """Alerts as they were raised, newest first; this month's when none is given."""
        intents = caller.visible("ledger.view").intents
        with app.store.read() as conn:
            return [alert_form(one) for one in app.forecasting.alerts(conn, since=_month(since), intents=intents)]


def _add_one_forecast(routes: APIRouter, app: App, read: Dependency) -> None:
    @routes.get("/forecast/{workflow}.xlsx", response_class=Response)
    def sheet(workflow: str, caller: Caller = Depends(read), month: _Month = None) -> Response:
        """One workflow's forecast as a spreadsheet with live formulas."""
        return _file(workbook(forecast_sheet(_one(app, caller, workflow, month))), f"forecast-{workflow}")

    @routes.get("/forecast/{workflow}")
    def one(workflow: str, caller: Caller = Depends(read), month: _Month = None) -> dict[str, Any]:
        """One workflow's month."""
        return forecast_form(_one(app, caller, workflow, month))


def _add_ledger(routes: APIRouter, app: App, read: Dependency) -> None:
    @routes.get("/ledger/measured/{workflow}")
    def figures(
        workflow: str, caller: Caller = Depends(read), since: date | None = None, until: date | None = None
    ) -> dict[str, Any]:
        """Assumptions of unit economics as the ledger shows them, with cases, period and range; of the last 90 days."""
        return plain(measured(caller, workflow, since=since, until=until))

    @routes.get("/ledger/served")
    def served(
        caller: Caller = Depends(read), since: date | None = None, until: date | None = None
    ) -> list[dict[str, Any]]:
        """Cost to serve against value, and what a million tokens cost, of every workflow; this month when not given."""
        intents = caller.visible("ledger.view").intents
        with app.store.read() as conn:
            found = served_by(
                conn,
                forecasting=app.forecasting,
                promotion=app.promotion,
                since=since,
                until=until,
                intents=intents,
            )
        return plain(found)


def _add_frames(routes: APIRouter, frames: Dependency) -> None:
    @routes.get("/budget/frame")
    def frame(
        caller: Caller = Depends(frames), name: Annotated[str | None, Query(max_length=80)] = None
    ) -> dict[str, Any]:
        """IT spend against the band of revenue, spend outside IT, and what is missing; the latest frame by default."""
        return frame_form(seen_frame(caller, name))

    @routes.get("/budget/frame.xlsx", response_class=Response)
    def frame_file(
        caller: Caller = Depends(frames), name: Annotated[str | None, Query(max_length=80)] = None
    ) -> Response:
        """The frame as a spreadsheet with live formulas."""
        return _file(workbook(frame_sheet(seen_frame(caller, name))), "budget-frame")


def _month(text: str | None) -> Month | None:
    return None if text is None else Month.read(text)


def _forecasts(app: App, caller: Caller, month: str | None) -> list[Forecast]:
    intents = caller.visible("ledger.view").intents
    asked = _month(month)
    with app.store.read() as conn:
        return app.forecasting.forecasts(conn, asked, intents=intents)


def _one(app: App, caller: Caller, workflow: str, month: str | None) -> Forecast:
    """Raises NotForecast, alike for what is absent and what is somebody else's."""
    found = [one for one in _forecasts(app, caller, month) if one.intent == workflow]
    if not found:
        raise NotForecast(f"no recipe that you may see is adopted as {workflow!r}")
    return found[0]


def _file(body: bytes, name: str) -> Response:
    return Response(body, media_type=_SHEET, headers={"content-disposition": f'attachment; filename="{name}.xlsx"'})
