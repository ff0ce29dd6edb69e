"""The public list of prices (genai-prices), as installed: looked up offline, never fetched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tiebeam.economics.prices.problems import UnknownPrice, UnknownPricePart
from tiebeam.economics.prices.quote import ModelPrice, Rates, with_an_hour
from tiebeam.spec import ServiceTier

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo
    from genai_prices.types import ModelPrice as ListedRates

_KEYS = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok")
_CONTEXTS = {
    ServiceTier.BATCH: ({"processing": "batch"},),
    ServiceTier.FLEX: ({"service_tier": "flex"},),
    ServiceTier.PRIORITY: ({"service_tier": "priority"}, {"service_tier": "fast"}, {"speed": "fast"}),
}


@dataclass(frozen=True, slots=True)
class PublicModel:
    """A model of the public list."""

    provider: str
    model: str
    title: str
    context_tokens: int | None
    description: str | None


def list_name() -> str:
    """The list and its version, as a source."""
    return f"genai-prices {version('genai-prices')}"


def public_price(
    model: str, provider: str | None, moment: datetime, *, service: ServiceTier = ServiceTier.STANDARD
) -> ModelPrice:
    """The listed price in force at a moment. Raises UnknownPrice, or UnknownPricePart for a service without a price."""
    provider_id, found = _find(model, provider)
    at = moment.astimezone(UTC)
    listed = found.get_prices(at) if service is ServiceTier.STANDARD else _service_rates(found, at, service)
    since = None if service is not ServiceTier.STANDARD else _since(found, at)
    return _price(provider_id, found.id, listed, since=since, service=service)


def refuse_pictures(price: ModelPrice, moment: datetime) -> None:
    """Raises UnknownPricePart for a listed price of a model whose answers may be pictures, which cost more than text.

    What a provider states of its answers does not tell them apart.
    """
    _, found = _find(price.model, price.provider)
    listed = found.get_prices(moment.astimezone(UTC))
    text = _base(listed.output_mtok) or Decimal(0)
    shown = [_base(getattr(listed, key, None)) for key in ("output_image_mtok", "output_video_mtok")]
    if any(one is not None and one > text for one in shown):
        raise UnknownPricePart(
            f"answers of {price.model!r} may be pictures, which cost more than the list's price of text; "
            "add a price below prices/ whose output is the dearest"
        )


def public_history(model: str, provider: str | None) -> list[ModelPrice]:
    """Every standard price the list has had, the undated first. Prices that hold at certain hours only are left out."""
    provider_id, found = _find(model, provider)
    if not isinstance(found.prices, list):
        return [_price(provider_id, found.id, found.prices, since=None)]
    dated = [(_start(one.constraint), one.prices) for one in found.prices if _is_dated(one.constraint)]
    dated.sort(key=lambda one: (one[0] is not None, one[0] or date.min))
    return [_price(provider_id, found.id, rates, since=since) for since, rates in dated]


def public_models(text: str = "") -> Iterator[PublicModel]:
    """Models whose provider, name, title or description contains every word of `text`."""
    from genai_prices.data_snapshot import get_snapshot

    words = text.lower().split()
    for provider in get_snapshot().providers:
        for model in provider.models:
            title = model.name or model.id
            searched = f"{provider.id} {provider.name} {model.id} {title} {model.description or ''}".lower()
            if all(word in searched for word in words):
                yield PublicModel(provider.id, model.id, title, model.context_window, model.description)


def _find(model: str, provider: str | None) -> tuple[str, ModelInfo]:
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    if provider is not None:
        # The list's own name of a model goes before the patterns by which it knows the names in responses.
        same = next((one for one in snapshot.providers if one.id == provider), None)
        exact = next((one for one in same.models if one.id == model), None) if same else None
        if same is not None and exact is not None:
            return same.id, exact
    try:
        found_provider, found = snapshot.find_provider_model(model, None, provider, None)
    except LookupError as problem:
        where = f" from {provider!r}" if provider else ""
        raise UnknownPrice(
            f"the model {model!r}{where} has no known price; add one below prices/ with its source and date"
        ) from problem
    return found_provider.id, found


def _service_rates(found: ModelInfo, at: datetime, service: ServiceTier) -> ListedRates:
    for context in _CONTEXTS[service]:
        for variant in found.price_variants or ():
            if variant.when == context and (variant.constraint is None or variant.constraint.active(at)):
                return found.get_prices(at, context)
    raise UnknownPricePart(
        f"the public list has no {service.value} price of {found.id!r} on {at:%Y-%m-%d}; add one below prices/"
    )


def _price(
    provider: str, model: str, listed: ListedRates, *, since: date | None, service: ServiceTier = ServiceTier.STANDARD
) -> ModelPrice:
    values: list[Any] = [getattr(listed, key, None) for key in _KEYS]
    if values[0] is None and values[1] is None:
        raise UnknownPrice(f"the public list knows {model!r} but not its price; add one below prices/ with its source")
    base = Rates(*(_base(value) for value in values))
    found = ModelPrice(
        provider=provider,
        model=model,
        input_usd_per_mtok=base.input_usd_per_mtok,
        output_usd_per_mtok=base.output_usd_per_mtok,
        cached_input_usd_per_mtok=base.cached_input_usd_per_mtok,
        cache_write_usd_per_mtok=base.cache_write_usd_per_mtok,
        cache_write_1h_usd_per_mtok=base.cache_write_1h_usd_per_mtok,
        usd_per_thousand_requests=_base(getattr(listed, "requests_kcount", None)),
        audio_input_usd_per_mtok=_base(getattr(listed, "input_audio_mtok", None)),
        audio_output_usd_per_mtok=_base(getattr(listed, "output_audio_mtok", None)),
        source=list_name(),
        since=since,
        service=service,
        tiers=tuple(
            (above, Rates(*(_above(value, above) for value in values)))
            for above in sorted({tier.start for value in values for tier in getattr(value, "tiers", ())})
        ),
    )
    return with_an_hour(found)


def _base(value: Any) -> Decimal | None:
    return value if value is None or isinstance(value, Decimal) else Decimal(value.base)


def _above(value: Any, above: int) -> Decimal | None:
    """The rate of a prompt just above a length."""
    if value is None or isinstance(value, Decimal):
        return value
    reached = [tier for tier in value.tiers if tier.start <= above]
    return Decimal(max(reached, key=lambda tier: tier.start).price) if reached else Decimal(value.base)


def _is_dated(constraint: object) -> bool:
    return constraint is None or _start(constraint) is not None


def _start(constraint: object) -> date | None:
    return getattr(constraint, "start_date", None)


def _since(found: ModelInfo, at: datetime) -> date | None:
    if not isinstance(found.prices, list):
        return None
    starts = [
        _start(one.constraint) for one in found.prices if one.constraint is not None and one.constraint.active(at)
    ]
    return max((start for start in starts if start is not None), default=None)
