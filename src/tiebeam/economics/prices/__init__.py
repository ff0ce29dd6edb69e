"""Prices of models: what holds on a day, what held before, and how sources differ."""

from tiebeam.economics.prices.curated import Drift, drift
from tiebeam.economics.prices.discrepancies import Comparison, Disagreement, compare
from tiebeam.economics.prices.foreign import BrokenPriceFile, ForeignPrice, read_litellm
from tiebeam.economics.prices.problems import AliasRefused, MissingRate, StalePrice, UnknownPrice, UnknownPricePart
from tiebeam.economics.prices.public import (
    PublicModel,
    list_name,
    public_history,
    public_models,
    public_price,
    refuse_pictures,
)
from tiebeam.economics.prices.quote import ModelPrice, PricePart, Rates, TokenCost, TokenUsage, with_an_hour
from tiebeam.economics.prices.room import Prices, listed_prices
from tiebeam.economics.prices.taking import take_over
from tiebeam.economics.prices.whatif import (
    PriceDrop,
    blended_usd_per_mtok,
    monthly_usd,
    price_drop,
)

__all__ = [
    "AliasRefused",
    "BrokenPriceFile",
    "Comparison",
    "Disagreement",
    "Drift",
    "ForeignPrice",
    "MissingRate",
    "ModelPrice",
    "PriceDrop",
    "PricePart",
    "Prices",
    "PublicModel",
    "Rates",
    "StalePrice",
    "TokenCost",
    "TokenUsage",
    "UnknownPrice",
    "UnknownPricePart",
    "blended_usd_per_mtok",
    "compare",
    "drift",
    "list_name",
    "listed_prices",
    "monthly_usd",
    "price_drop",
    "public_history",
    "public_models",
    "public_price",
    "read_litellm",
    "refuse_pictures",
    "take_over",
    "with_an_hour",
]
