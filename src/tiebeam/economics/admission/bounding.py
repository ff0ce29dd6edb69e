"""What a call can cost at worst: sound bounds of what goes in and what comes out."""

from __future__ import annotations

from tiebeam.economics.admission.call import Priced
from tiebeam.economics.admission.problems import TakesNoImages, TooManyChoices
from tiebeam.economics.tokens import Asked
from tiebeam.spec import Endpoint, ServedModel, Upstream, UpstreamKind

MOST_CHOICES = 128
_NEWER_LIMIT = frozenset({"openai", "azure", "openrouter", "groq", "x-ai", "cerebras", "google", "perplexity"})


def input_bound(asked: Asked, served: ServedModel) -> int:
    """The most tokens the request can count as. Raises TakesNoImages."""
    if asked.images and not served.max_image_tokens:
        raise TakesNoImages(
            f"the request holds images, and nothing says how many tokens one may be to {served.name!r}; "
            f"set max_image_tokens in served/{served.id}.toml, or ask a model that takes images",
            model=served.name,
        )
    bound = asked.input_bound + asked.images * served.max_image_tokens
    if asked.endpoint is Endpoint.EMBEDDINGS or asked.has_wider_context:
        # Each text to embed has a context of its own.
        return bound
    # A prompt longer than the context is refused by the provider.
    return min(bound, served.context_tokens)


def output_bound(asked: Asked, served: ServedModel, upstream: Upstream) -> int:
    """The most tokens one choice can be answered with."""
    if asked.endpoint is Endpoint.EMBEDDINGS:
        return 0
    most = served.max_output_tokens
    if asked.output_limit is None or (asked.has_newer_limit and not _knows_newer_limit(upstream)):
        return most
    if asked.output_limit == 0 and upstream.kind is not UpstreamKind.ANTHROPIC:
        # Anthropic then fills its cache and answers nothing; to others it may mean that there is no limit.
        return most
    return min(most, asked.output_limit)


def _knows_newer_limit(upstream: Upstream) -> bool:
    """Whether it keeps to `max_completion_tokens`. Servers that do not know it answer as if there were no limit."""
    return upstream.kind is not UpstreamKind.OPENAI or upstream.provider in _NEWER_LIMIT


def choices_of(asked: Asked) -> int:
    """How many answers are asked for. Raises TooManyChoices."""
    if asked.choices > MOST_CHOICES:
        raise TooManyChoices(f"the request asks for {asked.choices} answers at once; ask for at most {MOST_CHOICES}")
    return asked.choices


def output_for(nano: int, place: Priced, *, choices: int, most: int) -> int:
    """How many tokens each choice may have so that the call costs at most `nano`; 0 when not even one fits."""
    if most < 1 or place.worst(choices) > nano:
        return 0
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        if place.worst(middle * choices) <= nano:
            low = middle
        else:
            high = middle - 1
    return low
