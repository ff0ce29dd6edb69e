"""Why reference data could not be read, in words its owner can act on."""

from __future__ import annotations

from tiebeam.errors import Invalid


class ReferenceUnreadable(Invalid):
    """An order, receipt, supplier list or policy cannot be read; the message names the file, row and column."""

    code = "reference_unreadable"
