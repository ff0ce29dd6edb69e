"""The composition root: from a workspace folder to a running system. It alone knows every room."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tiebeam.app.calls import CHARGES_FOLDER, Calls, trees_of
from tiebeam.app.database import HEARTBEAT_TIMEOUT, LARGEST_DOCUMENT, STATE_FOLDER, database_url, open_store
from tiebeam.app.in_force import Applied, RulesInForce
from tiebeam.app.known import installed, step_register
from tiebeam.app.outer import Outer
from tiebeam.app.priced import prices_of
from tiebeam.app.running import App, access_of, settings_of
from tiebeam.app.telemetry import telemetry
from tiebeam.app.triggering import register_triggers, triggering
from tiebeam.authority import Authority
from tiebeam.connect.documents import UNCONFINED_VARIABLE, Limits, Reader
from tiebeam.connect.identity import ProviderInForce
from tiebeam.connect.notify import Place, notify_places
from tiebeam.economics import Economics, Prices, assess, case_of
from tiebeam.economics.decisions import Decisions
from tiebeam.economics.forecast import Forecasting
from tiebeam.economics.keys import Following, Keys
from tiebeam.economics.returns import Outcomes
from tiebeam.economics.routing import Routing
from tiebeam.economics.spending import Budgets
from tiebeam.engine import Engine
from tiebeam.graph import applied_digest
from tiebeam.kit import Clock, Ids, RandomIds, SystemClock, mask_logs
from tiebeam.spec import Recipe, WorkspaceSettings
from tiebeam.store import Store, Unit
from tiebeam.workflow import (
    MAIL_KIND,
    Correspondence,
    IntentFacts,
    Starting,
    review_rates,
    settle_given_up,
)
from tiebeam.workflow.evidence import Anchoring, Archiving, Evidence, places_for
from tiebeam.workflow.extend import Extensions
from tiebeam.workflow.finops import Alerting, Asking, MonthlyReviews, Watching
from tiebeam.workflow.intake import Archive, BatchReader, Intake
from tiebeam.workflow.invoices import SCORERS
from tiebeam.workflow.models import Completing
from tiebeam.workflow.operating import Desk, Operating, Stalling
from tiebeam.workflow.payables import PayablesPresenter, edit_problems
from tiebeam.workflow.promotion import Promotion, first_gates
from tiebeam.workflow.runs import (
    CHILD_KIND,
    WAKE,
    Deciding,
    Interpreter,
    PlainPresenter,
    Presenter,
    Reviewing,
    fail_run,
    load_run,
    run_places,
)
from tiebeam.workflow.steps import StepCode, StepRegister
from tiebeam.workflow.telling import Telling
from tiebeam.workflow.tracing import Tracing
from tiebeam.workforce import Workforce


def open_app(
    workspace: Path,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    observer: Callable[[str], None] | None = None,
    url: str | None = None,
    heartbeat_timeout: float = HEARTBEAT_TIMEOUT,
    codes: Iterable[StepCode] = (),
) -> App:
    """Open a workspace on its database, migrated; a database that knows no workspace yet is given this one's files.

    `observer` hears of every boundary (see the engine); nothing runs before `app.engine.launch()`. `codes` are step
    codes beside those of this version.
    """
    mask_logs()
    clock = clock or SystemClock()
    workspace = workspace.resolve()
    (workspace / STATE_FOLDER).mkdir(exist_ok=True)
    store = open_store(url or database_url(workspace), clock=clock, ids=ids or RandomIds(clock))
    engine = Engine(store, observer=observer, heartbeat_timeout=heartbeat_timeout)
    graph = Applied(store, workspace)
    engine.limit_by(lambda: settings_of(graph()).work)
    with store.read() as conn:
        is_new = applied_digest(conn) is None
    if is_new:
        with store.unit() as unit:
            graph.apply(unit, actor="system:tiebeam")
    return _compose(workspace, store, engine, graph, codes=tuple(codes))


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every room is built upon."""

    workspace: Path
    store: Store
    engine: Engine
    graph: Applied
    authority: Authority
    facts: IntentFacts
    workforce: Workforce
    prices: Prices
    economics: Economics
    telling: Telling
    extensions: Extensions


def _compose(workspace: Path, store: Store, engine: Engine, graph: Applied, *, codes: tuple[StepCode, ...]) -> App:
    authority = Authority(RulesInForce(graph))
    facts = IntentFacts(graph)
    prices = prices_of(graph(), store.clock)
    ground = _Ground(
        workspace=workspace,
        store=store,
        engine=engine,
        graph=graph,
        authority=authority,
        facts=facts,
        workforce=_workforce(store, engine, graph, authority=authority, facts=facts),
        prices=prices,
        economics=Economics(store, prices=prices),
        telling=_telling(workspace, store, graph),
        extensions=installed(),
    )
    reader = _confined_reader()
    use = _model_use(workspace, store, graph, authority=authority, prices=prices)
    models = Completing(use["calls"], workspace=workspace)
    connectors = ground.extensions.connectors
    outer = Outer(workspace, graph, store.clock, reader=reader, models=models, connectors=connectors)
    app = App(
        workspace=workspace,
        store=store,
        engine=engine,
        graph=graph,
        authority=authority,
        intent_facts=facts,
        workforce=ground.workforce,
        economics=ground.economics,
        telling=ground.telling,
        extensions=ground.extensions,
        reader=reader,
        telemetry=telemetry(),
        provider=ProviderInForce(lambda: graph().settings, workspace=workspace, clock=store.clock),
        **use,
        **_work(ground, outer, reader=reader, codes=codes),
        **_books(ground),
    )
    _register_handlers(app)
    return app


def _work(ground: _Ground, outer: Outer, *, reader: Reader, codes: tuple[StepCode, ...]) -> dict[str, Any]:
    """What carries out and looks after work, by its name in the App."""
    store, engine, graph, workforce = ground.store, ground.engine, ground.graph, ground.workforce
    register = step_register((*ground.extensions.steps, *codes))
    interpreter = _interpreter(
        store, engine, graph, register=register, economics=ground.economics, workforce=workforce, outer=outer
    )
    gates = first_gates(lambda intent, assumed: assess(case_of(intent, assumed, ground.prices)))
    promotion = Promotion(store, graph=graph, gates=(*gates, *ground.extensions.gates))
    archive = Archive(ground.workspace / STATE_FOLDER / "documents", max_bytes=LARGEST_DOCUMENT)
    intake = Intake(store, engine=engine, archive=archive, reader=lambda: reader)
    shared: dict[str, Any] = {"graph": graph, "authority": ground.authority, "facts": ground.facts}
    shared |= {"workforce": workforce, "promotion": promotion}
    starting = Starting(store, workspace=ground.workspace, begin=interpreter.start, intake=intake, **shared)
    started = triggering(ground.workspace, store, engine=engine, interpreter=interpreter, **shared)
    outer.events = started.events
    desk = Desk(store=store, engine=engine, interpreter=interpreter, intake=intake, **shared)
    return {
        "intake": intake,
        "starting": starting,
        "promotion": promotion,
        "triggering": started,
        "interpreter": interpreter,
        "operating": Operating(desk),
        "stalling": Stalling(desk, telling=ground.telling),
        "correspondence": Correspondence(
            store, engine=engine, workforce=workforce, mail=outer.mail(), sender=outer.sender()
        ),
        "evidence": Evidence(
            store, archive=archive, economics=ground.economics, policies=lambda: ground.authority.policies
        ),
        "anchoring": _anchoring(ground.workspace, store, graph),
        "archiving": Archiving(store, workspace=ground.workspace, use=lambda: settings_of(graph()).archive),
        "scorers": {**SCORERS, **dict(ground.extensions.scorers)},
    }


def _books(ground: _Ground) -> dict[str, Any]:
    """What is about money and its limits, by its name in the App."""
    store, graph, workforce = ground.store, ground.graph, ground.workforce
    budgets = Budgets(graph=graph, tree=trees_of(store, graph))
    return {
        "budgets": budgets,
        "decisions": Decisions(authority=ground.authority, graph=graph),
        "forecasting": Forecasting(store, economics=ground.economics, graph=graph),
        "asking": Asking(store, graph=graph, workforce=workforce, budgets=budgets),
        "watching": Watching(store, graph=graph, budgets=budgets, telling=ground.telling, workforce=workforce),
        "alerting": Alerting(store, graph=graph, telling=ground.telling, workforce=workforce),
        "monthly": MonthlyReviews(store, graph=graph, workforce=workforce),
    }


def _model_use(
    workspace: Path, store: Store, graph: Applied, *, authority: Authority, prices: Prices
) -> dict[str, Any]:
    """What is about calls of models, by its name in the App."""
    following = Following(store)
    keys = Keys(store, authority=authority, graph=graph, following=following)
    routing = Routing(store, authority=authority, graph=graph, prices=prices, following=following)
    return {
        "following": following,
        "outcomes": Outcomes(authority=authority, graph=graph, prices=prices),
        "keys": keys,
        "routing": routing,
        "calls": _calls(workspace, store, graph, keys=keys, routing=routing, following=following),
    }


def _workforce(store: Store, engine: Engine, graph: Applied, *, authority: Authority, facts: IntentFacts) -> Workforce:
    workforce = Workforce(
        store,
        engine,
        people=graph,
        authority=authority,
        facts_of=facts,
        emergency_roles=lambda: access_of(graph()).emergency_roles,
    )
    graph.on_applied(workforce.people_changed)
    return workforce


def _interpreter(
    store: Store,
    engine: Engine,
    graph: Applied,
    *,
    register: StepRegister,
    economics: Economics,
    workforce: Workforce,
    outer: Outer,
) -> Interpreter:
    return Interpreter(
        store,
        engine=engine,
        economics=economics,
        register=register,
        services=outer.services,
        reviewing=Reviewing(workforce, handoffs=lambda: graph().handoffs),
        presenter_of=_presenter_of,
        on_stopped=lambda unit, row: settle_given_up(engine, unit, row),
        recipe_of=partial(_recipe, graph),
        working_hours=lambda team, start, hours: workforce.hours(team).add(start, hours),
        take_kept=outer.take_kept,
    )


def _recipe(graph: Applied, recipe: str) -> Recipe:
    found = graph().of("recipes", recipe)
    assert isinstance(found, Recipe)
    return found


def _anchoring(workspace: Path, store: Store, graph: Applied) -> Anchoring:
    def settings() -> WorkspaceSettings:
        return settings_of(graph())

    return Anchoring(
        store,
        every=lambda: timedelta(minutes=settings().anchors.every_minutes),
        places=lambda: places_for(settings(), workspace=workspace, is_shared=store.dialect != "sqlite"),
        retention=lambda: settings().retention,
    )


def _telling(workspace: Path, store: Store, graph: Applied) -> Telling:
    def places() -> tuple[Place, ...]:
        settings = graph().settings
        return () if settings is None else notify_places(settings, workspace=workspace, clock=store.clock)

    return Telling(store, places=places)


def _calls(
    workspace: Path, store: Store, graph: Applied, *, keys: Keys, routing: Routing, following: Following
) -> Calls:
    return Calls(
        store,
        workspace=workspace,
        folder=workspace / STATE_FOLDER / CHARGES_FOLDER,
        graph=graph,
        prices_of=prices_of,
        keys=keys,
        routing=routing,
        following=following,
        runs_of=run_places,
    )


def _confined_reader() -> Reader:
    return Reader(
        workers=max(1, min(2, os.cpu_count() or 1)),
        limits=Limits(max_bytes=LARGEST_DOCUMENT),
        parsers={"letter": "tiebeam.connect.mail:letter_form"},
        unconfined=os.environ.get(UNCONFINED_VARIABLE) == "allowed",
    )


def _register_handlers(app: App) -> None:
    batches = BatchReader(
        app.store,
        interpreter=app.interpreter,
        archive=app.intake.archive,
        reader=lambda: app.reader,
    )
    deciding = Deciding(
        engine=app.engine,
        economics=app.economics,
        cancel_tasks=lambda unit, run_id, reason: app.workforce.cancel_tasks(unit, run_id, reason=reason),
        rates=review_rates(app.graph),
        on_stopped=lambda unit, row: settle_given_up(app.engine, unit, row),
    )
    app.workforce.on_decided(deciding)
    app.workforce.on_endorsed(deciding.endorsed)
    app.workforce.on_edit(lambda task, payload: edit_problems(task.payload, payload))
    app.workforce.on_decided(app.asking.decided)
    app.workforce.on_edit(app.asking.edit_problems)
    app.workforce.on_ask(app.correspondence.asked)
    app.workforce.on_record(app.evidence.grounds)
    tracing = _tracing(app)
    for kind, handler in (
        ("run", tracing.after(app.interpreter.run_segment) if tracing else app.interpreter.run_segment),
        (CHILD_KIND, app.interpreter.child_ended),
        ("intake", tracing.after_batches(batches.run_segment) if tracing else batches.run_segment),
        (MAIL_KIND, app.correspondence.run_segment),
    ):
        app.engine.register(kind, app.measured.of(kind, handler))
    app.engine.on_poison("run", lambda unit, key, _seq, error: _failed(app, unit, key, error))
    app.engine.on_poison("intake", batches.give_up)
    app.engine.on_timer(WAKE, app.interpreter.woken)
    register_triggers(app.engine, app.triggering)
    app.engine.repeat("anchors", app.anchoring.work)
    app.engine.repeat("archive", app.archiving.work)
    app.engine.repeat("forecast", app.forecasting.work)
    app.engine.repeat("telling", app.telling.work)
    app.engine.repeat("budgets", app.watching.work)
    app.engine.repeat("anomalies", app.alerting.work)
    app.engine.repeat("monthly-reviews", app.monthly.work)
    app.engine.repeat("stalls", app.stalling.work)


def _tracing(app: App) -> Tracing | None:
    """What tells the traces of runs, where somebody wants them."""
    if app.telemetry is None:
        return None
    tracing = Tracing(app.store, app.telemetry.export, effects=app.engine.effects)
    app.engine.repeat("traces", tracing.work)
    return tracing


def _failed(app: App, unit: Unit, run_id: str, error: str) -> None:
    fail_run(unit, run_id, error=error)
    settle_given_up(app.engine, unit, load_run(unit.conn, run_id))


_PAYABLES = PayablesPresenter()
_PLAIN = PlainPresenter()


def _presenter_of(intent: str) -> Presenter:
    return _PAYABLES if intent == "finance.invoice-processing-matching" else _PLAIN
