"""Why there is no price. Each is an error of its own, and none of them is zero."""

from __future__ import annotations

from tiebeam.errors import Invalid, NotFound


class UnknownPrice(NotFound):
    """There is no price for the model on that day. It is an error, never zero."""

    code = "unknown_price"


class UnknownPricePart(UnknownPrice):
    """The model has a price, but none for a kind of token, a service or a region that is used."""

    code = "unknown_price_part"


class StalePrice(Invalid):
    """The workspace's price has not been checked for longer than is allowed."""

    code = "stale_price"


class AliasRefused(Invalid):
    """A name such as `…-latest` means another model tomorrow, so nothing is priced by it."""

    code = "model_alias_refused"


class MissingRate(Invalid):
    """Dollars cannot be stated in the workspace's currency without a rate."""

    code = "missing_rate"
