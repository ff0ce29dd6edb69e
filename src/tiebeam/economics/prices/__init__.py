"""Prices of models: what holds on a day, what held before, and how sources differ."""

from tiebeam.economics.prices.problems import AliasRefused, MissingRate, StalePrice, UnknownPrice, UnknownPricePart
from tiebeam.economics.prices.public import PublicModel, list_name, public_history, public_models, public_price
from tiebeam.economics.prices.quote import ModelPrice, PricePart, Rates, TokenCost, TokenUsage
from tiebeam.economics.prices.room import Prices

__all__ = [
    "AliasRefused",
    "MissingRate",
    "ModelPrice",
    "PricePart",
    "Prices",
    "PublicModel",
    "Rates",
    "StalePrice",
    "TokenCost",
    "TokenUsage",
    "UnknownPrice",
    "UnknownPricePart",
    "list_name",
    "public_history",
    "public_models",
    "public_price",
]
