"""Sessions, tokens and machines, as Settings → Access shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tiebeam.web.views.parts import Pill


@dataclass(frozen=True, slots=True)
class SessionLine:
    """`how` says by what proof, and who opened it; `is_here` marks the session of this very page."""

    id: str
    person: str
    how: str
    program: str
    origin: str
    last_seen_at: datetime
    expires_at: datetime
    is_here: bool


@dataclass(frozen=True, slots=True)
class TokenLine:
    """`is_over` tokens cannot be revoked any more."""

    id: str
    name: str
    holder: str
    scopes: tuple[str, ...]
    state: Pill
    expires_at: datetime | None
    last_used_at: datetime | None
    last_origin: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class MachineLine:
    """A service account or agent; `managed_by` names who holds its managing role, empty when nobody does."""

    key: str
    kind: str
    name: str
    managing_role: str
    managed_by: str
    scopes: tuple[str, ...]
    state: Pill
    tokens: int
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ScopeGroup:
    """One fieldset of the scope picker."""

    title: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form held when it was refused, so that nobody types it twice."""

    name: str = ""
    holder: str = ""
    days: str = "90"
    scopes: tuple[str, ...] = ("read",)


@dataclass(frozen=True, slots=True)
class AccessView:
    """`secret` is a token that was just made, shown this once. `everybody` is for administrators."""

    sessions: tuple[SessionLine, ...]
    everybody: tuple[SessionLine, ...] | None
    tokens: tuple[TokenLine, ...]
    machines: tuple[MachineLine, ...]
    holders: tuple[tuple[str, str], ...]
    scopes: tuple[ScopeGroup, ...]
    typed: Typed = Typed()
    problem: str = ""
    secret: str = ""
    secret_name: str = ""
    warnings: tuple[str, ...] = ()
