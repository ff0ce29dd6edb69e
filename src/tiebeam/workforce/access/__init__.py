"""Who is who: one-time links, sessions and tokens, and what proves them. Only hashes of secrets are stored."""

from tiebeam.workforce.access.attempts import TooManyAttempts
from tiebeam.workforce.access.holders import Principals, TokenHolder
from tiebeam.workforce.access.links import LinkRefused
from tiebeam.workforce.access.machine import NotTheOwner, operating_user, person_of_machine
from tiebeam.workforce.access.room import Access
from tiebeam.workforce.access.scopes import known_scopes
from tiebeam.workforce.access.sessions import CsrfRefused, Session, SessionView, UnknownSession, check_csrf
from tiebeam.workforce.access.token_text import TOKEN, HolderKind
from tiebeam.workforce.access.tokens import NewToken, Token, TokenRefused, TokenState, UnknownToken

__all__ = [
    "TOKEN",
    "Access",
    "CsrfRefused",
    "HolderKind",
    "LinkRefused",
    "NewToken",
    "NotTheOwner",
    "Principals",
    "Session",
    "SessionView",
    "Token",
    "TokenHolder",
    "TokenRefused",
    "TokenState",
    "TooManyAttempts",
    "UnknownSession",
    "UnknownToken",
    "check_csrf",
    "known_scopes",
    "operating_user",
    "person_of_machine",
]
