"""Keys of the gateway: made, rotated and revoked on the record, held in memory where calls come in, and limited."""

from tiebeam.economics.keys.caps import capped_keys, key_changes
from tiebeam.economics.keys.following import ALL_KNOW_SECONDS, Following, bump, take_turn
from tiebeam.economics.keys.key import (
    ANY_WORKFLOW,
    EXECUTION,
    NAME,
    Key,
    KeyLine,
    KeyState,
    KeyWish,
    NewKey,
    UnknownKey,
    WrongKey,
)
from tiebeam.economics.keys.keys import Keys, owners_of
from tiebeam.economics.keys.limits import Busy, Limits, Slot, TooMany
from tiebeam.economics.keys.ring import KeyRing

__all__ = [
    "ALL_KNOW_SECONDS",
    "ANY_WORKFLOW",
    "EXECUTION",
    "NAME",
    "Busy",
    "Following",
    "Key",
    "KeyLine",
    "KeyRing",
    "KeyState",
    "KeyWish",
    "Keys",
    "Limits",
    "NewKey",
    "Slot",
    "TooMany",
    "UnknownKey",
    "WrongKey",
    "bump",
    "capped_keys",
    "key_changes",
    "owners_of",
    "take_turn",
]
