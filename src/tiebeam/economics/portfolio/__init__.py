"""The portfolio: all workflows, models and hosting at once, ranked, with the efficient choices marked."""

from tiebeam.economics.portfolio.portfolio import (
    BUSY,
    DRAWS,
    MOST_DRAWS,
    Candidate,
    Line,
    Origin,
    Place,
    Portfolio,
    WrongPortfolio,
    cheapest_by_class,
    surest_by_margin,
    work_out_portfolio,
)
from tiebeam.economics.portfolio.told import HEAD, portfolio_form, portfolio_rows, portfolio_sheet
from tiebeam.economics.portfolio.ways import Gap, Hosting, Way, metered_ways

__all__ = [
    "BUSY",
    "DRAWS",
    "HEAD",
    "MOST_DRAWS",
    "Candidate",
    "Gap",
    "Hosting",
    "Line",
    "Origin",
    "Place",
    "Portfolio",
    "Way",
    "WrongPortfolio",
    "cheapest_by_class",
    "metered_ways",
    "portfolio_form",
    "portfolio_rows",
    "portfolio_sheet",
    "surest_by_margin",
    "work_out_portfolio",
]
