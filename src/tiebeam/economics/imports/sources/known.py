"""Which source a file is of, by the names its first records use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from tiebeam.economics.imports.sighting import Sighting
from tiebeam.economics.imports.sources.anthropic import read_anthropic_costs, read_anthropic_usage
from tiebeam.economics.imports.sources.azure import read_azure
from tiebeam.economics.imports.sources.bills import AMOUNTS, PER_SEAT, PROVIDERS, SEATS, WORDS, read_bill, read_seats
from tiebeam.economics.imports.sources.fields import Fields
from tiebeam.economics.imports.sources.litellm import read_litellm
from tiebeam.economics.imports.sources.openai import read_openai_costs, read_openai_usage
from tiebeam.economics.imports.sources.openrouter import read_openrouter_activity, read_openrouter_generations

Read = Callable[[Fields], Iterator[Sighting]]
_DATES = ("date", "day", "month", "period", "period_start", "from", "start", "invoice_date", "billing_period")


@dataclass(frozen=True, slots=True)
class Source:
    """`needs` are groups of names: a file is of this source when it has one of each."""

    name: str
    title: str
    family: str
    """What charges say they come from: `import:<family>`. Usage and costs of one provider are one family."""
    read: Read
    needs: tuple[Collection[str], ...]

    def fits(self, names: Collection[str]) -> bool:
        return all(any(name in names for name in some) for some in self.needs)


SOURCES: tuple[Source, ...] = (
    Source(
        "litellm",
        "LiteLLM spend logs",
        "litellm",
        read_litellm,
        (("request_id",), ("spend", "response_cost"), ("prompt_tokens",), ("start_time", "starttime")),
    ),
    Source(
        "openai-costs",
        "OpenAI costs",
        "openai",
        read_openai_costs,
        (("amount", "amount_value"), ("line_item",), ("start_time", "start_time_iso")),
    ),
    Source(
        "openai-usage",
        "OpenAI usage",
        "openai",
        read_openai_usage,
        (("num_model_requests", "num_requests", "images", "characters"), ("start_time", "start_time_iso")),
    ),
    Source(
        "anthropic-usage",
        "Anthropic usage report",
        "anthropic",
        read_anthropic_usage,
        (("uncached_input_tokens", "usage_input_tokens_no_cache"), ("starting_at", "usage_date_utc")),
    ),
    Source(
        "anthropic-costs",
        "Anthropic cost report",
        "anthropic",
        read_anthropic_costs,
        (("amount", "cost_usd"), ("starting_at", "usage_date_utc")),
    ),
    Source(
        "azure",
        "Azure cost export",
        "azure",
        read_azure,
        (("meter_category",), ("cost_in_billing_currency", "cost_in_usd", "pre_tax_cost", "cost"), ("meter_name",)),
    ),
    Source(
        "openrouter-generations",
        "OpenRouter generations",
        "openrouter",
        read_openrouter_generations,
        (("generation_id", "native_tokens_prompt"), ("cost_total", "total_cost", "usage"), ("created_at",)),
    ),
    Source(
        "openrouter-activity",
        "OpenRouter activity",
        "openrouter",
        read_openrouter_activity,
        (("model_permaslug", "model"), ("usage",), ("requests",), ("date",), ("prompt_tokens",)),
    ),
    Source("seats", "licences by seat", "seats", read_seats, (SEATS[:4], (*PER_SEAT, "total", "amount"), _DATES)),
    Source("bill", "a provider's bill", "bill", read_bill, (AMOUNTS, _DATES, {*PROVIDERS, *WORDS, "currency"})),
)
"""The first that fits is taken, so the ones that say more of themselves come first."""


def source_of(names: Collection[str]) -> Source | None:
    return next((one for one in SOURCES if one.fits(names)), None)
