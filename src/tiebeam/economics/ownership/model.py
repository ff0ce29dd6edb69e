"""The months of a study as formulas by name: what is asked for, what each side costs, what that is worth today.

Every figure about ownership comes from these lines: the exact answer, the draws, the tornado, the crossovers and the
spreadsheet. Nodes and people are whole, so a tenfold volume moves them in steps (EC-18). A month is paid at its
beginning; the last month also takes in what the remaining servers are sold for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from tiebeam.economics.units import Line
from tiebeam.kit.formulas import Arithmetic, Formula, read_formula, work_out
from tiebeam.spec import Side

MONTH, HORIZON = "month", "horizon_months"
_HARDLY = "0.000000001"
"""Nodes by which a load may exceed whole ones: what is equal but for rounding stays equal in every arithmetic."""
_SECONDS = "2628000"
"""Of a month of 730 hours."""

LOAD: tuple[Line, ...] = (
    Line("years", "years", "Years since the beginning", "(month - 1) / 12"),
    Line("discount", "share", "Worth today of a dollar of the month", "(1 + discount_rate_per_year) ** (-years)"),
    Line("users_served", "users", "Users", "users * volume_factor * (1 + user_growth_per_year) ** years"),
    Line(
        "requests",
        "times",
        "Requests",
        "users_served * requests_per_user_per_day * workdays_per_month * (1 + usage_growth_per_year) ** years",
    ),
    Line("input_tokens", "tokens", "Tokens read", "requests * input_tokens_per_request"),
    Line("output_tokens", "tokens", "Tokens written", "requests * output_tokens_per_request"),
)

PARTS: Mapping[Side, tuple[Line, ...]] = {
    Side.API: (
        Line(
            "api_tokens",
            "money",
            "Tokens",
            "(input_tokens * ((1 - cached_share) * api_input_price_per_mtok + cached_share * api_cached_price_per_mtok)"
            " + output_tokens * api_output_price_per_mtok) / 1000000 * (1 - api_discount_share)"
            " * (1 - api_price_decline_per_year) ** years",
        ),
        Line("api_platform", "money", "Platform", "api_platform_cost_per_month"),
        Line("api_staff", "money", "Staff", "api_staff_fte * staff_cost_per_year / 12"),
        Line("api_setup", "money", "Setup", "if_positive(2 - month, api_setup_cost, 0)"),
    ),
    Side.RENTED: (
        Line(
            "rented_compute",
            "money",
            "Rent",
            "rented_nodes * rented_gpus_per_node * rent_per_gpu_hour * 730 * (1 - rent_decline_per_year) ** years",
        ),
        Line("rented_platform", "money", "Platform", "rented_platform_cost_per_month"),
        Line("rented_staff", "money", "Staff", "rented_fte * staff_cost_per_year / 12"),
        Line("rented_setup", "money", "Setup", "if_positive(2 - month, rented_setup_cost, 0)"),
    ),
    Side.OWN: (
        Line("own_servers", "money", "Servers", "own_bought * server_price_now"),
        Line(
            "own_network",
            "money",
            "Network and installation",
            "own_bought * (server_price_now * network_share + installation_cost_per_server)",
        ),
        Line(
            "own_maintenance",
            "money",
            "Maintenance and software",
            "own_nodes * (server_price * maintenance_share_per_year + software_cost_per_server_per_year) / 12",
        ),
        Line(
            "own_power",
            "money",
            "Power and cooling",
            "own_nodes * server_kw * power_draw_share * pue * 730 * power_price_per_kwh"
            " * (1 + power_price_growth_per_year) ** years",
        ),
        Line("own_space", "money", "Space", "own_nodes * space_cost_per_server_per_month"),
        Line("own_staff", "money", "Staff", "own_fte * staff_cost_per_year / 12"),
        Line("own_setup", "money", "Setup", "if_positive(2 - month, own_setup_cost, 0)"),
        Line(
            "own_resale",
            "money",
            "Resale",
            "0 - own_resale_of_replaced - if_positive(month - horizon_months + 1, own_stock, 0)",
        ),
    ),
}
"""What a month of each side costs, by part; resale is negative."""

BEFORE: Mapping[Side, tuple[Line, ...]] = {
    Side.API: (),
    Side.RENTED: (
        Line(
            "rented_load",
            "tokens",
            "Tokens the rented capacity has to do",
            "output_tokens + rented_counts_input * input_tokens",
        ),
        Line(
            "rented_nodes",
            "units",
            "Nodes rented",
            f"max(rented_least_nodes, ceil(rented_load / (rented_tokens_per_s_per_gpu * rented_gpus_per_node"
            f" * {_SECONDS} * utilisation) - {_HARDLY}))",
        ),
        Line(
            "rented_fte",
            "people",
            "Engineers",
            "rented_least_fte"
            " + if_positive(rented_nodes_per_fte,"
            " max(ceil(rented_nodes / max(rented_nodes_per_fte, 0.001)) - 1, 0), 0)",
        ),
    ),
    Side.OWN: (
        Line(
            "own_needed",
            "units",
            "Servers needed",
            f"max(least_servers, ceil(output_tokens / (own_tokens_per_s_per_gpu * gpus_per_server * {_SECONDS}"
            f" * utilisation) - {_HARDLY})) + spare_servers",
        ),
        Line("own_nodes", "units", "Servers owned; none is sold before its time", "max(own_nodes_before, own_needed)"),
        Line("own_bought", "units", "Servers bought", "own_nodes - own_nodes_before + own_replaced"),
        Line(
            "own_fte",
            "people",
            "Engineers",
            "own_least_fte"
            " + if_positive(servers_per_fte, max(ceil(own_nodes / max(servers_per_fte, 0.001)) - 1, 0), 0)",
        ),
        Line(
            "server_price_now",
            "money",
            "Price of a server in the month",
            "server_price * (1 - server_price_decline_per_year) ** years",
        ),
        Line("kept_in_a_month", "share", "Of the resale value", "(1 - resale_decline_per_year) ** (1 / 12)"),
        Line(
            "own_resale_of_replaced",
            "money",
            "What replaced servers are sold for",
            "own_servers_of_replaced * (1 - resale_decline_per_year) ** (refresh_months / 12)",
        ),
        Line(
            "own_stock",
            "money",
            "What the servers could be sold for at the end of the month",
            "(own_stock_before - own_resale_of_replaced + own_bought * server_price_now) * kept_in_a_month",
        ),
    ),
}

NODES: Mapping[Side, str] = {Side.RENTED: "rented_nodes", Side.OWN: "own_nodes"}
PEOPLE: Mapping[Side, str] = {Side.API: "api_staff_fte", Side.RENTED: "rented_fte", Side.OWN: "own_fte"}


@dataclass(frozen=True, slots=True)
class Carried:
    """A name that means a line of an earlier month: one month, or the life of a server, before. 0 before the start."""

    name: str
    line: str
    is_replacement: bool = False


def carried(sides: tuple[Side, ...]) -> tuple[Carried, ...]:
    found = [
        Carried(f"{side.value}_{kind}_before", f"{side.value}_{kind}") for side in sides for kind in ("total", "value")
    ]
    if Side.OWN in sides:
        found += [
            Carried("own_nodes_before", "own_nodes"),
            Carried("own_stock_before", "own_stock"),
            Carried("own_replaced", "own_bought", is_replacement=True),
            Carried("own_servers_of_replaced", "own_servers", is_replacement=True),
        ]
    return tuple(found)


def lines_of(sides: tuple[Side, ...]) -> tuple[Line, ...]:
    """Every line of a month, in the order in which each finds what it needs."""
    found = [*LOAD]
    for side in sides:
        name = side.value
        found += [*BEFORE[side], *PARTS[side]]
        found += [
            Line(f"{name}_cash", "money", "Cost of the month", " + ".join(line.name for line in PARTS[side])),
            Line(f"{name}_total", "money", "Cost so far", f"{name}_total_before + {name}_cash"),
            Line(f"{name}_value", "money", "Present value so far", f"{name}_value_before + {name}_cash * discount"),
        ]
    return tuple(found)


@cache
def _read(sides: tuple[Side, ...]) -> tuple[tuple[str, Formula], ...]:
    return tuple((line.name, read_formula(line.formula)) for line in lines_of(sides))


def months(
    figures: Mapping[str, Any], *, arithmetic: Arithmetic, sides: tuple[Side, ...], horizon: int, refresh: int
) -> Iterator[dict[str, Any]]:
    """The lines of each month, the first first, over figures that name every driver of the sides.

    In the arithmetic's own numbers; a figure may be a column, then so is what follows from it.
    """
    nothing = arithmetic.number(Decimal(0))
    names = carried(sides)
    kept: list[dict[str, Any]] = []
    for month in range(1, horizon + 1):
        known = {**figures, MONTH: arithmetic.number(Decimal(month))}
        for one in names:
            place = month - 1 - (refresh if one.is_replacement else 1)
            known[one.name] = kept[place][one.name] if place >= 0 else nothing
        for name, formula in _read(sides):
            known[name] = work_out(formula, known, arithmetic=arithmetic)
        kept.append({one.name: known[one.line] for one in names})
        yield known
