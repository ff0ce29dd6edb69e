"""The books of model use as the faces open them: whole, for those who see all of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tiebeam.app import STATE_FOLDER, App
from tiebeam.authority import Obj
from tiebeam.economics.billing import Reconciling
from tiebeam.economics.closing import Closing, LedgerQuery, Span
from tiebeam.economics.focus import Account, FocusExport, FocusQuestion, export_focus
from tiebeam.economics.imports import Imports
from tiebeam.economics.totals import readers_of_use
from tiebeam.http.caller import Caller
from tiebeam.http.objects import ledger_object
from tiebeam.http.seen_use import USE, seen_use
from tiebeam.kit import slug

LEDGER_FOLDER = "ledger"


class Books:
    """What reads or writes the ledger of use as a whole, over one workspace."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.folder: Path = app.workspace / STATE_FOLDER / LEDGER_FOLDER
        self.closing = Closing(app.store, self.folder)
        self.query = LedgerQuery(app.store, self.folder)
        self.imports = Imports(app.store, prices=app.economics.prices)
        self.reconciling = Reconciling(app.store, prices=app.economics.prices)

    @classmethod
    def read_by(cls, caller: Caller) -> Books:
        """For a caller who sees all model use. Raises Refused for others, whose part these do not filter.

        Reading every workflow's ledger is not enough: others' agents use models too, for no workflow of ours.
        """
        app, scope = caller.app, seen_use(caller)
        if not scope.everything:
            readers, _ = readers_of_use(app.graph().budgets)
            caller.require(USE, Obj("ledger", "use", {"readers": tuple(sorted(readers))}))
        for intent in sorted(scope.withheld):
            with app.store.read() as conn:
                caller.require(USE, ledger_object(app, conn, intent))
        return cls(app)

    @property
    def keep_days(self) -> int:
        """How long single charges stay in the database after their month was closed."""
        settings = self._app.graph().settings
        assert settings is not None
        return settings.gateway.keep_days

    def span(self, since: date | None, until: date | None) -> Span:
        """Days, both included; the whole ledger where none are given. Raises Invalid."""
        return Span.of(since, until, today=self._app.store.clock.now().date())

    def export(self, file: Path, question: FocusQuestion) -> FocusExport:
        """Write one FOCUS data set; the company is the account it is billed to."""
        graph = self._app.graph()
        assert graph.settings is not None
        name = graph.settings.company.name
        with self._app.store.read() as conn:
            return export_focus(
                conn,
                file,
                question,
                account=Account(slug(name), name),
                archive=self.folder,
                approvals=graph.approvals,
            )
