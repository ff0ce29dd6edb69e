"""Economics: one module for each tab, and the way in."""

from tiebeam.web.pages.economics import calculator, forecast, frame, front, ownership, portfolio, pricing, units
from tiebeam.web.pages.economics.forecast import forecast_notices

__all__ = ["GROUPS", "forecast_notices"]

GROUPS = (front, calculator, units, portfolio, ownership, forecast, frame, pricing)
