"""Hosting a model on one's own or rented GPUs: hardware, offers, architectures and measured serving points."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import Field, model_validator

from tiebeam.spec.base import DottedId, Frozen, Id, Record, Text

HOURS_A_MONTH = Decimal(730)
"""What a month of rent is counted as."""


class Precision(StrEnum):
    """The format of the weights."""

    BF16 = "bf16"
    FP8 = "fp8"
    FP4 = "fp4"


class Accelerator(Record):
    """A GPU as its maker states it: peak figures, dense (without sparsity)."""

    title: Text
    maker: Text
    memory_gb: Decimal = Field(gt=0)
    bandwidth_gb_per_s: Decimal = Field(gt=0)
    """Of its memory."""
    tflops: dict[Precision, Decimal]
    """Dense peak by precision; a format that is missing is not computed natively."""
    link_gb_per_s: Decimal = Field(ge=0)
    """One direction of the link between the GPUs of one machine."""
    written: tuple[Text, ...] = ()
    """Other names in benchmarks and offers."""
    source: Text
    checked: date


class Term(StrEnum):
    """How a GPU is rented."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"
    RESERVED = "reserved"
    MARKETPLACE = "marketplace"


class OfferPrice(Frozen):
    """What one source said one GPU costs for an hour under a term."""

    term: Term
    usd_per_gpu_hour: Decimal = Field(gt=0, le=100_000)
    source: Text
    stated: Text = Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    """The day, month or year the source's figure is of."""
    note: Text | None = None


class GpuOffer(Record):
    """A dedicated GPU option of one provider; several sources make its price a range."""

    title: Text
    provider: Text
    accelerator: Id
    form: Text | None = None
    gpus_per_instance: int = Field(ge=1)
    price: tuple[OfferPrice, ...] = Field(min_length=1)


class LatentAttention(Frozen):
    """Multi-head latent attention: keys and values are kept compressed."""

    kv_rank: int = Field(gt=0)
    rope_dim: int = Field(gt=0)
    query_rank: int = Field(gt=0)
    head_dim: int = Field(gt=0)
    value_dim: int = Field(gt=0)


class Experts(Frozen):
    """A mixture of experts; the layers before `first_layer` are dense."""

    count: int = Field(gt=0)
    per_token: int = Field(gt=0)
    intermediate: int = Field(gt=0)
    shared_intermediate: int = Field(default=0, ge=0)
    first_layer: int = Field(default=0, ge=0)


class Architecture(Record):
    """The shape of a model with open weights, as its configuration file states it."""

    title: Text
    layers: int = Field(gt=0)
    hidden: int = Field(gt=0)
    heads: int = Field(gt=0)
    kv_heads: int = Field(gt=0)
    head_dim: int = Field(gt=0)
    intermediate: int = Field(ge=0)
    """Of a dense layer's feed-forward part, which has three matrices."""
    vocabulary: int = Field(gt=0)
    experts: Experts | None = None
    latent: LatentAttention | None = None
    window_tokens: int | None = Field(default=None, gt=0)
    window_share: Decimal = Field(default=Decimal(0), ge=0, le=1)
    """Share of the layers that see only the last `window_tokens`."""
    total_parameters_b: Decimal = Field(gt=0)
    active_parameters_b: Decimal = Field(gt=0)
    """As the publisher states them, in billions."""
    written: tuple[Text, ...] = ()
    """Names it is known by in benchmarks, compared without case."""
    source: Text
    checked: date


class Origin(StrEnum):
    OWN = "own"
    """Measured by the workspace's own people."""
    PUBLISHED = "published"
    COMPUTED = "computed"
    """By a model of every kernel, not measured as a whole."""


class ServingPoint(Frozen):
    """One measured steady state."""

    name: Text
    input_tokens: int = Field(gt=0)
    output_tokens: int = Field(gt=0)
    concurrency: int = Field(gt=0)
    """Requests in flight over all GPUs of the deployment."""
    gpus: int = Field(gt=0)
    tensor_parallel: int = Field(gt=0)
    attention_parallel: int = Field(default=1, gt=0)
    """Copies of the attention part, each serving a share of the requests."""
    output_tokens_per_s_per_gpu: Decimal = Field(gt=0)
    measured: date | None = None


class Measurement(Record):
    """Measured throughput of one model on one kind of GPU with one serving program."""

    architecture: DottedId
    accelerator: DottedId
    precision: Precision
    backend: Id
    origin: Origin
    source: Text
    point: tuple[ServingPoint, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Measurement:
        names = [point.name for point in self.point]
        if len(set(names)) != len(names):
            raise ValueError("two points have the same name")
        return self
