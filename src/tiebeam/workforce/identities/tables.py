"""The tables of sign-in by a provider: sign-ins under way, and which identity is whom."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

identity_attempt = sa.Table(
    "identity_attempt",
    metadata,
    # Hashes of what the browser brings back. Nonce and code verifier are made from its secret and kept nowhere.
    sa.Column("state_hash", sa.Text, primary_key=True),
    sa.Column("browser_hash", sa.Text, nullable=False),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Index(None, "source", "created_at"),
    sa.Index(None, "expires_at"),
)

identity_binding = sa.Table(
    "identity_binding",
    metadata,
    # "issuer|sub".
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("bound_at", Moment, nullable=False),
    sa.Column("bound_by", sa.Text, nullable=False),
    sa.Column("last_seen_at", Moment),
    # The groups of the last sign-in, so that those without a meaning here can be shown.
    sa.Column("groups", JsonText, nullable=False),
    # One identity of a provider for each person: a second one would be somebody who took over the address.
    sa.UniqueConstraint("issuer", "person_id"),
)
