"""The composition root: from a workspace folder to a running system. The only room that knows every other."""

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
from tiebeam.app.known import known_scorers, known_steps
from tiebeam.app.running import App
from tiebeam.app.seeding import Seeded, seed_use

__all__ = [
    "DATABASE_VARIABLE",
    "HEARTBEAT_TIMEOUT",
    "LARGEST_DOCUMENT",
    "STATE_FOLDER",
    "App",
    "Applied",
    "Calls",
    "DatabaseUnreachable",
    "Seeded",
    "known_scorers",
    "known_steps",
    "open_app",
    "seed_use",
]
