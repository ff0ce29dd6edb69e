"""What-ifs of one workflow: ten times the volume, cheaper tokens, and two ways of doing it beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tiebeam.economics import UnitCase
from tiebeam.economics.units import LINES, PARTS
from tiebeam.errors import TiebeamError
from tiebeam.web.pages.economics.unit_asking import Asked, at_price
from tiebeam.web.views import GrowthLine, Pill, PriceLine, TwoWays, WayField, WayLine
from tiebeam.web.visit import Visit
from tiebeam.web.wording import in_words, money, percent, quantity

_TEN = Decimal(10)
_ALMOST = Decimal("0.005")
_GROWING = (
    ("units", "served_share", "accepted", "reviewers", "idle_hours", "capacity_steps"),
    ("cost_per_month", "value_per_month", "margin_per_month", "cost_per_accepted", "margin_per_accepted"),
)
_SHARES = (Decimal(1), Decimal("0.5"), Decimal("0.1"), Decimal("0.0075"))
WAY_FIELDS = (
    "input_tokens_per_unit",
    "output_tokens_per_unit",
    "attempts_per_unit",
    "acceptance_rate",
    "review_share",
    "review_minutes",
    "exception_rate",
    "review_minutes_per_exception",
    "rework_rate",
    "integration_cost",
)


def growth(case: UnitCase) -> tuple[tuple[GrowthLine, ...], str]:
    """The month as asked and at ten times that; what does not follow the volume one for one is marked (EC-18)."""
    volume = case.figures()["volume_factor"].value
    one, ten = case.exactly(), case.having({"volume_factor": volume * _TEN}).exactly()
    units = {line.name: (line.about, line.unit) for line in LINES}
    names = (*_GROWING[0], *(line.name for line in PARTS if one[line.name] or ten[line.name]), *_GROWING[1])
    lines: list[GrowthLine] = []
    responding: list[str] = []
    for name in names:
        about, unit = units[name]
        before, after = one[name], ten[name]
        if not before and not after:
            continue
        times = after / before if before else None
        stays = name.endswith("per_accepted") or unit == "share"
        follows = times is not None and abs(times - (1 if stays else _TEN)) < _ALMOST
        if not follows and name not in _GROWING[1]:
            responding.append(about.lower())
        lines.append(
            GrowthLine(
                about,
                _told(before, unit),
                _told(after, unit),
                f"× {times:,.2f}" if times else "new",
                "" if follows else "warn",
            )
        )
    said = "Everything follows the volume one for one."
    if responding:
        cost = (
            f"An outcome costs {money(one['cost_per_accepted'])} as asked and {money(ten['cost_per_accepted'])} then."
        )
        said = f"Not ten times as much: {', '.join(responding)}. {cost}"
    return tuple(lines), said


def prices(case: UnitCase, asked: Asked, base: UnitCase) -> tuple[tuple[PriceLine, ...], str]:
    """The month at today's price and below it. Labour, platform and all the rest stay as they are (EC-01)."""
    month = case.exactly()
    if not month["tokens_per_accepted"]:
        return (), "This workflow spends no tokens, so no price of tokens moves its cost."
    shares = sorted({*_SHARES, asked.share}, reverse=True)
    lines: list[PriceLine] = []
    for share in shares:
        then = at_price(base, share).exactly()
        margin = then["margin_per_accepted"]
        label = "Today’s price" if share == 1 else f"{quantity(share * 100)} % of today’s"
        lines.append(
            PriceLine(
                f"{label} (asked)" if asked.price and share == asked.share else label,
                money(then["tokens"]),
                money(then["cost_per_month"] - then["tokens"]),
                f"{then['cost_per_accepted']:,.4f}",
                Pill(f"{margin:,.4f}", "ok" if margin > 0 else "bad"),
            )
        )
    part = month["tokens"] / month["cost_per_month"] if month["cost_per_month"] else Decimal(0)
    return tuple(lines), f"Tokens are {percent(part, 1)} of the month’s cost; nothing else moves with their price."


def two_ways(visit: Visit, asked: Asked, case: UnitCase) -> TwoWays:
    """Left and right as the address sets them (`left.NAME`, `right.NAME`), over what is asked for both."""
    figures = case.figures()
    sides = {side: _side(visit, side) for side in ("left", "right")}
    fields = tuple(
        WayField(
            name,
            in_words(name).capitalize(),
            f"{figures[name].value:,f}",
            sides["left"].get(name, ""),
            sides["right"].get(name, ""),
        )
        for name in WAY_FIELDS
    )
    models = {side: visit.params.get(f"{side}.model", "")[:300] for side in sides}
    try:
        left, right = (
            asked.case(visit, model=models[side] or asked.model, changes=sides[side]).exactly() for side in sides
        )
    except TiebeamError as problem:
        visit.caller.note(problem)
        return TwoWays(fields, models["left"], models["right"], (), "", problem.message)
    return TwoWays(fields, models["left"], models["right"], _way_lines(left, right), _verdict(left, right, case))


def _side(visit: Visit, side: str) -> dict[str, str]:
    return {name: text[:60] for name in WAY_FIELDS if (text := visit.params.get(f"{side}.{name}", "").strip())}


def _way_lines(left: Mapping[str, Decimal], right: Mapping[str, Decimal]) -> tuple[WayLine, ...]:
    lines: list[WayLine] = []
    for line in PARTS:
        pair = [month[line.name] / month["accepted"] for month in (left, right)]
        if any(pair):
            lines.append(_way_line(line.about, pair[0], pair[1]))
    for name, label in (("cost_per_accepted", "Cost of an outcome"), ("cost_per_month", "Cost of a month")):
        lines.append(_way_line(label, left[name], right[name]))
    lines.append(
        WayLine(
            "Margin of an outcome",
            f"{left['margin_per_accepted']:,.4f}",
            f"{right['margin_per_accepted']:,.4f}",
        )
    )
    return tuple(lines)


def _way_line(label: str, left: Decimal, right: Decimal) -> WayLine:
    cheaper = "" if left == right else "left" if left < right else "right"
    return WayLine(label, f"{left:,.4f}", f"{right:,.4f}", cheaper)


def _verdict(left: Mapping[str, Decimal], right: Mapping[str, Decimal], case: UnitCase) -> str:
    """Which way is cheaper, and whether that is the one with the cheaper tokens (EC-17)."""
    costs = [month["cost_per_accepted"] for month in (left, right)]
    tokens = [month["tokens"] / month["accepted"] for month in (left, right)]
    if costs[0] == costs[1]:
        return "Both ways cost the same. Set a figure on one side."
    cheaper, dearer = ("left", "right") if costs[0] < costs[1] else ("right", "left")
    gap = money(abs(costs[0] - costs[1]), case.currency)
    if tokens[0] == tokens[1]:
        return f"The {cheaper} way costs {gap} less for each outcome; tokens cost the same in both."
    thrifty = "left" if tokens[0] < tokens[1] else "right"
    if thrifty == cheaper:
        return f"The {cheaper} way costs {gap} less for each outcome, and its tokens are cheaper too."
    return (
        f"The {cheaper} way costs {gap} less for each outcome although its tokens are dearer: what the {dearer} way "
        "saves on tokens it spends on people."
    )


def _told(value: Decimal, unit: str) -> str:
    match unit:
        case "money":
            return money(value) if abs(value) >= 1 else f"{value:,.4f}"
        case "share":
            return percent(value, 1)
        case _:
            return f"{value:,.1f}".removesuffix(".0")
