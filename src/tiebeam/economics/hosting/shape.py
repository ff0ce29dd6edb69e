"""What a model's architecture means in numbers: parameters, bytes of cache, and arithmetic for one token."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.spec import Architecture

_MATRICES = 3
"""Of a gated feed-forward part: gate, up and down."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Counts for the whole model. A multiplication and an addition count as two operations elsewhere."""

    layers: int
    hidden: int
    dense: float
    """Parameters every token reads: attention, dense and shared feed-forward parts."""
    expert: float
    """Parameters of one expert in one layer."""
    expert_layers: int
    experts: int
    experts_per_token: int
    head: float
    """Parameters of the output head; the input embedding has as many and is only looked up."""
    cache_values: float
    """Numbers kept in the cache for one token of context, over all layers."""
    attention_products: float
    """Multiplications of one new token with one token of context, over all layers."""
    window_share: float
    window_tokens: int

    @property
    def active(self) -> float:
        """Parameters one token is multiplied with."""
        return self.dense + self.expert_layers * self.expert * self.experts_per_token + self.head

    @property
    def total(self) -> float:
        return self.dense + self.expert_layers * self.expert * self.experts + 2 * self.head

    def experts_read(self, tokens: float) -> float:
        """How many experts of a layer a step over so many tokens reads, if tokens choose evenly."""
        if not self.experts:
            return 0.0
        return self.experts * (1 - (1 - self.experts_per_token / self.experts) ** tokens)

    def seen(self, context: float) -> float:
        """Tokens of context the average layer looks at, when some layers have a window."""
        windowed = min(context, float(self.window_tokens)) if self.window_tokens else context
        return context * (1 - self.window_share) + windowed * self.window_share


def shape_of(model: Architecture) -> Shape:
    """The counts of an architecture; they come within a few per cent of what its publisher states."""
    attention, cache, products = _attention(model)
    experts = model.experts
    dense_layers = model.layers if experts is None else experts.first_layer
    expert_layers = model.layers - dense_layers
    shared = _MATRICES * model.hidden * experts.shared_intermediate if experts else 0
    dense = (
        attention * model.layers + dense_layers * _MATRICES * model.hidden * model.intermediate + expert_layers * shared
    )
    return Shape(
        layers=model.layers,
        hidden=model.hidden,
        dense=float(dense),
        expert=float(_MATRICES * model.hidden * experts.intermediate) if experts else 0.0,
        expert_layers=expert_layers,
        experts=experts.count if experts else 0,
        experts_per_token=experts.per_token if experts else 0,
        head=float(model.vocabulary * model.hidden),
        cache_values=float(cache * model.layers),
        attention_products=float(products * model.layers),
        window_share=float(model.window_share),
        window_tokens=model.window_tokens or 0,
    )


def _attention(model: Architecture) -> tuple[int, int, int]:
    """One layer's parameters, cached numbers a token, and multiplications a token of context."""
    latent = model.latent
    if latent is None:
        width = model.heads * model.head_dim
        parameters = model.hidden * (width + 2 * model.kv_heads * model.head_dim) + width * model.hidden
        return parameters, 2 * model.kv_heads * model.head_dim, 2 * width
    heads, rank = model.heads, latent.kv_rank
    parameters = (
        model.hidden * latent.query_rank
        + latent.query_rank * heads * (latent.head_dim + latent.rope_dim)
        + model.hidden * (rank + latent.rope_dim)
        + rank * heads * (latent.head_dim + latent.value_dim)
        + heads * latent.value_dim * model.hidden
    )
    return parameters, rank + latent.rope_dim, heads * (2 * rank + latent.rope_dim)
