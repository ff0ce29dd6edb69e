"""Economics: one module for each tab, and the way in."""

from tiebeam.web.pages.economics import calculator, front, ownership, units

__all__ = ["GROUPS"]

GROUPS = (front, calculator, units, ownership)
