"""Delegations, emergency access and identities of providers; notices that are about no task."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_delegations_and_identities"
down_revision = "0010_anchors_and_redaction"


def upgrade() -> None:
    _make_delegation()
    _make_emergency()
    _make_identity_attempt()
    _make_identity_binding()
    _make_emergency_use()
    # SQLite changes no column in place; the table is made anew.
    with op.batch_alter_table("notice") as notice:
        notice.alter_column("task_id", existing_type=sa.Text(), nullable=True)


def _make_delegation() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("giver", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_giver_last"), "delegation", ["giver", "last"], unique=False)
    op.create_index(op.f("ix_delegation_receiver_last"), "delegation", ["receiver", "last"], unique=False)
    op.create_index(op.f("ix_delegation_role_last"), "delegation", ["role", "last"], unique=False)


def _make_emergency() -> None:
    op.create_table(
        "emergency",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("vouched_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.Text(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("reviewed_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency")),
    )
    op.create_index(op.f("ix_emergency_person_id_expires_at"), "emergency", ["person_id", "expires_at"], unique=False)
    op.create_index(op.f("ix_emergency_reviewed_at_opened_at"), "emergency", ["reviewed_at", "opened_at"], unique=False)


def _make_identity_attempt() -> None:
    op.create_table(
        "identity_attempt",
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_identity_attempt")),
    )
    op.create_index(op.f("ix_identity_attempt_expires_at"), "identity_attempt", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_identity_attempt_source_created_at"), "identity_attempt", ["source", "created_at"], unique=False
    )


def _make_identity_binding() -> None:
    op.create_table(
        "identity_binding",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("bound_at", sa.Text(), nullable=False),
        sa.Column("bound_by", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.Text(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_identity_binding")),
        sa.UniqueConstraint("issuer", "person_id", name=op.f("uq_identity_binding_issuer_person_id")),
    )


def _make_emergency_use() -> None:
    op.create_table(
        "emergency_use",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("emergency_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["emergency_id"], ["emergency.id"], name=op.f("fk_emergency_use_emergency_id_emergency")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_use")),
    )
    op.create_index(op.f("ix_emergency_use_emergency_id_at"), "emergency_use", ["emergency_id", "at"], unique=False)
