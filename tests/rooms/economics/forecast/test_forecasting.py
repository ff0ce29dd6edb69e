"""Plans are kept as they were made, alerts are raised once and before the month ends, and errors are honest."""

# ids: EC-15, EC-19, EC-20, D13, DESIGN 6
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from tests.builders.adopted import INTENT, adopted_graph, case_lines, line, stated
from tests.builders.spreadsheet import Spreadsheet

from tiebeam.economics import Economics, EntryKind, LedgerEntry, Prices, workbook
from tiebeam.economics.forecast import (
    Alert,
    Forecast,
    Forecasting,
    Level,
    Month,
    NotForecast,
    Reconciled,
    accuracy_of,
    course,
    forecast_form,
    forecast_sheet,
    per_accepted,
    reasoning,
)
from tiebeam.errors import Invalid
from tiebeam.graph import Graph
from tiebeam.kit import FixedClock
from tiebeam.spec import ForecastUse
from tiebeam.store import Store, read_journal

NOVEMBER = Month(2026, 11)
FIRST_DAY = datetime(2026, 11, 2, tzinfo=UTC)


class House:
    """A company with one adopted workflow, its books and its forecasts."""

    def __init__(self, store: Store, clock: FixedClock, folder: Path) -> None:
        self.store, self.clock, self.folder = store, clock, folder
        self.graph: Graph = adopted_graph(folder)
        self.books = Economics(store, prices=Prices({}, clock, rates={"USD": Decimal("0.9"), "EUR": Decimal(1)}))
        self.forecasting = Forecasting(store, economics=self.books, graph=lambda: self.graph)
        self.goes_to(FIRST_DAY)

    def goes_to(self, moment: datetime) -> None:
        self.clock.advance(seconds=(moment - self.clock.now()).total_seconds())

    def books_lines(self, *lines: LedgerEntry) -> None:
        with self.store.unit() as unit:
            self.books.record(unit, lines)

    def forecast(self, month: Month | None = None) -> Forecast:
        with self.store.read() as conn:
            return self.forecasting.forecast(conn, INTENT, month)

    def alerts(self) -> list[Alert]:
        with self.store.read() as conn:
            return self.forecasting.alerts(conn)

    def reconciled(self, **asked: Any) -> list[Reconciled]:
        with self.store.read() as conn:
            return self.forecasting.reconciled(conn, **asked)

    def journal(self) -> list[str]:
        with self.store.read() as conn:
            return [entry.kind for entry in read_journal(conn, f"forecast:{INTENT}")]


@pytest.fixture
def house(store: Store, clock: FixedClock, tmp_path: Path) -> House:
    return House(store, clock, tmp_path / "company")


def dear_week() -> list[LedgerEntry]:
    """Five working days of ten cases each, five of them with twelve minutes: 40 of people and 10 fixed a day."""
    days = [date(2026, 11, 2) + timedelta(days=number) for number in range(5)]
    return [
        one
        for day in days
        for number in range(10)
        for one in case_lines(day, number, minutes="12" if number < 5 else "0")
    ]


def test_the_plan_of_a_month_is_what_unit_economics_say_by_part(house: House) -> None:
    house.forecasting.keep()
    plan = house.forecast().plan
    assert plan is not None
    # 210 cases, half of them 6 minutes at 40 an hour: 420. Fixed: 210. Worth 5 each.
    parts = {name: one.value for name, one in plan.parts.items() if one.value}
    assert parts == {"people": 420, "fixed": 210}
    assert (plan.total.value, plan.units.value, plan.value.value, plan.unrecorded) == (630, 210, 1050, 0)
    assert plan.cost_per_accepted == 3
    # Nothing is uncertain, so every quantile is the closed form.
    assert plan.total.p10 == plan.total.p50 == plan.total.p90 == 630


def test_a_dear_week_by_hand(house: House) -> None:
    house.forecasting.keep()
    house.books_lines(*dear_week())
    house.goes_to(datetime(2026, 11, 9, tzinfo=UTC))
    found = house.forecast()
    ends = {one.name: round(one.projected or 0, 2) for one in found.parts}
    # People: 200 + 16 * (200 + 10 * 20) / 15 = 626.67. Fixed runs at 10 a day, as planned: 210.
    assert ends == {"inference": 0, "people": Decimal("626.67"), "tools": 0, "fixed": 210}
    assert found.total.actual == 250
    assert round(found.total.projected or 0, 2) == Decimal("836.67")
    assert found.level is Level.ALERT
    # 50 cases after 5 of 21 days is what was planned, so nothing comes of volume.
    assert round(found.units.projected or 0, 6) == 210
    assert round(found.volume_effect or 0, 6) == 0
    each = per_accepted(found)
    assert (each["planned"], each["actual"]) == (3, 5)
    assert "5 of 21 working days are over" in reasoning(found)
    assert "33%" in reasoning(found)
    assert "most of it is people (+206.67)" in found.because
    assert "33% above plan" in found.because


def test_cost_of_more_cases_is_told_apart_from_dearer_ones(house: House) -> None:
    house.forecasting.keep()
    days = [date(2026, 11, 2) + timedelta(days=number) for number in range(5)]
    # 20 cases a day instead of 10, half of them 6 minutes as planned.
    lines = [
        one
        for day in days
        for number in range(20)
        for one in case_lines(day, number, minutes="6" if number % 2 else "0")
    ]
    house.books_lines(*lines)
    house.goes_to(datetime(2026, 11, 9, tzinfo=UTC))
    found = house.forecast()
    # 100 + 16 * (100 + 100) / 15 = 313.33 cases, 103.33 more than planned, at 3 each: 310.
    assert round(found.units.projected or 0, 2) == Decimal("313.33")
    assert round(found.volume_effect or 0, 2) == 310
    assert round(found.total.variance or 0, 2) == 310


def test_parts_and_days_add_up_to_the_ledger(house: House) -> None:
    house.forecasting.keep()
    house.books_lines(*dear_week(), line(EntryKind.TOOL_CALL, date(2026, 11, 5), 1, amount="0.37"))
    house.goes_to(datetime(2026, 11, 9, 7, 30, tzinfo=UTC))
    found = house.forecast()
    with house.store.read() as conn:
        ledger = house.books.workflow_summary(conn, INTENT, since=NOVEMBER.first, until=NOVEMBER.last)
    assert found.total.actual == ledger.total_cost == sum(found.spent.by_day.values())
    assert sum(one.actual for one in found.parts) == found.total.actual
    with localcontext(prec=60):
        assert sum(one.projected or 0 for one in found.parts) == found.total.projected
    points = course(found)
    assert points[8].actual == found.total.actual
    assert points[8].projected == found.total.actual
    assert points[-1].projected == pytest.approx(found.total.projected)
    assert points[-1].planned == 630
    assert points[-1].actual is None


def test_an_alert_is_raised_once_before_the_month_ends_and_names_who_answers(house: House) -> None:
    house.forecasting.keep()
    house.books_lines(*dear_week())
    house.goes_to(datetime(2026, 11, 9, tzinfo=UTC))
    (raised,) = house.forecasting.check()
    assert (raised.level, raised.owner, raised.month) == (Level.ALERT, "jonas-petersen", NOVEMBER)
    assert house.forecasting.check() == []
    house.goes_to(datetime(2026, 11, 10, tzinfo=UTC))
    assert house.forecasting.check() == []
    assert house.alerts() == [raised]
    assert house.journal() == ["forecast.planned", "forecast.alert"]


def test_a_warning_may_be_followed_by_an_alert_but_not_the_other_way_round(house: House) -> None:
    house.forecasting.keep()
    house.graph = adopted_graph(house.folder, use=ForecastUse(alert_share=Decimal("0.5")))
    house.books_lines(*dear_week())
    house.goes_to(datetime(2026, 11, 9, tzinfo=UTC))
    assert [one.level for one in house.forecasting.check()] == [Level.WARN]
    house.graph = adopted_graph(house.folder)
    assert [one.level for one in house.forecasting.check()] == [Level.ALERT]
    house.graph = adopted_graph(house.folder, use=ForecastUse(alert_share=Decimal("0.5")))
    assert house.forecasting.check() == []
    assert [one.level for one in house.alerts()] == [Level.ALERT, Level.WARN]


def test_no_alert_without_a_kept_plan_and_none_on_plan(house: House) -> None:
    house.books_lines(*dear_week())
    house.goes_to(datetime(2026, 11, 9, tzinfo=UTC))
    assert house.forecast().level is Level.ALERT
    assert not house.forecast().is_kept
    assert house.forecasting.check() == []
    assert house.journal() == []


def test_a_plan_stays_as_it_was_made_whatever_is_known_later(house: House) -> None:
    (kept,) = house.forecasting.keep()
    house.graph = adopted_graph(house.folder, stated(units_per_month=420))
    house.goes_to(datetime(2026, 11, 20, tzinfo=UTC))
    assert house.forecasting.keep() == []
    found = house.forecast()
    assert found.is_kept
    assert found.plan == kept
    assert found.total.planned == 630
    # December is planned from what is known then.
    assert house.forecast(NOVEMBER.plus(1)).total.planned == 420 * 2 + 210
    assert not house.forecast(NOVEMBER.plus(1)).is_kept


def test_a_month_that_is_over_is_compared_with_its_plan(house: House) -> None:
    house.forecasting.keep()
    house.books_lines(*dear_week())
    assert house.reconciled() == [], "a month that runs is not compared yet"
    house.goes_to(datetime(2026, 12, 1, tzinfo=UTC))
    (found,) = house.reconciled()
    assert found.total is not None
    # 630 were forecast, 250 came: 380 too much, 152 % of what came.
    assert (found.total.forecast, found.total.ledger, found.total.error) == (630, 250, 380)
    assert found.total.share == Decimal("1.52")
    parts = {one.name: (one.forecast, one.ledger) for one in found.parts if one.forecast or one.ledger}
    assert parts == {"people": (420, 200), "fixed": (210, 50)}
    assert found.units is not None
    assert (found.units.forecast, found.units.ledger) == (210, 50)
    assert found.is_in_range is False
    good = accuracy_of(INTENT, [found])
    assert (good.months, good.absolute_share, good.bias_share, good.left_out) == (
        1,
        Decimal("1.52"),
        Decimal("1.52"),
        0,
    )


def test_the_error_over_months_by_hand() -> None:
    def month(number: int, forecast: int, ledger: int, *, late: bool = False) -> Reconciled:
        from tiebeam.economics.forecast import Miss

        total = Miss("total", "", Decimal(forecast), Decimal(ledger))
        made = datetime(2026, number, 1, tzinfo=UTC)
        return Reconciled(
            INTENT, Month(2026, number), "EUR", made, late, (), total, None, None, number == 2, total.ledger, None
        )

    months = [month(1, 100, 80), month(2, 100, 125), month(3, 999, 1, late=True)]
    good = accuracy_of(INTENT, months)
    # 20 of 80 is 25 %, 25 of 125 is 20 %: 22.5 % on average. In all 200 were forecast and 205 came.
    assert good.absolute_share == Decimal("0.225")
    assert good.bias_share == Decimal(-5) / Decimal(205)
    assert good.in_range_share == Decimal("0.5")
    assert (good.months, good.left_out) == (2, 1)


def test_a_plan_made_when_the_month_could_be_seen_counts_for_no_error(house: House) -> None:
    house.goes_to(datetime(2026, 11, 20, tzinfo=UTC))
    house.forecasting.keep()
    house.books_lines(*dear_week())
    house.goes_to(datetime(2026, 12, 1, tzinfo=UTC))
    (found,) = house.reconciled()
    assert found.is_late
    good = accuracy_of(INTENT, [found])
    assert (good.months, good.absolute_share, good.left_out) == (0, None, 1)


def test_a_month_without_a_plan_says_so(house: House) -> None:
    house.books_lines(*dear_week())
    house.goes_to(datetime(2026, 12, 1, tzinfo=UTC))
    (found,) = house.reconciled()
    assert found.problem is not None
    assert found.problem.code == "no_plan_kept"
    assert (found.total, found.ledger) == (None, 250)


def test_what_cannot_be_planned_says_why_in_its_row_and_still_shows_the_ledger(house: House) -> None:
    tokens = stated(input_tokens_per_unit=1000, model="nobody-sells-this")
    house.graph = adopted_graph(house.folder, tokens)
    assert house.forecasting.keep() == []
    house.books_lines(*dear_week())
    house.goes_to(datetime(2026, 11, 9, tzinfo=UTC))
    found = house.forecast()
    assert found.problem is not None
    assert found.problem.code == "unknown_price"
    assert (found.plan, found.total.planned, found.total.variance, found.level) == (None, None, None, Level.CALM)
    # At its own pace: 250 / 5 * 21.
    assert found.total.projected == 1050
    assert forecast_form(found)["plan"] is None


def test_figures_beyond_all_bounds_are_told_as_such(house: House) -> None:
    absurd = stated(units_per_month=10**15, review_minutes_per_exception=10**9, review_cost_per_hour=10**9)
    house.graph = adopted_graph(house.folder, absurd)
    assert house.forecasting.keep() == []
    problem = house.forecast().problem
    assert problem is not None
    assert problem.code == "implausible_plan"
    house.graph = adopted_graph(house.folder, stated(units_per_month=10**15))
    # 10^15 cases at 2 each, and what is fixed.
    assert house.forecast().total.planned == 2 * 10**15 + 210


def test_another_currency_in_the_ledger_is_told_not_added(house: House) -> None:
    house.forecasting.keep()
    house.books_lines(replace(line(EntryKind.CHARGE, date(2026, 11, 3), 1, amount="7"), currency="USD"))
    found = house.forecast()
    assert found.problem is not None
    assert found.problem.code == "mixed_currencies"
    assert found.total.actual == 0


def test_what_nobody_adopted_is_not_forecast(house: House) -> None:
    with house.store.read() as conn, pytest.raises(NotForecast, match="no recipe is adopted as"):
        house.forecasting.forecast(conn, "finance.nothing")


@pytest.mark.parametrize(
    "asked",
    [
        lambda one, conn: one.forecasts(conn, Month(2036, 1)),
        lambda one, conn: one.reconciled(conn, months=0),
        lambda one, conn: one.reconciled(conn, months=37),
    ],
)
def test_too_much_is_refused(house: House, asked: Callable[[Forecasting, Any], object]) -> None:
    with house.store.read() as conn, pytest.raises(Invalid):
        asked(house.forecasting, conn)


def test_only_the_workflows_asked_for_are_read(house: House) -> None:
    house.forecasting.keep()
    house.books_lines(*dear_week())
    with house.store.read() as conn:
        assert house.forecasting.forecasts(conn, intents=frozenset[str]()) == []
        assert house.forecasting.alerts(conn, intents=frozenset[str]()) == []
        assert house.forecasting.reconciled(conn, intents=frozenset[str]()) == []
        assert house.forecasting.served(conn, since=NOVEMBER.first, until=NOVEMBER.last, intents=frozenset[str]()) == []


def test_every_adopted_workflow_shows_cost_against_value_and_what_its_tokens_cost(house: House) -> None:
    with house.store.read() as conn:
        (quiet,) = house.forecasting.served(conn, since=NOVEMBER.first, until=NOVEMBER.last)
    assert (quiet.units, quiet.total_cost, quiet.cost_per_accepted, quiet.usd_per_mtok) == (0, 0, None, None)
    tokens = line(EntryKind.TOKENS, date(2026, 11, 3), 1, model="some-model", usd_nano=3 * 10**9)
    house.books_lines(*dear_week(), replace(tokens, quantity=Decimal(1_500_000)))
    with house.store.read() as conn:
        (found,) = house.forecasting.served(conn, since=NOVEMBER.first, until=NOVEMBER.last)
    # 3 dollars for 1.5 million tokens; 3 * 0.9 in euro on top of 250; 50 outcomes worth 5 each.
    assert found.usd_per_mtok == 2
    assert found.total_cost == Decimal("252.7")
    assert found.value == 250 - Decimal("252.7")


def test_the_spreadsheet_projects_what_we_project(house: House) -> None:
    house.forecasting.keep()
    house.books_lines(*dear_week())
    house.goes_to(datetime(2026, 11, 9, tzinfo=UTC))
    found = house.forecast()
    book = load_workbook(BytesIO(workbook(forecast_sheet(found))))
    figures = Spreadsheet(book).by_name("Results", "D")
    assert figures["projected"] == pytest.approx(float(found.total.projected or 0))
    assert figures["projected_people"] == pytest.approx(626.6666666)
    assert figures["variance"] == pytest.approx(float(found.total.variance or 0))
