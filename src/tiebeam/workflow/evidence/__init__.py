"""Evidence: the journal anchored elsewhere, values removed in time, and packs that another machine verifies."""

from tiebeam.workflow.evidence.anchoring import Anchored, Anchoring
from tiebeam.workflow.evidence.evidence import Evidence
from tiebeam.workflow.evidence.packs import Pack, Subject
from tiebeam.workflow.evidence.places import places_for

__all__ = ["Anchored", "Anchoring", "Evidence", "Pack", "Subject", "places_for"]
