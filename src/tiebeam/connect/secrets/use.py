"""Which secrets a workspace names, and whether they are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tiebeam.connect.secrets.read import read_secret
from tiebeam.errors import TiebeamError
from tiebeam.kit import MASKING
from tiebeam.spec import as_data, is_secret_reference

SHORTEST_MASKED = 8


@dataclass(frozen=True, slots=True)
class SecretUse:
    """One reference: `place` is the file and key that name it, `problem` why it cannot be read, `warning` what to mend.

    Neither ever holds a value.
    """

    place: str
    reference: str
    problem: str | None
    warning: str | None

    @property
    def resolves(self) -> bool:
        return self.problem is None


def secrets_in_use(records: Mapping[str, BaseModel], *, base: Path, more: Mapping[str, str]) -> list[SecretUse]:
    """Every reference in `records` (file → record) and in `more` (place → text), each read once and let go."""
    places = [(f"{file}: {key}", text) for file, record in records.items() for key, text in _texts(as_data(record), "")]
    return [_use(place, text, base=base) for place, text in (*places, *more.items()) if is_secret_reference(text)]


def _texts(content: Any, path: str) -> Iterator[tuple[str, str]]:
    match content:
        case str():
            yield path, content
        case dict():
            for key, item in content.items():
                yield from _texts(item, f"{path}.{key}" if path else str(key))
        case list():
            for place, item in enumerate(content):
                yield from _texts(item, f"{path}[{place + 1}]")
        case _:
            return


def _use(place: str, reference: str, *, base: Path) -> SecretUse:
    try:
        secret = read_secret(reference, base=base)
    except TiebeamError as problem:
        return SecretUse(place, reference, MASKING.mask(problem.message), None)
    is_short = len(secret.reveal()) < SHORTEST_MASKED
    warning = f"shorter than {SHORTEST_MASKED} characters: easily guessed, and not always masked" if is_short else None
    return SecretUse(place, reference, None, warning)
