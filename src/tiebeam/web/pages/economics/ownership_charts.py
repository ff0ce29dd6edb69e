"""A study as pictures: cost so far month by month, cost by users, how sure, and what moves it."""

from __future__ import annotations

from tiebeam.economics.ownership import SIDE_NAMES, StudyAnswer, present_values
from tiebeam.spec import STUDY_DRIVERS, Side
from tiebeam.web import svg
from tiebeam.web.views import Figure
from tiebeam.web.wording import in_words

TONES = {Side.API: "s1", Side.RENTED: "s2", Side.OWN: "s3"}
_STEPS = 36
_WIDE = 20
"""Times its least from which a range of users is shown in powers."""
_APART = 5
"""Points between two crossovers that are both named."""
_MOST_BARS = 8
_WRITTEN = {
    "api": "API",
    "fte": "people",
    "gpu": "GPU",
    "gpus": "GPUs",
    "kw": "kW",
    "kwh": "kWh",
    "mtok": "million tokens",
    "pue": "PUE",
    "s": "second",
}
_EVERY = 12
"""Months between the rows of a table."""
_MOST_POINTS = 24


def label_of(name: str) -> str:
    """A figure's name as people write it."""
    words = [_WRITTEN.get(word, word) for word in in_words(name).split(" ")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _legend(answer: StudyAnswer) -> tuple[tuple[str, str], ...]:
    return tuple((TONES[side], SIDE_NAMES[side]) for side in answer.sides)


def curves_figure(answer: StudyAnswer) -> Figure:
    """Cost so far of each side, each month; a mark where a side gets ahead of the reference for good."""
    horizon = answer.case.horizon
    apart = -(-horizon // _MOST_POINTS)
    drawn = range(horizon - (horizon - 1) // apart * apart, horizon + 1, apart)
    series = [
        svg.Series(SIDE_NAMES[side], tuple(float(one.so_far[month - 1]) for month in drawn), TONES[side])
        for side, one in answer.sides.items()
    ]
    marks = [
        svg.LineMark(
            min(range(len(drawn)), key=lambda place, month=one.month: abs(drawn[place] - month)),
            float(answer.sides[side].so_far[one.month - 1]),
            f"month {one.month}",
        )
        for side, one in answer.comparisons.items()
        if one.month is not None
    ]
    labels = [str(month) for month in drawn]
    chart = svg.line_chart(labels, series, name="Cost so far by month", width=640, height=240, marks=marks)
    shown = [month for month in range(1, horizon + 1) if month % _EVERY == 0 or month in (1, horizon)]
    rows = tuple((str(month), *(f"{one.so_far[month - 1]:,.0f}" for one in answer.sides.values())) for month in shown)
    return Figure(
        f"Cost so far over {horizon} months",
        chart,
        ("Month", *(SIDE_NAMES[side] for side in answer.sides)),
        rows,
        "US dollars. Circles: from that month on the side stays ahead. Own servers are paid when bought; "
        "their resale is taken in with the last month.",
        legend=_legend(answer),
    )


def users_figure(answer: StudyAnswer) -> Figure:
    """Present value of each side by users over the study's range; whole nodes make steps."""
    study = answer.case.study
    low, high = study.users_from, study.users_to
    is_wide = high > low * _WIDE
    users = _spaced(low, high, is_wide=is_wide)
    values = present_values(answer.case, users)
    series = [svg.Series(SIDE_NAMES[side], tuple(one), TONES[side]) for side, one in values.items()]
    chart = svg.line_chart(
        [svg.short_number(at) for at in users],
        series,
        name="Present value by users",
        width=640,
        height=240,
        log=is_wide,
        marks=_crossed(answer, users),
    )
    rows = tuple(
        (f"{users[at]:,}", *(f"{one[at]:,.0f}" for one in values.values())) for at in range(0, len(users), _STEPS // 6)
    )
    crossed = any(one.users for one in answer.comparisons.values())
    said = "Circles: there the cheaper side changes." if crossed else "No side crosses the reference in this range."
    return Figure(
        f"By users, {low:,} to {high:,}",
        chart,
        ("Users", *(SIDE_NAMES[side] for side in values)),
        rows,
        f"Present value in US dollars. {said}",
        legend=_legend(answer),
    )


def _spaced(low: int, high: int, *, is_wide: bool) -> list[int]:
    steps = range(_STEPS + 1)
    found = (low * (high / low) ** (step / _STEPS) if is_wide else low + (high - low) * step / _STEPS for step in steps)
    return sorted({round(one) for one in found})


def _crossed(answer: StudyAnswer, users: list[int]) -> list[svg.LineMark]:
    """Every crossover as a circle, named where the name of another does not lie."""
    crossed = sorted({at.users for one in answer.comparisons.values() for at in one.users})
    heights = present_values(answer.case, crossed)[answer.against] if crossed else []
    marks: list[svg.LineMark] = []
    named = -_APART
    for at, height in zip(crossed, heights, strict=True):
        index = min(range(len(users)), key=lambda place, at=at: abs(users[place] - at))
        label = f"{at:,}" if index - named >= _APART else ""
        named = index if label else named
        marks.append(svg.LineMark(index, height, label))
    return marks


def spread_figure(answer: StudyAnswer) -> Figure:
    """P10 to P90 of each side's present value and of what it saves."""
    found = answer.uncertainty
    reference = SIDE_NAMES[answer.against]
    rows = [(SIDE_NAMES[side], one, TONES[side]) for side, one in found.values.items()]
    rows += [(f"{reference} less {SIDE_NAMES[side].lower()}", one, "s4") for side, one in found.savings.items()]
    chart = svg.range_chart(
        [svg.RangeBar(label, one.p10, one.p50, one.p90, tone) for label, one, tone in rows],
        name="Present values and savings from P10 to P90",
        reference=0.0,
    )
    told = tuple((label, f"{one.p10:,.0f}", f"{one.p50:,.0f}", f"{one.p90:,.0f}") for label, one, _ in rows)
    cheapest = ", ".join(f"{SIDE_NAMES[side]} {share:.0%}" for side, share in found.cheapest.items())
    note = f"{found.draws:,} draws, seed {found.seed}. Mark: the median. Cheapest in so many draws: {cheapest}."
    return Figure("How sure we are", chart, ("", "P10", "P50", "P90"), told, note)


def tornado_figure(answer: StudyAnswer, figures: str) -> Figure | None:
    """None when no figure is uncertain. `figures` is the address of the table with all of them."""
    moving = [bar for bar in answer.tornado if bar.swing][:_MOST_BARS]
    if not moving:
        return None
    of = SIDE_NAMES[answer.tornado_of].lower()
    centre = float(answer.comparisons[answer.tornado_of].saving)
    swings = [
        svg.Swing(
            label_of(bar.name),
            float(bar.at_low),
            float(bar.at_high),
            f"{bar.low:,f}",
            f"{bar.high:,f}",
            f"{figures}#figure-{bar.name}",
        )
        for bar in moving
    ]
    rows = tuple(
        (
            label_of(bar.name),
            f"{bar.low:,f} – {bar.high:,f} {STUDY_DRIVERS[bar.name].unit}",
            f"{bar.at_low:,.0f}",
            f"{bar.at_high:,.0f}",
        )
        for bar in moving
    )
    return Figure(
        f"What moves the saving of {of} most",
        svg.tornado_chart(swings, centre, name=f"What moves the saving of {of} most"),
        ("Figure", "From – to", "Saving at low", "Saving at high"),
        rows,
        f"{SIDE_NAMES[answer.against]} less {of}, in present value; one figure at a time, all others most likely.",
        legend=(("s2", "at its low end"), ("s3", "at its high end")),
    )
