"""The append-first journal of model use, and the ledger written from it."""

from tiebeam.economics.metering.charges import Attempt, Ended, Settlement, Usage
from tiebeam.economics.metering.tables import (
    CLASSES,
    DAILY,
    usage_charge,
    usage_daily,
    usage_journal,
    usage_price,
    usage_spend,
)

__all__ = [
    "CLASSES",
    "DAILY",
    "Attempt",
    "Ended",
    "Settlement",
    "Usage",
    "usage_charge",
    "usage_daily",
    "usage_journal",
    "usage_price",
    "usage_spend",
]
