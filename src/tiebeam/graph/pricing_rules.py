"""Warnings about how a product is sold: nothing headless or nothing else, seats and use cases that do not agree."""

from __future__ import annotations

from collections.abc import Iterator

from tiebeam import spec
from tiebeam.graph.problems import Problem
from tiebeam.graph.reading import Source


def pricing_warnings(model: spec.PricingModel, source: Source) -> Iterator[Problem]:
    """Of one pricing model, at its most likely figures."""
    share = model.headless_share
    if share is not None and share in {0, 1}:
        none = "nothing" if share == 0 else "everything"
        message = f"{none} of {model.id!r} is headless: seats and consumption together are the end state, not either."
        fix = (
            "give the agents a price for consumption, and state headless_operations."
            if share == 0
            else "keep seats for the work people do by eye, and state seats."
        )
        yield source.problem("EC-29", ("assumptions",), message, fix=fix)
    if model.seat is not None and model.agent_seat is not None and model.agent_seat.first >= model.seat.first:
        message = f"an agent seat of {model.id!r} costs {model.agent_seat.first:f}, a person's {model.seat.first:f}."
        yield source.problem("EC-30", ("agent_seat",), message, fix="make the agent seat the cheaper one.")
    for place, said in model.disagreements():
        path = ("use_case",) if place is None else ("use_case", place, "billed")
        fix = "decide it the other way, or correct what is declared of the use case."
        yield source.problem("EC-30", path, f"{said}.", fix=fix)
