"""The budget frame: IT spend against revenue, and who answers for what is spent outside IT."""

from tiebeam.economics.frame.form import NoFrame, choose_frame, frame_form
from tiebeam.economics.frame.framing import Band, Finding, Found, FrameView, LineView, view_frame
from tiebeam.economics.frame.sheet import frame_sheet

__all__ = [
    "Band",
    "Finding",
    "Found",
    "FrameView",
    "LineView",
    "NoFrame",
    "choose_frame",
    "frame_form",
    "frame_sheet",
    "view_frame",
]
