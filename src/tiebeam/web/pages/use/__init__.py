"""The use of models while it runs: one module for each tab of the second row of Economics."""

from tiebeam.web.pages.use import anomalies, budgets, keys, ledger, returns, routing, statements

__all__ = ["GROUPS"]

GROUPS = (budgets, ledger, returns, statements, anomalies, routing, keys)
