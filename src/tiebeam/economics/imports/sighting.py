"""One thing a file says was used or charged, before it is a charge of the ledger."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from tiebeam.economics.metering import Usage


class SightingKind(StrEnum):
    CALL = "call"
    BUCKET = "bucket"
    """Calls of a span of time, added up."""
    COST = "cost"
    """An amount for usage that another file states."""
    FEE = "fee"
    """An amount that no call stands for: a seat, a line of a bill."""


class Sighting(msgspec.Struct, kw_only=True, frozen=True):
    """Names are as the source writes them. Milliseconds since 1970; nano-dollars."""

    kind: SightingKind
    file: str
    line: int
    id: str
    """Within its source; the same sighting in another export has the same."""
    at: int
    until: int
    provider: str
    model: str = ""
    usage: Usage = Usage()
    requests: int = 1
    nano: int | None = None
    """None where the source states no cost."""
    what: str = ""
    """The line of the bill, in its words."""
    endpoint: str = ""
    service: str = "standard"
    region: str = ""
    execution: str = ""
    fingerprint: str = ""
    names: dict[str, str] = {}
    """By what the source calls them: project, workspace, key, team, tag and so on; what attribution goes by."""
    status: int = 200
    millis: int = 0
    first_byte_millis: int = 0

    @property
    def day(self) -> str:
        return datetime.fromtimestamp(self.at / 1000, UTC).strftime("%Y-%m-%d")


_DATED = re.compile(r"[-@](?:20\d{2}-?[01]\d-?[0-3]\d|latest)(?:-v\d+)?(?::\d+)?$")
_VERSIONED = re.compile(r"-v\d+(?::\d+)?$")


def plain_model(name: str) -> str:
    """What names of one model have in common: without the provider in front, and the day of its release behind."""
    found = name.strip().lower().rsplit("/", 1)[-1]
    found = re.sub(r"^(?:[a-z]{2}\.)?(?:anthropic|amazon|meta|mistral|cohere|openai)\.", "", found)
    found = _DATED.sub("", _VERSIONED.sub("", found))
    found = re.sub(r"[ _.]+", "-", found)
    return _DATED.sub("", found)
