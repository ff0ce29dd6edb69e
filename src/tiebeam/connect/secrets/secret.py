"""A secret's value, which comes out by one door only."""

from __future__ import annotations

import hmac
from typing import Any, NoReturn

from tiebeam.kit import MASK, MASKING


class SecretShown(TypeError):
    """Something tried to write a secret down: to copy, pickle or serialise it. A bug in the code that did."""


class Secret:
    """`reveal()` gives the value; everything else shows `***`. Masked everywhere from the moment it exists."""

    __slots__ = ("_reference", "_value")

    def __init__(self, value: str, *, reference: str) -> None:
        MASKING.add(value)
        self._value = value
        self._reference = reference

    @property
    def reference(self) -> str:
        """Where it was read: the name, which may be told."""
        return self._reference

    def reveal(self) -> str:
        """The value. Pass it straight to whoever needs it; keep it nowhere."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, _spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]  # nothing is looked up by a secret

    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        raise SecretShown(f"the secret {self._reference!r} is neither copied nor written down")
