"""The composition root: from a workspace folder to a running system. The only module that knows every room."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DatabaseError, OperationalError

from tiebeam.authority import Authority, Policies, Principal, check_rules, compile_workspace
from tiebeam.connect.documents import UNCONFINED_VARIABLE, ContentRefused, Limits, Reader
from tiebeam.connect.erp import open_erp
from tiebeam.connect.identity import ProviderInForce
from tiebeam.connect.mail import InvalidMessage, MailSpool, letter_from_form
from tiebeam.connect.mail import Message as Letter
from tiebeam.connect.payments import PaymentSpool
from tiebeam.connect.secrets import read_secret, url_with_password
from tiebeam.economics import Economics, Prices, assess, case_of
from tiebeam.engine import Engine
from tiebeam.errors import Invalid, Refused, TiebeamError
from tiebeam.graph import Graph, Kind, applied, applied_digest, load
from tiebeam.graph import apply as apply_graph
from tiebeam.kit import MASKING, Clock, Ids, RandomIds, SystemClock, mask_logs
from tiebeam.spec import AccessUse, System, Vouched, WorkspaceSettings, is_secret_reference
from tiebeam.store import Store, Unit
from tiebeam.workflow import (
    MAIL_KIND,
    Correspondence,
    IntentFacts,
    Starting,
    review_rates,
    roles_as_data,
    settle_given_up,
)
from tiebeam.workflow.evaluations import Evaluation, Scorer, UnknownScorer, evaluate
from tiebeam.workflow.evidence import Anchoring, Evidence, places_for
from tiebeam.workflow.intake import Archive, BatchReader, Intake
from tiebeam.workflow.invoices import CODES as INVOICE_CODES
from tiebeam.workflow.invoices import SCORERS
from tiebeam.workflow.payables import CODES as PAYABLES_CODES
from tiebeam.workflow.payables import PayablesPresenter, edit_problems
from tiebeam.workflow.promotion import Promotion, first_gates
from tiebeam.workflow.runs import Deciding, Interpreter, PlainPresenter, Presenter, Reviewing, fail_run, load_run
from tiebeam.workflow.steps import Services, StepRegister
from tiebeam.workforce import NotTheOwner, Workforce, operating_user, person_of_machine

STATE_FOLDER = ".tiebeam"
DATABASE_VARIABLE = "TIEBEAM_DATABASE_URL"
LARGEST_DOCUMENT = 20 * 1024 * 1024
HEARTBEAT_TIMEOUT = 15.0
"""Seconds of silence after which a worker counts as dead and others take over its work."""
_GRAPH_AGE_SECONDS = 1.0


class DatabaseUnreachable(TiebeamError):
    """The database of the workspace does not answer, or does not let us in."""

    code = "database_unreachable"
    status = 503


class Applied:
    """The applied graph, looked up again when another process has applied a newer one."""

    def __init__(self, store: Store, workspace: Path) -> None:
        self._store = store
        self._workspace = workspace
        self._graph: Graph | None = None
        self._digest: str | None = None
        self._checked = 0.0

    def __call__(self) -> Graph:
        now = self._store.clock.now().timestamp()
        if self._graph is None or abs(now - self._checked) > _GRAPH_AGE_SECONDS:
            self._refresh()
            self._checked = now
        assert self._graph is not None
        return self._graph

    def _refresh(self) -> None:
        with self._store.read() as conn:
            digest = applied_digest(conn)
            if digest is not None and (digest != self._digest or self._graph is None):
                self._graph, self._digest = applied(conn), digest
        if self._graph is None:
            raise Invalid("this database holds no applied workspace yet; run 'tiebeam apply'")

    def apply(self, unit: Unit, *, actor: str) -> str:
        """Read the workspace's files and make them the graph in force. Raises GraphBroken."""
        graph = load(self._workspace, known_steps=known_steps(), known_scorers=known_scorers(), check_rules=check_rules)
        digest = apply_graph(unit, graph, actor=actor)
        unit.after_commit(self._forget)
        return digest

    def _forget(self) -> None:
        self._graph = None
        self._digest = None


class RulesInForce:
    """The policies of the applied graph, compiled anew when another graph is applied; asked from many threads."""

    def __init__(self, graph: Applied) -> None:
        self._graph = graph
        self._compiling = threading.Lock()
        self._compiled: tuple[Graph, Policies] | None = None

    def __call__(self) -> Policies:
        graph = self._graph()
        known = self._compiled
        if known is None or known[0] is not graph:
            with self._compiling:
                known = self._compiled
                if known is None or known[0] is not graph:
                    known = self._compiled = (graph, _compiled(graph))
        return known[1]


def _compiled(graph: Graph) -> Policies:
    settings = graph.settings
    files = {rule_id: graph.file_of(Kind.ACCESS_RULES, rule_id) for rule_id in graph.access_rules}
    counts = settings is None or settings.access.vouched is Vouched.COUNTS
    return compile_workspace(graph.access_rules, files=files, voucher_counts=counts)


@dataclass(slots=True)
class App:
    """Every room, bound to one workspace and one database. Close it when done."""

    workspace: Path
    store: Store
    engine: Engine
    graph: Applied
    authority: Authority
    intent_facts: IntentFacts
    workforce: Workforce
    economics: Economics
    intake: Intake
    starting: Starting
    promotion: Promotion
    interpreter: Interpreter
    correspondence: Correspondence
    evidence: Evidence
    anchoring: Anchoring
    scorers: dict[str, Scorer]
    reader: Reader = field(repr=False)
    """Its confined processes start on first use."""
    provider: ProviderInForce = field(repr=False)
    """The identity provider people may sign in by; None where the workspace names none."""

    identify: Callable[[App, str | None], Principal] | None = field(default=None, repr=False)
    """How the command line finds out who acts; without it, the owner of the machine does."""

    @property
    def access(self) -> AccessUse:
        """How the applied workspace lets people in."""
        return _access(self.graph())

    def principal(self, person: str | None = None) -> Principal:
        """Who acts where nobody signed in over HTTP. `person` chooses among identities and asserts nothing.

        Raises Refused when that person's identity is not at hand.
        """
        if self.identify is not None:
            return self.identify(self, person)
        owner = self.machine_owner()
        if person not in (None, owner.person_id):
            raise Refused(f"the owner of this machine acts as {owner.person_id!r}, not as {person!r}", person=person)
        return owner

    def machine_owner(self) -> Principal:
        """Who owns the database's file on this machine, or the workspace's folder where the data lies elsewhere.

        Raises NotTheOwner, with how to sign in.
        """
        graph = self.graph()
        if graph.settings is not None and not graph.settings.access.machine_owner:
            raise NotTheOwner(
                "this workspace asks everybody to sign in ([access] machine_owner = false); "
                "use 'tiebeam login --link URL' or set TIEBEAM_TOKEN"
            )
        file = self.store.url.database if self.store.dialect == "sqlite" else None
        user = operating_user(Path(file) if file else self.workspace)
        access = self.workforce.access
        return access.principal(access.machine_session(person_of_machine(graph, user), user))

    def evaluate(self, workflow: str, *, actor: str) -> Evaluation:
        """Run the evaluation set of an adopted recipe. Raises NotAdopted, Invalid and UnknownScorer."""
        _, _, recipe = self.promotion.adopted(workflow)
        graph = self.graph()
        if recipe.evaluation is None:
            raise Invalid(f"recipe {recipe.id!r} names no evaluation set; add one with a threshold")
        cases = graph.evaluations[recipe.evaluation.set]
        scorer = self.scorers.get(cases.scorer)
        if scorer is None:
            raise UnknownScorer(f"evaluation set {cases.id!r} names the scorer {cases.scorer!r}, which nobody provides")
        return evaluate(self.store, recipe, cases, scorer=scorer, actor=actor)

    def close(self) -> None:
        self.engine.close()
        self.reader.close()
        self.store.close()


def database_url(workspace: Path) -> str:
    """`TIEBEAM_DATABASE_URL`, itself or as a reference to where it is kept, else one SQLite file in the workspace."""
    given = os.environ.get(DATABASE_VARIABLE)
    if given and is_secret_reference(given):
        given = read_secret(given, base=workspace).reveal()
    return given or f"sqlite:///{(workspace / STATE_FOLDER / 'tiebeam.sqlite').resolve()}"


def open_app(
    workspace: Path,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    observer: Callable[[str], None] | None = None,
    url: str | None = None,
    heartbeat_timeout: float = HEARTBEAT_TIMEOUT,
) -> App:
    """Open a workspace on its database, migrated; a database that knows no workspace yet is given this one's files.

    `observer` hears of every boundary (see the engine); nothing runs before `app.engine.launch()`.
    """
    mask_logs()
    clock = clock or SystemClock()
    workspace = workspace.resolve()
    (workspace / STATE_FOLDER).mkdir(exist_ok=True)
    store = _open_store(url or database_url(workspace), clock=clock, ids=ids or RandomIds(clock))
    engine = Engine(store, observer=observer, heartbeat_timeout=heartbeat_timeout)
    engine.prepare()
    graph = Applied(store, workspace)
    with store.read() as conn:
        is_new = applied_digest(conn) is None
    if is_new:
        with store.unit() as unit:
            graph.apply(unit, actor="system:tiebeam")
    return _compose(workspace, store, engine, graph)


def _open_store(url: str, *, clock: Clock, ids: Ids) -> Store:
    """The store, migrated. Raises DatabaseUnreachable, which names the database without its password."""
    try:
        shown = url_with_password(url, None).render_as_string(hide_password=True)
    except Invalid:
        raise DatabaseUnreachable(
            f"{DATABASE_VARIABLE} is no database URL; write postgresql+psycopg://user:password@host/name, or name "
            "where it is kept, such as 'file:/run/secrets/database-url'"
        ) from None
    store: Store | None = None
    try:
        store = Store(url, clock=clock, ids=ids)
        store.migrate()
    except (DatabaseError, OSError) as problem:
        if store is not None:
            store.close()
        # Other kinds of database errors mean that a statement of ours is wrong.
        if isinstance(problem, DatabaseError) and type(problem) not in {DatabaseError, OperationalError}:
            raise
        said = MASKING.mask(" ".join(str(getattr(problem, "orig", problem)).split()))
        raise DatabaseUnreachable(
            f"the database {shown} cannot be used: {said}. Start it, or correct {DATABASE_VARIABLE}; "
            "without that variable the data lies in a file of the workspace",
            database=shown,
        ) from problem
    return store


def step_register() -> StepRegister:
    """Every step code this version provides."""
    return StepRegister((*INVOICE_CODES, *PAYABLES_CODES))


def known_steps() -> frozenset[str]:
    """The names recipes may use: all step codes, and the reading that intake does."""
    return step_register().names | {"invoices.read"}


def known_scorers() -> frozenset[str]:
    """The names evaluation sets may use."""
    return frozenset(SCORERS)


def _compose(workspace: Path, store: Store, engine: Engine, graph: Applied) -> App:
    authority = Authority(RulesInForce(graph))
    facts = IntentFacts(graph)
    workforce = Workforce(
        store,
        engine,
        people=graph,
        authority=authority,
        facts_of=facts,
        emergency_roles=lambda: _access(graph()).emergency_roles,
    )
    prices = _prices(graph(), store.clock)
    economics = Economics(store, prices=prices)
    register = step_register()
    reader = _confined_reader()
    outer = _Outer(workspace, graph, store.clock, reader=reader)
    interpreter = Interpreter(
        store,
        engine=engine,
        economics=economics,
        register=register,
        services=outer.services,
        reviewing=Reviewing(workforce, handoffs=lambda: graph().handoffs),
        presenter_of=_presenter_of,
        on_stopped=lambda unit, row: settle_given_up(engine, unit, row),
    )
    gates = first_gates(lambda intent, assumed: assess(case_of(intent, assumed, prices)))
    promotion = Promotion(store, graph=graph, gates=gates)
    archive = Archive(workspace / STATE_FOLDER / "documents", max_bytes=LARGEST_DOCUMENT)
    intake = Intake(store, engine=engine, archive=archive, reader=lambda: reader)
    starting = Starting(
        store,
        workspace=workspace,
        graph=graph,
        intake=intake,
        promotion=promotion,
        engine=engine,
        workforce=workforce,
        authority=authority,
        facts=facts,
    )
    app = App(
        workspace=workspace,
        store=store,
        engine=engine,
        graph=graph,
        authority=authority,
        intent_facts=facts,
        workforce=workforce,
        economics=economics,
        intake=intake,
        starting=starting,
        promotion=promotion,
        interpreter=interpreter,
        correspondence=Correspondence(
            store, engine=engine, workforce=workforce, mail=outer.mail(), sender=outer.sender()
        ),
        evidence=Evidence(store, archive=archive, economics=economics, policies=lambda: authority.policies),
        anchoring=_anchoring(workspace, store, graph),
        scorers=dict(SCORERS),
        reader=reader,
        provider=ProviderInForce(lambda: graph().settings, workspace=workspace, clock=store.clock),
    )
    _register_handlers(app)
    return app


def _access(graph: Graph) -> AccessUse:
    return AccessUse() if graph.settings is None else graph.settings.access


def _anchoring(workspace: Path, store: Store, graph: Applied) -> Anchoring:
    def settings() -> WorkspaceSettings:
        found = graph().settings
        assert found is not None
        return found

    return Anchoring(
        store,
        every=lambda: timedelta(minutes=settings().anchors.every_minutes),
        places=lambda: places_for(settings(), workspace=workspace, is_shared=store.dialect != "sqlite"),
        retention=lambda: settings().retention,
    )


def _confined_reader() -> Reader:
    return Reader(
        workers=max(1, min(2, os.cpu_count() or 1)),
        limits=Limits(max_bytes=LARGEST_DOCUMENT),
        parsers={"letter": "tiebeam.connect.mail:letter_form"},
        unconfined=os.environ.get(UNCONFINED_VARIABLE) == "allowed",
    )


def _prices(graph: Graph, clock: Clock) -> Prices:
    """Prices in the company's currency, with the rates of a policy that is kept in it."""
    currency = "EUR" if graph.settings is None else graph.settings.company.currency
    rates = next((policy.rates for policy in graph.policies.values() if policy.currency == currency), {})
    return Prices(graph.prices, clock=clock, currency=currency, rates=rates, listed=graph.models)


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
    app.workforce.on_ask(app.correspondence.asked)
    app.workforce.on_record(app.evidence.grounds)
    app.engine.register("run", app.interpreter.run_segment)
    app.engine.register("intake", batches.run_segment)
    app.engine.register(MAIL_KIND, app.correspondence.run_segment)
    app.engine.on_poison("run", lambda unit, key, _seq, error: _failed(app, unit, key, error))
    app.engine.on_poison("intake", batches.give_up)
    app.engine.repeat("anchors", app.anchoring.work)


def _failed(app: App, unit: Unit, run_id: str, error: str) -> None:
    fail_run(unit, run_id, error=error)
    settle_given_up(app.engine, unit, load_run(unit.conn, run_id))


_PAYABLES = PayablesPresenter()
_PLAIN = PlainPresenter()


def _presenter_of(intent: str) -> Presenter:
    return _PAYABLES if intent == "finance.invoice-processing-matching" else _PLAIN


class _Later:
    """An outer system, opened when it is first called: reading and matching go on while the ERP is away."""

    def __init__(self, opened: Callable[[], Any]) -> None:
        self._opened = opened

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opened(), name)


class _Outer:
    """The outer systems the workspace declares, opened when first needed."""

    def __init__(self, workspace: Path, graph: Applied, clock: Clock, *, reader: Reader) -> None:
        self._reader = reader
        self._workspace = workspace
        self._graph = graph
        self._clock = clock
        self._open: dict[str, tuple[System, Any]] = {}
        self._opening = threading.Lock()

    def services(self) -> Services:
        graph = self._graph()
        settings = graph.settings
        assert settings is not None
        payments = settings.payments
        return Services(
            workspace=self._workspace,
            erp=_Later(lambda: self._once("erp", settings.erp.system, self._erp)),
            payments=_Later(lambda: self._once("payments", payments.system, self._payments)),
            mail=self.mail(),
            debtor={
                "name": payments.debtor_name or settings.company.name,
                "iban": payments.debtor_iban,
                "bic": payments.debtor_bic or "",
            },
            roles=roles_as_data(graph),
        )

    def mail(self) -> MailSpool:
        settings = self._graph().settings
        assert settings is not None
        return self._once(
            "mail", settings.mail.system, lambda system: MailSpool(self._folder(system), read=self._letter)
        )

    def _letter(self, data: bytes) -> Letter:
        """What somebody sent us is parsed in a confined process. Raises InvalidMessage and ReaderUnavailable."""
        try:
            return letter_from_form(self._reader.parse("letter", data, name="letter"))
        except ContentRefused as problem:
            raise InvalidMessage(problem.message) from problem

    def sender(self) -> str:
        settings = self._graph().settings
        assert settings is not None
        return settings.mail.sender

    def _erp(self, system: System) -> Any:
        settings = self._graph().settings
        rules = None if settings is None else settings.outgoing
        return open_erp(system, workspace=self._workspace, clock=self._clock, rules=rules)

    def _payments(self, system: System) -> PaymentSpool:
        return PaymentSpool(self._folder(system))

    def _folder(self, system: System) -> Path:
        return (self._workspace / system.location).resolve()

    def _once(self, use: str, system_id: str, opener: Callable[[System], Any]) -> Any:
        """Opened once, and again when another record of the system was applied."""
        system = self._graph().systems.get(system_id)
        if system is None:
            raise Invalid(f"tiebeam.toml names system {system_id!r} for {use}; add systems/{system_id}.toml")
        with self._opening:
            known = self._open.get(use)
            if known is None or known[0] != system:
                known = self._open[use] = (system, opener(system))
            return known[1]
