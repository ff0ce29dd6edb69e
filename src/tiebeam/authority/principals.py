"""Who acts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PrincipalKind(StrEnum):
    PERSON = "person"
    SYSTEM = "system"
    AGENT = "agent"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts. It comes from a session or a token, never from a parameter of the request.

    `deputising` holds pairs (role, absent or delegating person) this person stands in for today. `managing_role` is
    whose agent or service account it is. `method` says how identity was proved (`link`, `oidc`, `token`, `machine`,
    `system`, `none`), `subject` by what: `issuer|sub`, `machine:<user>`, `token:<prefix>`. `vouched_by` is the
    person who opened this session for them. `scopes` are the verbs a token is limited to, None without a limit;
    `emergency` holds the roles of an open break-glass grant.
    """

    person_id: str
    name: str
    roles: tuple[str, ...] = ()
    administrator: bool = False
    kind: PrincipalKind = PrincipalKind.PERSON
    deputising: tuple[tuple[str, str], ...] = ()
    managing_role: str | None = None
    method: str = "none"
    subject: str = ""
    session_id: str | None = None
    vouched_by: str | None = None
    scopes: frozenset[str] | None = None
    emergency: tuple[str, ...] = ()

    @property
    def actor(self) -> str:
        """How the journal names this principal: `person:ada`, `agent:coder`, `service:feed`, `system:escalation`."""
        return self.person_id if self.kind is PrincipalKind.SYSTEM else f"{self.kind}:{self.person_id}"

    @property
    def all_roles(self) -> frozenset[str]:
        """Own and deputised roles; roles of a break-glass grant are apart, in `emergency`."""
        return frozenset(self.roles) | {role for role, _ in self.deputising}

    def on_behalf_of(self, role: str) -> tuple[str, ...]:
        """The absent people through whom this principal acts in the role; empty when the role is their own."""
        return () if role in self.roles else tuple(person for held, person in self.deputising if held == role)


ESCALATION = Principal("system:escalation", "Escalation ladder", kind=PrincipalKind.SYSTEM, method="system")
"""The principal in whose name a ladder's last rungs decide."""
