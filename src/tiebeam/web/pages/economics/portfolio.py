"""Economics → Portfolio: all workflows with all models and hosting, on one page that prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.economics import workbook
from tiebeam.economics.portfolio import (
    BUSY,
    HEAD,
    Hosting,
    Line,
    Place,
    Portfolio,
    WrongPortfolio,
    portfolio_form,
    portfolio_rows,
    portfolio_sheet,
    work_out_portfolio,
)
from tiebeam.errors import NotFound, TiebeamError
from tiebeam.http import Ask
from tiebeam.kit import csv_text
from tiebeam.web import svg
from tiebeam.web.pages.economics.units import ORIGINS, SHEET
from tiebeam.web.render import STATIC
from tiebeam.web.views import ChosenWorkflow, Commands, Figure, Kpi, Pill, PortfolioLine, PortfolioPage, ServedLine
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import NONE, day, in_words, money, quantity
from tiebeam.workflow import portfolio_candidates

_ASK = Ask("intent.view", "catalogue")
_SHOWN = 20
_CHARTED = 12
_RISKY, _SAFE = 0.5, 0.1
_SHEETS = ("tokens", "base", "components", "tables", "charts", "units")
_HOSTING = {Hosting.NONE: "", Hosting.METERED: "by the token", Hosting.RENTED: "rented GPUs"}


@dataclass(frozen=True, slots=True)
class _Asked:
    """Texts of the address as they were typed."""

    library: bool
    any_class: bool
    busy: str
    at: str
    workflow: str
    everything: bool

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> _Asked:
        return cls(
            library=params.get("library", "") == "yes",
            any_class=params.get("any_class", "") == "yes",
            busy=params.get("busy", "").strip()[:20],
            at=params.get("at", "")[:10],
            workflow=params.get("workflow", "")[:200],
            everything=params.get("all", "") == "yes",
        )

    @property
    def busy_share(self) -> Decimal:
        """Raises WrongPortfolio."""
        try:
            return Decimal(self.busy.removesuffix("%").strip()) / 100 if self.busy else BUSY
        except InvalidOperation as problem:
            raise WrongPortfolio(f"busy = {self.busy!r} is no percentage; write it like 50") from problem

    def moment(self, now: datetime) -> datetime:
        """Raises WrongPortfolio."""
        try:
            found = date.fromisoformat(self.at) if self.at else None
        except ValueError as problem:
            raise WrongPortfolio(f"at = {self.at!r} is no day; write it like 2026-11-21") from problem
        return now if found is None else datetime(found.year, found.month, found.day, tzinfo=UTC)


def _found(visit: Visit, asked: _Asked) -> Portfolio:
    return work_out_portfolio(
        visit.graph,
        visit.app.economics.prices,
        portfolio_candidates(visit.graph, sees=visit.caller.sees, library=asked.library),
        at=asked.moment(visit.now),
        busy_share=asked.busy_share,
        any_class=asked.any_class,
    )


def portfolio_page(visit: Visit) -> Response:
    asked = _Asked.from_params(visit.params)
    try:
        view, status = _view(visit, asked, _found(visit, asked), everything=asked.everything), 200
    except TiebeamError as problem:
        visit.caller.note(problem)
        view, status = _problem_view(visit, asked, problem), problem.status
    is_part = visit.params.get("part") == "answers"
    template = "pages/economics/portfolio_answers.html" if is_part else "pages/economics/portfolio.html"
    return visit.page(template, status=status, portfolio=view)


def portfolio_file(visit: Visit) -> Response:
    """json, csv and xlsx hold every place; html is the page by itself, for a mail or an archive."""
    asked, kind = _Asked.from_params(visit.params), visit.path("format")
    if kind not in {"json", "csv", "xlsx", "html"}:
        raise NotFound(f"the portfolio comes as html, csv, json and xlsx, not {kind!r}")
    found = _found(visit, asked)
    if kind == "json":
        return JSONResponse(portfolio_form(found))
    headers = {"content-disposition": f'attachment; filename="portfolio-{found.at.date()}.{kind}"'}
    if kind == "csv":
        return Response(csv_text(HEAD, portfolio_rows(found)), media_type="text/csv", headers=headers)
    if kind == "xlsx":
        return Response(workbook(portfolio_sheet(found)), media_type=SHEET, headers=headers)
    # Our own style sheets, put into the file so that it needs nothing else.
    style = Markup("\n".join((STATIC / f"{name}.css").read_text("utf-8") for name in _SHEETS))  # noqa: S704
    view = _view(visit, asked, found, everything=True)
    page = visit.console.renderer.text(
        "pages/economics/portfolio_file.html", shell=visit.shell(), portfolio=view, style=style
    )
    return Response(page, media_type="text/html", headers=headers)


def _view(visit: Visit, asked: _Asked, found: Portfolio, *, everything: bool) -> PortfolioPage:
    shown = found.lines if everything else found.lines[:_SHOWN]
    return PortfolioPage(
        **_frame(visit, asked),
        kpis=_kpis(found),
        lines=tuple(_line(line, rank) for rank, line in enumerate(shown, start=1)),
        hidden=len(found.lines) - len(shown),
        chart=_chart(found),
        chosen=_chosen(found, asked.workflow),
        notes=_notes(found),
    )


def _problem_view(visit: Visit, asked: _Asked, problem: TiebeamError) -> PortfolioPage:
    return PortfolioPage(
        **_frame(visit, asked), kpis=(), lines=(), hidden=0, chart=None, chosen=None, notes=(), problem=problem.message
    )


def _frame(visit: Visit, asked: _Asked) -> dict[str, Any]:
    settings = visit.graph.settings
    pairs = {"library": "true"} if asked.library else {}
    pairs |= {"any_class": "true"} if asked.any_class else {}
    flags = [(asked.library, "--library"), (asked.any_class, "--any-class")]
    words = ["tiebeam portfolio", *(flag for is_set, flag in flags if is_set)]
    if asked.at:
        pairs, words = {**pairs, "at": asked.at}, [*words, f"--at {asked.at}"]
    query = f"?{urlencode(pairs)}" if pairs else ""
    return {
        "company": "" if settings is None else settings.company.name,
        "person": visit.principal.name,
        "day": day(visit.now.date()),
        "currency": visit.app.economics.prices.currency,
        "library": asked.library,
        "any_class": asked.any_class,
        "busy": asked.busy,
        "at": asked.at,
        "everything": asked.everything,
        "commands": Commands(" ".join([*words, "--json"]), f"GET /api/v1/economics/portfolio{query}"),
    }


def _kpis(found: Portfolio) -> tuple[Kpi, ...]:
    losing = [line for line in found.lines if line.best is not None and line.best.margin.p50 <= 0]
    unanswered = [line for line in found.lines if line.best is None]
    gain = found.margin_per_month - found.stated_margin_per_month
    return (
        Kpi("Workflows", f"{len(found.lines):,}", f"{found.places:,} ways to serve them compared"),
        Kpi(
            "Margin a month",
            f"{found.margin_per_month:,.0f}",
            "each served its best way, medians added up",
            unit=found.currency,
            tone="bad" if found.margin_per_month < 0 else "",
        ),
        Kpi("As stated", f"{found.stated_margin_per_month:,.0f}", "with the models they name", unit=found.currency),
        Kpi("To be gained", f"{gain:,.0f}", "a month, by other models or hosting", unit=found.currency),
        Kpi(
            "Lose money",
            f"{len(losing):,}",
            f"even at their best; {len(unanswered):,} without an answer",
            tone="bad" if losing or unanswered else "",
        ),
    )


def _line(line: Line, rank: int) -> PortfolioLine:
    best, stated = line.best, line.stated
    note = ORIGINS[line.of.origin]
    if best is None:
        said = "No way is able." if line.problem is None else line.problem.message
        gaps = dict.fromkeys(("way", "way_note", "cost", "range", "worth", "margin", "payback", "stated"), "")
        return PortfolioLine(
            rank=rank, workflow=line.of.workflow, title=line.of.title, note=note, loss=Pill(NONE), problem=said, **gaps
        )
    return PortfolioLine(
        rank=rank,
        workflow=line.of.workflow,
        title=line.of.title,
        note=note,
        way=best.way.title,
        way_note=_said(best),
        cost=_fine(best.cost.p50),
        range=f"{_fine(best.cost.p10)} – {_fine(best.cost.p90)}",
        worth=money(line.worth),
        margin=f"{best.margin.p50:,.0f}",
        loss=Pill(f"{best.loss:.0%}", "bad" if best.loss >= _RISKY else "ok" if best.loss <= _SAFE else "warn"),
        payback="never" if best.payback_months is None else f"{best.payback_months:,.1f} mo",
        stated="the same" if stated is best else NONE if stated is None else f"{stated.margin.p50:,.0f}",
    )


def _said(place: Place) -> str:
    capability = place.way.capability
    words = [_HOSTING[place.way.hosting], "" if capability is None else in_words(capability.value)]
    return ", ".join(word for word in words if word)


def _fine(value: float) -> str:
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:,.4f}"


def _chart(found: Portfolio) -> Figure | None:
    places = [(line.of.title, line.best.margin) for line in found.lines if line.best is not None][:_CHARTED]
    if not places:
        return None
    bars = [svg.RangeBar(title, one.p10, one.p50, one.p90, "s2" if one.p10 > 0 else "s3") for title, one in places]
    name = "Margin of a month from P10 to P90"
    chart = svg.range_chart(bars, name=name, shown=lambda value: f"{value:,.0f}", width=720, left=280)
    rows = tuple((title, f"{one.p10:,.0f}", f"{one.p50:,.0f}", f"{one.p90:,.0f}") for title, one in places)
    note = f"P10 to P90 of {found.draws:,} draws, seed {found.seed}; mark: the median. Orange: may lose money."
    return Figure(f"Margin of a month, {found.currency}", chart, ("Workflow", "P10", "P50", "P90"), rows, note)


def _chosen(found: Portfolio, workflow: str) -> ChosenWorkflow | None:
    line = next((one for one in found.lines if one.of.workflow == workflow), None)
    if line is None or not line.places:
        return None
    shown = [one for one in line.places if one.is_efficient or one.is_stated or one.is_best]
    return ChosenWorkflow(
        workflow=line.of.workflow,
        title=line.of.title,
        needed="any class" if line.needed is None else f"{in_words(line.needed.value)} or above",
        places=tuple(_place(one) for one in shown),
        hidden=len(line.places) - len(shown),
    )


def _place(one: Place) -> ServedLine:
    marks = (
        (one.is_best, Pill("Best", "ok")),
        (one.is_stated, Pill("Stated", "accent")),
        (one.is_cheap_for_its_class, Pill("Cheapest of its class")),
        (one.is_sure_for_its_margin, Pill("Surest for its margin")),
    )
    return ServedLine(
        title=one.way.title,
        note=one.way.detail,
        capability="" if one.way.capability is None else in_words(one.way.capability.value),
        cost=_fine(one.cost.p50),
        margin=f"{one.margin.p50:,.0f}",
        loss=f"{one.loss:.0%}",
        marks=tuple(pill for is_so, pill in marks if is_so),
        source=one.way.source,
    )


def _notes(found: Portfolio) -> tuple[str, ...]:
    sources = {line.best.way.source for line in found.lines if line.best is not None}
    sources -= {"no tokens are spent"}
    told = f", from {'; '.join(sorted(sources)[:4])}" if sources else "; no workflow spends tokens"
    rate = "" if found.rate is None else f" 1 USD = {quantity(found.rate)} {found.currency}."
    notes = [
        f"Prices of {day(found.at.date())}{told}.{rate}",
        f"{found.draws:,} draws of every uncertain figure, seed {found.seed}; a sum of medians is not the median of a "
        "sum.",
        f"Rented GPUs on demand, busy {found.busy_share:.0%} of the time, at least one machine for each workflow; "
        "people who run them are not in it.",
        "A way is able when its model is of the class of the stated model or above; whether it is good enough for the "
        "work, an evaluation says.",
    ]
    if found.gaps:
        notes.append(f"Without a price: {', '.join(one.id for one in found.gaps[:8])}.")
    return tuple(notes)


def routes(console: Console) -> list[Route]:
    return [
        route(console, "/economics/portfolio", portfolio_page, asks=_ASK),
        route(console, "/economics/portfolio.{format}", portfolio_file, asks=_ASK),
    ]
