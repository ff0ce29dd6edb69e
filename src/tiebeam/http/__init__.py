"""What the HTTP faces share: who is asking, paging, and how errors are told."""

from tiebeam.http.caller import Ask, Caller
from tiebeam.http.identity import (
    COOKIE,
    Renewing,
    SignedOut,
    agent_of,
    csrf_of,
    identity_of,
    principal_of,
    require_csrf,
    session_cookie,
    session_of,
    source_of,
)
from tiebeam.http.links import make_link
from tiebeam.http.objects import BUILDERS, EVERYTHING, journal_object
from tiebeam.http.paging import Paging, paging_of
from tiebeam.http.pictures import page_response
from tiebeam.http.problems import TooLarge, headers_of, problem_of
from tiebeam.http.shutdown import Shutdown

__all__ = [
    "BUILDERS",
    "COOKIE",
    "EVERYTHING",
    "Ask",
    "Caller",
    "Paging",
    "Renewing",
    "Shutdown",
    "SignedOut",
    "TooLarge",
    "agent_of",
    "csrf_of",
    "headers_of",
    "identity_of",
    "journal_object",
    "make_link",
    "page_response",
    "paging_of",
    "principal_of",
    "problem_of",
    "require_csrf",
    "session_cookie",
    "session_of",
    "source_of",
]
