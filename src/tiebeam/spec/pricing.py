"""How a product is sold: seats for people, cheaper seats for agents with an identity, consumption for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from tiebeam.spec.assumptions import Assumption, Driver, Figure, check_within, driver, figure_of, highest
from tiebeam.spec.base import DottedId, Frozen, Id, Record, Share, Text

_MOST = Decimal(10) ** 15
_STEPS = 8
_ALIKE = Decimal("0.01")
"""Volumes of use cases and of the assumptions may differ by rounding."""


PRICING_DRIVERS: Mapping[str, Driver] = {
    "customers": driver("units", "Customers.", None),
    "seats": driver("people", "Seats of people, of one customer."),
    "operations_per_seat": driver("units", "Operations a month done at one seat."),
    "agent_seats": driver("units", "Seats of agents with an identity of their own, of one customer."),
    "operations_per_agent_seat": driver("units", "Operations a month done by one such agent."),
    "headless_operations": driver("units", "Operations a month of one customer that come on demand, without a seat."),
    "moved_share": driver(
        "share",
        "Share of the work at seats that goes headless instead, its seats with it; below 0 work comes back to seats.",
        "0",
        "-1000000",
        "1",
    ),
    "headless_per_seated": driver(
        "times", "Headless operations that take the place of one at a seat.", "1", "0.000001", "1000000"
    ),
    "cost_per_seat_operation": driver("money", "Cost to serve an operation at a seat, but for a model."),
    "cost_per_agent_operation": driver("money", "Cost to serve an operation of a seated agent, but for a model."),
    "cost_per_headless_operation": driver("money", "Cost to serve a headless operation, but for a model."),
    "model_share_seat": driver("share", "Share of the operations at seats that call the model.", "0", "0", "1"),
    "model_share_agent": driver("share", "Share of seated agents' operations that call it.", "0", "0", "1"),
    "model_share_headless": driver("share", "Share of the headless operations that call it.", "0", "0", "1"),
    "input_tokens_per_call": driver("tokens", "Tokens read in one call of the model."),
    "output_tokens_per_call": driver("tokens", "Tokens written in one call."),
    "cached_share": driver("share", "Share of the tokens read that the provider had in its cache.", "0", "0", "1"),
    "cost_per_seat": driver("money", "What a seat costs a month whatever it does: support, licences."),
    "cost_per_agent_seat": driver("money", "What an agent's seat costs a month: identity, rights, audit trail."),
    "cost_per_customer": driver("money", "What a customer costs a month whatever they use."),
    "fixed_cost_per_month": driver("money", "What the product costs a month whoever buys it."),
}
"""Every figure of the model but its prices. Money is in the workspace's currency."""


class RevenueStream(StrEnum):
    """What is sold."""

    SEAT = "seat"
    AGENT_SEAT = "agent_seat"
    OPERATION = "operation"


class Billing(StrEnum):
    """How an agent's use is charged."""

    AGENT_SEAT = "agent-seat"
    CONSUMPTION = "consumption"


class PriceStep(Frozen):
    """What each one beyond `above` costs, up to the next step; of one customer and month."""

    above: Decimal = Field(default=Decimal(0), ge=0, le=_MOST)
    price: Figure


class PriceList(Frozen):
    """Steps, with what is included and what is charged at least, both of one customer and month."""

    included: Figure = Assumption(value=Decimal(0))
    minimum: Figure = Assumption(value=Decimal(0))
    """Of a customer who uses it at all."""
    step: tuple[PriceStep, ...] = Field(min_length=1, max_length=_STEPS)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        begins = [one.above for one in self.step]
        if begins[0] != 0 or any(later <= earlier for earlier, later in pairwise(begins)):
            raise ValueError("the first step begins above 0 and each later one above the one before")
        return self

    @property
    def first(self) -> Decimal:
        return self.step[0].price.value


class UseCase(Frozen):
    """An agent's use of the product, and how it is charged (EC-30)."""

    id: Id
    title: Text
    keeps_state: bool
    """It remembers from one operation to the next inside the product."""
    own_identity: bool
    """It acts under a name of its own, with rights and a trail."""
    billed: Billing
    reason: Text
    agent: Id | None = None
    """The registered agent that does it, where it is one's own."""
    operations: Figure | None = None
    """A month, of one customer."""

    @property
    def called_for(self) -> Billing:
        """A stateful identity has a seat of its own; what comes on demand is consumption."""
        is_stateful = self.keeps_state or self.own_identity or self.agent is not None
        return Billing.AGENT_SEAT if is_stateful else Billing.CONSUMPTION


class PricingModel(Record):
    """A product sold by seats, agent seats and consumption, with the volumes and costs it is judged by (EC-29)."""

    title: Text
    about: Text
    assumptions: dict[str, Figure]
    """By the names of `PRICING_DRIVERS`."""
    seat: PriceList | None = None
    agent_seat: PriceList | None = None
    operation: PriceList | None = None
    use_case: tuple[UseCase, ...] = ()
    model: Text | None = None
    """The priced model, where operations spend tokens."""
    provider: Id | None = None
    warn_below: Share = Decimal("0.05")
    """A smaller headless share of operations is warned of."""
    warn_above: Share = Decimal("0.95")
    source: Text
    """Where figures without a source of their own come from, with a date."""
    owner: DottedId
    """The role that answers for figures without an owner of their own."""
    readers: tuple[DottedId, ...] = ()
    """Further roles that may see it."""
    checked: date

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, known in PRICING_DRIVERS.items():
            if known.default is None and name not in self.assumptions:
                raise ValueError(f"the assumptions say nothing of {name}: {known.about}")
        for name, assumption in self.assumptions.items():
            if name not in PRICING_DRIVERS:
                raise ValueError(f"nothing reads the assumption {name!r}; they are {', '.join(PRICING_DRIVERS)}")
            check_within(name, assumption, PRICING_DRIVERS[name])
        for stream, price_list in self.prices.items():
            _check_prices(stream, price_list)
        self._check_volumes()
        if self.model is None and self.spends_tokens:
            raise ValueError("operations spend tokens; name the model they are bought from")
        if not self.warn_below < self.warn_above:
            raise ValueError("warn_below must be smaller than warn_above")
        names = [one.id for one in self.use_case]
        if len(set(names)) != len(names):
            raise ValueError("two use cases have the same id")
        return self

    def _check_volumes(self) -> None:
        for count, each in (("seats", "operations_per_seat"), ("agent_seats", "operations_per_agent_seat")):
            if self.amount(count) > 0 and self.amount(each) == 0:
                raise ValueError(f"{count} say nothing without {each}: how much is done at each of them")
        sold = (("seats", self.seat), ("agent_seats", self.agent_seat), ("headless_operations", self.operation))
        for name, price_list in sold:
            if self.amount(name) > 0 and price_list is None:
                raise ValueError(f"{name} are sold and have no price; add one, or 0 when they are free")

    @property
    def prices(self) -> dict[RevenueStream, PriceList]:
        """The price lists there are."""
        found = {
            RevenueStream.SEAT: self.seat,
            RevenueStream.AGENT_SEAT: self.agent_seat,
            RevenueStream.OPERATION: self.operation,
        }
        return {stream: one for stream, one in found.items() if one is not None}

    @property
    def spends_tokens(self) -> bool:
        tokens = any(highest(self.figure(name)) > 0 for name in ("input_tokens_per_call", "output_tokens_per_call"))
        shares = ("model_share_seat", "model_share_agent", "model_share_headless")
        return tokens and any(highest(self.figure(name)) > 0 for name in shares)

    @property
    def seated_operations(self) -> Decimal:
        """A month, of one customer, at the most likely values."""
        people = self.amount("seats") * self.amount("operations_per_seat")
        return people + self.amount("agent_seats") * self.amount("operations_per_agent_seat")

    @property
    def headless_share(self) -> Decimal | None:
        """Headless operations over all; None without any."""
        headless = self.amount("headless_operations")
        total = headless + self.seated_operations
        return headless / total if total else None

    def figure(self, name: str) -> Assumption:
        """The assumption, or the model's default. Raises KeyError for a name that has neither."""
        return figure_of(self.assumptions, PRICING_DRIVERS, name)

    def amount(self, name: str) -> Decimal:
        """The most likely value of a figure."""
        return self.figure(name).value

    def disagreements(self) -> Iterator[tuple[int | None, str]]:
        """Where what is decided and what is done differ (EC-30): the place of the use case, and words."""
        for place, one in enumerate(self.use_case):
            if one.billed is not one.called_for:
                yield place, _differs(one)
        agents = self.amount("agent_seats") * self.amount("operations_per_agent_seat")
        for billing, stated in (
            (Billing.AGENT_SEAT, agents),
            (Billing.CONSUMPTION, self.amount("headless_operations")),
        ):
            yield from self._volumes_differ(billing, stated)

    def _volumes_differ(self, billing: Billing, stated: Decimal) -> Iterator[tuple[None, str]]:
        own = [one for one in self.use_case if one.billed is billing]
        if not own:
            if stated > 0:
                yield None, f"{stated:f} operations a customer are charged by {billing} and no use case decides so"
            return
        said = [one.operations.value for one in own if one.operations is not None]
        total, is_whole = sum(said, Decimal(0)), len(said) == len(own)
        is_more = total > stated * (1 + _ALIKE)
        is_less = is_whole and total < stated * (1 - _ALIKE)
        if said and (is_more or is_less):
            yield None, f"use cases charged by {billing} do {total:f} operations a customer, the assumptions {stated:f}"


def _differs(one: UseCase) -> str:
    if one.called_for is Billing.CONSUMPTION:
        return f"{one.id!r} comes on demand and is charged by agent seat; consumption fits it"
    why = "keeps state" if one.keeps_state else "acts under a name of its own"
    if one.agent is not None and not (one.keeps_state or one.own_identity):
        why = f"is done by the registered agent {one.agent!r}"
    return f"{one.id!r} {why} and is charged by consumption; an agent seat fits it"


def _check_prices(stream: RevenueStream, price_list: PriceList) -> None:
    stated = {"included": price_list.included, "minimum": price_list.minimum}
    stated |= {f"step {place} price": one.price for place, one in enumerate(price_list.step, start=1)}
    for name, figure in stated.items():
        check_within(f"{stream} {name}", figure, driver("money", ""))
