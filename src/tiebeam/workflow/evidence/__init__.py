"""Evidence: the journal anchored elsewhere, values removed in time, and packs that another machine verifies."""

from tiebeam.workflow.evidence.anchoring import Anchored, Anchoring, Verified
from tiebeam.workflow.evidence.archiving import ArchiveFile, Archiving, NotArchived
from tiebeam.workflow.evidence.evidence import Evidence
from tiebeam.workflow.evidence.exports import Selection, export_lines, write_export
from tiebeam.workflow.evidence.files import ArchiveDamaged
from tiebeam.workflow.evidence.ocel import Log, event_log, log_of
from tiebeam.workflow.evidence.ocel_files import ExportExists, as_json, write_log
from tiebeam.workflow.evidence.packs import NotDecided, Pack, Subject
from tiebeam.workflow.evidence.places import places_for

__all__ = [
    "Anchored",
    "Anchoring",
    "ArchiveDamaged",
    "ArchiveFile",
    "Archiving",
    "Evidence",
    "ExportExists",
    "Log",
    "NotArchived",
    "NotDecided",
    "Pack",
    "Selection",
    "Subject",
    "Verified",
    "as_json",
    "event_log",
    "export_lines",
    "log_of",
    "places_for",
    "write_export",
    "write_log",
]
