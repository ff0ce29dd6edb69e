"""Technology spend of a year against revenue, and who answers for what left IT (EC-23, EC-24)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tiebeam.economics.prices import MissingRate
from tiebeam.graph import Graph
from tiebeam.spec import BudgetFrame, BudgetLevel, FrameLine, LineOfBusiness

_MONTHS = 12


class Band(StrEnum):
    """Where IT spend lies against the band."""

    BELOW = "below"
    INSIDE = "inside"
    ABOVE = "above"


class Finding(StrEnum):
    """What is wrong with a frame."""

    BELOW_BAND = "below-band"
    ABOVE_BAND = "above-band"
    NO_OWNER = "no-owner"
    """Spend outside IT that nobody is named for."""
    NO_FINOPS = "no-finops"
    """A major line of business without a FinOps contact."""
    OTHER_OWNER = "other-owner"
    """The budget within the line belongs to a role that the line's owner does not hold."""
    OVER_LINE = "over-line"
    """The budgets within the line add up to more than the line."""
    UNCONVERTED = "unconverted"
    UNFRAMED_BUDGET = "unframed-budget"
    """A budget of the workspace that no line holds."""


@dataclass(frozen=True, slots=True)
class Found:
    """`about` is the id of the line, line of business or budget; empty for the frame as a whole."""

    finding: Finding
    about: str
    message: str


@dataclass(frozen=True, slots=True)
class LineView:
    """A line with its weight."""

    line: FrameLine
    share: Decimal
    """Of revenue."""
    cap_per_year: Decimal | None
    """What the budget within the line allows in a year, in the frame's currency; None without a budget or a rate."""


@dataclass(frozen=True, slots=True)
class FrameView:
    """Money in `frame.currency`, a year. `low` and `high` are the ends of the band."""

    frame: BudgetFrame
    low: Decimal
    high: Decimal
    inside: Decimal
    """Paid by IT."""
    outside: Decimal
    """Paid by the business."""
    band: Band
    lines: tuple[LineView, ...]
    findings: tuple[Found, ...]

    @property
    def total(self) -> Decimal:
        return self.inside + self.outside

    @property
    def share(self) -> Decimal:
        """IT spend over revenue."""
        return self.inside / self.frame.revenue_per_year

    @property
    def room(self) -> Decimal:
        """What IT may still spend below the band's high end; negative above it."""
        return self.high - self.inside

    def said(self) -> str:
        """The verdict in one sentence."""
        frame = self.frame
        return (
            f"IT spends {self.inside:,.0f} {frame.currency}, {self.share:.1%} of revenue, "
            f"{self.band.value} the band of {self.low:,.0f} to {self.high:,.0f}; "
            f"{self.outside:,.0f} is spent outside IT"
        )


def view_frame(
    frame: BudgetFrame,
    graph: Graph,
    *,
    rate: Callable[[str], Decimal],
    sees: Callable[[str], bool] = lambda _budget: True,
) -> FrameView:
    """Work a frame out against the workspace's roles, people and budgets; `sees` tells which budgets may be named.

    `rate` gives one US dollar in a currency, as `Prices.rate`; where it raises MissingRate, budgets are not compared.
    """
    low, high = (frame.revenue_per_year * share for share in (frame.low_share, frame.high_share))
    inside = sum((line.amount_per_year for line in frame.line if not line.outside_it), Decimal(0))
    outside = sum((line.amount_per_year for line in frame.line if line.outside_it), Decimal(0))
    band = Band.BELOW if inside < low else Band.ABOVE if inside > high else Band.INSIDE
    try:
        dollar, unconverted = rate(frame.currency), ()
    except MissingRate as missing:
        said = f"budgets are kept in dollars and not compared with their lines: {missing.message}"
        dollar, unconverted = None, (Found(Finding.UNCONVERTED, "", said),)
    lines = tuple(
        LineView(
            line=line,
            share=line.amount_per_year / frame.revenue_per_year,
            cap_per_year=None
            if line.budget is None or dollar is None
            else graph.budgets[line.budget].usd_per_month * _MONTHS * dollar,
        )
        for line in frame.line
    )
    findings = (
        *_of_band(frame, band, inside, low, high),
        *(found for line in lines for found in _of_line(line, graph, frame.currency)),
        *(found for business in frame.line_of_business for found in _of_business(business)),
        *_unframed(frame, graph, sees),
        *(unconverted if any(line.budget for line in frame.line) else ()),
    )
    return FrameView(frame, low, high, inside, outside, band, lines, tuple(findings))


def _of_band(frame: BudgetFrame, band: Band, inside: Decimal, low: Decimal, high: Decimal) -> Iterator[Found]:
    currency = frame.currency
    if band is Band.ABOVE:
        said = f"IT spends {inside - high:,.0f} {currency} more than {frame.high_share:.0%} of revenue"
        yield Found(Finding.ABOVE_BAND, "", f"{said}; move spend to the business that gains by it, with a named owner")
    if band is Band.BELOW:
        said = f"IT spends {low - inside:,.0f} {currency} less than {frame.low_share:.0%} of revenue"
        yield Found(
            Finding.BELOW_BAND, "", f"{said}; look whether the business buys technology that is not listed here"
        )


def _of_line(view: LineView, graph: Graph, currency: str) -> Iterator[Found]:
    line = view.line
    if line.owner is None and line.outside_it:
        said = f"{line.title!r} is spent outside IT and nobody answers for it"
        yield Found(Finding.NO_OWNER, line.id, f"{said}; name the owner of this spend in {line.domain}")
    if line.budget is None:
        return
    role = graph.budgets[line.budget].owner_role
    if line.owner is not None and role not in graph.people[line.owner].roles:
        said = f"the budget {line.budget!r} belongs to the role {role!r}, which {line.owner!r} does not hold"
        yield Found(Finding.OTHER_OWNER, line.id, f"{said}; let one of them answer for {line.title!r} and its budget")
    if view.cap_per_year is not None and view.cap_per_year > line.amount_per_year:
        said = f"the budget {line.budget!r} allows {view.cap_per_year:,.0f} {currency} a year"
        held = f"its line {line.title!r} holds {line.amount_per_year:,.0f}"
        yield Found(Finding.OVER_LINE, line.id, f"{said}, {held}; lower the cap or raise the line")


def _of_business(business: LineOfBusiness) -> Iterator[Found]:
    if business.major and business.finops is None:
        said = f"{business.title!r} is a major line of business and nobody watches what its technology costs"
        yield Found(Finding.NO_FINOPS, business.id, f"{said}; name a person as finops")


def _unframed(frame: BudgetFrame, graph: Graph, sees: Callable[[str], bool]) -> Iterator[Found]:
    """Budgets of the workspace that neither a line holds nor a budget above them that a line holds.

    The organisation's own is the ceiling over all lines, so none of them holds it.
    """
    framed = {line.budget for line in frame.line if line.budget is not None}
    for name, budget in graph.budgets.items():
        if graph.file_of("budgets", name).startswith("library/") or not sees(name):
            continue
        if budget.level is BudgetLevel.ORGANISATION:
            continue
        above: str | None = name
        while above is not None and above not in framed:
            above = graph.budgets[above].parent
        if above is None:
            said = f"the budget {budget.title!r} ({budget.usd_per_month * _MONTHS:,.0f} USD a year) is in no line"
            yield Found(Finding.UNFRAMED_BUDGET, name, f"{said} of this frame; name it as the budget of one")
