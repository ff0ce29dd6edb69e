"""The answer of a study: what each side costs over the years, when and from how many users it pays, and how sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tiebeam.economics.ownership.case import StudyCase
from tiebeam.economics.ownership.crossing import Crossing, Looked, crossings, least_utilisation, month_of_crossing
from tiebeam.economics.ownership.model import NODES, PARTS, PEOPLE
from tiebeam.economics.ownership.simulate import Uncertainty, simulate, swings
from tiebeam.economics.units import DRAWS, Bar, Spread
from tiebeam.kit import plain
from tiebeam.spec import STUDY_DRIVERS, Basis, Shape, Side, Study

_CENT = Decimal("0.01")
TENFOLD = Decimal(10)
SIDE_NAMES: Mapping[Side, str] = {
    Side.API: "API",
    Side.RENTED: "Rented capacity",
    Side.OWN: "Own servers",
}


@dataclass(frozen=True, slots=True)
class SideAnswer:
    """One side over the horizon, in dollars. `so_far` is the cost so far at the end of each month."""

    side: Side
    present_value: Decimal
    total: Decimal
    parts: Mapping[str, Decimal]
    """Cost over the horizon by part."""
    so_far: tuple[Decimal, ...]
    nodes: tuple[int, ...] | None
    """Servers or rented nodes by month; None where there are none."""
    people: Decimal
    """Engineers at the most."""
    per_mtok: Decimal
    """Total over the tokens read and written, a million of them."""
    per_user_month: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """A side against the reference. `saving` is in present value; above zero the side is cheaper."""

    side: Side
    saving: Decimal
    month: int | None
    """From which on its cost so far stays below the reference's; None when it does not end below."""
    starts_cheaper: bool
    """Whether it is cheaper at the least users of the study's range."""
    users: tuple[Crossing, ...]
    utilisation: Decimal | None
    """The lowest at which the side is cheaper, to a thousandth; None when it is not even at 1."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as the answer shows it."""

    name: str
    about: str
    unit: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    shape: Shape
    basis: Basis
    source: str
    owner: str
    checked: date
    side: Side | None
    is_changed: bool
    is_default: bool
    """Nobody stated it: the model's own."""


@dataclass(frozen=True, slots=True)
class StudyAnswer:
    """`against` is the reference the others are compared with: metered tokens where the study has them."""

    case: StudyCase
    against: Side
    sides: Mapping[Side, SideAnswer]
    comparisons: Mapping[Side, Comparison]
    tenfold: Mapping[Side, SideAnswer]
    """The same at ten times the volume; whole servers and people respond in steps (EC-18)."""
    uncertainty: Uncertainty
    tornado_of: Side
    tornado: tuple[Bar, ...]
    figures: tuple[Shown, ...]

    @property
    def cheapest(self) -> Side:
        return min(self.sides.values(), key=lambda one: one.present_value).side

    def in_words(self) -> list[str]:
        """One sentence a comparison about when, from how many users, and at which utilisation it pays."""
        return [_said(self, one) for one in self.comparisons.values()]

    def form(self) -> dict[str, Any]:
        """What the API and `--json` give: decimals as text, in dollars, money rounded to cents."""
        study, case = self.case.study, self.case
        return {
            "study": study.id,
            "title": study.title,
            "question": study.question,
            "retells": study.retells,
            "currency": "USD",
            "horizon_months": case.horizon,
            "users": plain(case.figures["users"].value),
            "users_range": [study.users_from, study.users_to],
            "priced_at": plain(case.priced_at),
            "cheapest": self.cheapest.value,
            "against": self.against.value,
            "sides": {side.value: _side_form(one) for side, one in self.sides.items()},
            "comparisons": {side.value: _comparison_form(one) for side, one in self.comparisons.items()},
            "uncertainty": _uncertainty_form(self.uncertainty),
            "tornado": {
                "of": self.tornado_of.value,
                "result": f"present value of {self.against.value} less that of {self.tornado_of.value}",
                "bars": [{**plain(bar), "swing": plain(bar.swing)} for bar in self.tornado],
            },
            "tenfold": {
                side.value: {
                    "present_value": plain(_cents(one.present_value)),
                    "most_nodes": max(one.nodes) if one.nodes else None,
                    "people": plain(one.people),
                    "times": plain((one.present_value / self.sides[side].present_value).quantize(_CENT))
                    if self.sides[side].present_value
                    else None,
                }
                for side, one in self.tenfold.items()
            },
            "in_words": self.in_words(),
            "notes": list(case.notes),
            "assumptions": [plain(one) for one in self.figures],
        }


def _said(answer: StudyAnswer, one: Comparison) -> str:
    name, study = SIDE_NAMES[one.side], answer.case.study
    kept = f"{abs(one.saving):,.0f} dollars {'less' if one.saving > 0 else 'more'} than {SIDE_NAMES[answer.against]}"
    month = "never ahead for good" if one.month is None else f"ahead for good from month {one.month}"
    span = f"{study.users_from:,} to {study.users_to:,} users"
    if not one.users:
        crossed = f"{'cheaper' if one.starts_cheaper else 'dearer'} everywhere from {span}"
    else:
        crossed = "; ".join(
            f"from {at.users:,} users {'cheaper' if at.cheaper is one.side else 'dearer again'}" for at in one.users
        )
    used = "at no utilisation" if one.utilisation is None else f"from a utilisation of {one.utilisation:.1%}"
    return f"{name}: {kept}, {month}; {crossed}; it pays {used}."


def _side_form(one: SideAnswer) -> dict[str, Any]:
    return {
        "title": SIDE_NAMES[one.side],
        "present_value": plain(_cents(one.present_value)),
        "total": plain(_cents(one.total)),
        "per_mtok": plain(one.per_mtok.quantize(Decimal("0.0001"))),
        "per_user_month": plain(one.per_user_month.quantize(Decimal("0.0001"))),
        "parts": {name: plain(_cents(value)) for name, value in one.parts.items()},
        "so_far": [plain(_cents(value)) for value in one.so_far],
        "nodes": None if one.nodes is None else list(one.nodes),
        "people": plain(one.people),
    }


def _comparison_form(one: Comparison) -> dict[str, Any]:
    return {
        "saving": plain(_cents(one.saving)),
        "crossover_month": one.month,
        "crossover_users": next((at.users for at in one.users if at.cheaper is one.side), None),
        "least_utilisation": plain(one.utilisation),
        "cheaper_at_least_users": one.starts_cheaper,
        "crossings": [{"users": at.users, "cheaper": at.cheaper.value} for at in one.users],
    }


def _uncertainty_form(one: Uncertainty) -> dict[str, Any]:
    return {
        "draws": one.draws,
        "seed": one.seed,
        "present_value": {side.value: _quantiles(spread) for side, spread in one.values.items()},
        "saving": {side.value: _quantiles(spread) for side, spread in one.savings.items()},
        "share_cheapest": {side.value: share for side, share in one.cheapest.items()},
    }


def _quantiles(spread: Spread) -> dict[str, float]:
    return {name: round(getattr(spread, name), 2) for name in ("p10", "p50", "p90")}


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT)


def compare_sides(case: StudyCase, *, seed: int = 1, draws: int = DRAWS) -> StudyAnswer:
    """Everything about one study. The same seed gives the same answer. Raises WrongDraws and WrongStudy."""
    against = case.sides[0]
    others = case.sides[1:]
    rows = case.exactly()
    sides = _sides(case, rows)
    tenfold = case.exactly(volume_factor=case.figures["volume_factor"].value * TENFOLD)
    watched, looked = others[-1], Looked(case)
    return StudyAnswer(
        case=case,
        against=against,
        sides=sides,
        comparisons={side: _compared(looked, case, sides, side) for side in others},
        tenfold=_sides(case, tenfold),
        uncertainty=simulate(case, against=against, seed=seed, draws=draws),
        tornado_of=watched,
        tornado=tuple(swings(case, watched, against)),
        figures=shown(case),
    )


def _sides(case: StudyCase, rows: list[dict[str, Decimal]]) -> dict[Side, SideAnswer]:
    tokens = sum((row["input_tokens"] + row["output_tokens"] for row in rows), Decimal(0))
    user_months = sum((row["users_served"] for row in rows), Decimal(0))
    found: dict[Side, SideAnswer] = {}
    for side in case.sides:
        total = rows[-1][f"{side.value}_total"]
        found[side] = SideAnswer(
            side=side,
            present_value=rows[-1][f"{side.value}_value"],
            total=total,
            parts={line.name: sum((row[line.name] for row in rows), Decimal(0)) for line in PARTS[side]},
            so_far=tuple(row[f"{side.value}_total"] for row in rows),
            nodes=tuple(int(row[NODES[side]]) for row in rows) if side in NODES else None,
            people=max(row[PEOPLE[side]] for row in rows),
            per_mtok=total / tokens * 1_000_000,
            per_user_month=total / user_months,
        )
    return found


def _compared(looked: Looked, case: StudyCase, sides: Mapping[Side, SideAnswer], side: Side) -> Comparison:
    against = case.sides[0]
    crossed, first = crossings(case, side, against, looked=looked)
    return Comparison(
        side=side,
        saving=sides[against].present_value - sides[side].present_value,
        month=month_of_crossing(sides[side].so_far, sides[against].so_far),
        starts_cheaper=first is side,
        users=crossed,
        utilisation=least_utilisation(case, side, against),
    )


def shown(case: StudyCase) -> tuple[Shown, ...]:
    """Every figure with its basis, source and date, in the order of the drivers."""
    study = case.study
    return tuple(
        Shown(
            name=name,
            about=STUDY_DRIVERS[name].about,
            unit=STUDY_DRIVERS[name].unit,
            value=one.value,
            low=one.low,
            high=one.high,
            shape=one.shape,
            basis=one.basis,
            source=one.source or "",
            owner=one.owner or study.owner,
            checked=one.checked or study.checked,
            side=STUDY_DRIVERS[name].side,
            is_changed=name in case.changed,
            is_default=name not in study.assumptions and name not in study.found() and name not in case.changed,
        )
        for name, one in case.figures.items()
    )


def study_line(study: Study) -> dict[str, Any]:
    """A study in a list: what it asks, what it compares, and how many of its figures are stated, measured, assumed."""
    figures = list(study.assumptions.values())
    return {
        "id": study.id,
        "title": study.title,
        "question": study.question,
        "retells": study.retells,
        "sides": [side.value for side in study.sides],
        "users_range": [study.users_from, study.users_to],
        "figures": {basis.value: sum(one.basis is basis for one in figures) for basis in Basis},
        "owner": study.owner,
        "checked": plain(study.checked),
    }
