"""The prices of a workspace."""

from __future__ import annotations

from tiebeam.economics import Prices
from tiebeam.graph import Graph
from tiebeam.kit import Clock


def prices_of(graph: Graph, clock: Clock) -> Prices:
    """Prices in the company's currency, with the rates of a policy that is kept in it."""
    currency = "EUR" if graph.settings is None else graph.settings.company.currency
    rates = next((policy.rates for policy in graph.policies.values() if policy.currency == currency), {})
    return Prices(graph.prices, clock=clock, currency=currency, rates=rates, listed=graph.models)
