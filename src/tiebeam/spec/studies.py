"""Studies of total cost of ownership: metered tokens, rented GPUs and own servers over years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from tiebeam.spec.assumptions import Assumption, Driver, Shape
from tiebeam.spec.base import DottedId, Frozen, Id, Record, Text
from tiebeam.spec.hosting import Precision, Term

MONTHS = Decimal(120)
"""The longest horizon, and the longest time a server is kept."""


class Basis(StrEnum):
    """How a figure was come by."""

    STATED = "stated"
    """By the text the study retells, or by a published price."""
    MEASURED = "measured"
    ASSUMED = "assumed"
    """By whoever wrote the study, or computed; `source` gives the reasoning."""


class StudyFigure(Assumption):
    """A figure of a study: its source is part of it, never taken from elsewhere."""

    basis: Basis

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.source is None:
            raise ValueError("a figure of a study says where it comes from; an assumed one gives its reasoning")
        return self


class Side(StrEnum):
    """The ways to have the tokens."""

    API = "api"
    """Metered by the token."""
    RENTED = "rented"
    """Capacity by the hour: GPUs, or a provider's provisioned throughput."""
    OWN = "own"
    """Servers on one's own premises."""


@dataclass(frozen=True, slots=True)
class StudyDriver(Driver):
    """`side` is None for figures of the work itself; a default of None means that the study or a list has to say it."""

    side: Side | None = None
    is_structural: bool = False
    """Whole months that shape the calculation: a fixed whole number."""


def _driver(
    side: Side | None,
    unit: str,
    about: str,
    default: str | None = "0",
    least: str = "0",
    most: str | None = None,
    *,
    is_structural: bool = False,
) -> StudyDriver:
    given = None if default is None else Decimal(default)
    above = Decimal(10) ** 12 if most is None else Decimal(most)
    return StudyDriver(unit, about, given, Decimal(least), above, side, is_structural)


_TINY = "0.000001"

STUDY_DRIVERS: Mapping[str, StudyDriver] = {
    "users": _driver(None, "users", "People who use it in the first month.", None, "1", "1000000000"),
    "requests_per_user_per_day": _driver(None, "times", "Requests of one user on a working day.", None, _TINY),
    "workdays_per_month": _driver(None, "days", "Days with such requests in a month.", "21", _TINY, "31"),
    "input_tokens_per_request": _driver(None, "tokens", "Tokens read for one request.", None),
    "output_tokens_per_request": _driver(None, "tokens", "Tokens written for one request.", None, _TINY),
    "user_growth_per_year": _driver(None, "share", "Growth of the users in a year.", "0", "-0.9", "10"),
    "usage_growth_per_year": _driver(None, "share", "Growth of one user's requests in a year.", "0", "-0.9", "10"),
    "volume_factor": _driver(None, "times", "How many times the stated volume.", "1", _TINY, "1000000"),
    "utilisation": _driver(
        None, "share", "Average load over what the hardware can do; it is sized for the peak.", "1", "0.001", "1"
    ),
    "staff_cost_per_year": _driver(None, "money", "Full cost of one engineer in a year.", None),
    "discount_rate_per_year": _driver(None, "share", "For the present value.", "0.08", "0", "1"),
    "horizon_months": _driver(None, "months", "How far the study looks.", "48", "1", str(MONTHS), is_structural=True),
    "api_input_price_per_mtok": _driver(Side.API, "money", "Price of a million tokens read.", None),
    "api_output_price_per_mtok": _driver(Side.API, "money", "Price of a million tokens written.", None),
    "api_cached_price_per_mtok": _driver(Side.API, "money", "Price of a million tokens read from the cache.", None),
    "cached_share": _driver(Side.API, "share", "Share of the tokens read that are in the cache.", "0", "0", "1"),
    "api_discount_share": _driver(Side.API, "share", "Taken off the list price by contract.", "0", "0", "1"),
    "api_price_decline_per_year": _driver(Side.API, "share", "Fall of the token price in a year.", "0", "0", "0.99"),
    "api_platform_cost_per_month": _driver(Side.API, "money", "Gateway and support beside the tokens."),
    "api_staff_fte": _driver(Side.API, "people", "Engineers who keep it running."),
    "api_setup_cost": _driver(Side.API, "money", "Connecting it, once."),
    "rented_tokens_per_s_per_gpu": _driver(Side.RENTED, "tokens", "What one GPU writes in a second.", None, _TINY),
    "rented_gpus_per_node": _driver(Side.RENTED, "units", "GPUs that are rented together.", None, "1", "10000"),
    "rent_per_gpu_hour": _driver(Side.RENTED, "money", "Rent of one GPU for an hour.", None),
    "rented_counts_input": _driver(
        Side.RENTED,
        "share",
        "1 where the throughput counts tokens read and written together, 0 where only written.",
        "0",
        "0",
        "1",
    ),
    "rent_decline_per_year": _driver(Side.RENTED, "share", "Fall of the rent in a year.", "0", "0", "0.99"),
    "rented_least_nodes": _driver(Side.RENTED, "units", "Nodes below which it is never run.", "1", "0", "100000"),
    "rented_platform_cost_per_month": _driver(Side.RENTED, "money", "Storage, network and support."),
    "rented_least_fte": _driver(Side.RENTED, "people", "Engineers it needs however small it is."),
    "rented_nodes_per_fte": _driver(
        Side.RENTED, "units", "Nodes these keep; a whole engineer more for each further so many. 0: any number."
    ),
    "rented_setup_cost": _driver(Side.RENTED, "money", "Setting it up, once."),
    "own_tokens_per_s_per_gpu": _driver(Side.OWN, "tokens", "What one GPU writes in a second.", None, _TINY),
    "gpus_per_server": _driver(Side.OWN, "units", "GPUs in one server.", None, "1", "10000"),
    "least_servers": _driver(Side.OWN, "units", "Servers below which it is never run.", "1", "0", "100000"),
    "spare_servers": _driver(Side.OWN, "units", "Servers beyond those the load needs.", "0", "0", "100000"),
    "server_price": _driver(Side.OWN, "money", "One server with its GPUs.", None),
    "server_price_decline_per_year": _driver(
        Side.OWN, "share", "Fall of the price of the same throughput in a year.", "0", "0", "0.99"
    ),
    "network_share": _driver(Side.OWN, "share", "Switches, cables and storage over the server's price.", "0", "0", "5"),
    "installation_cost_per_server": _driver(Side.OWN, "money", "Delivery, racking and acceptance of one server."),
    "maintenance_share_per_year": _driver(
        Side.OWN, "share", "Maintenance contract in a year, as a share of the server's price.", "0", "0", "1"
    ),
    "software_cost_per_server_per_year": _driver(Side.OWN, "money", "Licences and support of the software."),
    "server_kw": _driver(Side.OWN, "kW", "Electric power of one server at full load.", None, "0", "1000"),
    "power_draw_share": _driver(Side.OWN, "share", "Average draw over that power.", "1", "0", "1"),
    "pue": _driver(Side.OWN, "times", "Power of the whole building over that of the servers.", None, "1", "5"),
    "power_price_per_kwh": _driver(Side.OWN, "money", "Price of a kilowatt-hour.", None, "0", "100"),
    "power_price_growth_per_year": _driver(Side.OWN, "share", "Growth of that price in a year.", "0", "-0.5", "2"),
    "space_cost_per_server_per_month": _driver(Side.OWN, "money", "Rack space of one server."),
    "own_least_fte": _driver(Side.OWN, "people", "Engineers it needs however small it is."),
    "servers_per_fte": _driver(
        Side.OWN, "units", "Servers these keep; a whole engineer more for each further so many. 0: any number."
    ),
    "own_setup_cost": _driver(Side.OWN, "money", "Planning, room and security review, once."),
    "refresh_months": _driver(
        Side.OWN,
        "months",
        "How long a server is kept before it is replaced.",
        "48",
        "1",
        str(MONTHS),
        is_structural=True,
    ),
    "resale_decline_per_year": _driver(
        Side.OWN, "share", "Share of its resale value a server loses in a year; 1: worth nothing.", "1", "0", "1"
    ),
}
"""Every figure of a study by name. Money is in US dollars, as prices and rents are published."""

_FOUND: Mapping[str, Side] = {
    "api_input_price_per_mtok": Side.API,
    "api_output_price_per_mtok": Side.API,
    "api_cached_price_per_mtok": Side.API,
    "rented_tokens_per_s_per_gpu": Side.RENTED,
    "rented_gpus_per_node": Side.RENTED,
    "rent_per_gpu_hour": Side.RENTED,
    "own_tokens_per_s_per_gpu": Side.OWN,
}
"""Figures that the records the study names can say."""


class MeteredUse(Frozen):
    """The model as it is bought by the token."""

    model: Text
    provider: Id | None = None


class ServingUse(Frozen):
    """How the model is served on one node, for its throughput by the library's method."""

    architecture: DottedId
    accelerator: Id
    precision: Precision
    backend: Id
    gpus: int = Field(ge=1, le=10_000)
    tensor_parallel: int = Field(ge=1, le=10_000)
    concurrency: int = Field(ge=1, le=1_000_000)


class RentedUse(Frozen):
    """An offer of GPUs with how the model is served on a node, or a provider's provisioned capacity."""

    offer: DottedId | None = None
    term: Term = Term.ON_DEMAND
    serving: ServingUse | None = None
    capacity: Id | None = None
    """A price record with [[capacity]]."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.offer is not None and self.capacity is not None:
            raise ValueError("rent either an offer of GPUs or provisioned capacity, not both in one study")
        return self


class OwnUse(Frozen):
    """How the model is served on one own server."""

    serving: ServingUse | None = None


class Study(Record):
    """One named comparison. What a side's records say (price, rent, throughput) a figure of the same name replaces."""

    title: Text
    question: Text
    retells: Text | None = None
    """What a text at hand says, and what it leaves open."""
    owner: DottedId
    """The role that answers for the figures."""
    checked: date
    api: MeteredUse | None = None
    rented: RentedUse | None = None
    own: OwnUse | None = None
    users_from: int = Field(default=5_000, ge=1, le=1_000_000_000)
    users_to: int = Field(default=50_000, ge=1, le=1_000_000_000)
    assumptions: dict[str, StudyFigure]

    @property
    def sides(self) -> tuple[Side, ...]:
        return tuple(side for side in Side if getattr(self, side.value) is not None)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if len(self.sides) < 2:
            raise ValueError("a study compares at least two of [api], [rented] and [own]")
        if self.users_from >= self.users_to:
            raise ValueError(f"users_from {self.users_from} must be below users_to {self.users_to}")
        for name, figure in self.assumptions.items():
            driver = STUDY_DRIVERS.get(name)
            if driver is None:
                raise ValueError(f"nothing reads the assumption {name!r}; see 'tiebeam studies drivers' for the names")
            if driver.side is not None and driver.side not in self.sides:
                raise ValueError(f"{name} belongs to [{driver.side.value}], which the study does not compare")
            _within(name, figure, driver)
        for name in self.asked():
            if STUDY_DRIVERS[name].default is None and name not in self.assumptions and name not in self.found():
                raise ValueError(f"the assumptions say nothing of {name}: {STUDY_DRIVERS[name].about}")
        return self

    def asked(self) -> tuple[str, ...]:
        """The names of every figure the study needs, in their order."""
        return tuple(name for name, driver in STUDY_DRIVERS.items() if driver.side in (None, *self.sides))

    def found(self) -> frozenset[str]:
        """Figures that the records named by the sides say."""
        rented, own = self.rented, self.own
        lists = {Side.API: self.api is not None}
        found = {name for name, side in _FOUND.items() if lists.get(side)}
        if rented is not None and rented.offer is not None:
            found |= {"rented_gpus_per_node", "rent_per_gpu_hour"}
        if rented is not None and rented.serving is not None:
            found.add("rented_tokens_per_s_per_gpu")
        if rented is not None and rented.capacity is not None:
            found |= {name for name, side in _FOUND.items() if side is Side.RENTED}
        if own is not None and own.serving is not None:
            found.add("own_tokens_per_s_per_gpu")
        return frozenset(found)


def _within(name: str, figure: StudyFigure, driver: StudyDriver) -> None:
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    if low < driver.least or high > driver.most:
        raise ValueError(f"{name} lies between {driver.least} and {driver.most} {driver.unit}, not at {low} to {high}")
    if driver.is_structural and (figure.shape is not Shape.FIXED or figure.value != int(figure.value)):
        raise ValueError(f"{name} shapes the calculation: give one whole number of months, without a range")
