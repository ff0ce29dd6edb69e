"""Who is who: one-time links, sessions and what proves them. Only hashes of secrets are stored."""

from tiebeam.workforce.access.attempts import TooManyAttempts
from tiebeam.workforce.access.links import LinkRefused
from tiebeam.workforce.access.room import Access
from tiebeam.workforce.access.sessions import CsrfRefused, Session, SessionView, UnknownSession, check_csrf

__all__ = [
    "Access",
    "CsrfRefused",
    "LinkRefused",
    "Session",
    "SessionView",
    "TooManyAttempts",
    "UnknownSession",
    "check_csrf",
]
