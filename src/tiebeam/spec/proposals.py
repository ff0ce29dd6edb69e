"""A workflow somebody thinks of: what it would cost and be worth, stated before anybody builds it."""

from __future__ import annotations

from tiebeam.spec.assumptions import UnitEconomics
from tiebeam.spec.base import DottedId, Id, Record, Text


class Proposal(Record):
    """Only its economics: no intent and no recipe yet. It is answered like a workflow wherever those are (EC-14)."""

    title: Text
    outcome: Text
    """What counts as one accepted outcome."""
    owner: Id
    """The person who proposes it and answers for its figures."""
    readers: tuple[DottedId, ...] = ()
    """Roles that see it beside the owner's own; none named: everybody with a role here."""
    unit_economics: UnitEconomics
