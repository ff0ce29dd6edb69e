"""The workspace's own settings: `tiebeam.toml`."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from tiebeam.spec.access import AccessUse
from tiebeam.spec.anomaly import AnomalyRules
from tiebeam.spec.audit import AnchorUse, ArchiveUse, RetentionRule
from tiebeam.spec.base import DottedId, Frozen, Text
from tiebeam.spec.events import KeptEvents
from tiebeam.spec.forecast import ForecastUse
from tiebeam.spec.gateway import GatewayUse, NotifyUse
from tiebeam.spec.network import OutgoingRules, ServerUse
from tiebeam.spec.secret import SecretRef
from tiebeam.spec.work import WorkUse

SPECIMEN_IBAN = "DE89370400440532013000"
"""The example account of the SWIFT IBAN registry; payment files with it are for trying out only."""


class Company(Frozen):
    name: Text
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    """The currency of policies, limits, costs and values."""
    country: str = Field(default="DE", pattern="^[A-Z]{2}$")
    timezone: str = "UTC"
    vat_ids: tuple[str, ...] = ()
    """The company's own registrations, as they appear on invoices addressed to it."""

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is no IANA time zone such as 'Europe/Berlin'")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Sources(Frozen):
    """Where reference data lies: paths below the workspace, database URLs or secret references to such URLs.

    None where a run names it.
    """

    orders: Text | None = None
    receipts: Text | None = None
    suppliers: Text | None = None
    policy: Text = "policies/finance/invoice-matching.toml"
    inbox: Text | None = None
    """Folder with documents waiting to be taken in."""
    use: Text | None = None
    """Folder with what others recorded of the use of models, taken in when the workspace is made: exports as CSV, JSON
    or JSON lines, `attribution.toml` with the rules whose it was, `outcomes.jsonl` with what came of it."""
    password: SecretRef | None = None
    """Of the databases named above by `postgresql://user@host/name`."""


class ErpUse(Frozen):
    system: DottedId = "erp"


class PaymentsUse(Frozen):
    system: DottedId = "payments"
    debtor_name: Text | None = None
    """Defaults to the company's name."""
    debtor_iban: str = Field(default=SPECIMEN_IBAN, pattern=r"^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$")
    debtor_bic: str | None = Field(default=None, pattern=r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$")


class MailUse(Frozen):
    system: DottedId = "mail"
    sender: str = Field(default="accounts-payable@localhost", pattern=r"^[^@\s]+@[^@\s]+$")


class WorkspaceSettings(Frozen):
    """What `tiebeam.toml` says. `erp`, `payments` and `mail` name records below `systems/`."""

    company: Company
    sources: Sources = Sources()
    erp: ErpUse = ErpUse()
    payments: PaymentsUse = PaymentsUse()
    mail: MailUse = MailUse()
    outgoing: OutgoingRules = OutgoingRules()
    server: ServerUse = ServerUse()
    access: AccessUse = AccessUse()
    anchors: AnchorUse = AnchorUse()
    retention: tuple[RetentionRule, ...] = ()
    archive: ArchiveUse = ArchiveUse()
    forecast: ForecastUse = ForecastUse()
    gateway: GatewayUse = GatewayUse()
    notify: NotifyUse = NotifyUse()
    events: KeptEvents = KeptEvents()
    anomalies: AnomalyRules = AnomalyRules()
    work: WorkUse = WorkUse()
