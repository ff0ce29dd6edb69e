"""Economics: what may be spent, by whom, and at which price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import Field, model_validator

from tiebeam.spec.base import DottedId, Frozen, Id, Money, Record, Text

UsdPerMtok = Annotated[Decimal, Field(ge=0, le=1_000_000)]
"""US dollars per million tokens. A dollar a token is beyond anything sold: such a figure is in another unit."""


class BudgetWindow(StrEnum):
    """For how long a ceiling holds before it begins anew, by the calendar of its time zone."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    EVER = "ever"


class BudgetLevel(StrEnum):
    """Where a budget stands in the tree, from the top."""

    ORGANISATION = "organisation"
    LINE = "line"
    TEAM = "team"
    WORKFLOW = "workflow"


class StoreAway(StrEnum):
    """What becomes of calls when the database cannot be reached and what was leased is spent."""

    CLOSED = "closed"
    """They are refused."""
    OPEN = "open"
    """They go through and are marked."""


class Budget(Record):
    """A ceiling owned by a business line; `parent` makes the tree.

    A call counts against every budget that covers its team or workflow, and against all their ancestors.
    """

    title: Text
    owner_role: DottedId
    level: BudgetLevel = BudgetLevel.TEAM
    parent: DottedId | None = None
    usd_per_month: Money = Field(ge=0)
    """The ceiling, by the month. With another `window` it is what `usd_per_window` amounts to in a month."""
    window: BudgetWindow = BudgetWindow.MONTH
    usd_per_window: Money | None = Field(default=None, ge=0)
    """The ceiling of one window; without it, `usd_per_month`, which then needs the window to be a month."""
    timezone: Text | None = None
    """IANA name; the company's where it is left out."""
    anchor: int = Field(default=1, ge=1, le=31)
    """The day on which months, quarters and years begin (the last day where a month is shorter); for weeks, 1 is
    Monday."""
    covers: tuple[DottedId, ...] = ()
    """Teams or intents charged to it. A budget of the organisation covers every call."""
    also_covers: tuple[Text, ...] = ()
    """Names of teams and workflows that keys carry and no record declares."""
    hard: bool = True
    """Refuses what would go over. A soft one only tells."""
    warn_percent: tuple[int, ...] = (80, 95)
    """Shares of the ceiling at which its owner is told."""
    usd_per_execution: Money | None = Field(default=None, gt=0)
    """The most a single execution may cost; it is stopped there."""
    warn_usd_per_execution: Money | None = Field(default=None, gt=0)
    """From here on a single execution is flagged, by its estimate before and by its cost while it runs."""
    when_store_is_away: StoreAway = StoreAway.CLOSED
    finops_owner: DottedId | None = None
    """The role that reviews a line's spending every month."""

    @property
    def cap_usd(self) -> Decimal:
        """The ceiling of one window."""
        return self.usd_per_month if self.usd_per_window is None else self.usd_per_window

    @model_validator(mode="after")
    def _is_consistent(self) -> Budget:
        if self.window is not BudgetWindow.MONTH and self.usd_per_window is None:
            raise ValueError(f"a budget by the {self.window.value} needs usd_per_window")
        if self.window is BudgetWindow.WEEK and self.anchor > 7:
            raise ValueError("a week begins on a day from 1 (Monday) to 7")
        if self.timezone is not None and self.timezone not in available_timezones():
            raise ValueError(f"{self.timezone!r} is no IANA time zone such as 'Europe/Berlin'")
        if any(not 1 <= one <= 100 for one in self.warn_percent):
            raise ValueError("warn_percent holds shares of the ceiling from 1 to 100")
        return self


class ServiceTier(StrEnum):
    """How a provider serves a call; each has a price of its own."""

    STANDARD = "standard"
    BATCH = "batch"
    FLEX = "flex"
    PRIORITY = "priority"


class PromptTier(Frozen):
    """Prices of a call whose whole prompt is longer than `above_input_tokens`; they hold for every token of that call.

    A part that is left out keeps the price of the shorter prompt.
    """

    above_input_tokens: int = Field(gt=0)
    input_usd_per_mtok: UsdPerMtok | None = None
    output_usd_per_mtok: UsdPerMtok | None = None
    cached_input_usd_per_mtok: UsdPerMtok | None = None
    cache_write_usd_per_mtok: UsdPerMtok | None = None
    cache_write_1h_usd_per_mtok: UsdPerMtok | None = None


class PricePoint(Frozen):
    """A dated price; later points are appended, earlier ones never changed."""

    since: date
    input_usd_per_mtok: UsdPerMtok
    output_usd_per_mtok: UsdPerMtok
    cached_input_usd_per_mtok: UsdPerMtok | None = None
    cache_write_usd_per_mtok: UsdPerMtok | None = None
    """Input that is also kept in the provider's cache, for as long as it is by default."""
    cache_write_1h_usd_per_mtok: UsdPerMtok | None = None
    """Input that is kept there for an hour. Where it is left out, Anthropic's models cost what its ratio makes of the
    price for five minutes."""
    audio_input_usd_per_mtok: UsdPerMtok | None = None
    audio_output_usd_per_mtok: UsdPerMtok | None = None
    """Sound that is heard and spoken, counted in tokens of its own. Calls with sound need both where both occur."""
    usd_per_thousand_requests: Decimal | None = Field(default=None, ge=0, le=1_000_000)
    """What a call costs besides its tokens."""
    tier: tuple[PromptTier, ...] = ()
    source: Text
    checked: date


class ProvisionedCapacity(Frozen):
    """Throughput bought by the hour instead of tokens bought by the million."""

    usd_per_hour: Decimal = Field(gt=0, le=1_000_000)
    tokens_per_minute: int = Field(gt=0)
    """What the capacity can do, input and output together, at the mix that `source` states."""
    commitment_months: int = Field(default=0, ge=0, le=120)
    """Months paid for at a time, used or not; 0 is by the hour."""
    since: date
    source: Text
    checked: date


class Price(Record):
    """The workspace's own price of a model (negotiated, batch, regional, provisioned); overlays the public list."""

    provider: Id
    model: Text
    service: ServiceTier = ServiceTier.STANDARD
    region: Text | None = None
    """None holds wherever the call is served."""
    price: tuple[PricePoint, ...] = ()
    capacity: tuple[ProvisionedCapacity, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Price:
        if not self.price and not self.capacity:
            raise ValueError("a price record needs at least one [[price]] or [[capacity]]")
        return self


class Capability(StrEnum):
    """What a model is bought for."""

    FRONTIER = "frontier"
    """Complex reasoning, novel language, advanced code."""
    STANDARD = "standard"
    SATURATED_TASK = "saturated-task"
    """Tasks that cheap models have done well for long: routine replies, classification, extraction."""


class ListedPrice(Frozen):
    """A provider's published price as a list stated it; `since` is None where the list does not date it."""

    since: date | None = None
    input_usd_per_mtok: UsdPerMtok | None = None
    output_usd_per_mtok: UsdPerMtok | None = None
    cached_input_usd_per_mtok: UsdPerMtok | None = None
    cache_write_usd_per_mtok: UsdPerMtok | None = None
    cache_write_1h_usd_per_mtok: UsdPerMtok | None = None
    usd_per_thousand_requests: Decimal | None = Field(default=None, ge=0, le=1_000_000)
    tier: tuple[PromptTier, ...] = ()
    source: Text
    checked: date


class ModelOffer(Record):
    """A model as one provider offers it."""

    title: Text
    provider: Id
    """As the public list writes it."""
    model: Text
    """The name the provider and the public list know it by."""
    capability: Capability
    capability_basis: Text
    """Why it is in that class, or that it is an assumption."""
    context_tokens: int | None = Field(default=None, gt=0)
    quality: Text | None = None
    quality_source: Text | None = None
    price: tuple[ListedPrice, ...] = Field(min_length=1)
