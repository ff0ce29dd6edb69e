"""The frame as a spreadsheet: revenue, band and lines as inputs, the sums and the verdict as formulas."""

from __future__ import annotations

from tiebeam.economics.frame.framing import FrameView
from tiebeam.economics.workbook import Calculation, InputCell, LineCell

_MOST_TERMS = 20
"""Names added up in one formula: a formula has a greatest length."""


def frame_sheet(view: FrameView) -> Calculation:
    """Each line is an input; those inside IT and those outside add up, and are compared with the band."""
    frame = view.frame
    source = frame.meta.source or f"frames/{frame.id}.toml"
    inputs = [
        InputCell(
            "revenue", "Revenue of the year", "money", frame.revenue_per_year, source, checked=frame.meta.reviewed
        ),
        InputCell("low_share", "Low end of the band", "share", frame.low_share, source),
        InputCell("high_share", "High end of the band", "share", frame.high_share, source),
    ]
    names: dict[bool, list[str]] = {False: [], True: []}
    for number, one in enumerate(view.lines, start=1):
        line, name = one.line, f"line_{number}"
        inputs.append(InputCell(name, line.title, "money", line.amount_per_year, source, owner=line.owner))
        names[line.outside_it].append(name)
    lines: list[LineCell] = []
    for outside, what in ((False, "inside"), (True, "outside")):
        lines += _sum(what, f"Spent {what} IT", names[outside])
    lines += [
        LineCell("low", "Low end of the band", "money", "revenue * low_share"),
        LineCell("high", "High end of the band", "money", "revenue * high_share"),
        LineCell("share", "IT spend over revenue", "share", "inside / revenue"),
        LineCell("room", "Room below the high end", "money", "high - inside"),
        LineCell("total", "All technology", "money", "inside + outside"),
    ]
    findings = [
        ("Finding", "About", "What to do"),
        *((one.finding.value, one.about, one.message) for one in view.findings),
    ]
    return Calculation(frame.title, frame.currency, view.said(), inputs, lines, {"Findings": findings})


def _sum(name: str, about: str, terms: list[str]) -> list[LineCell]:
    """Terms added up, in several lines where there are many."""
    chunks = [terms[start : start + _MOST_TERMS] for start in range(0, len(terms), _MOST_TERMS)]
    if len(chunks) <= 1:
        return [LineCell(name, about, "money", " + ".join(terms) or "0")]
    parts = [
        LineCell(f"{name}_{number}", f"{about}, part {number}", "money", " + ".join(chunk))
        for number, chunk in enumerate(chunks, start=1)
    ]
    return [*parts, *_sum(name, about, [one.name for one in parts])]
