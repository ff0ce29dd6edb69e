"""What the HTTP faces share: who is asking, paging, and how errors are told."""

from tiebeam.http.books import Books
from tiebeam.http.caller import Ask, Caller
from tiebeam.http.downloads import FORMATS, evidence_file, journal_file
from tiebeam.http.explaining import explain
from tiebeam.http.frames import seen_frame
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
from tiebeam.http.limits import LARGEST_BODY, LARGEST_UPLOAD, bounded, is_at_most
from tiebeam.http.links import make_link
from tiebeam.http.measured import measured
from tiebeam.http.objects import BUILDERS, EVERYTHING, journal_object, ledger_object
from tiebeam.http.paging import Paging, paging_of
from tiebeam.http.pictures import page_response
from tiebeam.http.problems import TooLarge, headers_of, problem_of
from tiebeam.http.reached import Reached, base_url_of, reached_by
from tiebeam.http.security import (
    CONTENT_SECURITY_POLICY,
    DATA_POLICY,
    Guarded,
    is_from_here,
    middleware,
    require_from_here,
)
from tiebeam.http.seen_budgets import seen_budgets
from tiebeam.http.seen_events import seen_events
from tiebeam.http.seen_use import seen_use
from tiebeam.http.shutdown import Shutdown

__all__ = [
    "BUILDERS",
    "CONTENT_SECURITY_POLICY",
    "COOKIE",
    "DATA_POLICY",
    "EVERYTHING",
    "FORMATS",
    "LARGEST_BODY",
    "LARGEST_UPLOAD",
    "Ask",
    "Books",
    "Caller",
    "Guarded",
    "Paging",
    "Reached",
    "Renewing",
    "Shutdown",
    "SignedOut",
    "TooLarge",
    "agent_of",
    "base_url_of",
    "bounded",
    "csrf_of",
    "evidence_file",
    "explain",
    "headers_of",
    "identity_of",
    "is_at_most",
    "is_from_here",
    "journal_file",
    "journal_object",
    "ledger_object",
    "make_link",
    "measured",
    "middleware",
    "page_response",
    "paging_of",
    "principal_of",
    "problem_of",
    "reached_by",
    "require_csrf",
    "require_from_here",
    "seen_budgets",
    "seen_events",
    "seen_frame",
    "seen_use",
    "session_cookie",
    "session_of",
    "source_of",
]
