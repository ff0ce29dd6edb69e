"""What the HTTP faces share: who is asking, paging, and how errors are told."""

from tiebeam.http.identity import COOKIE, SignedOut, csrf_of, principal_of, require_csrf, session_cookie, session_of
from tiebeam.http.links import make_link
from tiebeam.http.paging import Paging, paging_of
from tiebeam.http.pictures import page_response
from tiebeam.http.problems import TooLarge, problem_of
from tiebeam.http.shutdown import Shutdown

__all__ = [
    "COOKIE",
    "Paging",
    "Shutdown",
    "SignedOut",
    "TooLarge",
    "csrf_of",
    "make_link",
    "page_response",
    "paging_of",
    "principal_of",
    "problem_of",
    "require_csrf",
    "session_cookie",
    "session_of",
]
