"""Who is who: one-time links, sessions and what proves them. Only hashes of secrets are stored."""

from tiebeam.workforce.access.room import (
    Access,
    CsrfRefused,
    LinkRefused,
    Session,
    TooManyAttempts,
    check_csrf,
)

__all__ = ["Access", "CsrfRefused", "LinkRefused", "Session", "TooManyAttempts", "check_csrf"]
