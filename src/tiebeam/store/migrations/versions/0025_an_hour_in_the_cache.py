"""An hour in the cache."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025_an_hour_in_the_cache"
down_revision = "0024_use_by_month"


def upgrade() -> None:
    for table in ("usage_charge", "usage_daily", "usage_monthly"):
        op.add_column(table, sa.Column("cache_write_1h_tokens", sa.BigInteger(), server_default="0", nullable=False))
