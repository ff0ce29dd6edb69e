"""What an exchange works with."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.app import Calls
from tiebeam.gateway.counting import Counts
from tiebeam.gateway.sending import Sending


@dataclass(frozen=True, slots=True)
class Desk:
    """One for each gateway and event loop."""

    calls: Calls
    sending: Sending
    counts: Counts
