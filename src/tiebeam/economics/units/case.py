"""A workflow's economics as a case that can be worked out: assumptions, prices, changes somebody tries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from tiebeam.economics.units.model import PRICES, VALUE_PER_ACCEPTED, VOLUME_FACTOR, month
from tiebeam.errors import Invalid
from tiebeam.kit.formulas import Arithmetic, Exact, read_formula, work_out
from tiebeam.spec import DRIVERS, Assumption, Driver, UnitEconomics

_PRICE_UNITS = {
    "input_price_per_mtok": Driver("money", "Price of a million tokens read.", None),
    "output_price_per_mtok": Driver("money", "Price of a million tokens written.", None),
    "cached_price_per_mtok": Driver("money", "Price of a million tokens read from the provider's cache.", None),
    VOLUME_FACTOR: Driver("times", "How many times the stated volume.", Decimal(1), least=Decimal("0.000001")),
}


class WrongFigure(Invalid):
    """A figure that does not exist, or cannot have this value."""

    code = "wrong_figure"


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """What a million tokens cost in the case's currency. `source` says where from and as of when."""

    input_per_mtok: Decimal
    output_per_mtok: Decimal
    cached_per_mtok: Decimal
    source: str


NO_TOKENS = TokenPrices(Decimal(0), Decimal(0), Decimal(0), "no tokens are spent")


@dataclass(frozen=True, slots=True)
class UnitCase:
    """Assumptions with the prices they are worked out at. `changed` holds what somebody set for this question only."""

    workflow: str
    currency: str
    stated: UnitEconomics
    prices: TokenPrices
    changed: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])

    def figures(self) -> dict[str, Assumption]:
        """Every figure the model asks for, by name."""
        price = self.prices
        found: dict[str, Assumption] = {name: self.stated.figure(name) for name in DRIVERS}
        found |= {name: one for name, one in self.stated.assumptions.items() if name not in found}
        values = (price.input_per_mtok, price.output_per_mtok, price.cached_per_mtok)
        found |= {
            name: Assumption(value=value, source=price.source) for name, value in zip(PRICES, values, strict=True)
        }
        found[VOLUME_FACTOR] = Assumption(value=Decimal(1), source="The stated volume.")
        said = {name: Assumption(value=value, source="Set for this question.") for name, value in self.changed.items()}
        return found | said

    def having(self, changes: Mapping[str, Decimal]) -> UnitCase:
        """The same with figures set anew; a set figure is fixed. Raises WrongFigure."""
        known = self.figures()
        for name, value in changes.items():
            check_figure(name, value, known=known)
        changed = replace(self, changed={**self.changed, **changes})
        changed._check_tokens_have_a_price()
        return changed

    def _check_tokens_have_a_price(self) -> None:
        """Tokens that somebody adds to a case without a model would cost nothing."""
        spends = any(self.changed.get(name, 0) > 0 for name in ("input_tokens_per_unit", "output_tokens_per_unit"))
        if spends and self.prices == NO_TOKENS and not any(name in self.changed for name in PRICES):
            raise WrongFigure(
                "tokens are spent and the workflow names no model; name one, or set "
                "input_price_per_mtok and output_price_per_mtok too",
                name="input_tokens_per_unit",
            )

    def work_out(self, figures: Mapping[str, Any], *, arithmetic: Arithmetic) -> dict[str, Any]:
        """The month over figures in the arithmetic's own numbers, the value of an outcome included."""
        worth = [work_out(read_formula(line.formula), figures, arithmetic=arithmetic) for line in self.stated.value]
        value: Any = worth[0]
        for one in worth[1:]:
            value = value + one
        return month({**figures, VALUE_PER_ACCEPTED: value}, arithmetic=arithmetic)

    def exactly(self) -> dict[str, Decimal]:
        """The closed form: every figure at its most likely value. Raises WrongFigure where a formula has no result."""
        try:
            return self.work_out({name: one.value for name, one in self.figures().items()}, arithmetic=Exact())
        except ArithmeticError as problem:
            raise WrongFigure(
                f"the formulas of {self.workflow!r} have no result at these figures; one of them divides by a figure "
                "that is 0, or grows beyond bounds"
            ) from problem

    def value_lines(self) -> list[tuple[str, str, Decimal]]:
        """(vector, title, worth of one accepted outcome) of each value line, at the most likely values."""
        figures = {name: one.value for name, one in self.figures().items()}
        return [
            (line.vector, line.title, work_out(read_formula(line.formula), figures, arithmetic=Exact()))
            for line in self.stated.value
        ]


def driver_of(name: str) -> Driver:
    """What the model knows of a figure; one that only a value formula names has no bounds."""
    return (
        DRIVERS.get(name) or _PRICE_UNITS.get(name) or Driver("", "Named by a value formula.", None, -Decimal(10**15))
    )


def check_figure(name: str, value: Decimal, *, known: Mapping[str, object]) -> None:
    """Raises WrongFigure with the names that exist, or the bounds."""
    if name not in known:
        raise WrongFigure(f"there is no figure {name!r}; they are {', '.join(sorted(known))}", name=name)
    driver = driver_of(name)
    if not value.is_finite() or not driver.least <= value <= driver.most:
        raise WrongFigure(
            f"{name} lies between {driver.least} and {driver.most} {driver.unit}, not at {str(value)[:40]}", name=name
        )


def read_pairs(texts: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` texts. Raises WrongFigure."""
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise WrongFigure(f"set wants NAME=VALUE, not {text[:80]!r}")
        found[name.strip()] = value
    return found


def read_changes(texts: Mapping[str, str]) -> dict[str, Decimal]:
    """Figures as people write them. Raises WrongFigure."""
    changes: dict[str, Decimal] = {}
    for name, text in texts.items():
        try:
            changes[name] = Decimal(text.strip().replace("_", ""))
        except InvalidOperation as problem:
            raise WrongFigure(f"{name} = {text[:40]!r} is no number; write it like 1250.75", name=name) from problem
    return changes
