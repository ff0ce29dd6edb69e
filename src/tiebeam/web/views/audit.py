"""The journal as its auditors see it: its proof, where its anchors lie, and one entry with what was removed of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tiebeam.web.views.parts import Pill


@dataclass(frozen=True, slots=True)
class Removal:
    """A field that was removed from the journal, and what the record of it says."""

    stream: str
    seq: int
    field: str
    at: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProofView:
    """What the verifier found. `breaks` name stream and number; `proof` says how far anchors reach."""

    headline: str
    is_sound: bool
    proof: str
    breaks: tuple[str, ...]
    more: int
    removals: tuple[Removal, ...]
    may_export: bool


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place for anchors; `behind` counts those that are not there yet, `error` is why."""

    name: str
    number: int
    behind: int
    written_at: datetime | None
    failures: int
    error: str
    next_at: datetime
    state: Pill


@dataclass(frozen=True, slots=True)
class AnchorsView:
    """`number` is 0 while there is no anchor."""

    number: int
    at: datetime | None
    streams: int
    hash: str
    has_more: bool
    places: tuple[PlaceLine, ...]
    may_anchor: bool


@dataclass(frozen=True, slots=True)
class EntryField:
    """One field; `removed` says since when it is gone, by whom and why, and is empty for one that is there."""

    name: str
    value: str
    removed: str = ""


@dataclass(frozen=True, slots=True)
class EntryView:
    """`removable` are the fields that may still be removed, empty where the reader may not."""

    stream: str
    seq: int
    at: datetime
    kind: str
    who: str
    hash: str
    previous_hash: str
    fields: tuple[EntryField, ...]
    removable: tuple[str, ...] = ()
    typed: str = ""
    problem: str = ""
