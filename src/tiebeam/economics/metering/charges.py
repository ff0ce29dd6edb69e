"""What one attempt at a provider used and cost.

These are msgspec structs, not dataclasses: two of them are made and encoded for every call, and each costs a tenth.
In the journal they are arrays, so fields are only ever added at the end and with a default.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Usage(msgspec.Struct, frozen=True, array_like=True):
    """Tokens of one attempt in classes that share nothing, so that their sum is what was used."""

    input: int = 0
    """Fresh text and images: neither read from the provider's cache nor written to it."""
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    """Without reasoning."""
    reasoning: int = 0
    audio_input: int = 0
    audio_output: int = 0
    cache_write_1h: int = 0
    """Kept in the provider's cache for an hour, at a price of its own; `cache_write` is kept for less."""

    @property
    def all_input(self) -> int:
        return self.input + self.cached + self.cache_write + self.cache_write_1h + self.audio_input

    @property
    def all_output(self) -> int:
        return self.output + self.reasoning + self.audio_output


class Ended(StrEnum):
    """How an attempt ended."""

    OK = "ok"
    REFUSED = "refused"
    """The provider answered with an error and charges nothing."""
    UNREACHED = "unreached"
    """Nothing was sent."""
    BROKEN = "broken"
    """Sent, and no full answer came: charged by what was seen or at worst."""
    LEFT = "left"
    """The client went away; what the provider used is charged."""
    CUT = "cut"
    """We cut it: a ceiling of its execution was reached."""
    LOST = "lost"
    """Our process died meanwhile: charged at worst until reconciled."""


class Attempt(msgspec.Struct, frozen=True, array_like=True, kw_only=True, tag="a"):
    """One call of one upstream, before it is made. `at` in milliseconds since 1970; `worst` in nano-dollars."""

    id: str
    call_id: str
    at: int
    worst: int
    nodes: tuple[tuple[str, int], ...]
    """Budgets it counts against: (node, start of its window in milliseconds)."""
    team: str
    workflow: str
    key_id: str
    agent: str
    environment: str
    execution: str
    """Empty text for none, here and in the names around it."""
    step_id: str
    is_run: bool
    """Whether `execution` is a run of this workspace."""
    endpoint: str
    asked: str
    """The model's name as the client wrote it."""
    model: str
    """The provider's name, by which it is priced."""
    provider: str
    upstream: str
    region: str
    service: str
    task_class: str
    route: str
    """Why it went there, in words."""
    price: str
    """Digest of the price it is charged at."""
    source: str = "gateway"
    """`gateway`, `step`, or `import:<what>`."""
    unenforced: bool = False
    """Let through while the database was away, beyond what was leased."""


class Settlement(msgspec.Struct, frozen=True, array_like=True, kw_only=True, tag="s"):
    """How an attempt ended and what it cost. `nano` may be 0, and negative only in corrections."""

    attempt_id: str
    at: int
    nano: int
    usage: Usage
    ended: Ended
    estimated: bool = False
    """The provider stated no usage, so the figures are ours."""
    concluded: bool = True
    """Whether the call ended with this attempt."""
    status: int = 0
    """The provider's HTTP status; 0 for none."""
    millis: int = 0
    first_byte_millis: int = 0
    fingerprint: str = ""
    """What another sighting of the same call would share, such as the provider's id of the answer; empty for none."""
