"""Economics: one module for each tab, and the way in."""

from tiebeam.web.pages.economics import budgets, calculator, forecast, front, ownership, pricing, units

__all__ = ["GROUPS"]

GROUPS = (front, calculator, units, ownership, forecast, budgets, pricing)
