"""What a load is: so many requests at once, of such a size, and never more than was agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from tiebeam.errors import Invalid

MOST_REQUESTS = 10_000
MOST_CONCURRENCY = 256
_MOST_SECONDS = 3600
_MOST_TOKENS = 200_000
_WORDS = (
    "invoice", "order", "receipt", "supplier", "the", "of", "and", "total", "net", "tax", "due", "line", "amount",
    "please", "check", "against", "delivery", "note", "for", "in", "pallet", "steel", "carton", "valve", "hinge",
)  # fmt: skip


class WrongLoad(Invalid):
    """A load outside of its bounds."""

    code = "wrong_load"


@dataclass(frozen=True, slots=True)
class Load:
    """`requests` a level at most, for `seconds` at most. `fill` asks for exactly `output_tokens` (`ignore_eos`, which
    vLLM and SGLang know and public services refuse).
    """

    url: str
    """Of the API, such as http://127.0.0.1:8000/v1."""
    model: str
    input_tokens: int = 512
    output_tokens: int = 128
    requests: int = 32
    seconds: int = 120
    fill: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        bounds = {
            "input_tokens": (self.input_tokens, _MOST_TOKENS),
            "output_tokens": (self.output_tokens, _MOST_TOKENS),
            "requests": (self.requests, MOST_REQUESTS),
            "seconds": (self.seconds, _MOST_SECONDS),
        }
        for name, (value, most) in bounds.items():
            if not 1 <= value <= most:
                raise WrongLoad(f"{name} lies between 1 and {most:,}, not at {value:,}", name=name)

    @property
    def address(self) -> str:
        return f"{self.url.rstrip('/')}/chat/completions"

    @property
    def most_tokens(self) -> int:
        """What one level can cost at most, read and written together."""
        return self.requests * (self.input_tokens + self.output_tokens)

    def body(self, number: int) -> dict[str, Any]:
        """The request with this number; about `input_tokens` long, and unlike every other."""
        draw = Random(self.seed * 1_000_003 + number)  # noqa: S311 - words to count, nothing to guard
        # A common English word is one token, and the number before them parts the prompts from the first token on.
        words = " ".join(draw.choices(_WORDS, k=max(1, self.input_tokens - 8)))
        asked: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "user", "content": f"{number}: {words}"}],
            "max_tokens": self.output_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        return {**asked, "ignore_eos": True} if self.fill else asked


def check_concurrency(concurrency: int) -> int:
    """Raises WrongLoad."""
    if not 1 <= concurrency <= MOST_CONCURRENCY:
        raise WrongLoad(f"between 1 and {MOST_CONCURRENCY} requests at once, not {concurrency}", name="concurrency")
    return concurrency
