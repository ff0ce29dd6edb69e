"""What was promised to providers, month by month: the promise, the part that metered use filled, and the part it left.

A data set of its own, because the ledger charges what was used: together with the charges the promise would be billed
twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from tiebeam.economics.focus.rows import Account, Row, account_parts, count, moment, money, month_of, price_parts
from tiebeam.kit import nano_usd
from tiebeam.spec import Approval


@dataclass(frozen=True, slots=True)
class Promise:
    """One commitment in one month."""

    id: str
    title: str
    provider: str
    month: datetime
    nano: int


def promises(approvals: Mapping[str, Approval], *, since: date, until: date) -> list[Promise]:
    """Every month of every commitment that holds on a day from `since` to `until`, by provider and month."""
    found: list[Promise] = []
    for approval in approvals.values():
        for number, one in enumerate(approval.commitment, start=1):
            first, last = max(one.since, since), min(one.until, until)
            at = datetime.combine(first, time(), UTC)
            while at.date() <= last:
                start, following = month_of(at)
                name = f"{approval.id}/{number}"
                promise = Promise(name, approval.title, approval.provider, start, nano_usd(Decimal(one.usd_per_month)))
                found.append(promise)
                at = following
    return sorted(found, key=lambda one: (one.provider, one.month, one.id))


def commitment_rows(found: list[Promise], spent: Mapping[tuple[str, str], int], account: Account) -> Iterator[Row]:
    """Three rows for a promise: bought, used, unused. `spent` is what the ledger charged, by provider and month.

    EffectiveCost of the last two adds up to BilledCost of the first. What several promises of one provider share is
    counted for the first of them.
    """
    left = dict(spent)
    for promise in found:
        key = (promise.provider, f"{promise.month:%Y-%m}")
        used = min(promise.nano, max(0, left.get(key, 0)))
        left[key] = left.get(key, 0) - used
        yield _row(promise, account, promise.nano, status=None)
        if used:
            yield _row(promise, account, used, status="Used")
        if promise.nano - used:
            yield _row(promise, account, promise.nano - used, status="Unused")


def _row(promise: Promise, account: Account, nano: int, *, status: str | None) -> Row:
    start, end = month_of(promise.month)
    is_purchase = status is None
    amount, nothing = money(nano), money(0)
    row: Row = {
        **account_parts(account, promise.provider),
        **price_parts(amount),
        "BillingPeriodStart": moment(start),
        "BillingPeriodEnd": moment(end),
        "ChargePeriodStart": moment(start),
        "ChargePeriodEnd": moment(end),
        "ChargeCategory": "Purchase" if is_purchase else "Usage",
        "ChargeFrequency": "Recurring" if is_purchase else "Usage-Based",
        "ChargeDescription": f"{promise.title}: {status or 'committed'} {promise.month:%Y-%m}",
        "CommitmentDiscountCategory": "Spend",
        "CommitmentDiscountId": promise.id,
        "CommitmentDiscountName": promise.title,
        "CommitmentDiscountQuantity": amount,
        "CommitmentDiscountStatus": status,
        "CommitmentDiscountType": "Committed spend",
        "CommitmentDiscountUnit": "USD",
        "BilledCost": amount if is_purchase else nothing,
        "EffectiveCost": nothing if is_purchase else amount,
        "PricingCurrencyEffectiveCost": nothing if is_purchase else amount,
        "ListCost": amount,
        "ContractedCost": amount,
        "PricingCategory": "Standard" if is_purchase else "Committed",
        "PricingQuantity": count(1),
        "PricingUnit": "Months",
        "ServiceCategory": "AI and Machine Learning",
        "ServiceSubcategory": "Generative AI",
        "ServiceName": f"{promise.provider} API",
        "SkuId": f"{promise.provider}/commitment",
        "SkuMeter": "Commitment",
        "SkuPriceId": f"{promise.provider}/commitment/{promise.id}",
        "x_RequestCount": count(0),
        "x_BilledNano": str(nano if is_purchase else 0),
        "x_Source": "commitment",
        "x_ChargeId": f"{promise.id}:{promise.month:%Y-%m}:{status or 'bought'}",
    }
    if status == "Used":
        row.update(ConsumedQuantity=amount, ConsumedUnit="USD")
    return row
