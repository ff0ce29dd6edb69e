"""Events from outside: who may send them, how they are signed, and what of a message they are."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from tiebeam.spec.base import Cel, DottedId, Frozen, Record, Text
from tiebeam.spec.secret import SecretRef


class HookScheme(StrEnum):
    """How a message is signed: by the headers of standardwebhooks.com, or by one header `t=<seconds>,v1=<hex>`."""

    STANDARD = "standard-webhooks"
    STAMPED = "hmac-sha256"


class EventSource(Record):
    """Another program that posts signed messages to `/api/v1/hooks/<id>`; each becomes an event.

    Expressions see `body` (the message, a JSON object). A message whose `when` does not hold is taken and left alone.
    """

    title: Text
    scheme: HookScheme = HookScheme.STANDARD
    secret: SecretRef
    former_secret: SecretRef | None = None
    """Counts too, while the sender changes to the new one."""
    event: DottedId | None = None
    """The name of every event of this source; otherwise `event_from` gives it."""
    event_from: Cel | None = None
    key: Cel
    """What the event is about, such as an order's number: the steps that wait for this key get it."""
    payload: Cel | None = None
    """The part of the message that is handed on; without it, the whole."""
    when: Cel | None = None
    id_from: Cel | None = None
    """The sender's own id of the message, by which a repeat is known. The scheme `standard-webhooks` has its own."""
    signature_header: str = Field(default="x-tiebeam-signature", pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)
    """Of the scheme `hmac-sha256`."""
    max_kilobytes: int = Field(default=256, ge=1, le=1024)
    per_minute: int = Field(default=600, ge=1, le=60_000)
    """Messages a replica takes from this source in a minute; those above it are refused with the time to wait."""

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.event is None) == (self.event_from is None):
            raise ValueError("say exactly one of 'event' (a name) and 'event_from' (an expression that gives it)")
        if self.scheme is HookScheme.STANDARD and self.id_from is not None:
            raise ValueError("'id_from' is for the scheme 'hmac-sha256'; standard webhooks carry an id of their own")
        return self


class KeptEvents(Frozen):
    """`[events]` of tiebeam.toml: how long an event nobody waits for yet is kept for the step that will."""

    keep_hours: Decimal = Field(default=Decimal(168), gt=0, le=8760)
    most_kept: int = Field(default=100, ge=1, le=10_000)
    """Of one name and key; with more, further ones are refused."""
    remember_days: int = Field(default=90, ge=1, le=3650)
    """An event that came so long ago and is kept for nobody is forgotten, and with it that it came."""
