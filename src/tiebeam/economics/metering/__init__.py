"""The append-first journal of model use, and the ledger written from it."""

from tiebeam.economics.metering.book import PriceBook, Unpriced
from tiebeam.economics.metering.booking import (
    Correction,
    CorrectsCorrection,
    UnknownCharge,
    book,
    correct,
)
from tiebeam.economics.metering.charges import Attempt, Ended, Settlement, Usage
from tiebeam.economics.metering.emptying import empty_charges
from tiebeam.economics.metering.follower import Leases
from tiebeam.economics.metering.journal import ChargeJournal, JournalUnwritable
from tiebeam.economics.metering.meter import Meter
from tiebeam.economics.metering.projection import Projection, RunPlace, RunsOf
from tiebeam.economics.metering.proving import check_usage
from tiebeam.economics.metering.rates import Charged, Rates
from tiebeam.economics.metering.reader import read_journal
from tiebeam.economics.metering.recovery import Adopted, adopt
from tiebeam.economics.metering.rows import Metered
from tiebeam.economics.metering.spent import Spent, held_of, spent_of, use_pulse
from tiebeam.economics.metering.writer import Writer, WriterState
from tiebeam.economics.tables import CLASSES, DAILY, INPUT_CLASSES

__all__ = [
    "CLASSES",
    "DAILY",
    "INPUT_CLASSES",
    "Adopted",
    "Attempt",
    "ChargeJournal",
    "Charged",
    "Correction",
    "CorrectsCorrection",
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
    "UnknownCharge",
    "Unpriced",
    "Usage",
    "Writer",
    "WriterState",
    "adopt",
    "book",
    "check_usage",
    "correct",
    "empty_charges",
    "held_of",
    "read_journal",
    "spent_of",
    "use_pulse",
]
