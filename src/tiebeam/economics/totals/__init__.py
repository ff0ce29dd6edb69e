"""What model use adds up to, and the single charges behind every sum."""

from tiebeam.economics.totals.asked import ALL_DAYS, NO_FILTERS, By, Span, UseFilters
from tiebeam.economics.totals.charges import (
    Call,
    ChargeFilters,
    ChargePage,
    UnknownCall,
    charge_form,
    charges,
    read_call,
)
from tiebeam.economics.totals.scope import (
    EVERYTHING,
    Scope,
    below,
    names_of,
    readers_of_use,
    responsible_roles,
    scope_of,
)
from tiebeam.economics.totals.sharing import share_out
from tiebeam.economics.totals.totals import DayTotal, Total, grand_total, totals, totals_by_day, usd_text

__all__ = [
    "ALL_DAYS",
    "EVERYTHING",
    "NO_FILTERS",
    "By",
    "Call",
    "ChargeFilters",
    "ChargePage",
    "DayTotal",
    "Scope",
    "Span",
    "Total",
    "UnknownCall",
    "UseFilters",
    "below",
    "charge_form",
    "charges",
    "grand_total",
    "names_of",
    "read_call",
    "readers_of_use",
    "responsible_roles",
    "scope_of",
    "share_out",
    "totals",
    "totals_by_day",
    "usd_text",
]
