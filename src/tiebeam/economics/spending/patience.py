"""How long an answer of the database may take. In milliseconds."""

from __future__ import annotations

PATIENCE_MS = 2_500
"""A server that has not answered for so long is away."""
FILE_PATIENCE_MS = 60_000
"""A database file is not away because many write to it at once; calls are refused by their own patience before this."""
