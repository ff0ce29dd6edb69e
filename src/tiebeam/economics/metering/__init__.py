"""The append-first journal of model use, and the ledger written from it."""

from tiebeam.economics.metering.book import PriceBook, Unpriced
from tiebeam.economics.metering.charges import Attempt, Ended, Settlement, Usage
from tiebeam.economics.metering.follower import Leases
from tiebeam.economics.metering.journal import ChargeJournal, JournalUnwritable
from tiebeam.economics.metering.meter import Meter
from tiebeam.economics.metering.projection import Projection, RunPlace, RunsOf
from tiebeam.economics.metering.rates import Charged, Rates
from tiebeam.economics.metering.reader import read_journal
from tiebeam.economics.metering.recovery import Adopted, adopt
from tiebeam.economics.metering.rows import Metered
from tiebeam.economics.metering.spent import Spent, spent_of
from tiebeam.economics.metering.tables import (
    CLASSES,
    DAILY,
    usage_charge,
    usage_daily,
    usage_journal,
    usage_price,
    usage_spend,
)
from tiebeam.economics.metering.writer import Writer, WriterState

__all__ = [
    "CLASSES",
    "DAILY",
    "Adopted",
    "Attempt",
    "ChargeJournal",
    "Charged",
    "Ended",
    "JournalUnwritable",
    "Leases",
    "Meter",
    "Metered",
    "PriceBook",
    "Projection",
    "Rates",
    "RunPlace",
    "RunsOf",
    "Settlement",
    "Spent",
    "Unpriced",
    "Usage",
    "Writer",
    "WriterState",
    "adopt",
    "read_journal",
    "spent_of",
    "usage_charge",
    "usage_daily",
    "usage_journal",
    "usage_price",
    "usage_spend",
]
