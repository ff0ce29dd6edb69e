"""What the address asks about a workflow's unit economics: figures set for this view, volume, price, model, day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import urlencode

from tiebeam.economics import UnitCase
from tiebeam.economics.units import WrongFigure, read_changes
from tiebeam.spec import Capability, ModelOffer
from tiebeam.web.visit import Visit
from tiebeam.web.wording import in_words
from tiebeam.workflow import unit_case

SET = "set."
"""Before the name of a figure in the address: `set.exception_rate=0.3`."""
PRICES = ("input_price_per_mtok", "output_price_per_mtok", "cached_price_per_mtok")
_HUNDRED = Decimal(100)
_MOST_PERCENT = 100_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Texts as they were typed; what is wrong with them is told where they are read."""

    workflow: str
    figures: Mapping[str, str]
    volume: str
    price: str
    """Percent of today's token price."""
    at: str
    model: str
    """`provider:model`, or empty for the stated one."""

    @classmethod
    def from_visit(cls, visit: Visit) -> Asked:
        recipe = visit.request.path_params.get("recipe")
        workflow = visit.path("workflow")
        params = visit.params
        given = {name.removeprefix(SET): text[:60] for name, text in params.items() if name.startswith(SET) and text}
        return cls(
            workflow=f"{workflow}/{recipe}" if recipe else workflow,
            figures=given,
            volume=params.get("volume_factor", "")[:40],
            price=params.get("price", "")[:40],
            at=params.get("at", "")[:10],
            model=params.get("model", "")[:300],
        )

    def case(self, visit: Visit, *, model: str | None = None, changes: Mapping[str, str] | None = None) -> UnitCase:
        """The case as asked, further figures over it. Raises what its parts raise, each naming the field."""
        texts = {**self.figures, **(changes or {})}
        if self.volume:
            texts["volume_factor"] = self.volume
        provider, _, name = (self.model if model is None else model).partition(":")
        case = unit_case(
            visit.graph,
            visit.app.economics.prices,
            self.workflow,
            may_see=visit.caller.see,
            changes=read_changes(texts),
            at=_moment(self.at),
            model=name or None,
            provider=provider or None if name else None,
        )
        return at_price(case, self.share) if self.price else case

    @property
    def share(self) -> Decimal:
        """The asked price over today's. Raises WrongFigure."""
        if not self.price:
            return Decimal(1)
        percent = read_changes({"price": self.price})["price"]
        if not percent.is_finite() or not 0 <= percent <= _MOST_PERCENT:
            raise WrongFigure(f"price lies between 0 and {_MOST_PERCENT:,} percent of today's, not at {self.price!r}")
        return percent / _HUNDRED

    def command(self, case: UnitCase | None) -> str:
        """The same at the command line."""
        set_ones = self.figures if case is None else {name: str(value) for name, value in case.changed.items()}
        provider, _, name = self.model.partition(":")
        words = ["tiebeam units", self.workflow]
        words += [f"--volume-factor {self.volume}"] if self.volume else []
        words += [f"--set {figure}={text}" for figure, text in set_ones.items() if figure != "volume_factor"]
        words += [f"--model {name} --provider {provider}"] if name else []
        words += [f"--at {self.at}"] if self.at else []
        return " ".join([*words, "--json"])

    def api(self, case: UnitCase | None) -> str:
        provider, _, name = self.model.partition(":")
        set_ones = self.figures if case is None else case.changed
        pairs = [("set", f"{figure}={text}") for figure, text in set_ones.items() if figure != "volume_factor"]
        pairs += [(key, text) for key, text in (("volume_factor", self.volume), ("at", self.at)) if text]
        pairs += [("model", name), ("provider", provider)] if name else []
        query = f"?{urlencode(pairs)}" if pairs else ""
        return f"GET /api/v1/economics/units/{self.workflow}{query}"


def at_price(case: UnitCase, share: Decimal) -> UnitCase:
    """The same with token prices at a share of what they are; no other figure moves (EC-01). Raises WrongFigure."""
    figures = case.figures()
    return case.having({name: figures[name].value * share for name in PRICES})


def model_choices(models: Mapping[str, ModelOffer]) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """(class, (value, name) pairs) of the library's models, the strongest class first."""
    return tuple(
        (
            in_words(capability).capitalize(),
            tuple(
                (f"{one.provider}:{one.model}", one.title)
                for one in sorted(models.values(), key=lambda one: one.title)
                if one.capability is capability
            ),
        )
        for capability in Capability
    )


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as problem:
        raise WrongFigure(f"at = {text!r} is no day; write it like 2026-11-21") from problem
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
