"""From a row of the ledger to rows of a FOCUS data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from tiebeam.economics.focus.splitting import Part, split
from tiebeam.economics.metering import CLASSES
from tiebeam.kit import NANO, decimal_text, stored_json

Row = dict[str, str | None]
"""A FOCUS row as text; a column that is absent is null."""

IMPORTED = "import:"
SEATS, BILL = "seats", "bill"
"""What `endpoint` says of imported charges that no call stands for."""

_METERS = {
    "input": "Input Tokens",
    "cached": "Cached Input Tokens",
    "cache_write": "Cache Write Tokens",
    "cache_write_1h": "Cache Write 1h Tokens",
    "output": "Output Tokens",
    "reasoning": "Reasoning Tokens",
    "audio_input": "Audio Input Tokens",
    "audio_output": "Audio Output Tokens",
    "request": "Requests",
    "all": "Tokens",
}


@dataclass(frozen=True, slots=True)
class Account:
    """Whose books these are: the billing account of every row."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Around:
    """What rows say besides the charge: prices by digest, outcomes of runs, which months are closed."""

    prices: Mapping[str, Mapping[str, Any]]
    outcomes: Mapping[str, tuple[str, str]]
    """By run: the id of its outcome and how it ended, such as "accepted"."""
    closed: Mapping[str, int]
    """By closed month, such as "2026-10", the last row that went into its file."""


def charge_rows(charge: Mapping[str, Any], around: Around, account: Account) -> Iterator[Row]:
    """The rows of one charge. Their BilledCost adds up to the charge to the nano-dollar."""
    tokens = {name: charge[f"{name}_tokens"] for name in CLASSES}
    nano = charge["usd_nano"]
    if charge["corrects"] is not None or nano < 0:
        if nano:
            yield _adjusting(charge, around, account)
        return
    parts = split(tokens, nano, around.prices.get(charge["price"]))
    common = _common(charge, around, account) if parts else {}
    for number, part in enumerate(parts):
        row = dict(common)
        row["x_RequestCount"] = count(int(number == 0 and charge["concluded"]))
        _fill(row, charge, part)
        yield row


def account_parts(account: Account, provider: str, currency: str = "USD") -> Row:
    """Who bills whom, in which currency."""
    return {
        "BillingAccountId": account.id,
        "BillingAccountName": account.name,
        "BillingAccountType": "Organization",
        "BillingCurrency": currency,
        "PricingCurrency": currency,
        "InvoiceIssuerName": provider,
        "ProviderName": provider,
        "PublisherName": provider,
    }


def team_parts(team: str) -> Row:
    """The account below it: a team."""
    return {
        "SubAccountId": f"team:{team}" if team else None,
        "SubAccountName": team or None,
        "SubAccountType": "Team" if team else None,
        "x_Team": team or None,
    }


def price_parts(text: str) -> Row:
    """One price, listed, agreed and paid."""
    names = ("ListUnitPrice", "ContractedUnitPrice", "PricingCurrencyListUnitPrice")
    return dict.fromkeys((*names, "PricingCurrencyContractedUnitPrice"), text)


def money(nano: int) -> str:
    """Nano-dollars as dollars, plain and exact."""
    whole, rest = divmod(abs(nano), NANO)
    return f"{'-' if nano < 0 else ''}{whole}.{rest:09d}"


def count(quantity: int) -> str:
    """A quantity as readers of the file expect it: they tell a decimal column by its point."""
    return f"{quantity}.0"


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """The calendar month (UTC) a moment lies in: its start, and the next one's."""
    start = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=32)).replace(day=1)


@lru_cache(maxsize=512)
def _hour(year: int, month: int, day: int, hour: int | None) -> Mapping[str, str]:
    """The periods of a row: the hour of a call, or the whole day, and the month of the bill."""
    start = datetime(year, month, day, hour or 0, tzinfo=UTC)
    billing = month_of(start)
    return {
        "BillingPeriodStart": moment(billing[0]),
        "BillingPeriodEnd": moment(billing[1]),
        "ChargePeriodStart": moment(start),
        "ChargePeriodEnd": moment(start + (timedelta(days=1) if hour is None else timedelta(hours=1))),
    }


def _periods(charge: Mapping[str, Any]) -> Mapping[str, str]:
    """The hour of a call; the day of what was imported, which states no finer, or was booked on another day."""
    at: datetime = charge["at"].astimezone(UTC)
    year, month, day = (int(part) for part in charge["day"].split("-"))
    is_day = charge["source"].startswith(IMPORTED) or (at.year, at.month, at.day) != (year, month, day)
    return _hour(year, month, day, None if is_day else at.hour)


def _common(charge: Mapping[str, Any], around: Around, account: Account) -> Row:
    provider, team = charge["provider"] or "unknown", charge["team"]
    outcome = around.outcomes.get(charge["execution"], (None, None))
    model = charge["model"] or charge["asked"] or None
    tags = {name: charge[name] for name in ("workflow", "agent", "environment") if charge[name]}
    return {
        **account_parts(account, provider),
        **team_parts(team),
        **_periods(charge),
        "RegionId": charge["region"] or None,
        "RegionName": charge["region"] or None,
        "ResourceId": None if model is None else f"{provider}/{model}",
        "ResourceName": model,
        "ResourceType": None if model is None else "Model",
        "ServiceCategory": "AI and Machine Learning",
        "ServiceSubcategory": "Generative AI",
        "ServiceName": f"{provider} API",
        "Tags": stored_json({"team": team, **tags} if team else tags),
        "x_Workflow": charge["workflow"] or None,
        "x_RunId": charge["execution"] or None,
        "x_StepId": charge["step_id"] or None,
        "x_Agent": charge["agent"] or None,
        "x_Environment": charge["environment"] or None,
        "x_KeyId": charge["key_id"] or None,
        "x_OutcomeId": outcome[0],
        "x_OutcomeStatus": outcome[1],
        "x_ServiceTier": charge["service"] or None,
        "x_TaskClass": charge["task_class"] or None,
        "x_Estimated": "true" if charge["estimated"] else "false",
        "x_Source": charge["source"],
        "x_PriceVersion": charge["price"] or None,
        "x_ChargeId": charge["id"],
        "x_CallId": charge["call_id"] or None,
        "x_Corrects": charge["corrects"],
        "x_RequestCount": count(0),
    }


def _fill(row: Row, charge: Mapping[str, Any], part: Part) -> None:
    """Category, quantities, prices and costs of one part."""
    name = charge["model"] or charge["asked"] or charge["endpoint"] or "amount"
    meter = _METERS.get(part.what, "Amount")
    if part.what == "amount" and charge["endpoint"] not in (SEATS, BILL):
        _cost(row, part.nano, category="Adjustment", frequency="One-Time")
        row["ChargeDescription"] = f"{name} {'estimated at worst' if charge['estimated'] else 'amount as stated'}"
        return
    is_stated = part.what == "amount"
    _cost(row, part.nano, category="Usage", frequency="Recurring" if is_stated else "Usage-Based")
    # Where no price explains the amount, the amount itself is the price of the one thing bought.
    priced = part.usd_per_unit is not None
    quantity = part.quantity if priced else 1
    unit_price = decimal_text(part.usd_per_unit) if part.usd_per_unit is not None else money(part.nano)
    exact = decimal_text(part.usd_per_unit * quantity) if part.usd_per_unit is not None else money(part.nano)
    sku = f"{charge['provider'] or 'unknown'}/{name}/{meter.lower().replace(' ', '-')}"
    row.update(
        ChargeDescription=f"{name} {charge['endpoint']}" if is_stated else f"{name} {meter}",
        PricingCategory="Standard",
        PricingQuantity=count(quantity),
        PricingUnit=part.unit if priced else "Charges",
        **price_parts(unit_price),
        ListCost=exact,
        ContractedCost=exact,
        SkuId=sku,
        SkuMeter=meter,
        SkuPriceId=f"{sku}/{charge['service'] or 'standard'}/{(charge['price'] or 'stated')[:12]}",
        SkuPriceDetails=stored_json({"x_TokenClass": part.what, "x_ServiceTier": charge["service"] or "standard"}),
        x_TokenClass=part.what,
    )
    row["ConsumedQuantity"] = count(part.quantity or 1)
    row["ConsumedUnit"] = part.unit or "Charges"


def _adjusting(charge: Mapping[str, Any], around: Around, account: Account) -> Row:
    """A correction, or a credit of the provider. One that reaches back into a closed month says so."""
    row = _common(charge, around, account)
    corrects = charge["corrects"]
    _cost(row, charge["usd_nano"], category="Adjustment" if corrects else "Credit", frequency="One-Time")
    if corrects and charge["seq"] > around.closed.get(charge["day"][:7], charge["seq"]):
        row["ChargeClass"] = "Correction"
    what = f"correction of {corrects}" if corrects else "credit"
    row["ChargeDescription"] = f"{charge['model'] or charge['provider'] or 'charge'} {what}"
    return row


def _cost(row: Row, nano: int, *, category: str, frequency: str) -> None:
    text = money(nano)
    row.update(
        BilledCost=text,
        x_BilledNano=str(nano),
        EffectiveCost=text,
        PricingCurrencyEffectiveCost=text,
        ListCost=text,
        ContractedCost=text,
        ChargeCategory=category,
        ChargeFrequency=frequency,
    )
