"""Which version of a recipe is meant: the one a run is pinned to, the applied one, or one that was pinned before."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.errors import Conflict, NotFound
from tiebeam.spec import Recipe
from tiebeam.workflow.operating.desk import Desk
from tiebeam.workflow.runs import load_run, pinned, pinned_versions

PINNED = "pinned"
APPLIED = "applied"


class AmbiguousVersion(Conflict):
    """The beginning of a hash that several versions have."""

    code = "ambiguous_version"


def version_of(desk: Desk, conn: sa.Connection, run_id: str, version: str, *, dry: bool = False) -> Recipe:
    """A version of a run's recipe: `pinned`, `applied`, or the id of another applied recipe of its intent.

    Where nothing of it is carried out (`dry`), it need not be in service, and may be named by six signs or more of the
    hash of any version that runs were pinned to. Raises NotFound, NotInService and AmbiguousVersion.
    """
    row = load_run(conn, run_id)
    if version == PINNED:
        return pinned(conn, row.recipe_hash)
    recipes = desk.graph().recipes
    wanted = row.recipe if version == APPLIED else version
    if wanted in recipes and recipes[wanted].intent == row.intent:
        if not dry:
            desk.promotion.require_in_service(conn, wanted)
        return recipes[wanted]
    found = pinned_versions(conn, row.intent, beginning=version) if dry and len(version) >= 6 else []
    if len(found) > 1:
        raise AmbiguousVersion(f"{len(found)} versions begin with {version!r}; give more of the hash")
    if not found:
        raise NotFound(
            f"there is no version {version!r} of {row.recipe!r}; say pinned, applied, the id of a recipe of "
            f"{row.intent!r}{', or six signs of the hash that a run shows' if dry else ''}"
        )
    return pinned(conn, found[0])
