"""Why a month is not closed, and what to do first."""

from __future__ import annotations

from tiebeam.errors import Conflict, Invalid, NotFound, TiebeamError


class AlreadyClosed(Conflict):
    """A closed month is never opened again."""

    code = "already_closed"


class MonthNotOver(Conflict):
    """Charges of the month may still come."""

    code = "month_not_over"


class NotInOrder(Conflict):
    """An earlier month with charges is still open."""

    code = "not_in_order"


class BooksDiffer(Conflict):
    """Charges and their sums tell different figures, so nothing is closed or let go of."""

    code = "books_differ"


class MonthNotClosed(NotFound):
    """There is no such closed month."""

    code = "month_not_closed"


class QueryRefused(Invalid):
    """The ledger answers single questions, and changes nothing."""

    code = "query_refused"


class QueryFailed(Invalid):
    """The question could not be answered, in the words of DuckDB."""

    code = "query_failed"


class QueryTooLong(TiebeamError):
    """The question took longer than it may."""

    code = "query_too_long"
    status = 504
