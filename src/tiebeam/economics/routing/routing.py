"""The verbs of routing, and the router as this process holds it in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from typing import NoReturn

import sqlalchemy as sa

from tiebeam.authority import Authority, Obj, Principal
from tiebeam.economics.keys import Following, bump
from tiebeam.economics.prices import Prices
from tiebeam.economics.routing.candidates import Candidate, Weighing
from tiebeam.economics.routing.problems import EndpointNotServed, NoModelFits, NotApproved, UnknownModel
from tiebeam.economics.routing.quality import QualityResult, Scoreboard, WrongResult, insert_result, list_results
from tiebeam.economics.routing.route import Facts
from tiebeam.economics.routing.router import Router
from tiebeam.economics.routing.tallies import Tallies
from tiebeam.economics.totals import By, Span, totals
from tiebeam.graph import Graph
from tiebeam.spec import Approval, RoutePolicy, ServedModel, TaskClass
from tiebeam.store import Store

QUALITY = "quality"
"""The name under which processes follow the results."""
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Explained:
    """Where a call of a name would go now, and everything that was weighed. `refusal` is empty when it goes."""

    asked: str
    policy: str
    mode: str
    task_class: str
    capability: str
    output_token_cap: int | None
    tokens_per_day: int | None
    route: str
    """As `x-tiebeam-route` says it."""
    shadow: str
    served: str
    refusal: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Committed:
    """What was promised to a provider, used or not."""

    usd_per_month: Decimal
    since: date
    until: date
    source: str


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """A line of the register as of a day."""

    id: str
    title: str
    provider: str
    models: tuple[str, ...]
    regions: tuple[str, ...]
    owner_role: str
    until: date | None
    is_over: bool
    terms: str | None
    commitments: tuple[Committed, ...]
    """Those that hold on the day."""
    upstreams: tuple[str, ...]
    """Upstreams of this workspace that it is about."""


@dataclass(frozen=True, slots=True)
class CommitmentUse:
    """A commitment that holds today, and what was used of it this month (UTC), by whichever upstream."""

    approval: str
    provider: str
    usd_per_month: Decimal
    used_usd: Decimal
    since: date
    until: date
    source: str


class Routing:
    """`router` is what calls are routed by; it is filled once `following` looks, and `fresh` makes one at any time."""

    def __init__(
        self,
        store: Store,
        *,
        authority: Authority,
        graph: Callable[[], Graph],
        prices: Prices,
        following: Following,
    ) -> None:
        self._store = store
        self._authority = authority
        self._graph = graph
        self._prices = prices
        self._scores = Scoreboard()
        self._made_of: tuple[Graph, Scoreboard] | None = None
        self._router: Router | None = None
        self.tallies = Tallies(store, following, process=store.ids.new("process"))
        following.follow(QUALITY, self._reread)
        following.at_each_look(self._renew)

    @property
    def router(self) -> Router | None:
        """The router of the applied workspace; None until the database was reached. Reading it waits for nothing."""
        return self._router

    def fresh(self, conn: sa.Connection) -> Router:
        """A router of the applied workspace and the results as they are now."""
        return Router.of(self._graph(), scores=Scoreboard.read(conn).score)

    def record(
        self,
        by: Principal,
        *,
        served: str,
        evaluation: str,
        score: Decimal,
        cases: int,
        source: str,
        model: str | None = None,
    ) -> QualityResult:
        """Keep how well a served model did; from then on its classes go by it, in other processes within a second.

        `model` is the provider's name of what was evaluated, the first that the model is served from unless said.
        Raises UnknownModel, WrongResult, Refused.
        """
        record = self._served(served)
        self._authority.require(by, "route.record_quality", self.object_of(record.id))
        known = [one.model for one in record.serving]
        if model is not None and model not in known:
            raise WrongResult(f"{served!r} is served from {', '.join(known)}, not from {model!r}", field="model")
        if evaluation not in self._graph().evaluations:
            raise WrongResult(
                f"there is no evaluation {evaluation[:100]!r}; declare it below evals/", field="evaluation"
            )
        with self._store.unit() as unit:
            made = insert_result(
                unit,
                served=record.id,
                model=model or known[0],
                evaluation=evaluation,
                score=score,
                cases=cases,
                source=source,
                by=by.actor,
            )
            bump(unit, QUALITY)
            payload = {
                "subject": f"served:{record.id}",
                "model": made.model,
                "evaluation": evaluation,
                "score": score,
                "cases": cases,
                "source": made.source,
                "proof": by.subject,
                "vouched_by": by.vouched_by,
            }
            unit.journal(f"route:{record.id}", "quality.recorded", actor=by.actor, payload=payload)
        return made

    def results(
        self,
        conn: sa.Connection,
        by: Principal,
        *,
        served: str | None = None,
        evaluation: str | None = None,
        limit: int = 200,
    ) -> list[QualityResult]:
        """Recorded results, newest first. Raises Refused."""
        self._authority.require(by, "route.view", Obj("route", served or "*"))
        return list_results(conn, served=served, evaluation=evaluation, limit=min(limit, MOST_LISTED))

    def explain(
        self, conn: sa.Connection, by: Principal, name: str, *, facts: Facts, task_class: str = "", workflow: str = ""
    ) -> Explained:
        """Where such a call would go now, and why. Raises Refused, UnknownModel and UnknownTaskClass."""
        self._authority.require(by, "route.view", Obj("route", name))
        graph, scores = self._graph(), Scoreboard.read(conn)
        router = Router.of(graph, scores=scores.score)
        policy = next((one for one in graph.routes.values() if name == one.name), None)
        policy = policy or next((one for one in graph.routes.values() if name in one.also_for), None)
        part = None if policy is None else router.class_of(policy, task_class, workflow)
        weighing = Weighing(graph, self._prices, scores=scores.score, conn=conn, now=self._store.clock.now())
        said, shadow, served, refusal = "", "", "", ""
        try:
            route = router.route(name, facts=facts, task_class=task_class, workflow=workflow)
            said, shadow, served = route.explanation, route.shadow, route.served.id
        except (EndpointNotServed, NotApproved, NoModelFits) as problem:
            refusal = problem.message
        meant = next((one for one in graph.served.values() if one.name == name), None)
        if part is not None:
            candidates = weighing.candidates(part)
        else:
            candidates = [] if meant is None else weighing.of_model(meant)
        return _explained(name, policy, part, candidates, said=said, shadow=shadow, served=served, refusal=refusal)

    def policies(self, by: Principal) -> list[RoutePolicy]:
        """Raises Refused."""
        self._authority.require(by, "route.view", Obj("route", "*"))
        return list(self._graph().routes.values())

    def served(self, by: Principal) -> list[ServedModel]:
        """Raises Refused."""
        self._authority.require(by, "route.view", Obj("route", "*"))
        return list(self._graph().served.values())

    def register(self, by: Principal) -> list[ApprovalLine]:
        """The central register as of today. Raises Refused."""
        self._authority.require(by, "route.view", Obj("route", "*"))
        graph, today = self._graph(), self._store.clock.now().astimezone(UTC).date()
        return [_approval_line(one, graph, today) for one in graph.approvals.values()]

    def commitments(self, conn: sa.Connection, by: Principal) -> list[CommitmentUse]:
        """What was promised to providers for this month, with what was used so far. Raises Refused."""
        today = self._store.clock.now().astimezone(UTC).date()
        span = Span(since=today.replace(day=1), until=today)
        used = {one.key: one.cost_usd for one in totals(conn, by=By.PROVIDER, span=span)}
        return [
            CommitmentUse(
                approval=line.id,
                provider=line.provider,
                usd_per_month=it.usd_per_month,
                used_usd=used.get(line.provider, Decimal(0)),
                since=it.since,
                until=it.until,
                source=it.source,
            )
            for line in self.register(by)
            for it in line.commitments
        ]

    def object_of(self, served: str) -> Obj:
        """A served model as authority rules see it: who owns its record, or an approval of one of its providers, and
        who owns a route that leads to it. Raises UnknownModel.
        """
        graph, record = self._graph(), self._served(served)
        providers = {graph.upstreams[one.upstream].provider for one in record.serving}
        owners = [record.meta.owner]
        owners += [one.owner_role for one in graph.approvals.values() if one.provider in providers]
        owners += [
            one.meta.owner for one in graph.routes.values() if any(record.id in part.models for part in one.task_class)
        ]
        return Obj("route", record.id, {"roles": tuple(dict.fromkeys(one for one in owners if one is not None))})

    def _served(self, served: str) -> ServedModel:
        graph = self._graph()
        found = graph.served.get(served)
        found = found or next((one for one in graph.served.values() if one.name == served), None)
        if found is None:
            _no_such_model(served, graph)
        return found

    def _reread(self, conn: sa.Connection) -> None:
        self._scores = Scoreboard.read(conn)

    def _renew(self) -> None:
        """A new router when the workspace or the results are others."""
        made_of = (self._graph(), self._scores)
        if self._made_of is None or any(old is not new for old, new in zip(self._made_of, made_of, strict=True)):
            self._router = Router.of(made_of[0], scores=made_of[1].score)
            self.tallies.keep(self._router.daily)
            self._made_of = made_of


def _explained(
    name: str,
    policy: RoutePolicy | None,
    part: TaskClass | None,
    candidates: list[Candidate],
    *,
    said: str,
    shadow: str,
    served: str,
    refusal: str,
) -> Explained:
    return Explained(
        asked=name,
        policy="" if policy is None else policy.id,
        mode="" if policy is None else policy.mode.value,
        task_class="" if part is None else part.name,
        capability="" if part is None else part.capability.value,
        output_token_cap=None if part is None else part.output_token_cap,
        tokens_per_day=None if part is None else part.tokens_per_day,
        route=said,
        shadow=shadow,
        served=served,
        refusal=refusal,
        candidates=tuple(candidates),
    )


def _approval_line(one: Approval, graph: Graph, today: date) -> ApprovalLine:
    return ApprovalLine(
        id=one.id,
        title=one.title,
        provider=one.provider,
        models=one.models,
        regions=one.regions,
        owner_role=one.owner_role,
        until=one.until,
        is_over=one.until is not None and one.until < today,
        terms=one.terms,
        commitments=tuple(
            Committed(it.usd_per_month, it.since, it.until, it.source)
            for it in one.commitment
            if it.since <= today <= it.until
        ),
        upstreams=tuple(up.id for up in graph.upstreams.values() if up.provider == one.provider),
    )


def _no_such_model(served: str, graph: Graph) -> NoReturn:
    known = ", ".join(sorted(graph.served)[:20]) or "none yet; declare one below served/"
    raise UnknownModel(f"there is no served model {served[:100]!r}; there are {known}", model=served[:200])
