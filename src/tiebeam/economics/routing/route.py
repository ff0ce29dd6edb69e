"""Where a call goes, and why."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.spec import Endpoint, ServedModel, Serving, Upstream

LONGEST_EXPLANATION = 200


@dataclass(frozen=True, slots=True)
class Facts:
    """What a route looks at besides names. `draw` is what a canary's share is drawn by: calls of one execution go one
    way. `input_bound` in tokens, as an upper bound.
    """

    endpoint: Endpoint
    now_ms: int
    input_bound: int = 0
    has_images: bool = False
    draw: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One place a call may go to."""

    served: ServedModel
    serving: Serving
    upstream: Upstream

    @property
    def model(self) -> str:
        """The name by which the provider knows it."""
        return self.serving.model


@dataclass(frozen=True, slots=True)
class Daily:
    """The tokens of a class that has a cap for the day. `node` is "policy/class"."""

    node: str
    cap: int


@dataclass(frozen=True, slots=True)
class Route:
    """`targets` in the order in which they are tried. Empty text for no class; `shadow` where it would have gone."""

    asked: str
    targets: tuple[Target, ...]
    explanation: str
    """In words, at most 200 letters of ASCII: for `x-tiebeam-route` and for the ledger."""
    task_class: str = ""
    """"policy/class"."""
    output_cap: int | None = None
    daily: Daily | None = None
    shadow: str = ""

    @property
    def served(self) -> ServedModel:
        return self.targets[0].served


def words(text: str) -> str:
    """As a header can carry it."""
    plain = text.encode("ascii", "replace").decode("ascii")
    return plain if len(plain) <= LONGEST_EXPLANATION else f"{plain[: LONGEST_EXPLANATION - 3]}..."
