"""Corrections found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026_corrections_found"
down_revision = "0025_an_hour_in_the_cache"


def upgrade() -> None:
    op.create_index(
        op.f("ix_usage_charge_corrects"),
        "usage_charge",
        ["corrects"],
        unique=False,
        sqlite_where=sa.text("corrects IS NOT NULL"),
        postgresql_where=sa.text("corrects IS NOT NULL"),
    )
