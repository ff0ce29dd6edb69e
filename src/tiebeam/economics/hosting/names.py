"""Finding a record by any of the names it is written by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Generic, TypeVar

from tiebeam.spec import Accelerator, Architecture

Kind = TypeVar("Kind", Accelerator, Architecture)

_FORMATS = re.compile(r"[-_](fp8|fp4|nvfp4|mxfp4|bf16|awq|gptq|instruct|chat|it|dynamic|int4|int8|w8a8|hf)(?=[-_]|$)")


class Named(Generic[Kind]):
    """Records by id and by the names in `written`; case, owner and format of the weights do not matter."""

    def __init__(self, records: Mapping[str, Kind]) -> None:
        self._exact: dict[str, Kind] = {}
        self._loose: dict[str, Kind] = {}
        for record in records.values():
            for name in (record.id, *record.written):
                self._exact.setdefault(name.strip().lower(), record)
                self._loose.setdefault(_loose(name), record)

    def find(self, name: str) -> Kind | None:
        return self._exact.get(name.strip().lower()) or self._loose.get(_loose(name))

    def hint(self, name: str) -> str:
        near = get_close_matches(name.strip().lower(), self._exact, n=1, cutoff=0.6)
        return f" (did you mean {near[0]!r}?)" if near else ""


def _loose(name: str) -> str:
    plain = name.strip().lower().rsplit("/", 1)[-1].replace("_", "-")
    while (shorter := _FORMATS.sub("", plain)) != plain:
        plain = shorter
    return re.sub(r"[^a-z0-9]+", "-", plain)
