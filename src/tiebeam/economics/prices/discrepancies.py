"""Where two price lists disagree about the same model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tiebeam.economics.prices.foreign import ForeignPrice
from tiebeam.economics.prices.problems import UnknownPrice
from tiebeam.economics.prices.public import public_price
from tiebeam.economics.prices.quote import ModelPrice

_PROVIDERS = {
    "anthropic": "anthropic",
    "azure": "azure",
    "azure_ai": "azure",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "cerebras": "cerebras",
    "cohere_chat": "cohere",
    "deepseek": "deepseek",
    "fireworks_ai": "fireworks",
    "gemini": "google",
    "groq": "groq",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "novita": "novita",
    "openai": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together_ai": "together",
    "vertex_ai": "google",
    "vertex_ai-anthropic_models": "google",
    "vertex_ai-language-models": "google",
    "xai": "x-ai",
    "zai": "zai",
}
"""LiteLLM's name of a provider → the public list's."""
_PARTS = ("input_usd_per_mtok", "output_usd_per_mtok", "cached_input_usd_per_mtok", "cache_write_usd_per_mtok")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One part of a price on which the lists differ. `ratio` is theirs over ours; None when ours is 0."""

    provider: str
    their_key: str
    our_model: str
    part: str
    ours: Decimal
    theirs: Decimal
    ratio: Decimal | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`agreed` and `unmatched` count models; a part that only one list states is no disagreement."""

    compared: int
    agreed: int
    unmatched: int
    disagreements: tuple[Disagreement, ...]


def compare(theirs: Iterable[ForeignPrice], *, at: datetime) -> Comparison:
    """A foreign list against the public one on a day, the furthest apart first."""
    found: list[Disagreement] = []
    compared = agreed = unmatched = 0
    for one in theirs:
        ours = _ours(one, at)
        if ours is None:
            unmatched += 1
            continue
        compared += 1
        differences = list(_differences(one, ours))
        agreed += not differences
        found += differences
    found.sort(key=lambda one: (-_apart(one), one.provider, one.their_key, one.part))
    return Comparison(compared=compared, agreed=agreed, unmatched=unmatched, disagreements=tuple(found))


def _ours(theirs: ForeignPrice, at: datetime) -> ModelPrice | None:
    provider = _PROVIDERS.get(theirs.provider)
    if provider is None:
        return None
    for name in dict.fromkeys((theirs.key, theirs.key.partition("/")[2], theirs.key.rpartition("/")[2])):
        if not name:
            continue
        try:
            return public_price(name, provider, at)
        except UnknownPrice:
            continue
    return None


def _differences(theirs: ForeignPrice, ours: ModelPrice) -> Iterator[Disagreement]:
    for part in _PARTS:
        our, their = getattr(ours, part), getattr(theirs, part)
        if our is None or their is None or our == their:
            continue
        yield Disagreement(
            provider=ours.provider,
            their_key=theirs.key,
            our_model=ours.model,
            part=part,
            ours=our,
            theirs=their,
            ratio=(their / our).quantize(Decimal("0.0001")) if our else None,
        )


def _apart(one: Disagreement) -> Decimal:
    if one.ratio is None or one.ratio == 0:
        return Decimal("Infinity")
    return max(one.ratio, 1 / one.ratio)
