"""A small study whose every figure can be worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from tiebeam.economics.ownership import StudyCase, study_case
from tiebeam.economics.prices import Prices
from tiebeam.graph import Graph, load
from tiebeam.kit import FixedClock
from tiebeam.spec import Study

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BY_HAND: dict[str, Any] = {
    "users": 1000,
    "requests_per_user_per_day": 10,
    "workdays_per_month": 20,
    "input_tokens_per_request": 1000,
    "output_tokens_per_request": 500,
    "utilisation": "0.5",
    "staff_cost_per_year": 120_000,
    "discount_rate_per_year": 0,
    "horizon_months": 24,
    "api_input_price_per_mtok": 2,
    "api_output_price_per_mtok": 10,
    "api_cached_price_per_mtok": 1,
    "api_setup_cost": 500,
    "rented_tokens_per_s_per_gpu": 10,
    "rented_gpus_per_node": 1,
    "rent_per_gpu_hour": 2,
    "own_tokens_per_s_per_gpu": 10,
    "gpus_per_server": 4,
    "spare_servers": 1,
    "server_price": 10_000,
    "network_share": "0.1",
    "installation_cost_per_server": 500,
    "maintenance_share_per_year": "0.12",
    "server_kw": 2,
    "power_draw_share": "0.5",
    "pue": "1.5",
    "power_price_per_kwh": "0.2",
    "space_cost_per_server_per_month": 100,
    "own_least_fte": "0.5",
    "servers_per_fte": 2,
    "own_setup_cost": 1000,
    "resale_decline_per_year": "0.19",
}
"""200 M tokens read and 100 M written a month; a rented node does 13.14 M of them, a server 52.56 M."""


@cache
def library() -> Graph:
    return load(None)


def prices() -> Prices:
    graph = library()
    return Prices(graph.prices, FixedClock(NOW), currency="USD", listed=graph.models)


def study(*, users_from: int = 100, users_to: int = 2000, without: tuple[str, ...] = (), **figures: Any) -> Study:
    """The study by hand with figures set otherwise; a figure may be a number or (low, value, high)."""
    given = {name: value for name, value in {**BY_HAND, **figures}.items() if name not in without}
    return Study.model_validate(
        {
            "id": "by-hand",
            "meta": {"since": date(2026, 11, 21), "reviewed": date(2026, 11, 21)},
            "title": "By hand",
            "question": "Can it be worked out by hand?",
            "owner": "cfo",
            "checked": date(2026, 11, 21),
            "users_from": users_from,
            "users_to": users_to,
            "api": {"model": "gpt-4.1", "provider": "openai"},
            "rented": {},
            "own": {},
            "assumptions": {name: figure(value) for name, value in given.items()},
        }
    )


def figure(value: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"basis": "assumed", "source": "By hand."}
    if isinstance(value, tuple):
        low, middle, high = value
        return {**base, "value": str(middle), "low": str(low), "high": str(high)}
    return {**base, "value": str(value)}


def by_hand(**figures: Any) -> StudyCase:
    return study_case(library(), prices(), study(**figures), at=NOW)
