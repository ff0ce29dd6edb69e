"""Which frame is meant, and the frame as the API and `--json` give it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiebeam.economics.frame.framing import FrameView
from tiebeam.errors import NotFound
from tiebeam.kit import plain
from tiebeam.spec import BudgetFrame, Record


class NoFrame(NotFound):
    """The workspace states no budget frame that the caller may see."""

    code = "no_frame"


def choose_frame(records: Sequence[tuple[str, Record]], name: str | None) -> BudgetFrame:
    """The frame of that name, or that of the latest year. Raises NoFrame."""
    frames = {key: one for key, one in records if isinstance(one, BudgetFrame)}
    if not frames:
        raise NoFrame(
            "there is no budget frame that you may see; add one such as frames/2026.toml and run 'tiebeam apply'"
        )
    if name is None:
        return max(frames.values(), key=lambda one: (one.year, one.id))
    if name not in frames:
        raise NoFrame(f"there is no budget frame {name!r}; there are {', '.join(sorted(frames))}", name=name)
    return frames[name]


def frame_form(view: FrameView) -> dict[str, Any]:
    """Decimals as text; amounts are those of a year."""
    frame = view.frame
    return {
        "frame": frame.id,
        "title": frame.title,
        "year": frame.year,
        "currency": frame.currency,
        "revenue": plain(frame.revenue_per_year),
        "band": {
            "low_share": plain(frame.low_share),
            "high_share": plain(frame.high_share),
            "low": plain(view.low),
            "high": plain(view.high),
        },
        "verdict": view.band.value,
        "said": view.said(),
        "inside_it": plain(view.inside),
        "outside_it": plain(view.outside),
        "total": plain(view.total),
        "share": plain(view.share),
        "room": plain(view.room),
        "lines": [
            {**plain(one.line), "share": plain(one.share), "cap_per_year": plain(one.cap_per_year)}
            for one in view.lines
        ],
        "lines_of_business": plain(frame.line_of_business),
        "findings": plain(view.findings),
        "source": frame.meta.source,
    }
