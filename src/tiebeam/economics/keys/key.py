"""A key of the gateway: whose calls it carries, what it may call, and how much of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tiebeam.errors import Invalid, NotFound
from tiebeam.kit import NANO, iso, matches_star, nano_usd, usd_of_nano
from tiebeam.spec import BudgetWindow, Endpoint

ANY_WORKFLOW = "*"
"""A key for many workflows: each call names its own."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,79}", re.ASCII)
"""Teams, workflows, agents and environments, as keys and headers carry them."""
EXECUTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,119}", re.ASCII)
_MOST_MODELS = 200
_MOST_A_MINUTE = 1_000_000
_MOST_AT_ONCE = 100_000
_STEP = Decimal(1) / NANO


class WrongKey(Invalid):
    """A part of the key that is missing or cannot be so; `field` names it."""

    code = "wrong_key"


class UnknownKey(NotFound):
    """No key of that id."""

    code = "unknown_key"


class KeyState(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What somebody asks a key for. Empty `endpoints` and `models` are all; models may hold `*` for any letters."""

    team: str
    workflow: str
    name: str = ""
    agent: str = ""
    environment: str = ""
    endpoints: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    cap_usd: Decimal | None = None
    cap_window: BudgetWindow = BudgetWindow.MONTH
    requests_per_minute: int | None = None
    concurrent: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key as calls meet it, in memory. Empty text for no agent or environment; `expires_at` in milliseconds."""

    id: str
    team: str
    workflow: str
    agent: str
    environment: str
    endpoints: frozenset[str]
    models: tuple[str, ...]
    cap_nano: int | None
    cap_window: BudgetWindow
    requests_per_minute: int | None
    concurrent: int | None
    expires_at: int | None

    def may_use(self, endpoint: str) -> bool:
        return not self.endpoints or endpoint in self.endpoints

    def may_ask_for(self, model: str) -> bool:
        """Whether the name a client writes in `model` is in its scope."""
        return not self.models or any(matches_star(model, one) for one in self.models)

    def is_over(self, now_ms: int) -> bool:
        return self.expires_at is not None and now_ms >= self.expires_at

    @property
    def names_no_workflow(self) -> bool:
        return self.workflow == ANY_WORKFLOW


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key as lists show it, without its secret. `last_used_on` is a UTC day; `cap_usd` holds for one `cap_window`."""

    id: str
    name: str
    team: str
    workflow: str
    agent: str
    environment: str
    endpoints: tuple[str, ...]
    models: tuple[str, ...]
    cap_usd: Decimal | None
    cap_window: str
    requests_per_minute: int | None
    concurrent: int | None
    state: KeyState
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    rotated_at: datetime | None
    former_until: datetime | None
    """Until when the secret that a rotation replaced still works; None when none does."""
    revoked_at: datetime | None
    revoked_by: str | None
    last_used_on: str | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """`secret` is the whole text, told this once. `warnings` say what would be safer, or will not work."""

    key: KeyLine
    secret: str = field(repr=False)
    warnings: tuple[str, ...] = ()


def checked(wish: KeyWish, *, now: datetime) -> KeyWish:
    """The wish, when a key can be made of it. Raises WrongKey naming the part."""
    for part in ("team", "workflow", "agent", "environment"):
        text = getattr(wish, part)
        is_needed = part in {"team", "workflow"}
        if part == "workflow" and text == ANY_WORKFLOW:
            continue
        if (text or is_needed) and not NAME.fullmatch(text):
            raise WrongKey(
                f"{part} is {text[:100]!r}; write 1 to 80 letters, digits and . _ / -, the first a letter or digit",
                field=part,
            )
    if len(wish.name) > 80:
        raise WrongKey("name has more than 80 letters; say briefly what uses the key", field="name")
    _check_scopes(wish)
    _check_limits(wish)
    if wish.expires_at is not None and wish.expires_at <= now:
        raise WrongKey(
            f"the key would end at {iso(wish.expires_at)}, which is past; give a later time", field="expires"
        )
    return wish


def _check_scopes(wish: KeyWish) -> None:
    known = [one.value for one in Endpoint]
    for one in wish.endpoints:
        if one not in known:
            raise WrongKey(f"there is no endpoint {one[:100]!r}; there are {', '.join(known)}", field="endpoints")
    if len(wish.models) > _MOST_MODELS or any(not 1 <= len(one) <= 200 for one in wish.models):
        raise WrongKey(f"give at most {_MOST_MODELS} models of 1 to 200 letters each", field="models")


def _check_limits(wish: KeyWish) -> None:
    if wish.cap_usd is not None:
        if not wish.cap_usd.is_finite() or wish.cap_usd < 0 or wish.cap_usd > 1_000_000_000:
            raise WrongKey(f"cap_usd is {wish.cap_usd}; give US dollars from 0 to a billion", field="cap_usd")
        if wish.cap_usd != wish.cap_usd.quantize(_STEP):
            raise WrongKey(f"cap_usd is {wish.cap_usd}; give at most nine digits after the point", field="cap_usd")
    for part, most in (("requests_per_minute", _MOST_A_MINUTE), ("concurrent", _MOST_AT_ONCE)):
        value = getattr(wish, part)
        if value is not None and not 1 <= value <= most:
            raise WrongKey(f"{part} is {value}; give a number from 1 to {most:,}", field=part)


def key_of(row: Any) -> Key:
    """A row as calls meet it."""
    return Key(
        id=row.id,
        team=row.team,
        workflow=row.workflow,
        agent=row.agent,
        environment=row.environment,
        endpoints=frozenset(row.endpoints),
        models=tuple(row.models),
        cap_nano=row.cap_nano,
        cap_window=BudgetWindow(row.cap_window),
        requests_per_minute=row.requests_per_minute,
        concurrent=row.concurrent,
        expires_at=None if row.expires_at is None else int(row.expires_at.timestamp() * 1000),
    )


def line_of(row: Any, *, now: datetime) -> KeyLine:
    """A row as lists show it."""
    same = {
        name: getattr(row, name)
        for name in KeyLine.__dataclass_fields__
        if name not in {"endpoints", "models", "cap_usd", "state", "former_until"}
    }
    is_shared = row.former_until is not None and now < row.former_until and row.revoked_at is None
    return KeyLine(
        **same,
        endpoints=tuple(row.endpoints),
        models=tuple(row.models),
        cap_usd=None if row.cap_nano is None else usd_of_nano(row.cap_nano),
        state=_state_of(row, now),
        former_until=row.former_until if is_shared else None,
    )


def values_of(wish: KeyWish) -> dict[str, Any]:
    """Columns of a new row."""
    return {
        "name": " ".join(wish.name.split()) or f"{wish.team} {wish.workflow}",
        "team": wish.team,
        "workflow": wish.workflow,
        "agent": wish.agent,
        "environment": wish.environment,
        "endpoints": _each_once(wish.endpoints),
        "models": _each_once(wish.models),
        "cap_nano": None if wish.cap_usd is None else nano_usd(wish.cap_usd),
        "cap_window": wish.cap_window.value,
        "requests_per_minute": wish.requests_per_minute,
        "concurrent": wish.concurrent,
        "expires_at": wish.expires_at,
    }


def _each_once(names: Sequence[str]) -> list[str]:
    return sorted(set(names))


def _state_of(row: Any, now: datetime) -> KeyState:
    if row.revoked_at is not None:
        return KeyState.REVOKED
    return KeyState.EXPIRED if row.expires_at is not None and now >= row.expires_at else KeyState.ACTIVE
