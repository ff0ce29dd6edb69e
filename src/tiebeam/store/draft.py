"""For developers: write the next version file from what the rooms declare and the versions so far do not make.

    python -m tiebeam.store.draft "what changes" [room]

With a room, only its tables are looked at. Read the file and format it before it is committed: a rename looks like a
drop and an add.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import tiebeam
from tiebeam.errors import Invalid
from tiebeam.kit import slug
from tiebeam.store.database import normalised, open_writer
from tiebeam.store.migration import FOLDER, VERSION_TABLE, upgrade, versions
from tiebeam.store.tables import metadata

_NAME_LENGTH = 32
"""The width of the version table's column."""

_TEMPLATE = '''"""{title}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {previous!r}


def upgrade() -> None:
{calls}
{functions}'''


def declared(room: str | None = None) -> set[str]:
    """Import every `tables.py`, so that the one metadata knows all tables; the names of those a room declares."""
    root = Path(tiebeam.__file__).parent
    names: set[str] = set()
    for path in sorted(root.rglob("tables.py")):
        parts = path.relative_to(root).with_suffix("").parts
        module = importlib.import_module(".".join(("tiebeam", *parts)))
        if room in (None, parts[0]):
            tables = (thing for thing in vars(module).values() if isinstance(thing, sa.Table))
            names.update(table.name for table in tables if table.metadata is metadata)
    return names


def options(names: set[str] | None = None) -> dict[str, Any]:
    """How a database is compared with the metadata: these tables, or all of it but the version table."""

    def is_ours(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        return kind != "table" or (name != VERSION_TABLE and (names is None or name in names))

    def as_plain_type(kind: str, thing: Any, context: Any) -> Any:
        # A version file says what is stored, whatever becomes of our column types later.
        if kind == "type" and isinstance(thing, sa.types.TypeDecorator):
            return f"sa.{type(thing.impl_instance).__name__}()"
        return False

    return {"include_object": is_ours, "compare_type": True, "render_item": as_plain_type}


def draft(title: str, *, room: str | None = None) -> Path:
    """Write the version file and return its path."""
    names = declared(room)
    known = versions()
    revision = f"{len(known) + 1:04d}_{slug(title).replace('-', '_')}"
    if len(revision) > _NAME_LENGTH:
        raise Invalid(f"version name {revision!r} is longer than {_NAME_LENGTH} letters: choose a shorter title")
    calls, functions = _body(names if room else None)
    path = FOLDER / "versions" / f"{revision}.py"
    previous = known[-1] if known else None
    path.write_text(
        _TEMPLATE.format(
            title=title.capitalize(), revision=revision, previous=previous, calls=calls, functions=functions
        )
    )
    return path


def _body(names: set[str] | None) -> tuple[str, str]:
    """What `upgrade` says, and one function for each table that it makes."""
    from alembic.autogenerate import produce_migrations
    from alembic.migration import MigrationContext
    from alembic.operations import ops

    calls: list[str] = []
    functions: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        engine = open_writer(normalised(f"sqlite:///{Path(folder).resolve() / 'draft.sqlite'}"))
        upgrade(engine)
        with engine.connect() as conn:
            context = MigrationContext.configure(conn, opts=options(names))
            operations = produce_migrations(context, metadata).upgrade_ops
        engine.dispose()
    assert operations is not None
    for operation in operations.ops:
        if isinstance(operation, ops.CreateTableOp):
            calls.append(f"_make_{operation.table_name}()")
            functions[operation.table_name] = [_code(operation)]
        elif isinstance(operation, ops.ModifyTableOps) and operation.table_name in functions:
            functions[operation.table_name].append(_code(operation))
        else:
            calls.append(_code(operation))
    made = [f"\n\ndef _make_{name}() -> None:\n{_indented(lines)}\n" for name, lines in functions.items()]
    return _indented(calls), "".join(made)


def _code(operation: Any) -> str:
    from alembic.autogenerate import render_python_code
    from alembic.operations import ops

    text = render_python_code(ops.UpgradeOps([operation]), render_item=options()["render_item"])
    lines = text.splitlines()
    return textwrap.dedent("\n".join(line for line in lines if not line.strip().startswith("#")))


def _indented(lines: list[str]) -> str:
    return textwrap.indent("\n".join(lines), "    ")


if __name__ == "__main__":
    sys.stdout.write(f"{draft(sys.argv[1], room=sys.argv[2] if len(sys.argv) > 2 else None)}\n")
