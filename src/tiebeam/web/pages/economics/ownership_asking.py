"""What the address asks of a study: sliders, further figures as `set.NAME`, the day of prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from tiebeam.economics.ownership import StudyCase, find_study, read_study_changes, study_case
from tiebeam.economics.units import WrongFigure
from tiebeam.spec import Study
from tiebeam.web.pages.economics.dials import Dial, Writing
from tiebeam.web.visit import Visit

SET = "set."
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Asked:
    """Texts as typed, by the name of the figure; what is wrong with them is told where they are read."""

    study: Study
    stated: StudyCase
    """As it stands, at the prices of the day."""
    typed: Mapping[str, str]
    at: str

    @classmethod
    def from_visit(cls, visit: Visit) -> Asked:
        """Raises UnknownStudy, WrongFigure and what the study's records raise."""
        study = find_study(visit.graph, visit.path("study"))
        at = visit.params.get("at", "")[:10]
        stated = study_case(visit.graph, visit.app.economics.prices, study, at=_moment(visit, at))
        return cls(study, stated, typed_figures(visit.params, dials(stated)), at)

    def changes(self) -> dict[str, Decimal]:
        """What differs from the study; a slider that stands where the study does is none. Raises WrongFigure."""
        read = read_study_changes(self.typed)
        return {
            name: value
            for name, value in read.items()
            if name not in self.stated.figures or value != self.stated.figures[name].value
        }

    def command(self, changes: Mapping[str, Decimal]) -> str:
        """The same at the command line."""
        users = [f"--users {changes['users']:f}"] if "users" in changes else []
        others = [f"--set {name}={value:f}" for name, value in changes.items() if name != "users"]
        at = [f"--at {self.at}"] if self.at else []
        return " ".join([f"tiebeam tco --study {self.study.id}", *users, *others, *at, "--json"])

    def api(self, changes: Mapping[str, Decimal]) -> str:
        pairs = [("users", f"{changes['users']:f}")] if "users" in changes else []
        pairs += [("set", f"{name}={value:f}") for name, value in changes.items() if name != "users"]
        pairs += [("at", self.at)] if self.at else []
        query = f"?{urlencode(pairs, safe='=')}" if pairs else ""
        return f"GET /api/v1/economics/studies/{self.study.id}{query}"


def dials(case: StudyCase) -> tuple[Dial, ...]:
    """What one turns: users, how much they ask, how well hardware is used, volume, and how the token price falls."""
    figures, study = case.figures, case.study
    least = Decimal(max(1, study.users_from // 10))
    found = [
        Dial("users", "Users", least, Decimal(study.users_to * 2), figures["users"].value, is_log=True),
        Dial(
            "requests_per_user_per_day",
            "Requests a user and day",
            Decimal("0.1"),
            Decimal(1000),
            figures["requests_per_user_per_day"].value,
            is_log=True,
        ),
        Dial(
            "volume_factor", "Volume, times", Decimal("0.1"), Decimal(100), figures["volume_factor"].value, is_log=True
        ),
        _share("utilisation", "Utilisation", case, low=1),
    ]
    if "api_price_decline_per_year" in figures:
        found.append(_share("api_price_decline_per_year", "Token price falls a year", case, low=0, high=95))
    return tuple(found)


def _share(name: str, label: str, case: StudyCase, *, low: int, high: int = 100) -> Dial:
    usual = case.figures[name].value * _HUNDRED
    return Dial(name, label, Decimal(low), Decimal(high), usual, Writing.SHARE)


def typed_figures(params: Mapping[str, str], turned: tuple[Dial, ...]) -> dict[str, str]:
    """By the figure's name; percent become shares."""
    shares = {one.name for one in turned if one.writing is Writing.SHARE}
    names = {one.name for one in turned}
    found = {
        name.removeprefix(SET): text[:60] for name, text in params.items() if name.startswith(SET) and text.strip()
    }
    for name in sorted(names):
        text = params.get(name, "").strip()[:40]
        if text:
            found[name] = _as_share(text) if name in shares else text
    return found


def _as_share(text: str) -> str:
    """20% is 0.2; a bare number stays, so that an address may say either."""
    if not text.endswith("%"):
        return text
    try:
        return str(Decimal(text[:-1].strip()) / _HUNDRED)
    except InvalidOperation:
        return text


def _moment(visit: Visit, text: str) -> datetime:
    if not text:
        return visit.now
    try:
        day = date.fromisoformat(text)
    except ValueError as problem:
        raise WrongFigure(f"at = {text!r} is no day; write it like 2026-11-21", name="at") from problem
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
