"""Whom tokens stand for: people, service accounts and agents, each by their record as it is today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from tiebeam.authority import Obj, Principal, PrincipalKind
from tiebeam.errors import Invalid, NotFound
from tiebeam.spec import Agent, ServiceAccount, Status
from tiebeam.workforce.access.scopes import AGENT_SCOPES, known
from tiebeam.workforce.access.token_text import HolderKind
from tiebeam.workforce.directory import Directory


class Principals(Directory, Protocol):
    """The part of the typed graph that knows everybody who may come in."""

    @property
    def agents(self) -> Mapping[str, Agent]: ...

    @property
    def service_accounts(self) -> Mapping[str, ServiceAccount]: ...


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """`scopes` are the most a token may be for, None without a limit; `ends` is the first day without access."""

    kind: HolderKind
    id: str
    name: str
    managing_role: str | None
    roles: tuple[str, ...]
    scopes: tuple[str, ...] | None
    ends: date | None

    @property
    def key(self) -> str:
        """`person:ada`, `service:erp-feed`, `agent:invoice-clerk`."""
        return f"{self.kind.value}:{self.id}"

    def has_ended(self, now: datetime) -> bool:
        return self.ends is not None and now.date() >= self.ends

    def obj(self, one: str = "*") -> Obj:
        """A token of this holder as authority rules see it."""
        if self.kind is HolderKind.PERSON:
            return Obj("token", one, {"person": self.id})
        return Obj("token", one, {"owner_role": self.managing_role})


def split(key: str) -> tuple[HolderKind, str]:
    """Raises Invalid."""
    kind, _, holder_id = key.partition(":")
    if kind not in set(HolderKind) or not holder_id:
        raise Invalid(f"a holder is written 'person:ID', 'service:ID' or 'agent:ID', not {key[:80]!r}")
    return HolderKind(kind), holder_id


def holder_of(directory: Principals, key: str) -> TokenHolder | None:
    """The holder by their record; None when nobody is declared so (any more). Raises Invalid."""
    kind, holder_id = split(key)
    if kind is HolderKind.PERSON:
        person = directory.people.get(holder_id)
        return None if person is None else TokenHolder(kind, person.id, person.name, None, person.roles, None, None)
    if kind is HolderKind.SERVICE:
        account = directory.service_accounts.get(holder_id)
        return None if account is None else _of_account(account)
    agent = directory.agents.get(holder_id)
    return None if agent is None else _of_agent(agent)


def require_holder(directory: Principals, key: str) -> TokenHolder:
    """Raises NotFound with where to declare it."""
    found = holder_of(directory, key)
    if found is None:
        kind, holder_id = split(key)
        folder = {HolderKind.PERSON: "people", HolderKind.SERVICE: "service-accounts", HolderKind.AGENT: "agents"}[kind]
        raise NotFound(
            f"this workspace declares no {kind.value} {holder_id!r}; add {folder}/{holder_id}.toml and apply it",
            holder=key,
        )
    return found


def machines(directory: Principals) -> list[TokenHolder]:
    """Every service account and agent."""
    accounts = [_of_account(account) for account in directory.service_accounts.values()]
    return [*accounts, *(_of_agent(agent) for agent in directory.agents.values())]


def principal_of(
    holder: TokenHolder,
    *,
    scopes: frozenset[str],
    token_id: str,
    vouched_by: str | None,
    person: Callable[[str], Principal],
) -> Principal:
    """Who acts with a token today. `person` gives a person with today's roles; a token never adds to these."""
    if holder.kind is HolderKind.PERSON:
        today = person(holder.id)
        return Principal(
            today.person_id,
            today.name,
            roles=today.roles,
            administrator=today.administrator,
            deputising=today.deputising,
            emergency=today.emergency,
            method="token",
            subject=f"token:{token_id}",
            session_id=token_id,
            vouched_by=vouched_by,
            scopes=scopes,
        )
    return Principal(
        holder.id,
        holder.name,
        roles=holder.roles,
        kind=PrincipalKind(holder.kind.value),
        managing_role=holder.managing_role,
        method="token",
        subject=f"token:{token_id}",
        session_id=token_id,
        scopes=scopes & known(holder.scopes or ()),
    )


def _of_account(account: ServiceAccount) -> TokenHolder:
    ends = date.min if account.meta.status is Status.RETIRED else account.expires
    return TokenHolder(
        HolderKind.SERVICE, account.id, account.title, account.managing_role, account.roles, account.scopes, ends
    )


def _of_agent(agent: Agent) -> TokenHolder:
    # An agent works in the role that manages it; rules forbid it to decide.
    ends = date.min if agent.meta.status is Status.RETIRED else None
    return TokenHolder(
        HolderKind.AGENT, agent.id, agent.title, agent.managing_role, (agent.managing_role,), AGENT_SCOPES, ends
    )
