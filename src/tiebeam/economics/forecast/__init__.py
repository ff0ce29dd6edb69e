"""What a month will cost before its bill comes: plan, projection, alerts, and how good the plans were."""

from tiebeam.economics.forecast.course import CoursePoint, course, together
from tiebeam.economics.forecast.forecasting import Forecasting, NotForecast
from tiebeam.economics.forecast.form import (
    accuracy_form,
    alert_form,
    forecast_form,
    forecast_sheet,
    per_accepted,
    reasoning,
    reconciled_form,
)
from tiebeam.economics.forecast.keeping import Alert
from tiebeam.economics.forecast.looking import Forecast, Problem, Spent
from tiebeam.economics.forecast.months import Month, Pace, WrongMonth, pace_of
from tiebeam.economics.forecast.plan import RECORDED, UNRECORDED, ImplausiblePlan, Plan, Planned, plan_of
from tiebeam.economics.forecast.projection import PROJECTION, RUN_RATE, Level, Outlook, level_of, project
from tiebeam.economics.forecast.reconciling import Accuracy, Miss, Reconciled, accuracy_of, reconcile

__all__ = [
    "PROJECTION",
    "RECORDED",
    "RUN_RATE",
    "UNRECORDED",
    "Accuracy",
    "Alert",
    "CoursePoint",
    "Forecast",
    "Forecasting",
    "ImplausiblePlan",
    "Level",
    "Miss",
    "Month",
    "NotForecast",
    "Outlook",
    "Pace",
    "Plan",
    "Planned",
    "Problem",
    "Reconciled",
    "Spent",
    "WrongMonth",
    "accuracy_form",
    "accuracy_of",
    "alert_form",
    "course",
    "forecast_form",
    "forecast_sheet",
    "level_of",
    "pace_of",
    "per_accepted",
    "plan_of",
    "project",
    "reasoning",
    "reconcile",
    "reconciled_form",
    "together",
]
