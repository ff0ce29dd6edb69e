"""Intake: documents are accepted, read in their order of arrival, and each starts a run."""

from tiebeam.workflow.intake.accept import AcceptedBatch, DocumentUnopenable, Intake, NothingToDo, Order
from tiebeam.workflow.intake.archive import Archive, Kept
from tiebeam.workflow.intake.arrivals import Arrival, BrokenArrivalList, arrivals_in, plain_name
from tiebeam.workflow.intake.pictures import document_pages, document_picture, original_of
from tiebeam.workflow.intake.reading import READ_STEP, BatchReader
from tiebeam.workflow.intake.views import (
    BatchView,
    DocumentView,
    batch_view,
    document_view,
    same_content,
    streams_of_batches,
)

__all__ = [
    "READ_STEP",
    "AcceptedBatch",
    "Archive",
    "Arrival",
    "BatchReader",
    "BatchView",
    "BrokenArrivalList",
    "DocumentUnopenable",
    "DocumentView",
    "Intake",
    "Kept",
    "NothingToDo",
    "Order",
    "arrivals_in",
    "batch_view",
    "document_pages",
    "document_picture",
    "document_view",
    "original_of",
    "plain_name",
    "same_content",
    "streams_of_batches",
]
