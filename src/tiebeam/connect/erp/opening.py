"""From a declared system to a working connection."""

from __future__ import annotations

from pathlib import Path

from tiebeam.connect.erp.http import HttpErp
from tiebeam.connect.erp.secret import is_secret_reference, read_secret
from tiebeam.connect.erp.tables import TablesErp
from tiebeam.errors import Invalid
from tiebeam.kit import Clock
from tiebeam.spec import System


def open_erp(system: System, *, workspace: Path, clock: Clock | None = None) -> TablesErp | HttpErp:
    """`kind = "tables"`: a path below the workspace, a database URL or a reference to one; `kind = "http"`: a URL.

    Settings: `create_tables` (tables, default true); `token` as a secret reference and `timeout_seconds` (http).
    """
    match system.kind:
        case "tables":
            may_create = bool(system.settings.get("create_tables", True))
            return TablesErp(_database_url(system, workspace=workspace), clock=clock, may_create=may_create)
        case "http":
            token = system.settings.get("token")
            return HttpErp(
                _resolved(system.location, workspace=workspace),
                str(token) if token is not None else None,
                base=workspace,
                timeout_seconds=float(system.settings.get("timeout_seconds", 20)),
            )
        case other:
            raise Invalid(f"the system {system.id!r} has the kind {other!r}; an ERP is 'tables' or 'http'")


def _resolved(location: str, *, workspace: Path) -> str:
    return read_secret(location, base=workspace) if is_secret_reference(location) else location


def _database_url(system: System, *, workspace: Path) -> str:
    location = _resolved(system.location, workspace=workspace)
    if "://" in location:
        return location
    root = workspace.resolve()
    path = (root / location).resolve()
    if not path.is_relative_to(root):
        raise Invalid(
            f"the system {system.id!r} lies outside the workspace at {location!r}; use a database URL for that"
        )
    return f"sqlite:///{path}"
