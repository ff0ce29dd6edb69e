"""Adding up what an import comes to, with what it leaves out, and how that compares with a bill."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import TypeVar

from tiebeam.economics.imports.answer import BILL_TOLERANCE, AgainstBill, ImportAnswer, Line, ModelLine
from tiebeam.economics.imports.booking import Found
from tiebeam.economics.imports.costs import Unpriced
from tiebeam.economics.imports.loading import LeftOut, Loaded
from tiebeam.economics.imports.question import ImportQuestion
from tiebeam.kit import nano_usd, usd_of_nano

_MOST_LINES = 500
_Key = TypeVar("_Key", bound=Hashable)


class Summing:
    def __init__(self, question: ImportQuestion, loaded: Loaded) -> None:
        self._question = question
        self._loaded = loaded
        self._models: dict[tuple[str, str], list[int]] = {}
        self._teams: dict[str, list[int]] = {}
        self._twins: dict[str, list[int]] = {}
        self._changed: dict[str, list[int]] = {}
        self.charges = 0
        self.nano = 0
        self.estimated_nano = 0
        self.known = 0
        self.known_nano = 0
        self.covered_nano = 0
        self.last: Found | None = None
        """The latest that was looked at."""

    def add(self, found: Found) -> None:
        seen, usage = found.costed.sighting, found.usage
        if self.last is None or seen.at >= self.last.costed.sighting.at:
            self.last = found
        if found.covered_by:
            self.covered_nano += found.covered_nano
            _add(self._twins, found.covered_by, 1, found.covered_nano)
        if found.is_known:
            self.known += 1
            self.known_nano += found.was_nano
            if found.is_changed:
                self.known_nano += found.nano - found.was_nano
                _add(self._changed, f"{seen.provider}/{seen.model or seen.what}", 1, found.nano - found.was_nano)
            return
        if not found.is_new:
            return
        self.charges += 1
        self.nano += found.nano
        self.estimated_nano += found.nano if found.costed.estimated else 0
        cached = usage.cached
        figures = (1, seen.requests, usage.all_input, cached, usage.all_output, found.nano)
        _add(self._models, (seen.provider, seen.model), *figures)
        _add(self._teams, found.attributed.team or "(nobody's)", 1, found.nano)

    def missing_nano(self) -> int:
        """What the bill has beyond what is in the ledger; 0 without a bill."""
        bill = self._question.bill_usd
        return 0 if bill is None else nano_usd(bill) - self._in_ledger()

    def answer(
        self, span: tuple[str, str], unpriced: Mapping[str, Unpriced], *, remainder: Found | None
    ) -> ImportAnswer:
        booked_rest = remainder.nano if remainder is not None and self._question.book_remainder else 0
        left_out = sorted(self._loaded.left_out.items())
        return ImportAnswer(
            sources={name: source.name for name, source in self._loaded.source.items()},
            since=span[0],
            until=span[1],
            records=self._loaded.records,
            charges=self.charges + (1 if booked_rest else 0),
            usd=usd_of_nano(self.nano + booked_rest),
            estimated_usd=usd_of_nano(self.estimated_nano),
            by_model=tuple(
                ModelLine(provider, model, *figures[:5], usd=usd_of_nano(figures[5]))
                for (provider, model), figures in sorted(self._models.items())[:_MOST_LINES]
            ),
            by_team=_lines(self._teams),
            duplicates=_lines(self._twins),
            already_there=self.known,
            changed=_lines(self._changed),
            left_out=tuple(Line(reason, line.records, usd_of_nano(line.nano)) for reason, line in left_out),
            unpriced=tuple(Line(name, one.tokens, Decimal(0)) for name, one in sorted(unpriced.items())),
            bill=self._against(booked_rest),
            booked=False,
        )

    def _in_ledger(self) -> int:
        return self.nano + self.known_nano + self.covered_nano

    def _against(self, booked_rest: int) -> AgainstBill | None:
        bill = self._question.bill_usd
        if bill is None:
            return None
        missing = self.missing_nano()
        left = missing - booked_rest
        share = abs(Decimal(left)) / nano_usd(bill) if bill else Decimal(1 if left else 0)
        left_out = [Line(f"left out: {why}", one.records, usd_of_nano(one.nano)) for why, one in self._left_out()]
        explained = sum((line.usd for line in left_out), Decimal(0))
        rest = Line("not explained by the files", 0, usd_of_nano(missing) - explained)
        return AgainstBill(
            bill_usd=bill,
            in_ledger_usd=usd_of_nano(self._in_ledger() + booked_rest),
            difference_usd=usd_of_nano(left),
            share=share,
            is_within=share <= BILL_TOLERANCE,
            remainder=(*left_out, rest),
            remainder_booked_usd=usd_of_nano(booked_rest),
        )

    def _left_out(self) -> list[tuple[str, LeftOut]]:
        return [(why, one) for why, one in sorted(self._loaded.left_out.items()) if one.nano]


def _add(sums: dict[_Key, list[int]], key: _Key, *figures: int) -> None:
    held = sums.setdefault(key, [0] * len(figures))
    for index, value in enumerate(figures):
        held[index] += value


def _lines(sums: Mapping[str, list[int]]) -> tuple[Line, ...]:
    return tuple(Line(name, count, usd_of_nano(nano)) for name, (count, nano) in sorted(sums.items())[:_MOST_LINES])
