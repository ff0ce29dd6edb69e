"""The columns of a FOCUS data set, in order. The names are the specification's; ours begin with `x_`.

Source: FinOps Open Cost and Usage Specification, versions 1.0 and 1.2 (https://focus.finops.org).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FocusVersion(StrEnum):
    V1_0 = "1.0"
    V1_2 = "1.2"


class ColumnKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: ColumnKind = ColumnKind.TEXT
    alias_of: str | None = None
    """The column whose value it repeats under the name another release gave it."""


_NUMBERS = {
    "BilledCost",
    "CommitmentDiscountQuantity",
    "ConsumedQuantity",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "ListCost",
    "ListUnitPrice",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "PricingQuantity",
    "x_RequestCount",
}
_WHOLE = {"x_BilledNano"}
_MOMENTS = {"BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart"}

_BOTH = (
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "SkuId",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "Tags",
)

_SINCE_1_2 = (
    "BillingAccountType",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountUnit",
    "InvoiceId",
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "ServiceSubcategory",
    "SkuMeter",
    "SkuPriceDetails",
    "SubAccountType",
)

_ALIASES = {
    "Provider": "ProviderName",
    "Publisher": "PublisherName",
    "InvoiceIssuer": "InvoiceIssuerName",
    "ResourceID": "ResourceId",
}
"""Names that tools written for 1.0 look for."""

OURS = (
    "x_Team",
    "x_Workflow",
    "x_RunId",
    "x_StepId",
    "x_Agent",
    "x_Environment",
    "x_KeyId",
    "x_OutcomeId",
    "x_OutcomeStatus",
    "x_TokenClass",
    "x_ServiceTier",
    "x_TaskClass",
    "x_RequestCount",
    "x_Estimated",
    "x_Source",
    "x_PriceVersion",
    "x_ChargeId",
    "x_CallId",
    "x_Corrects",
    # BilledCost in whole billionths of its currency: what adds up exactly in any tool.
    "x_BilledNano",
)


def columns_of(version: FocusVersion) -> tuple[Column, ...]:
    """The columns of one file: the specification's by name, the names 1.0 tools know, ours."""
    stated = _BOTH if version is FocusVersion.V1_0 else (*_BOTH, *_SINCE_1_2)
    aliases = [Column(name, alias_of=source) for name, source in _ALIASES.items()]
    return (*(_column(name) for name in sorted(stated)), *aliases, *(_column(name) for name in OURS))


def _column(name: str) -> Column:
    kinds = ((_NUMBERS, ColumnKind.NUMBER), (_MOMENTS, ColumnKind.MOMENT), (_WHOLE, ColumnKind.WHOLE))
    return Column(name, next((kind for names, kind in kinds if name in names), ColumnKind.TEXT))
