"""The outer systems a workspace declares, opened when they are first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tiebeam.app.in_force import Applied
from tiebeam.connect.connectors import Connection, Connector
from tiebeam.connect.documents import ContentRefused, Reader
from tiebeam.connect.erp import open_erp
from tiebeam.connect.mail import InvalidMessage, MailSpool, letter_from_form
from tiebeam.connect.mail import Message as Letter
from tiebeam.connect.payments import PaymentSpool
from tiebeam.errors import Invalid
from tiebeam.kit import Clock
from tiebeam.spec import System
from tiebeam.store import Unit
from tiebeam.workflow import (
    roles_as_data,
)
from tiebeam.workflow.models import Completing
from tiebeam.workflow.runs import KeptEvent
from tiebeam.workflow.steps import Services
from tiebeam.workflow.triggers import Events


class Later:
    """An outer system, opened when it is first called: reading and matching go on while the ERP is away."""

    def __init__(self, opened: Callable[[], Any]) -> None:
        self._opened = opened

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opened(), name)


class Outer:
    """The outer systems the workspace declares, opened when first needed."""

    def __init__(
        self,
        workspace: Path,
        graph: Applied,
        clock: Clock,
        *,
        reader: Reader,
        models: Completing | None = None,
        connectors: Iterable[Connector] = (),
    ) -> None:
        self._connectors = {connector.kind: connector for connector in connectors}
        self._reader = reader
        self._models = models
        self._workspace = workspace
        self._graph = graph
        self._clock = clock
        self._open: dict[str, tuple[System, Any]] = {}
        self._opening = threading.Lock()
        self.events: Events | None = None
        """What steps send events by; set once it is put together."""

    def services(self) -> Services:
        graph = self._graph()
        settings = graph.settings
        assert settings is not None
        payments = settings.payments
        return Services(
            workspace=self._workspace,
            erp=Later(lambda: self._once("erp", settings.erp.system, self._erp)),
            payments=Later(lambda: self._once("payments", payments.system, self._payments)),
            mail=self.mail(),
            debtor={
                "name": payments.debtor_name or settings.company.name,
                "iban": payments.debtor_iban,
                "bic": payments.debtor_bic or "",
            },
            roles=roles_as_data(graph),
            models=self._models,
            system=self._system,
            events=self.events,
        )

    def take_kept(
        self, unit: Unit, name: str, key: str, schema: Mapping[str, Any] | None, by: tuple[str, str]
    ) -> KeptEvent | None:
        """The event that came before the step that waits for it now."""
        row = None if self.events is None else self.events.kept(unit, name, key, schema, by=by)
        return None if row is None else KeptEvent(row.id, row.payload)

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

    def _system(self, system_id: str) -> Any:
        """A system of a kind that another package brings, opened once. Raises Invalid."""

        def opened(system: System) -> Any:
            connector = self._connectors.get(system.kind)
            if connector is None:
                raise Invalid(
                    f"no installed package opens systems of the kind {system.kind!r}; see 'tiebeam extensions'"
                )
            return connector.open(Connection(system, self._workspace))

        return self._once(f"system {system_id}", system_id, opened)

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
            raise Invalid(f"there is no system {system_id!r} for {use}; add systems/{system_id}.toml and apply it")
        with self._opening:
            known = self._open.get(use)
            if known is None or known[0] != system:
                known = self._open[use] = (system, opener(system))
            return known[1]
