"""Minutes of review as rows of the same shape and the same keys, in a data set of their own: no provider bills them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Any

from tiebeam.economics.focus.rows import Account, Row, account_parts, count, moment, month_of, price_parts, team_parts
from tiebeam.kit import decimal_text, nano_usd, stored_json

_FINEST = Decimal("1e-15")


def labour_row(line: Mapping[str, Any], outcomes: Mapping[str, tuple[str, str]], account: Account) -> Row:
    """One line of review. BilledCost is the line's amount, in its own currency."""
    amount, minutes = Decimal(line["amount"]), Decimal(line["quantity"])
    with localcontext(prec=40):
        unit_price = _number((amount / minutes).quantize(_FINEST)) if minutes else count(0)
    cost, quantity, currency = _number(amount), _number(minutes), line["currency"]
    billing = month_of(line["at"])
    start = line["at"].replace(minute=0, second=0, microsecond=0)
    outcome = outcomes.get(line["run_id"], (None, None))
    return {
        **account_parts(account, account.name, currency),
        **team_parts(line["team"]),
        **price_parts(unit_price),
        "BillingPeriodStart": moment(billing[0]),
        "BillingPeriodEnd": moment(billing[1]),
        "ChargePeriodStart": moment(start),
        "ChargePeriodEnd": moment(start + timedelta(hours=1)),
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ChargeDescription": f"Review of {line['intent']}",
        "ConsumedQuantity": quantity,
        "ConsumedUnit": "Minutes",
        "PricingCategory": "Standard",
        "PricingQuantity": quantity,
        "PricingUnit": "Minutes",
        "BilledCost": cost,
        "EffectiveCost": cost,
        "ListCost": cost,
        "ContractedCost": cost,
        "PricingCurrencyEffectiveCost": cost,
        "ServiceCategory": "Other",
        "ServiceSubcategory": "Other (Other)",
        "ServiceName": "Review",
        "SkuId": "review",
        "SkuMeter": "Review Minutes",
        "SkuPriceId": "review/minute",
        "Tags": stored_json({"team": line["team"], "workflow": line["intent"]}),
        "x_Workflow": line["intent"],
        "x_RunId": line["run_id"],
        "x_StepId": line["step_id"],
        "x_OutcomeId": outcome[0],
        "x_OutcomeStatus": outcome[1],
        "x_RequestCount": count(0),
        "x_Estimated": "false",
        "x_BilledNano": str(nano_usd(amount)),
        "x_Source": "review",
        "x_ChargeId": line["key"],
    }


def _number(value: Decimal) -> str:
    text = decimal_text(value)
    return text if "." in text else f"{text}.0"
