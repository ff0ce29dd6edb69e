"""What the address asks of a pricing model: sliders, further figures as `set.NAME`, the day of prices."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from tiebeam.economics.pricing import PricingCase, find_pricing, pricing_case, read_pricing_changes
from tiebeam.economics.units import WrongFigure
from tiebeam.spec import PricingModel
from tiebeam.web.pages.economics.dials import Dial, Writing
from tiebeam.web.visit import Visit

SET = "set."
SHARE = "headless_share"
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Asked:
    """Texts as typed, by the name of the figure; what is wrong with them is told where they are read."""

    record: PricingModel
    stated: PricingCase
    """As it stands, at the prices of the day."""
    typed: Mapping[str, str]
    share: str
    """Empty while it is as stated."""
    at: str

    @classmethod
    def from_visit(cls, visit: Visit) -> Asked:
        """Raises UnknownPricing, WrongFigure and what the prices raise."""
        name, caller = visit.path("model"), visit.caller
        record = find_pricing(visit.graph.pricing, name, sees=lambda one: caller.sees("record", f"pricing/{one}"))
        at = visit.params.get("at", "")[:10]
        stated = pricing_case(record, visit.app.economics.prices, at=_moment(visit, at))
        typed = {
            name.removeprefix(SET)[:60]: text.strip()[:40]
            for name, text in visit.params.items()
            if name.startswith(SET) and text.strip()
        }
        return cls(record, stated, {**typed, **_turned(visit.params, stated)}, _share(visit.params, stated), at)

    def case(self) -> PricingCase:
        """As asked. Raises WrongFigure or NothingSeated."""
        return read_pricing_changes(self.stated, self._pairs(), headless_share=self.share)

    def command(self) -> str:
        """The same at the command line."""
        figures = [f"--set {shlex.quote(one)}" for one in self._pairs()]
        share = [f"--headless-share {shlex.quote(self.share)}"] if self.share else []
        at = [f"--at {self.at}"] if self.at else []
        return " ".join([f"tiebeam pricing design {self.record.id}", *figures, *share, *at, "--json"])

    def api(self) -> str:
        pairs = [("set", one) for one in self._pairs()]
        pairs += [(SHARE, self.share)] if self.share else []
        pairs += [("at", self.at)] if self.at else []
        query = f"?{urlencode(pairs, safe='=')}" if pairs else ""
        return f"GET /api/v1/economics/pricing/{self.record.id}{query}"

    def _pairs(self) -> list[str]:
        return [f"{name}={text}" for name, text in self.typed.items()]


def dials(case: PricingCase) -> tuple[Dial, ...]:
    """What one turns: the headless share where there are seats, and how many customers."""
    found: list[Dial] = []
    share = case.record.headless_share
    if case.can_move and share is not None:
        usual = round(share * _HUNDRED, 1)
        found.append(Dial(SHARE, "Headless share", Decimal(0), _HUNDRED, usual, Writing.SHARE))
    customers = case.amount("customers")
    most = max(Decimal(100), customers * 10)
    found.append(Dial("customers", "Customers", Decimal(1), most, customers, is_log=True))
    return tuple(found)


def _share(params: Mapping[str, str], stated: PricingCase) -> str:
    """As a number from 0 to 1; empty where the slider stands as the record does."""
    text = params.get(SHARE, "").strip()[:40]
    usual = stated.record.headless_share
    if not text or (usual is not None and text == f"{round(usual * _HUNDRED, 1).normalize():f}%"):
        return ""
    if not text.endswith("%"):
        return text
    try:
        return f"{Decimal(text[:-1].strip()) / _HUNDRED:f}"
    except InvalidOperation:
        return text


def _turned(params: Mapping[str, str], stated: PricingCase) -> dict[str, str]:
    text = params.get("customers", "").strip()[:40]
    is_stated = text == f"{stated.amount('customers').normalize():f}"
    return {} if not text or is_stated else {"customers": text}


def _moment(visit: Visit, text: str) -> datetime:
    if not text:
        return visit.now
    try:
        day = date.fromisoformat(text)
    except ValueError as problem:
        raise WrongFigure(f"at = {text!r} is no day; write it like 2026-11-21", name="at") from problem
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
