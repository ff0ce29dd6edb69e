"""What the database says of the keys' own ceilings, for whoever keeps the tree of budgets."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.economics.keys.key import Key, key_of
from tiebeam.economics.keys.ring import KEYS, MOST_KEYS
from tiebeam.economics.keys.tables import gateway_key, gateway_version


def capped_keys(conn: sa.Connection) -> list[Key]:
    """Keys in force that have a ceiling of their own."""
    column = gateway_key.c
    wanted = sa.select(gateway_key).where(column.cap_nano.is_not(None), column.revoked_at.is_(None))
    return [key_of(row) for row in conn.execute(wanted.order_by(column.id).limit(MOST_KEYS))]


def key_changes(conn: sa.Connection) -> int:
    """A number that is higher after every change of a key."""
    number = conn.execute(sa.select(gateway_version.c.number).where(gateway_version.c.name == KEYS)).scalar()
    return 0 if number is None else int(number)
