"""A decision between options, and what one must say to take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tiebeam.authority import Obj
from tiebeam.economics.calculator import Comparison, Option, OptionKind
from tiebeam.errors import Invalid, NotFound
from tiebeam.kit import plain

OPTIONS_A_KIND = 6
"""Weighed unless others are named: the cheapest of each kind, and what was chosen."""
_MOST_NAMED = 50
_LONGEST_TITLE = 200
_LONGEST_REASON = 2000


class UnknownDecision(NotFound):
    """No decision of that id that you may see."""

    code = "unknown_decision"


class WrongDecision(Invalid):
    """A part of the decision that is missing, or cannot be so; `field` names it."""

    code = "wrong_decision"


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody decides: `chosen` and `weighed` are ids of options, `owner` is role:ID or person:ID.

    Without `weighed` the cheapest options of each kind are. `supersedes` is the id of an earlier decision.
    """

    title: str
    chosen: str
    owner: str
    reason: str
    revisit: date | None = None
    weighed: tuple[str, ...] = ()
    supersedes: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """As it was recorded. `options` are JSON-ready, figures as text; the cheapest comes first."""

    id: str
    title: str
    question: Mapping[str, str]
    """The calculator's parameters; with `at` they ask for the same again."""
    tokens_per_month: Decimal
    currency: str
    options: Sequence[Mapping[str, Any]]
    chosen: str
    owner: str
    reason: str
    revisit: date | None
    supersedes: str | None
    recorded_by: str
    recorded_at: datetime
    superseded_by: str | None = None

    @property
    def object(self) -> Obj:
        """As authority rules see it."""
        return object_of(self.id, self.owner)

    @property
    def chosen_option(self) -> Mapping[str, Any]:
        return next(one for one in self.options if one["id"] == self.chosen)

    @property
    def premium_per_month(self) -> Decimal:
        """What the choice costs a month beyond the cheapest option that was weighed."""
        return Decimal(self.chosen_option["per_month"]) - Decimal(self.options[0]["per_month"])

    def is_due(self, day: date) -> bool:
        """Whether it is to be looked at again, and nobody has."""
        return self.superseded_by is None and self.revisit is not None and self.revisit <= day

    def form(self, day: date) -> dict[str, Any]:
        """What the API and `--json` give."""
        return {**plain(self), "premium_per_month": plain(self.premium_per_month), "is_due": self.is_due(day)}


def object_of(decision_id: str, owner: str) -> Obj:
    kind, _, name = owner.partition(":")
    return Obj("decision", decision_id, {kind: name})


def checked(choice: Choice, *, today: date) -> Choice:
    """With its texts trimmed. Raises WrongDecision naming the part."""
    title, reason = " ".join(choice.title.split()), choice.reason.strip()
    for name, text, most in (("title", title, _LONGEST_TITLE), ("reason", reason, _LONGEST_REASON)):
        if not 1 <= len(text) <= most:
            raise WrongDecision(f"{name} has {len(text)} letters; write 1 to {most}", field=name)
    kind, _, owner = choice.owner.partition(":")
    if kind not in {"role", "person"} or not owner:
        raise WrongDecision(
            f"owner is {choice.owner!r}; name who answers for it as role:ID or person:ID", field="owner"
        )
    if choice.revisit is not None and choice.revisit <= today:
        raise WrongDecision(f"revisit is {choice.revisit}; give a day after {today}", field="revisit")
    return Choice(
        title=title,
        chosen=choice.chosen,
        owner=choice.owner,
        reason=reason,
        revisit=choice.revisit,
        weighed=choice.weighed,
        supersedes=choice.supersedes,
    )


def weighed(comparison: Comparison, choice: Choice) -> list[Option]:
    """The options that go on the record, the cheapest first. Raises WrongDecision for one there is not."""
    known = {one.id: one for one in comparison.options}
    if len(choice.weighed) > _MOST_NAMED:
        raise WrongDecision(f"{len(choice.weighed)} options are named; weigh at most {_MOST_NAMED}", field="weighed")
    for name, field in ((choice.chosen, "chosen"), *((one, "weighed") for one in choice.weighed)):
        if name not in known:
            raise WrongDecision(
                f"{field} is {name!r}; no option of this comparison has that id and a figure", field=field
            )
    named = choice.weighed or tuple(one.id for kind in OptionKind for one in _cheapest(comparison, kind))
    wanted = {*named, choice.chosen}
    if len(wanted) < 2:
        raise WrongDecision(
            "one option is no trade-off; widen the filters, or weigh another option beside it", field="weighed"
        )
    return [one for one in comparison.options if one.id in wanted]


def _cheapest(comparison: Comparison, kind: OptionKind) -> list[Option]:
    return [one for one in comparison.options if one.kind is kind][:OPTIONS_A_KIND]
