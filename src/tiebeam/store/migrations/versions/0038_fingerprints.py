"""What was promoted and evaluated is known by the fingerprints of recipes and evaluation sets from now on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from pydantic import BaseModel, ValidationError

from tiebeam.kit import digest_of
from tiebeam.spec import EvaluationSet, Recipe, fingerprint

revision = "0038_fingerprints"
down_revision = "0037_a_leaner_journal"

_PLACES = (("promotion", "recipe_hash"), ("evaluation", "recipe_hash"), ("evaluation", "set_hash"))
_NOUNS: tuple[tuple[str, type[BaseModel]], ...] = (("recipes", Recipe), ("evaluations", EvaluationSet))


def upgrade() -> None:
    conn = op.get_bind()
    wanted = {
        value
        for table, column in _PLACES
        for value in conn.execute(sa.select(sa.column(column)).select_from(sa.table(table)).distinct()).scalars()
    }
    if not wanted:
        return
    for before, after in _known(conn):
        if before not in wanted:
            continue
        for name, column in _PLACES:
            here = sa.table(name, sa.column(column))
            conn.execute(sa.update(here).where(here.c[column] == before).values({column: after}))


def _known(conn: sa.Connection) -> Iterator[tuple[str, str]]:
    """(hash of the former release, fingerprint) of every record that was ever applied, as it was applied."""
    seen: set[str] = set()
    snapshots = sa.select(sa.column("seq")).select_from(sa.table("graph_snapshot"))
    for seq in list(conn.execute(snapshots).scalars()):
        one = sa.select(sa.column("content")).select_from(sa.table("graph_snapshot")).where(sa.column("seq") == seq)
        content = json.loads(conn.execute(one).scalar_one())
        for kind, noun in _NOUNS:
            for record in content.get(kind, {}).values():
                before = digest_of(record)
                if before in seen:
                    continue
                seen.add(before)
                try:
                    yield before, fingerprint(noun.model_validate(record))
                except ValidationError:
                    # This version cannot read it and runs nothing by it: it is promoted anew once it is mended.
                    continue
