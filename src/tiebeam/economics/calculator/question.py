"""What somebody asks of the calculator: every figure that a slider, a box or an option can move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tiebeam.economics.hosting import Method
from tiebeam.errors import Invalid
from tiebeam.spec import Capability, Precision, ServiceTier, Term

ALL = "all"
"""In `architectures`: every model with open weights that a record knows."""


class BadQuestion(Invalid):
    """A figure of the question is missing, unreadable or out of bounds; `field` names it."""

    code = "bad_question"


class Sort(StrEnum):
    """What the rows of a table go by; rows without a figure come last whichever way."""

    COST = "cost"
    NAME = "name"
    PROVIDER = "provider"
    CLASS = "class"
    CONTEXT = "context"
    INPUT = "input"
    OUTPUT = "output"
    THROUGHPUT = "throughput"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class Question:
    """The defaults are those of every face. Shares are from 0 to 1, tokens are of a month unless said otherwise."""

    input_parts: Decimal = Decimal(3)
    output_parts: Decimal = Decimal(1)
    """The ratio of input to output tokens."""
    tokens: Decimal = Decimal(200_000_000)
    """Input and output of a month; not looked at where `calls` is given."""
    calls: Decimal | None = None
    """Calls a month; with `per_call` they make the volume."""
    per_call: Decimal = Decimal(2000)
    """Input and output tokens of one call."""
    cached: Decimal = Decimal(0)
    """Share of the input tokens that is read from the provider's cache."""
    batch: Decimal = Decimal(0)
    """Share of the calls that can wait for the batch service."""
    service: ServiceTier = ServiceTier.STANDARD
    """How the other calls are served."""
    region: str | None = None
    busy: Decimal = Decimal("0.6")
    """Share of its hours that rented hardware works at its throughput."""
    concurrency: int = 32
    """Requests in flight on one copy of the model."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    """Lengths of a request on one's own hardware; None follows the ratio and `per_call`."""
    precision: Precision = Precision.FP8
    backend: str = "vllm"
    replica: int | None = None
    """GPUs of one copy of the model; None takes the fewest that hold the weights and all requests in flight."""
    method: Method | None = None
    """How throughput is estimated; None takes the most trustworthy way there is."""
    term: Term = Term.ON_DEMAND
    providers: tuple[str, ...] = ()
    """Of models; none means all. So with the filters below."""
    classes: tuple[Capability, ...] = ()
    models: tuple[str, ...] = ()
    """Rows by their id."""
    search: str = ""
    """Words that the name of a model must hold; they also search the public list beyond the library."""
    gpus: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    """Providers of GPUs."""
    architectures: tuple[str, ...] = ("llama-3-1-70b",)
    """Models one would host; `all` for every one."""
    metered: str | None = None
    """The id of the API row to compare; None takes the cheapest."""
    rented: str | None = None
    """The id of the hosting row to compare; None takes the cheapest."""
    sort: Sort = Sort.COST
    descending: bool = False
    currency: str = "USD"
    at: date | None = None
    """At the prices of this day; None is today."""

    @property
    def volume(self) -> Decimal:
        """Tokens of a month, input and output."""
        return self.tokens if self.calls is None else self.calls * self.per_call

    @property
    def batch_share(self) -> Decimal:
        """Of the calls, the batch service being asked for altogether or in part."""
        return Decimal(1) if self.service is ServiceTier.BATCH else self.batch

    @property
    def output_share(self) -> Decimal:
        """Of all tokens."""
        return self.output_parts / (self.input_parts + self.output_parts)

    @property
    def request_input(self) -> int:
        """Input tokens of one request."""
        return self._length(self.input_tokens, 1 - self.output_share)

    @property
    def request_output(self) -> int:
        """Output tokens of one request."""
        return self._length(self.output_tokens, self.output_share)

    def _length(self, stated: int | None, share: Decimal) -> int:
        return stated if stated is not None else max(1, round(self.per_call * share))
