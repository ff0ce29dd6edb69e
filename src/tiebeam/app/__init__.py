"""The composition root: from a workspace folder to a running system. The only room that knows every other."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiebeam.app.calling import OpenCalls, open_calls
    from tiebeam.app.calls import Calls
    from tiebeam.app.composing import open_app
    from tiebeam.app.database import (
        DATABASE_VARIABLE,
        HEARTBEAT_TIMEOUT,
        LARGEST_DOCUMENT,
        STATE_FOLDER,
        DatabaseUnreachable,
    )
    from tiebeam.app.in_force import Applied
    from tiebeam.app.keeping import FileDiffers, Restored, back_up, restore
    from tiebeam.app.known import installed, known_names
    from tiebeam.app.running import App
    from tiebeam.app.seeding import Seeded, seed_use
    from tiebeam.app.vitals import Operations, Vitals, operations_of

__all__ = [
    "DATABASE_VARIABLE",
    "HEARTBEAT_TIMEOUT",
    "LARGEST_DOCUMENT",
    "STATE_FOLDER",
    "App",
    "Applied",
    "Calls",
    "DatabaseUnreachable",
    "FileDiffers",
    "OpenCalls",
    "Operations",
    "Restored",
    "Seeded",
    "Vitals",
    "back_up",
    "installed",
    "known_names",
    "open_app",
    "open_calls",
    "operations_of",
    "restore",
    "seed_use",
]

_HOMES = {
    "Operations": "vitals",
    "Vitals": "vitals",
    "operations_of": "vitals",
    "FileDiffers": "keeping",
    "Restored": "keeping",
    "back_up": "keeping",
    "restore": "keeping",
    "OpenCalls": "calling",
    "open_calls": "calling",
    "Calls": "calls",
    "open_app": "composing",
    "DATABASE_VARIABLE": "database",
    "DatabaseUnreachable": "database",
    "HEARTBEAT_TIMEOUT": "database",
    "LARGEST_DOCUMENT": "database",
    "STATE_FOLDER": "database",
    "Applied": "in_force",
    "installed": "known",
    "known_names": "known",
    "App": "running",
    "Seeded": "seeding",
    "seed_use": "seeding",
}
"""Each name and the module it is in, loaded when it is asked for: who needs a part does not pay for all rooms."""


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
