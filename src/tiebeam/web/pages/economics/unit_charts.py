"""Unit economics as pictures: how sure we are, which parts the cost has, what moves it most."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tiebeam.economics import UnitAnswer
from tiebeam.economics.units import PARTS, Spread
from tiebeam.web import svg
from tiebeam.web.views import Figure
from tiebeam.web.wording import in_words

_MOST_BARS = 10
_SHOWN_PARTS = 6
Shown = Callable[[float], str]


def shown_for(value: Decimal) -> Shown:
    """As many decimals as figures of this size need: cents, or enough to tell small charges apart."""
    size = abs(value)
    places = 0 if size >= 1000 else 2 if size >= 1 else 4

    def shown(number: float) -> str:
        is_small = 0 < abs(number) < 0.05 and places == 2
        return f"{number or 0.0:,.{4 if is_small else places}f}"

    return shown


def spread_figure(answer: UnitAnswer) -> Figure:
    """P10 to P90 of cost and margin and of the widest parts, the worth as a line."""
    shown = shown_for(max(answer.cost_per_accepted, answer.value_per_accepted))
    found = answer.simulation.spreads
    rows: list[tuple[str, Spread, str]] = [
        ("Cost of an outcome", found["cost_per_accepted"], "s1"),
        ("Margin of an outcome", found["margin_per_accepted"], "s2"),
    ]
    parts = sorted(answer.simulation.parts.items(), key=lambda one: one[1].p10 - one[1].p90)
    about = {line.name: line.about for line in PARTS}
    rows += [(about[name], spread, "s4") for name, spread in parts[:_SHOWN_PARTS] if spread.p90 > 0]
    chart = svg.range_chart(
        [svg.RangeBar(label, one.p10, one.p50, one.p90, tone) for label, one, tone in rows],
        name="Cost, margin and parts from P10 to P90",
        reference=float(answer.value_per_accepted),
        shown=shown,
    )
    told = tuple((label, shown(one.p10), shown(one.p50), shown(one.p90)) for label, one, _ in rows)
    simulation = answer.simulation
    note = (
        f"{simulation.draws:,} draws, seed {simulation.seed}. Dashed: what an outcome is worth, "
        f"{shown(float(answer.value_per_accepted))} {answer.currency}. Mark: the median."
    )
    return Figure("How sure we are", chart, ("Figure", "P10", "P50", "P90"), told, note)


def ladder_figure(answer: UnitAnswer) -> Figure:
    """The cost of an outcome laid down by its parts, beside what it is worth."""
    shown = shown_for(max(answer.cost_per_accepted, answer.value_per_accepted))
    about = {line.name: line.about for line in PARTS}
    parts = sorted(answer.parts.items(), key=lambda one: -one[1])
    steps = [svg.WaterfallPart(about[name], float(value)) for name, value in parts if value]
    steps.append(svg.WaterfallPart("Cost of an outcome", float(answer.cost_per_accepted), True))
    steps.append(svg.WaterfallPart("Worth of an outcome", float(answer.value_per_accepted), True))
    margin = answer.value_per_accepted - answer.cost_per_accepted
    steps.append(svg.WaterfallPart("Margin", float(margin), True))
    chart = svg.ladder(steps, name="Cost of an accepted outcome by part, and its worth", shown=shown)
    total = answer.cost_per_accepted
    rows = tuple(
        (about[name], f"{value:,.4f}", f"{value / total:.1%}" if total else "–") for name, value in parts if value
    )
    note = "At the most likely values; review and exceptions hold people's time at their full cost."
    return Figure("From parts to cost to worth", chart, ("Part", answer.currency, "Share"), rows, note)


def tornado_figure(answer: UnitAnswer, *, is_linked: bool) -> Figure | None:
    """None when no figure is uncertain. `is_linked`: the fields of the figures are on the same page."""
    moving = [bar for bar in answer.tornado if bar.swing][:_MOST_BARS]
    if not moving:
        return None
    shown = shown_for(answer.cost_per_accepted)
    swings = [
        svg.Swing(
            in_words(bar.name).capitalize(),
            float(bar.at_low),
            float(bar.at_high),
            f"{bar.low:,f}",
            f"{bar.high:,f}",
            f"#figure-{bar.name}" if is_linked else "",
        )
        for bar in moving
    ]
    chart = svg.tornado_chart(
        swings, float(answer.cost_per_accepted), name="What moves the cost of an outcome most", shown=shown
    )
    rows = tuple(
        (
            in_words(bar.name).capitalize(),
            f"{bar.low:,f} – {bar.high:,f}",
            f"{bar.at_low:,.4f}",
            f"{bar.at_high:,.4f}",
        )
        for bar in moving
    )
    return Figure(
        "What moves it most",
        chart,
        ("Figure", "From – to", "Cost at low", "Cost at high"),
        rows,
        "One figure at a time from its low to its high end, all others most likely; right: how far it moves.",
        legend=(("s2", "at its low end"), ("s3", "at its high end")),
    )
