"""The gateway: which providers may be called, what is served under which name, and how calls are routed."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from tiebeam.spec.base import DottedId, Frozen, Id, Money, Record, Share, Text
from tiebeam.spec.economics import Capability, PricePoint, ServiceTier
from tiebeam.spec.secret import SecretRef

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Endpoint(StrEnum):
    """What clients may call; the values are the paths below `/v1`."""

    CHAT = "chat/completions"
    RESPONSES = "responses"
    EMBEDDINGS = "embeddings"
    MESSAGES = "messages"


class UpstreamKind(StrEnum):
    """How a provider is spoken to."""

    OPENAI = "openai"
    """Any server that speaks OpenAI's API: OpenAI, vLLM, SGLang, Ollama, OpenRouter, Together, Groq."""
    AZURE = "azure"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    BEDROCK = "bedrock"


class StreamUsage(StrEnum):
    """How an upstream comes to state the usage of a stream."""

    ASKED = "asked"
    """Only when `stream_options` asks for it, so it is asked for."""
    ALWAYS = "always"
    NEVER = "never"
    """It refuses to be asked; the usage is estimated and marked so."""


_SPOKEN: dict[UpstreamKind, tuple[Endpoint, ...]] = {
    UpstreamKind.OPENAI: (Endpoint.CHAT, Endpoint.RESPONSES, Endpoint.EMBEDDINGS),
    UpstreamKind.AZURE: (Endpoint.CHAT, Endpoint.RESPONSES, Endpoint.EMBEDDINGS),
    UpstreamKind.ANTHROPIC: (Endpoint.MESSAGES, Endpoint.CHAT),
    UpstreamKind.GEMINI: (Endpoint.CHAT, Endpoint.EMBEDDINGS),
    UpstreamKind.BEDROCK: (Endpoint.CHAT, Endpoint.RESPONSES, Endpoint.MESSAGES),
}


class Upstream(Record):
    """A provider's address and how it is called. `upstreams/<id>.toml`."""

    title: Text
    kind: UpstreamKind = UpstreamKind.OPENAI
    provider: Id
    """As price records and the public list write it."""
    base_url: Text | None = None
    """With its version, such as "https://api.openai.com/v1"; Bedrock goes by its region where none is given."""
    private_network: bool = False
    """This record vouches for its host: it may lie inside the own network or on this machine, and be spoken to over
    plain http."""
    secret: SecretRef | None = None
    """The provider's key. None for servers that ask for none."""
    endpoints: tuple[Endpoint, ...] = ()
    """What it serves; empty for what its kind usually does."""
    region: Text | None = None
    service: ServiceTier = ServiceTier.STANDARD
    api_version: Text | None = None
    """Azure's `api-version`, or Anthropic's `anthropic-version`."""
    stream_usage: StreamUsage = StreamUsage.ASKED
    connect_seconds: Seconds = 5
    first_byte_seconds: Seconds = 120
    idle_seconds: Seconds = 60
    """The longest silence within an answer."""
    total_seconds: Seconds = 900
    attempts: int = Field(default=2, ge=1, le=5)
    """Tries here before the next upstream of the model has its turn."""
    breaker_failures: int = Field(default=5, ge=1, le=1000)
    """So many failures in a row, and it is left alone for `breaker_seconds`."""
    breaker_seconds: Seconds = 30
    max_connections: int = Field(default=256, ge=1, le=10_000)

    @property
    def speaks(self) -> tuple[Endpoint, ...]:
        return self.endpoints or _SPOKEN[self.kind]

    @model_validator(mode="after")
    def _has_an_address(self) -> Upstream:
        if self.kind is UpstreamKind.BEDROCK:
            if self.region is None:
                raise ValueError('Bedrock is called in a region; add region = "eu-central-1" or yours')
        elif self.base_url is None:
            raise ValueError('add base_url, such as "https://api.openai.com/v1"')
        return self


class Serving(Frozen):
    """One place a served model comes from."""

    upstream: Id
    model: Text
    """The name the provider and the price list know it by."""


class ServedModel(Record):
    """A model as clients name it, with its upstreams in the order in which they are tried. `served/<id>.toml`."""

    name: Text
    """What clients write in `model`."""
    serving: tuple[Serving, ...] = Field(min_length=1)
    capability: Capability
    context_tokens: int = Field(gt=0)
    max_output_tokens: int = Field(gt=0)
    """The most it ever answers with; what a call without a limit of its own may cost at worst."""
    max_image_tokens: int = Field(default=0, ge=0)
    """The most one image counts as input; 0 where it takes none, and calls with images are refused."""
    conservative: PricePoint | None = None
    """The price charged while no other is known. None refuses the model until one is."""


class RouteMode(StrEnum):
    LIVE = "live"
    SHADOW = "shadow"
    """Notes where calls would have gone, and sends them where they were meant for."""
    CANARY = "canary"
    """Routes a share of calls."""


class TaskClass(Frozen):
    """Work of one kind: which models do it, and how long an answer may be."""

    name: Id
    capability: Capability
    models: tuple[Id, ...] = Field(min_length=1)
    """Served models in the order of preference."""
    output_token_cap: int | None = Field(default=None, gt=0)
    tokens_per_day: int | None = Field(default=None, gt=0)
    """A capped token budget of the whole class (input and output together, by UTC day)."""
    workflows: tuple[DottedId, ...] = ()
    """Workflows whose calls are of this class where the call itself does not say."""
    quality_floor: Share | None = None
    """The least result on `evaluation` a model needs to be chosen; without a recorded result it is not chosen."""
    evaluation: DottedId | None = None

    @model_validator(mode="after")
    def _is_held_to_something(self) -> TaskClass:
        if (self.quality_floor is None) != (self.evaluation is None):
            raise ValueError("quality_floor and evaluation go together: the floor is a result on that evaluation")
        if self.capability is Capability.SATURATED_TASK and self.output_token_cap is None:
            raise ValueError("a saturated task runs under a token cap; add output_token_cap")
        return self


class RoutePolicy(Record):
    """Mosaic routing: each class of task to the cheapest model that is good enough. `routes/<id>.toml`."""

    name: Text
    """The model name that asks for this policy, such as "mosaic"."""
    also_for: tuple[Text, ...] = ()
    """Further model names whose calls it may route."""
    mode: RouteMode = RouteMode.LIVE
    canary_share: Share | None = None
    default_class: Id
    task_class: tuple[TaskClass, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_whole(self) -> RoutePolicy:
        names = [one.name for one in self.task_class]
        if self.default_class not in names:
            raise ValueError(f"default_class {self.default_class!r} is none of {', '.join(names)}")
        if len(set(names)) != len(names):
            raise ValueError("two task classes have one name")
        if (self.mode is RouteMode.CANARY) != (self.canary_share is not None):
            raise ValueError('canary_share goes with mode = "canary", and only with it')
        return self


class Commitment(Frozen):
    """What was promised to a provider, used or not."""

    usd_per_month: Money
    since: date
    until: date
    source: Text


class Approval(Record):
    """A provider in the central register: what lines of business may decide for themselves. `approvals/<id>.toml`.

    Where there is any approval, what none covers is refused.
    """

    title: Text
    provider: Id
    models: tuple[Text, ...] = ("*",)
    """Names as the provider writes them; `*` stands for any letters."""
    regions: tuple[Text, ...] = ()
    """Empty for all."""
    owner_role: DottedId
    until: date | None = None
    """The last day on which it holds."""
    commitment: tuple[Commitment, ...] = ()
    terms: Text | None = None
    """Contract, data handling and retention, and where it is written."""


class Durability(StrEnum):
    """What a written line of the charge journal survives before a reply leaves."""

    PROCESS = "process"
    """The end of the process, however sudden."""
    POWER = "power"
    """The end of the machine's power too; replies wait for the disk."""


class GatewayUse(Frozen):
    """How the gateway of this workspace works: `[gateway]` in tiebeam.toml."""

    durability: Durability = Durability.PROCESS
    wait_seconds: float = Field(default=2, ge=0, le=60)
    """How long a call waits for room under a ceiling while others that hold it are still running."""
    largest_request_bytes: int = Field(default=32_000_000, ge=1_000, le=500_000_000)
    largest_answer_bytes: int = Field(default=128_000_000, ge=1_000, le=1_000_000_000)
    connections: int = Field(default=2_000, ge=1, le=100_000)
    """So many calls at once; more are told to come back."""
    keep_days: int = Field(default=400, ge=31, le=5_000)
    """How long single charges stay in the database after their month was written to Parquet."""


class WebhookUse(Frozen):
    """An address told of budgets and anomalies, signed with a secret."""

    url: Text
    secret: SecretRef | None = None
    """Signs each message (HMAC-SHA256) in `X-Tiebeam-Signature`."""


class NotifyUse(Frozen):
    """Who is told outside the console: `[notify]` in tiebeam.toml."""

    webhook: tuple[WebhookUse, ...] = ()
    smtp_host: Text | None = None
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_starttls: bool = True
    smtp_user: Text | None = None
    smtp_password: SecretRef | None = None
    sender: str = Field(default="tiebeam@localhost", pattern=r"^[^@\s]+@[^@\s]+$")
    to: tuple[str, ...] = ()
    """Addresses told of everything; the owners of a budget are told of theirs where their records name an address."""
