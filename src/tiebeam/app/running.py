"""A workspace at work: every room, bound to one database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tiebeam.app.calls import Calls
from tiebeam.app.in_force import Applied
from tiebeam.app.measuring import Measured
from tiebeam.app.telemetry import Telemetry
from tiebeam.app.triggering import Triggering
from tiebeam.authority import Authority, Principal
from tiebeam.connect.documents import Reader
from tiebeam.connect.identity import ProviderInForce
from tiebeam.economics import Economics
from tiebeam.economics.decisions import Decisions
from tiebeam.economics.forecast import Forecasting
from tiebeam.economics.keys import Following, Keys
from tiebeam.economics.returns import Outcomes
from tiebeam.economics.routing import Routing
from tiebeam.economics.spending import Budgets
from tiebeam.engine import Engine
from tiebeam.errors import Invalid, Refused
from tiebeam.graph import Graph
from tiebeam.spec import AccessUse, WorkspaceSettings
from tiebeam.store import Store
from tiebeam.workflow import (
    Correspondence,
    IntentFacts,
    Starting,
)
from tiebeam.workflow.evaluations import Evaluation, Scorer, UnknownScorer, evaluate
from tiebeam.workflow.evidence import Anchoring, Archiving, Evidence
from tiebeam.workflow.extend import Extensions
from tiebeam.workflow.finops import Alerting, Asking, MonthlyReviews, Watching
from tiebeam.workflow.intake import Intake
from tiebeam.workflow.operating import Operating, Stalling
from tiebeam.workflow.promotion import Promotion
from tiebeam.workflow.runs import Interpreter
from tiebeam.workflow.telling import Telling
from tiebeam.workforce import NotTheOwner, Workforce, operating_user, person_of_machine


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
    decisions: Decisions
    outcomes: Outcomes
    forecasting: Forecasting
    following: Following
    """What this process keeps in memory of keys and routing; it looks for changes once it is started."""
    keys: Keys
    routing: Routing
    budgets: Budgets
    calls: Calls
    """Calls of models, over HTTP and by steps."""
    intake: Intake
    starting: Starting
    promotion: Promotion
    triggering: Triggering
    interpreter: Interpreter
    operating: Operating
    stalling: Stalling
    correspondence: Correspondence
    evidence: Evidence
    anchoring: Anchoring
    archiving: Archiving
    telling: Telling
    asking: Asking
    watching: Watching
    alerting: Alerting
    monthly: MonthlyReviews
    scorers: dict[str, Scorer]
    extensions: Extensions
    """What installed packages add."""
    reader: Reader = field(repr=False)
    """Its confined processes start on first use."""
    provider: ProviderInForce = field(repr=False)
    """The identity provider people may sign in by; None where the workspace names none."""

    telemetry: Telemetry | None = field(default=None, repr=False)
    """Where traces go; None where nobody asked for them."""
    measured: Measured = field(default_factory=Measured, repr=False)
    """The segments this process ran."""
    identify: Callable[[App, str | None], Principal] | None = field(default=None, repr=False)
    """How the command line finds out who acts; without it, the owner of the machine does."""

    @property
    def settings(self) -> WorkspaceSettings:
        return settings_of(self.graph())

    @property
    def access(self) -> AccessUse:
        """How the applied workspace lets people in."""
        return access_of(self.graph())

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
        self.calls.close()
        self.following.stop()
        self.reader.close()
        if self.telemetry is not None:
            self.telemetry.close()
        self.store.close()


def settings_of(graph: Graph) -> WorkspaceSettings:
    """What `tiebeam.toml` says; an applied graph has it."""
    assert graph.settings is not None
    return graph.settings


def access_of(graph: Graph) -> AccessUse:
    """How people sign in to a workspace; a graph without settings has the defaults."""
    return AccessUse() if graph.settings is None else graph.settings.access
