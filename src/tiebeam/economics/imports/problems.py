"""What can be wrong with a file that is taken in, each naming the file, the line and the way out."""

from __future__ import annotations

from pathlib import Path

from tiebeam.errors import Conflict, Invalid


class BrokenImport(Invalid):
    """A file cannot be read to its end as what it says it is. Nothing of it was taken in."""

    code = "broken_import"

    def __init__(self, file: Path, line: int, problem: str, fix: str) -> None:
        super().__init__(f"{file.name!r}, line {line}: {problem}; {fix}", file=file.name, line=line)


class UnknownImport(Invalid):
    """The columns of a file fit no source that is known."""

    code = "unknown_import"


class UnpricedImport(Invalid):
    """Usage came without its cost, and no price is known for a model. It is never taken as free."""

    code = "unpriced_import"


class MonthClosed(Conflict):
    """The month is closed: its figures stand, and what comes later is a correction."""

    code = "month_closed"


class NotWithinBill(Conflict):
    """What would be in the ledger differs from the bill by more than was allowed."""

    code = "not_within_bill"
