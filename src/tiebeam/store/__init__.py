"""The database: the unit of work, the journal with its anchors, column types and migrations."""

from tiebeam.store.anchors import Anchor, has_unanchored, last_anchor, make_anchor, read_anchors, unanchored_streams
from tiebeam.store.archive import ArchivedTable, Rows, put_rows, remove_rows, rows_of_runs
from tiebeam.store.backup import (
    Backup,
    BackupExists,
    BackupUnreadable,
    BackupUnwritable,
    Written,
    check_references,
    is_backup,
    open_backup,
    write_backup,
)
from tiebeam.store.columns import Amount, JsonText, Moment
from tiebeam.store.database import UnknownDatabase, dispose, is_busy
from tiebeam.store.exporting import (
    CannotWithhold,
    ChainBreak,
    Stretch,
    breaks_of,
    journal_lines,
    journal_report,
    part_lines,
    stretches_of,
    verify_journal,
)
from tiebeam.store.following import journal_after, journal_end
from tiebeam.store.journal import Fact, JournalEntry, StreamHead, list_streams, read_journal, search_journal
from tiebeam.store.portable import NotEmpty, RowsRefused, tables_of, write_rows, write_schema
from tiebeam.store.prepared import NotPreparable, Prepared
from tiebeam.store.redaction import NotRedactable, UnknownEntry, redact, redact_old
from tiebeam.store.tables import metadata
from tiebeam.store.targets import AnchorTarget, list_targets, take_target, target_failed, target_reached
from tiebeam.store.troubles import DatabaseAway, DatabaseBusy, DatabaseFull, DatabaseTrouble
from tiebeam.store.unit import NestedUnit, Store, Unit

__all__ = [
    "Amount",
    "Anchor",
    "AnchorTarget",
    "ArchivedTable",
    "Backup",
    "BackupExists",
    "BackupUnreadable",
    "BackupUnwritable",
    "CannotWithhold",
    "ChainBreak",
    "DatabaseAway",
    "DatabaseBusy",
    "DatabaseFull",
    "DatabaseTrouble",
    "Fact",
    "JournalEntry",
    "JsonText",
    "Moment",
    "NestedUnit",
    "NotEmpty",
    "NotPreparable",
    "NotRedactable",
    "Prepared",
    "Rows",
    "RowsRefused",
    "Store",
    "StreamHead",
    "Stretch",
    "Unit",
    "UnknownDatabase",
    "UnknownEntry",
    "Written",
    "breaks_of",
    "check_references",
    "dispose",
    "has_unanchored",
    "is_backup",
    "is_busy",
    "journal_after",
    "journal_end",
    "journal_lines",
    "journal_report",
    "last_anchor",
    "list_streams",
    "list_targets",
    "make_anchor",
    "metadata",
    "open_backup",
    "part_lines",
    "put_rows",
    "read_anchors",
    "read_journal",
    "redact",
    "redact_old",
    "remove_rows",
    "rows_of_runs",
    "search_journal",
    "stretches_of",
    "tables_of",
    "take_target",
    "target_failed",
    "target_reached",
    "unanchored_streams",
    "verify_journal",
    "write_backup",
    "write_rows",
    "write_schema",
]
