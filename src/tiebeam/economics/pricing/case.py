"""A pricing model as a case that can be worked out: figures, prices of tokens, changes somebody tries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from tiebeam.economics.prices import Prices
from tiebeam.economics.pricing.model import STREAMS, TOKEN_PRICES, month, price_driver, price_figures
from tiebeam.economics.units import NO_TOKENS, IncompleteEconomics, TokenPrices, WrongFigure
from tiebeam.errors import Invalid, NotFound
from tiebeam.kit.formulas import Exact
from tiebeam.spec import PRICING_DRIVERS, Assumption, Driver, PricingModel

_TOKEN_DRIVERS = {
    "input_price_per_mtok": Driver("money", "Price of a million tokens read.", None),
    "output_price_per_mtok": Driver("money", "Price of a million tokens written.", None),
    "cached_price_per_mtok": Driver("money", "Price of a million tokens read from the provider's cache.", None),
}


class UnknownPricing(NotFound):
    """No pricing model of the workspace has this name."""

    code = "pricing_unknown"


class NothingSeated(Invalid):
    """The headless share cannot be moved where nothing says how much is done at a seat."""

    code = "nothing_seated"


@dataclass(frozen=True, slots=True)
class PricingCase:
    """`changed` holds what somebody set for this question only."""

    record: PricingModel
    currency: str
    prices: TokenPrices
    changed: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])

    def figures(self) -> dict[str, Assumption]:
        """Every figure the model asks for, by name."""
        found = {name: self.record.figure(name) for name in PRICING_DRIVERS}
        lists = self.record.prices
        for stream in STREAMS:
            found |= price_figures(stream, lists.get(stream))
        price = self.prices
        values = (price.input_per_mtok, price.output_per_mtok, price.cached_per_mtok)
        found |= {
            name: Assumption(value=value, source=price.source) for name, value in zip(TOKEN_PRICES, values, strict=True)
        }
        said = {name: Assumption(value=value, source="Set for this question.") for name, value in self.changed.items()}
        return found | said

    def amount(self, name: str) -> Decimal:
        """The most likely value of a figure, as set."""
        return self.figures()[name].value

    def having(self, changes: Mapping[str, Decimal]) -> PricingCase:
        """The same with figures set anew; a set figure is fixed. Raises WrongFigure."""
        known = self.figures()
        for name, value in changes.items():
            if name not in known:
                raise WrongFigure(f"there is no figure {name!r}; they are {', '.join(sorted(known))}", name=name)
            driver = driver_of(name)
            if not value.is_finite() or not driver.least <= value <= driver.most:
                raise WrongFigure(
                    f"{name} lies between {driver.least} and {driver.most} {driver.unit}, not at {str(value)[:40]}",
                    name=name,
                )
        changed = replace(self, changed={**self.changed, **changes})
        changed.check_steps()
        return changed

    def check_steps(self) -> None:
        """Raises WrongFigure where a step no longer begins above the one before."""
        for stream, price_list in self.record.prices.items():
            names = [f"{stream}_above_{place}" for place in range(2, len(price_list.step) + 1)]
            for earlier, later in pairwise(names):
                if self.amount(later) <= self.amount(earlier):
                    raise WrongFigure(f"{later} must lie above {earlier}, {self.amount(earlier)}", name=later)

    def at_share(self, share: Decimal) -> PricingCase:
        """The same work with another headless share of operations; seats follow the work that is done at them.

        Raises WrongFigure for what is no share, and NothingSeated.
        """
        if not share.is_finite() or not 0 <= share <= 1:
            raise WrongFigure(f"headless_share lies between 0 and 1, not at {str(share)[:40]}", name="headless_share")
        if not self.can_move:
            raise NothingSeated(
                f"{self.record.id!r} states no work at seats, so no share of it can be headless; "
                "state seats and operations_per_seat, or set them"
            )
        return self.having({"moved_share": moved_for(share, self.values())})

    def values(self) -> dict[str, Decimal]:
        """The most likely value of every figure."""
        return {name: one.value for name, one in self.figures().items()}

    @property
    def can_move(self) -> bool:
        """Whether the headless share can be another."""
        return seated_operations(self.values()) > 0

    def exactly(self) -> dict[str, Decimal]:
        """Every figure and line at the most likely values."""
        return month(self.record, self.values(), arithmetic=Exact())


def seated_operations(values: Mapping[str, Decimal]) -> Decimal:
    """Stated work at seats, of one customer."""
    people = values["seats"] * values["operations_per_seat"]
    return people + values["agent_seats"] * values["operations_per_agent_seat"]


def moved_for(share: Decimal, values: Mapping[str, Decimal]) -> Decimal:
    """What `moved_share` must be, so that headless operations are `share` of all. One moved operation becomes `each`.

    There is work at seats.
    """
    seated, headless, each = seated_operations(values), values["headless_operations"], values["headless_per_seated"]
    return (share * (headless + seated) - headless) / (seated * (each - share * (each - 1)))


def driver_of(name: str) -> Driver:
    """What the model knows of a figure. Raises KeyError."""
    found = PRICING_DRIVERS.get(name) or _TOKEN_DRIVERS.get(name) or price_driver(name)
    if found is None:
        raise KeyError(name)
    return found


def pricing_case(record: PricingModel, prices: Prices, *, at: datetime | None = None) -> PricingCase:
    """The case at the prices of a day. Raises what `Prices.price` raises, or IncompleteEconomics on a missing part."""
    if not record.spends_tokens or record.model is None:
        return PricingCase(record, prices.currency, NO_TOKENS)
    price = prices.price(record.model, provider=record.provider, at=at)
    into, out = price.input_usd_per_mtok, price.output_usd_per_mtok
    if into is None or out is None:
        raise IncompleteEconomics(f"{record.model!r} has no price for tokens read or written; add one below prices/")
    cached = into if price.cached_input_usd_per_mtok is None else price.cached_input_usd_per_mtok
    found = (prices.in_currency(usd) for usd in (into, out, cached))
    return PricingCase(record, prices.currency, TokenPrices(*found, source=price.source))
