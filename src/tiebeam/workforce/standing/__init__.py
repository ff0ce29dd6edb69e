"""Authority for a time: roles given to a colleague, and roles taken in an emergency."""

from tiebeam.workforce.standing.delegations import (
    Delegation,
    Delegations,
    DelegationState,
    UnknownDelegation,
    given_on,
    given_roles,
    receivers,
)
from tiebeam.workforce.standing.emergencies import (
    BREAK_GLASS,
    Emergencies,
    Emergency,
    EmergencyState,
    Finding,
    UnknownEmergency,
    Use,
    note_use,
    open_roles,
)
from tiebeam.workforce.standing.reading import Standing, standing_of

__all__ = [
    "BREAK_GLASS",
    "Delegation",
    "DelegationState",
    "Delegations",
    "Emergencies",
    "Emergency",
    "EmergencyState",
    "Finding",
    "Standing",
    "UnknownDelegation",
    "UnknownEmergency",
    "Use",
    "given_on",
    "given_roles",
    "note_use",
    "open_roles",
    "receivers",
    "standing_of",
]
