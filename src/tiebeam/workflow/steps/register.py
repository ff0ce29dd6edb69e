"""The register of step codes; composed in one place and passed in."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import process

from tiebeam.errors import TiebeamError
from tiebeam.workflow.steps.contract import StepCode


class UnknownStep(TiebeamError):
    """A recipe names a step code that no package provides."""

    code = "unknown_step"
    status = 422


class StepRegister:
    def __init__(self, codes: Iterable[StepCode]) -> None:
        self._codes = {code.uses: code for code in codes}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._codes)

    def get(self, uses: str) -> StepCode:
        """Raises UnknownStep, naming the nearest registered name."""
        found = self._codes.get(uses)
        if found is not None:
            return found
        near = process.extractOne(uses, list(self._codes))
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UnknownStep(f"no step code is registered as {uses!r}{hint}", uses=uses)
