"""An update of the product takes nothing out of service (ids: B8)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tiebeam.graph import load
from tiebeam.kit import Clock, Ids, canonical_json, digest_of
from tiebeam.spec import as_data, fingerprint
from tiebeam.store import Store
from tiebeam.store.migration import run, versions

_LATER = ("trigger", "limits")
"""Parts of a recipe that the former release did not know."""
NOW = "2026-03-01T00:00:00.000000Z"


def test_what_was_promoted_and_evaluated_before_still_is(empty_database_url: str, clock: Clock, ids: Ids) -> None:
    recipe = next(iter(load(None).recipes.values()))
    cases = next(iter(load(None).evaluations.values()))
    before: dict[str, Any] = {name: part for name, part in as_data(recipe).items() if name not in _LATER}
    before_set = as_data(cases)
    content = {"recipes": {recipe.id: before}, "evaluations": {cases.id: before_set}, "settings": None}
    store = Store(empty_database_url, clock=clock, ids=ids)
    with store.engine.begin() as conn:
        run(conn, [version for version in versions() if version < "0038"])
        for statement, values in (
            (
                "INSERT INTO graph_snapshot (seq, digest, applied_at, actor, content, files)"
                " VALUES (1, 'd', :now, 'a', :content, '{}')",
                {"now": NOW, "content": canonical_json(content)},
            ),
            (
                "INSERT INTO promotion (seq, intent, recipe, recipe_hash, from_state, to_state, gates, promoted_by,"
                " promoted_at) VALUES (1, 'i', :recipe, :hash, 'draft', 'pilot', '[]', 'a', :now)",
                {"recipe": recipe.id, "hash": digest_of(before), "now": NOW},
            ),
            (
                "INSERT INTO evaluation (id, recipe, recipe_hash, set_id, set_hash, passed_cases, total_cases, results,"
                " evaluated_by, evaluated_at) VALUES ('e', :recipe, :hash, :set, :set_hash, 1, 1, '[]', 'a', :now)",
                {
                    "recipe": recipe.id,
                    "hash": digest_of(before),
                    "set": cases.id,
                    "set_hash": digest_of(before_set),
                    "now": NOW,
                },
            ),
        ):
            conn.execute(sa.text(statement), values)

    store.migrate()

    with store.read() as conn:
        assert conn.execute(sa.text("SELECT recipe_hash FROM promotion")).scalar() == fingerprint(recipe)
        found = conn.execute(sa.text("SELECT recipe_hash, set_hash FROM evaluation")).one()
    assert tuple(found) == (fingerprint(recipe), fingerprint(cases))
    store.close()
