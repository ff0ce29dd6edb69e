"""From a declared system to a working connection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tiebeam.connect.erp.http import HttpErp
from tiebeam.connect.erp.tables import TablesErp
from tiebeam.connect.outgoing import outgoing_for
from tiebeam.connect.secrets import Secret, read_secret, url_with_password
from tiebeam.errors import Invalid
from tiebeam.kit import Clock
from tiebeam.spec import OutgoingRules, System, is_secret_reference


def open_erp(
    system: System, *, workspace: Path, clock: Clock | None = None, rules: OutgoingRules | None = None
) -> TablesErp | HttpErp:
    """`kind = "tables"`: a path below the workspace, a database URL or a reference to one; `kind = "http"`: a URL.

    Settings: `create_tables` (tables, default true), `password` of the database URL's user; `token`, or `user` and
    `password`, and `timeout_seconds` (http). `rules` say where requests may go besides the public internet.
    """
    match system.kind:
        case "tables":
            may_create = bool(system.settings.get("create_tables", True))
            return TablesErp(_database_url(system, workspace=workspace), clock=clock, may_create=may_create)
        case "http":
            return _http(system, workspace=workspace, rules=rules or OutgoingRules())
        case other:
            raise Invalid(f"the system {system.id!r} has the kind {other!r}; an ERP is 'tables' or 'http'")


def _http(system: System, *, workspace: Path, rules: OutgoingRules) -> HttpErp:
    url = _resolved(system.location, workspace=workspace)
    host = urlsplit(url).hostname
    user = system.settings.get("user")
    return HttpErp(
        url,
        _secret_of(system, "token" if user is None else "password", workspace=workspace),
        user=None if user is None else str(user),
        outgoing=outgoing_for(
            rules,
            workspace=workspace,
            also_allowed=(host,) if system.private_network and host else (),
            timeout=float(system.settings.get("timeout_seconds", 20)),
        ),
    )


def _secret_of(system: System, name: str, *, workspace: Path) -> Callable[[], Secret] | None:
    """How to read the secret of that setting, at each use; None where none is named."""
    reference = system.settings.get(name)
    if reference is None:
        return None
    return lambda: read_secret(str(reference), base=workspace)


def _resolved(location: str, *, workspace: Path) -> str:
    return read_secret(location, base=workspace).reveal() if is_secret_reference(location) else location


def _database_url(system: System, *, workspace: Path) -> str:
    location = _resolved(system.location, workspace=workspace)
    if "://" in location:
        read = _secret_of(system, "password", workspace=workspace)
        url = url_with_password(location, None if read is None else read())
        return url.render_as_string(hide_password=False)
    root = workspace.resolve()
    path = (root / location).resolve()
    if not path.is_relative_to(root):
        raise Invalid(
            f"the system {system.id!r} lies outside the workspace at {location!r}; use a database URL for that"
        )
    return f"sqlite:///{path}"
