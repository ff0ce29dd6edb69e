"""Sessions and tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_sessions_and_tokens"
down_revision = "0007_who_may_see_a_task"


def upgrade() -> None:
    _make_access_token()
    # An open session of before says neither how it was proved nor who vouches for it: everybody signs in anew.
    op.drop_table("access_session")
    _make_access_session()
    _make_access_secret()
    op.add_column("access_failure", sa.Column("target", sa.Text(), nullable=True))
    op.create_index(op.f("ix_access_failure_at"), "access_failure", ["at"], unique=False)
    op.create_index(op.f("ix_access_failure_target_at"), "access_failure", ["target", "at"], unique=False)
    op.add_column("access_link", sa.Column("vouched_by", sa.Text(), nullable=True))


def _make_access_session() -> None:
    op.create_table(
        "access_session",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("vouched_by", sa.Text(), nullable=True),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("administrator", sa.Boolean(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_session")),
    )
    op.create_index(
        op.f("ix_access_session_person_id_ended_at"), "access_session", ["person_id", "ended_at"], unique=False
    )


def _make_access_token() -> None:
    op.create_table(
        "access_token",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("vouched_by", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.Text(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("last_used_at", sa.Text(), nullable=True),
        sa.Column("last_origin", sa.Text(), nullable=True),
        sa.Column("refused_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_token")),
    )
    op.create_index(op.f("ix_access_token_holder_created_at"), "access_token", ["holder", "created_at"], unique=False)


def _make_access_secret() -> None:
    op.create_table(
        "access_secret",
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.Text(), nullable=True),
        sa.Column("retired_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["access_session.id"], name=op.f("fk_access_secret_session_id_access_session")
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_access_secret")),
    )
    op.create_index(
        op.f("ix_access_secret_session_id_issued_at"), "access_secret", ["session_id", "issued_at"], unique=False
    )
