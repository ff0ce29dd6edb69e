"""Economics → Routing: which models each class of task may go to, where it goes now, and what is approved."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from starlette.responses import Response
from starlette.routing import Route

from tiebeam.economics.routing import ApprovalLine, Candidate, Explained, Facts
from tiebeam.economics.totals import By, Span, totals_by_day
from tiebeam.http import Ask, seen_use
from tiebeam.spec import Capability, Endpoint, RouteMode, RoutePolicy, TaskClass
from tiebeam.web.pages.exports import table_file
from tiebeam.web.pages.use.course import course_figure
from tiebeam.web.table import Cell, Column, Empty, Row, Table, TableQuery, arrange
from tiebeam.web.views import CandidateRow, ClassCard, Commands, Fact, Figure, Kpi, Pill, PolicyCard, RoutingPage
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import percent, usd

_PATH = "/economics/routing"
_DAYS = 14
_CAPABILITIES = {
    Capability.SATURATED_TASK: Pill("Saturated: cheap models", "ok"),
    Capability.STANDARD: Pill("Standard", "neutral"),
    Capability.FRONTIER: Pill("Frontier", "accent"),
}
_MODES = {
    RouteMode.LIVE: Pill("Live", "ok"),
    RouteMode.SHADOW: Pill("Shadow", "neutral"),
    RouteMode.CANARY: Pill("Canary", "warn"),
}
_COLUMNS = (
    Column("model", "Model"),
    Column("evaluation", "Evaluation"),
    Column("score", "Result", is_number=True),
    Column("cases", "Cases", is_number=True),
    Column("recorded", "Recorded"),
    Column("source", "From"),
)
_EMPTY = Empty(
    "No results yet",
    "A class with a quality floor goes only to models with a result on its evaluation.",
    command="tiebeam routes quality record gpt-5-mini invoice-fields 0.96 --cases 200 --source 'evaluation of 3 March'",
)


def routing(visit: Visit) -> Response:
    return visit.page("pages/use/routing.html", routing=_page(visit), table=_table(visit, everything=False))


def routing_file(visit: Visit) -> Response:
    return table_file(_table(visit, everything=True), visit.path("format"), name="quality-results")


def _page(visit: Visit) -> RoutingPage:
    by = visit.principal
    policies = visit.app.routing.policies(by)
    approvals = visit.app.routing.register(by)
    with visit.app.store.read() as conn:
        cards = tuple(_policy(visit, conn, one) for one in policies)
        shares = _shares(visit, conn)
    over = sum(one.is_over for one in approvals)
    classes = [one for policy in policies for one in policy.task_class]
    cheap = sum(one.capability is Capability.SATURATED_TASK for one in classes)
    return RoutingPage(
        kpis=(
            Kpi("Classes of task", str(len(classes)), f"{cheap} of them saturated"),
            Kpi("Models served", str(len(visit.app.routing.served(by)))),
            Kpi("Approvals", str(len(approvals)), f"{over} over" if over else "", tone="warn" if over else ""),
            Kpi("Committed a month", usd(_committed(approvals)), "used or not"),
        ),
        policies=cards,
        approvals=tuple(_approval(visit, one) for one in approvals),
        shares=shares,
        empty=not policies,
        commands=Commands("tiebeam routes list --json", "GET /api/v1/routes"),
    )


def _committed(approvals: list[ApprovalLine]) -> Decimal:
    return sum((it.usd_per_month for one in approvals for it in one.commitments), Decimal())


def _policy(visit: Visit, conn: sa.Connection, policy: RoutePolicy) -> PolicyCard:
    names = ", ".join((policy.name, *policy.also_for))
    share = f" A canary of {percent(policy.canary_share)} is routed." if policy.canary_share is not None else ""
    note = f"For calls of {names}; without a class of their own they are {policy.default_class!r}.{share}"
    return PolicyCard(
        policy.id, _MODES[policy.mode], note, tuple(_class(visit, conn, policy, one) for one in policy.task_class)
    )


def _class(visit: Visit, conn: sa.Connection, policy: RoutePolicy, part: TaskClass) -> ClassCard:
    facts = Facts(endpoint=Endpoint.CHAT, now_ms=int(visit.now.timestamp() * 1000))
    found = visit.app.routing.explain(conn, visit.principal, policy.name, facts=facts, task_class=part.name)
    return ClassCard(
        name=part.name,
        capability=_CAPABILITIES[part.capability],
        facts=_facts(part),
        says=found.route or f"Refused: {found.refusal}",
        shadow=found.shadow,
        candidates=tuple(_candidate(one, found) for one in found.candidates),
    )


def _facts(part: TaskClass) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    if part.output_token_cap is not None:
        facts.append(Fact("Answers", f"at most {part.output_token_cap:,} tokens"))
    if part.tokens_per_day is not None:
        facts.append(Fact("A day", f"{part.tokens_per_day:,} tokens"))
    if part.quality_floor is not None:
        facts.append(Fact("Floor", f"{percent(part.quality_floor, 1)} on {part.evaluation}"))
    if part.workflows:
        facts.append(Fact("Of workflows", ", ".join(part.workflows)))
    return tuple(facts)


def _candidate(one: Candidate, found: Explained) -> CandidateRow:
    is_chosen = bool(found.served) and one.served == found.served
    dedicated = ""
    if one.dedicated is not None:
        used = one.dedicated.usd_per_mtok
        now = "unused" if used is None else f"{usd(used)} at {percent(one.dedicated.utilisation)} use"
        dedicated = f"{now}, {usd(one.dedicated.usd_per_mtok_at_full_use)} when full"
    quality = "" if one.floor is None else (percent(one.score, 1) if one.score is not None else "no result")
    state = Pill("Goes here now", "accent") if is_chosen else Pill("Open", "ok")
    return CandidateRow(
        served=one.name,
        place=f"{one.model} at {one.upstream}",
        price="unknown" if one.usd_per_mtok is None else f"{usd(one.usd_per_mtok)} a million",
        dedicated=dedicated,
        quality=quality,
        state=state if one.is_open else Pill(one.why_not, "warn"),
        is_chosen=is_chosen,
    )


def _approval(visit: Visit, one: ApprovalLine) -> tuple[str, Pill, tuple[Fact, ...]]:
    state = Pill("Over", "bad") if one.is_over else Pill("Approved", "ok")
    facts = [
        Fact("Models", ", ".join(one.models)),
        Fact("Regions", ", ".join(one.regions) or "all"),
        Fact("Answers for it", visit.names.role(one.owner_role)),
        Fact("Until", str(one.until) if one.until else "open"),
        Fact("Reached by", ", ".join(one.upstreams) or "no upstream of this workspace"),
    ]
    facts += [Fact("Committed", f"{usd(it.usd_per_month)} a month", note=f"until {it.until}") for it in one.commitments]
    if one.terms:
        facts.append(Fact("Terms", one.terms))
    return one.title, state, tuple(facts)


def _shares(visit: Visit, conn: sa.Connection) -> Figure | None:
    today = visit.now.date()
    span = Span(today - timedelta(days=_DAYS - 1), today)
    found = totals_by_day(conn, by=By.MODEL, span=span, scope=seen_use(visit.caller))
    return course_figure(found, span, title="Cost by model and day") if found else None


def _table(visit: Visit, *, everything: bool) -> Table:
    with visit.app.store.read() as conn:
        found = visit.app.routing.results(conn, visit.principal, limit=500)
    rows = tuple(
        Row(
            str(one.id),
            (
                Cell(one.served, sub=one.model),
                Cell(one.evaluation),
                Cell(percent(one.score, 1), raw=one.score),
                Cell(f"{one.cases:,}", raw=one.cases),
                Cell(when=one.recorded_at),
                Cell(one.source, is_soft=True),
            ),
        )
        for one in found
    )
    query = TableQuery.from_params(visit.params)
    return arrange(Table("quality", _COLUMNS, rows, len(rows), _EMPTY, base=_PATH), query, everything=everything)


def routes(console: Console) -> list[Route]:
    seen = Ask("route.view", "route")
    return [
        route(console, _PATH, routing, asks=seen),
        route(console, _PATH + ".{format}", routing_file, asks=seen),
    ]
