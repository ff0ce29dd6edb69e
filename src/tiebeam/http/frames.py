"""The budget frame as one caller may see it."""

from __future__ import annotations

from tiebeam.economics.frame import FrameView, choose_frame, view_frame
from tiebeam.http.caller import Caller


def seen_frame(caller: Caller, name: str | None) -> FrameView:
    """The frame of that name, or of the latest year; hidden budgets are not named in it. Raises NoFrame."""
    app = caller.app
    return view_frame(
        choose_frame(caller.records("frames"), name),
        app.graph(),
        rate=app.economics.prices.rate,
        sees=lambda budget: caller.sees("record", f"budgets/{budget}"),
    )
