"""Economics: one module for each tab, and the way in."""

from tiebeam.web.pages.economics import budgets, calculator, forecast, front, ownership, portfolio, pricing, units

__all__ = ["GROUPS"]

GROUPS = (front, calculator, units, portfolio, ownership, forecast, budgets, pricing)
