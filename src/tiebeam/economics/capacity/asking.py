"""The question of dedicated capacity as people ask it: names of records and models, figures as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pydantic import ValidationError

from tiebeam.economics.capacity.plan import CapacityQuestion, Metered, WrongCapacity, capacity_of
from tiebeam.economics.prices import Prices
from tiebeam.errors import NotFound
from tiebeam.kit import parse_amount
from tiebeam.spec import ModelOffer, Price, ProvisionedCapacity

OPTIONS = (
    "tokens",
    "price",
    "commitment",
    "usd_per_hour",
    "tokens_per_minute",
    "model",
    "provider",
    "input_share",
    "metered",
    "units",
    "months",
    "growth",
    "price_fall",
    "busy_share",
)
"""What may be asked; `tiebeam capacity --help` says what each means."""

_THREE_TO_ONE = Decimal("0.75")


class UnknownPriceRecord(NotFound):
    """No price record of the workspace has this name."""

    code = "unknown_price_record"


@dataclass(frozen=True, slots=True)
class Known:
    """What a question may name, on a day."""

    records: Mapping[str, Price]
    models: Mapping[str, ModelOffer]
    prices: Prices
    at: datetime


def read_question(texts: Mapping[str, str], known: Known) -> CapacityQuestion:
    """By the names of `OPTIONS`. Raises WrongCapacity, UnknownPriceRecord, NoCapacity, and what `Prices.price` does."""
    for name in texts.keys() - set(OPTIONS):
        raise WrongCapacity(f"there is no option {name!r}; they are {', '.join(OPTIONS)}", name=name)
    record = _record(texts.get("price"), known)
    return CapacityQuestion(
        capacity=_capacity(texts, record, known),
        metered=_metered(texts, record, known),
        tokens_per_month=_amount(texts, "tokens"),
        units=None if "units" not in texts else _whole(texts, "units"),
        months=_whole(texts, "months") if "months" in texts else 12,
        growth_per_month=_amount(texts, "growth", "0"),
        metered_falls_per_year=_amount(texts, "price_fall", "0"),
        busy_share=_amount(texts, "busy_share", "1"),
    )


def _record(name: str | None, known: Known) -> Price | None:
    if name is None:
        return None
    found = known.records.get(name)
    if found is None:
        offered = sorted(one.id for one in known.records.values() if one.capacity)
        raise UnknownPriceRecord(
            f"no price record is called {name!r}; those with [[capacity]]: {', '.join(offered) or 'none'}", name=name
        )
    return found


def _capacity(texts: Mapping[str, str], record: Price | None, known: Known) -> ProvisionedCapacity:
    commitment = _whole(texts, "commitment") if "commitment" in texts else None
    if record is not None:
        if "usd_per_hour" in texts or "tokens_per_minute" in texts:
            raise WrongCapacity("name a price record, or usd_per_hour with tokens_per_minute, not both")
        return capacity_of(record, at=known.at, commitment_months=commitment)
    day = known.at.date()
    try:
        return ProvisionedCapacity(
            usd_per_hour=_amount(texts, "usd_per_hour"),
            tokens_per_minute=_whole(texts, "tokens_per_minute"),
            commitment_months=commitment or 0,
            since=day,
            source="Set for this question.",
            checked=day,
        )
    except ValidationError as problem:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in problem.errors())
        raise WrongCapacity(faults) from problem


def _metered(texts: Mapping[str, str], record: Price | None, known: Known) -> Metered:
    if "metered" in texts:
        return Metered(_amount(texts, "metered"), "Set for this question.")
    model = texts.get("model") or (None if record is None else record.model)
    if model is None:
        raise WrongCapacity("say what metered tokens cost: name a model, or metered in USD per million tokens")
    provider = texts.get("provider") or (None if record is None or "model" in texts else record.provider)
    price = known.prices.price(model, provider=provider, at=known.at)
    share = _amount(texts, "input_share", str(_THREE_TO_ONE))
    offers = [one for one in known.models.values() if one.model == model and provider in (None, one.provider)]
    capability = offers[0].capability if offers else None
    said = f"{price.model} at {price.provider}, {share:%} read: {price.source}"
    return Metered(price.blended(input_share=share), said, capability)


def _amount(texts: Mapping[str, str], name: str, otherwise: str | None = None) -> Decimal:
    text = texts.get(name, otherwise)
    if text is None:
        raise WrongCapacity(f"{name} is missing; give it as a number such as 1250.75", name=name)
    try:
        return parse_amount(text.replace("_", ""))
    except ValueError as problem:
        raise WrongCapacity(f"{name} = {text[:40]!r} is no number; write it like 1250.75", name=name) from problem


def _whole(texts: Mapping[str, str], name: str) -> int:
    found = _amount(texts, name)
    if found != found.to_integral_value() or abs(found) > 10**18:
        raise WrongCapacity(f"{name} is a whole number, not {texts[name][:40]!r}", name=name)
    return int(found)
