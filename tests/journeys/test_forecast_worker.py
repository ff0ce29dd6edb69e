"""Whoever serves or works keeps the month's plan and raises alerts, without being asked."""

# ids: EC-20
from __future__ import annotations

import time
from pathlib import Path

from tests.builders.adopted import case_lines
from tests.builders.workspaces import INTENT, make_workspace, opened
from tiebeam.app import App
from tiebeam.economics.forecast import Forecast


def forecast(app: App) -> Forecast:
    with app.store.read() as conn:
        return app.forecasting.forecast(conn, INTENT)


def test_a_worker_keeps_the_plan_and_raises_the_alert(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "company", example="harbour-tools")
    with opened(folder) as app:
        assert not forecast(app).is_kept
        day = app.forecasting.month_now().first
        cases = [case_lines(day, number, minutes="60") for number in range(60)]
        with app.store.unit() as unit:
            app.economics.record(unit, [one for case in cases for one in case])
    with opened(folder, work=True) as app:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with app.store.read() as conn:
                alerts = app.forecasting.alerts(conn)
            if alerts:
                break
            time.sleep(0.05)
        assert forecast(app).is_kept
        # Sixty hours at 40, and 1 of each case, where 1,395.25 were planned for the month.
        assert [(one.intent, one.level.value, one.actual) for one in alerts] == [(INTENT, "alert", 2460)]
