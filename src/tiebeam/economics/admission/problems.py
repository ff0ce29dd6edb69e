"""Why a call is not let in, beside a spent budget, the limits of a key and what routing refuses."""

from __future__ import annotations

from tiebeam.errors import Invalid, Refused, TiebeamError


class KeyRefused(TiebeamError):
    """No key, or one that opens nothing: never made, over, or revoked."""

    code = "invalid_api_key"
    status = 401


class KeysUnread(TiebeamError):
    """The keys were not read yet, because the database does not answer: nothing is said about the key."""

    code = "keys_unread"
    status = 503


class OutsideKey(Refused):
    """The key may not call this endpoint, ask for this model or name this workflow."""

    code = "outside_key_scope"


class WrongHeader(Invalid):
    """A header of ours that cannot be so."""

    code = "wrong_header"


class CostUnbounded(Invalid):
    """What the call may cost at worst cannot be told before it, and a hard ceiling covers it."""

    code = "cost_unbounded"


class TakesNoImages(Invalid):
    """The request holds images, and nothing says how many tokens one may be."""

    code = "images_not_taken"


class TooManyChoices(Invalid):
    """The call asks for more answers at once than are bounded."""

    code = "too_many_choices"


class BudgetsBehind(TiebeamError):
    """The key has a ceiling that the budgets in memory do not know yet. It passes by itself within a second."""

    code = "budgets_behind"
    status = 503
