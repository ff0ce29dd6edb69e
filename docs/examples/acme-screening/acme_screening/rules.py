"""What else a package may add: how its cases are scored, and what must be true before a recipe goes live."""

from collections.abc import Mapping
from typing import Any

from acme_screening import closest
from tiebeam.workflow.extend import Gate, GateCase


def score(given: Mapping[str, Any]) -> dict[str, Any]:
    """From a case of an evaluation set to what the very same code makes of it."""
    return {"outcome": closest(given["name"], given["parties"])["outcome"]}


def _hits_are_seen(case: GateCase) -> tuple[bool, str]:
    screens = {one.id for one in case.recipe.step if one.uses == "acme.screen"}
    if not screens:
        return True, "nobody is screened here"
    if any(one.kind == "review" and screens & set(one.after) for one in case.recipe.step):
        return True, "a person sees every hit"
    return False, f"no review comes after {min(screens)!r}; add a step of kind review, so that a person sees every hit"


hits_are_seen = Gate("acme-hits-are-seen", "A person sees every hit of a screening", _hits_are_seen)
