"""Claims that lapse."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023_claims_that_lapse"
down_revision = "0022_months_and_imports"


def upgrade() -> None:
    op.add_column("route_tokens", sa.Column("used", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column(
        "route_tokens", sa.Column("seen_at", sa.Text(), server_default="1970-01-01T00:00:00.000000Z", nullable=False)
    )
