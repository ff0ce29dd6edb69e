"""Making, replacing, ending and listing keys of the gateway, on the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from tiebeam.authority import Authority, Obj, Principal
from tiebeam.economics.keys.following import Following, bump
from tiebeam.economics.keys.key import (
    ANY_WORKFLOW,
    KeyLine,
    KeyWish,
    NewKey,
    UnknownKey,
    WrongKey,
    checked,
    line_of,
    values_of,
)
from tiebeam.economics.keys.ring import KEYS, MOST_KEYS, KeyRing
from tiebeam.economics.keys.tables import gateway_key
from tiebeam.errors import Conflict
from tiebeam.graph import Graph
from tiebeam.kit import make_credential, matches_star
from tiebeam.store import Store, Unit

MOST_LISTED = 500
LONGEST_OVERLAP = timedelta(days=30)
_KIND = "k"


class Keys:
    """Verbs about keys. `ring` holds them in memory for whoever lets calls in; it is filled once `following` looks."""

    def __init__(self, store: Store, *, authority: Authority, graph: Callable[[], Graph], following: Following) -> None:
        self._store = store
        self._authority = authority
        self._graph = graph
        self._following = following
        self.ring = KeyRing(store, following)

    def create(self, by: Principal, wish: KeyWish) -> NewKey:
        """A new key; its secret is told this once. Raises WrongKey, Refused."""
        wish = checked(wish, now=self._store.clock.now())
        self._authority.require(by, "key.create", self._object("new", wish.team, wish.workflow))
        made = make_credential(_KIND)
        with self._store.unit() as unit:
            self._check_count(unit.conn)
            values = values_of(wish)
            unit.conn.execute(
                sa.insert(gateway_key).values(
                    id=made.id, secret_hash=made.hash, created_at=unit.now, created_by=by.actor, **values
                )
            )
            _note(unit, made.id, "key.created", by, **values)
            line = self._changed(unit, made.id)
        self._look()
        return NewKey(line, made.text, self._warnings(wish))

    def rotate(self, by: Principal, key_id: str, *, overlap: timedelta = timedelta()) -> NewKey:
        """A new secret for the same key, its budget and its limits; the former one works for `overlap` longer.

        Raises UnknownKey, Refused, WrongKey, and Conflict for a key that is revoked.
        """
        if not timedelta() <= overlap <= LONGEST_OVERLAP:
            raise WrongKey(
                f"an overlap of {overlap} is too long or negative; give at most {LONGEST_OVERLAP.days} days",
                field="overlap",
            )
        made = make_credential(_KIND, public=key_id)
        with self._store.unit() as unit:
            row = self._required(unit.conn, by, "key.rotate", key_id)
            if row.revoked_at is not None:
                raise Conflict(f"the key {key_id!r} is revoked; make a new one with 'tiebeam keys create'")
            is_shared = overlap > timedelta()
            unit.conn.execute(
                sa.update(gateway_key)
                .where(gateway_key.c.id == key_id)
                .values(
                    secret_hash=made.hash,
                    former_hash=row.secret_hash if is_shared else None,
                    former_until=unit.now + overlap if is_shared else None,
                    rotated_at=unit.now,
                )
            )
            _note(unit, key_id, "key.rotated", by, overlap_seconds=int(overlap.total_seconds()))
            line = self._changed(unit, key_id)
            dead = [row.former_hash, None if is_shared else row.secret_hash]
        self.ring.kill(one for one in dead if one is not None)
        self._look()
        return NewKey(line, made.text)

    def revoke(self, by: Principal, key_id: str) -> KeyLine:
        """End a key: at once in this process, in others within a second. Revoking what is revoked changes nothing.

        Raises UnknownKey, Refused.
        """
        with self._store.unit() as unit:
            row = self._required(unit.conn, by, "key.revoke", key_id)
            if row.revoked_at is None:
                unit.conn.execute(
                    sa.update(gateway_key)
                    .where(gateway_key.c.id == key_id)
                    .values(revoked_at=unit.now, revoked_by=by.actor)
                )
                _note(unit, key_id, "key.revoked", by)
            line = self._changed(unit, key_id)
        self.ring.kill(one for one in (row.secret_hash, row.former_hash) if one is not None)
        return line

    def list(
        self, conn: sa.Connection, by: Principal, *, team: str | None = None, with_ended: bool = False, limit: int = 200
    ) -> list[KeyLine]:
        """Those `by` may see, newest first; without those that are revoked or have expired unless asked for."""
        column, now = gateway_key.c, self._store.clock.now()
        statement = sa.select(gateway_key).order_by(column.created_at.desc(), column.id).limit(min(limit, MOST_LISTED))
        if team is not None:
            statement = statement.where(column.team == team)
        if not with_ended:
            is_open = sa.or_(column.expires_at.is_(None), column.expires_at > now)
            statement = statement.where(column.revoked_at.is_(None), is_open)
        rows = conn.execute(statement)
        return [line_of(row, now=now) for row in rows if self._sees(by, row)]

    def show(self, conn: sa.Connection, by: Principal, key_id: str) -> KeyLine:
        """Raises UnknownKey, also where `by` may not see it."""
        row = _read(conn, key_id)
        if row is None or not self._sees(by, row):
            raise _unknown(key_id)
        return line_of(row, now=self._store.clock.now())

    def object_of(self, conn: sa.Connection, key_id: str) -> Obj:
        """As authority rules see it. Raises UnknownKey."""
        row = _read(conn, key_id)
        if row is None:
            raise _unknown(key_id)
        return self._object(key_id, row.team, row.workflow)

    def _required(self, conn: sa.Connection, by: Principal, verb: str, key_id: str) -> Any:
        row = _read(conn, key_id)
        if row is None or not self._sees(by, row):
            raise _unknown(key_id)
        self._authority.require(by, verb, self._object(key_id, row.team, row.workflow))
        return row

    def _sees(self, by: Principal, row: Any) -> bool:
        graph = self._graph()
        in_team = {role for person in graph.people.values() if person.team == row.team for role in person.roles}
        roles = tuple(sorted({*owners_of(graph, row.team, row.workflow), *in_team}))
        return self._authority.may(by, "key.view", Obj("key", row.id, {"roles": roles})).allowed

    def _object(self, key_id: str, team: str, workflow: str) -> Obj:
        """A key is acted upon by who owns a budget that its calls count against."""
        return Obj("key", key_id, {"roles": owners_of(self._graph(), team, workflow)})

    def _changed(self, unit: Unit, key_id: str) -> KeyLine:
        bump(unit, KEYS)
        return line_of(_read(unit.conn, key_id), now=unit.now)

    def _look(self) -> None:
        """Take the change into memory now, where this process holds keys at all."""
        if not self.ring.is_loaded:
            return
        try:
            self._following.look()
        except (SQLAlchemyError, OSError):
            # The change is durable, and the next look takes it.
            return

    def _check_count(self, conn: sa.Connection) -> None:
        open_keys = sa.select(sa.func.count()).select_from(gateway_key).where(gateway_key.c.revoked_at.is_(None))
        if conn.execute(open_keys).scalar_one() >= MOST_KEYS:
            raise WrongKey(f"there are {MOST_KEYS:,} keys; revoke some that are not used any more", field="team")

    def _warnings(self, wish: KeyWish) -> tuple[str, ...]:
        graph, said = self._graph(), list[str]()
        if wish.expires_at is None:
            said.append("this key never ends; give it an expiry, or rotate it in time")
        if graph.budgets and wish.workflow != ANY_WORKFLOW and not owners_of(graph, wish.team, wish.workflow):
            said.append(
                f"no budget covers the team {wish.team!r} or the workflow {wish.workflow!r}, so its calls are refused; "
                "add one of them to `covers` or `also_covers` of a budget"
            )
        served = {one.name for one in graph.served.values()}
        served |= {name for policy in graph.routes.values() for name in (policy.name, *policy.also_for)}
        unknown = [one for one in wish.models if not any(matches_star(name, one) for name in served)]
        if unknown:
            said.append(f"no model is served as {', '.join(map(repr, unknown))}, so the key cannot ask for it yet")
        return tuple(said)


def owners_of(graph: Graph, team: str, workflow: str) -> tuple[str, ...]:
    """Roles that own a budget which such calls count against, from the nearest up."""
    waiting = [
        budget.id
        for budget in graph.budgets.values()
        if budget.level.value == "organisation" or {team, workflow} & {*budget.covers, *budget.also_covers}
    ]
    found: dict[str, None] = {}
    for budget_id in waiting:
        budget = graph.budgets.get(budget_id)
        if budget is None:
            continue
        found[budget.owner_role] = None
        if budget.finops_owner is not None:
            found[budget.finops_owner] = None
        if budget.parent is not None and budget.parent not in waiting:
            waiting.append(budget.parent)
    return tuple(found)


def _read(conn: sa.Connection, key_id: str) -> Any:
    return conn.execute(sa.select(gateway_key).where(gateway_key.c.id == key_id)).one_or_none()


def _unknown(key_id: str) -> UnknownKey:
    return UnknownKey(f"there is no key {key_id[:80]!r} that you may see; 'tiebeam keys list' shows them", key=key_id)


def _note(unit: Unit, key_id: str, kind: str, by: Principal, **detail: object) -> None:
    payload = {"subject": f"key:{key_id}", **detail, "proof": by.subject, "vouched_by": by.vouched_by}
    unit.journal(f"key:{key_id}", kind, actor=by.actor, payload=payload)
