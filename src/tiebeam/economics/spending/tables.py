"""What is leased to each process of what may be spent, and ceilings decided on after their records were written."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import Moment, metadata

spend_node = sa.Table(
    "spend_node",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    # Start of the window, in milliseconds since 1970.
    sa.Column("window_start", sa.BigInteger, primary_key=True, autoincrement=False),
    # By which the last lease was given.
    sa.Column("cap_nano", sa.BigInteger, nullable=False),
    # Rises whenever a process went short of what others have leased.
    sa.Column("wanted", sa.BigInteger, nullable=False, default=0),
    sa.Column("leased_at", Moment, nullable=False),
    sa.Index(None, "leased_at"),
)
"""Locked by whoever leases, so that two never see the same rest."""

spend_lease = sa.Table(
    "spend_lease",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("window_start", sa.BigInteger, primary_key=True, autoincrement=False),
    # The id of the process's charge journal.
    sa.Column("process", sa.Text, primary_key=True),
    sa.Column("leased_nano", sa.BigInteger, nullable=False),
    # How much of it is in the books by now. Rises in the commit that writes the charges.
    sa.Column("written_nano", sa.BigInteger, nullable=False, default=0),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Index(None, "process"),
    sa.Index(None, "expires_at"),
)

spend_cap = sa.Table(
    "spend_cap",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("budget", sa.Text, nullable=False),
    sa.Column("cap_nano", sa.BigInteger, nullable=False),
    # What its record said; the change is over once the record says something else.
    sa.Column("instead_of_nano", sa.BigInteger, nullable=False),
    # The one window it is for; null for all from then on.
    sa.Column("window_start", sa.BigInteger),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "budget"),
)
"""Never changed; the latest row of a budget holds."""
