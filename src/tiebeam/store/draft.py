"""For developers: write the next version file from what the rooms declare and the versions so far do not make.

    python -m tiebeam.store.draft "what changes"

Read the file before it is committed: renames look like a drop and an add.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import tiebeam
from tiebeam.kit import slug
from tiebeam.store.database import normalised, open_writer
from tiebeam.store.migration import FOLDER, VERSION_TABLE, upgrade, versions
from tiebeam.store.tables import metadata

_TEMPLATE = '''"""{title}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {previous!r}


def upgrade() -> None:
{body}
'''


def declare_all() -> sa.MetaData:
    """Import every `tables.py` of every room, so that the one metadata knows all tables."""
    root = Path(tiebeam.__file__).parent
    for path in sorted(root.rglob("tables.py")):
        importlib.import_module(".".join(("tiebeam", *path.relative_to(root).with_suffix("").parts)))
    return metadata


def options() -> dict[str, Any]:
    """How a database is compared with the metadata: all of it but the version table."""

    def is_ours(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        return not (kind == "table" and name == VERSION_TABLE)

    def as_plain_type(kind: str, thing: Any, context: Any) -> Any:
        # A version file says what is stored, whatever becomes of our column types later.
        if kind == "type" and isinstance(thing, sa.types.TypeDecorator):
            return f"sa.{type(thing.impl_instance).__name__}()"
        return False

    return {"include_object": is_ours, "compare_type": True, "render_item": as_plain_type}


def draft(title: str) -> Path:
    """Write the version file and return its path."""
    from alembic.autogenerate import produce_migrations, render_python_code
    from alembic.migration import MigrationContext

    declare_all()
    known = versions()
    revision = f"{len(known) + 1:04d}_{slug(title).replace('-', '_')}"
    with tempfile.TemporaryDirectory() as folder:
        engine = open_writer(normalised(f"sqlite:///{Path(folder).resolve() / 'draft.sqlite'}"))
        upgrade(engine)
        with engine.connect() as conn:
            context = MigrationContext.configure(conn, opts=options())
            operations = produce_migrations(context, metadata).upgrade_ops
            assert operations is not None
            body = render_python_code(operations, render_item=options()["render_item"])
        engine.dispose()
    path = FOLDER / "versions" / f"{revision}.py"
    previous = known[-1] if known else None
    path.write_text(_TEMPLATE.format(title=title.capitalize(), revision=revision, previous=previous, body=body))
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{draft(sys.argv[1])}\n")
