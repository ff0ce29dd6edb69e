"""The database: the unit of work, the journal, column types and migrations."""

from tiebeam.store.columns import Amount, JsonText, Moment
from tiebeam.store.database import UnknownDatabase
from tiebeam.store.journal import (
    GENESIS,
    ChainBreak,
    Fact,
    JournalEntry,
    StreamHead,
    entry_hash,
    list_streams,
    read_journal,
    search_journal,
    verify_journal,
)
from tiebeam.store.tables import metadata
from tiebeam.store.unit import NestedUnit, Store, Unit

__all__ = [
    "GENESIS",
    "Amount",
    "ChainBreak",
    "Fact",
    "JournalEntry",
    "JsonText",
    "Moment",
    "NestedUnit",
    "Store",
    "StreamHead",
    "Unit",
    "UnknownDatabase",
    "entry_hash",
    "list_streams",
    "metadata",
    "read_journal",
    "search_journal",
    "verify_journal",
]
