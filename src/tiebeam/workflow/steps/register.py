"""The register of step codes; composed in one place and passed in."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import process

from tiebeam.workflow.steps.contract import StepCode, StepFailed


class UnknownStep(StepFailed):
    """A recipe names a step code that no package here provides; its run waits for a person until one does."""

    code = "unknown_step"


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
        raise UnknownStep(
            f"no package here provides the step code {uses!r}{hint}; install it and try again",
            uses=uses,
        )
