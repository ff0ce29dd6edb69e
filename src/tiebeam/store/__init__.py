"""The database: the unit of work, the journal with its anchors, column types and migrations."""

from tiebeam.store.anchors import Anchor, has_unanchored, last_anchor, make_anchor, read_anchors
from tiebeam.store.columns import Amount, JsonText, Moment
from tiebeam.store.database import UnknownDatabase
from tiebeam.store.exporting import CannotWithhold, ChainBreak, Stretch, journal_lines, part_lines, verify_journal
from tiebeam.store.journal import Fact, JournalEntry, StreamHead, list_streams, read_journal, search_journal
from tiebeam.store.tables import metadata
from tiebeam.store.unit import NestedUnit, Store, Unit

__all__ = [
    "Amount",
    "Anchor",
    "CannotWithhold",
    "ChainBreak",
    "Fact",
    "JournalEntry",
    "JsonText",
    "Moment",
    "NestedUnit",
    "Store",
    "StreamHead",
    "Stretch",
    "Unit",
    "UnknownDatabase",
    "has_unanchored",
    "journal_lines",
    "last_anchor",
    "list_streams",
    "make_anchor",
    "metadata",
    "part_lines",
    "read_anchors",
    "read_journal",
    "search_journal",
    "verify_journal",
]
