"""The outer world of generated recipes: what step codes answer, which of them are out of order, and what arrived there.

Shared by the interpreter's step codes and the reference model, so both see the same answers.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field

from tiebeam.spec import Effect

OUTCOMES = ("ok", "no")
PATTERN = "sorting"


@dataclass
class World:
    """`faults` are step codes out of order: broken, busy, unclear, forgetful (leaves no evidence)."""

    faults: dict[str, str] = field(default_factory=dict[str, str])
    happened: Counter[str] = field(default_factory=Counter[str])
    """How often an effect outside took place, by instance; an idempotent one counts once however often it is called."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def outcome(self, step_id: str, indices: tuple[int, ...]) -> str:
        """What a step's code says when it works: fixed by the step and where it stands."""
        said = hashlib.sha256(f"{step_id}{indices}".encode()).digest()[0]
        return OUTCOMES[said % 3 == 0]

    def take_place(self, instance: str, effect: Effect) -> None:
        with self.lock:
            if effect is Effect.IDEMPOTENT:
                self.happened[instance] = 1
            else:
                self.happened[instance] += 1
