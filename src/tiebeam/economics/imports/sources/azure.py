"""Azure's cost export (actual cost), as Cost Management writes it for every kind of agreement.

Source: https://learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields. One row is
one meter of one resource on one day; meters of models name model, direction and place, such as
"gpt 4o 0806 Inp glbl Tokens".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal

from tiebeam.economics.imports.sighting import Sighting, SightingKind
from tiebeam.economics.imports.sources.fields import DAY_MILLIS, Fields, id_of, millis
from tiebeam.economics.metering import Usage

PROVIDER = "azure"
_COSTS = ("cost_in_billing_currency", "pre_tax_cost", "cost", "paid_cost_in_billing_currency")
_OURS = re.compile(r"openai|cognitive services|foundry|azure ai|machine learning", re.IGNORECASE)
_UNIT = re.compile(r"([\d.,]*)\s*([KM]?)", re.IGNORECASE)
_NOISE = re.compile(
    r"\b(inp|input|outp?|output|opt|cached|cchd|cd|glbl|global|gl|regnl|regional|rgnl|data ?zone|dzone?|dz|tokens?"
    r"|batch|bat|std|standard|1k|1m)\b",
    re.IGNORECASE,
)
_TAG = re.compile(r'"([^"]+)"\s*:\s*"([^"]*)"')


def read_azure(row: Fields) -> Iterator[Sighting]:
    """One meter of one day, with its cost; rows of services that have nothing to do with models are left out."""
    service = f"{row.text('meter_category')} {row.text('service_name')} {row.text('consumed_service')}"
    if not _OURS.search(service):
        row.left_out(f"another service: {row.text('meter_category', 'service_name') or 'unnamed'}", row)
        return
    nano = row.usd_nano("cost_in_usd")
    if nano is None:
        nano = row.usd_nano(
            *_COSTS, currency=row.text("billing_currency", "billing_currency_code", "currency") or "USD"
        )
    start = millis(row.at("date", "usage_date", "usage_date_time"))
    meter, resource = row.text("meter_name"), row.text("resource_id", "instance_id")
    usage = _usage(row, meter)
    yield Sighting(
        kind=SightingKind.BUCKET if usage != Usage() else SightingKind.FEE,
        file=row.file,
        line=row.line,
        id=id_of(start, row.text("meter_id"), meter, resource.lower(), row.text("charge_type"), row.text("tags")),
        at=start,
        until=start + DAY_MILLIS,
        provider=PROVIDER,
        model=model_of(meter) or row.text("meter_sub_category").lower(),
        usage=usage,
        nano=nano,
        what=meter,
        endpoint="" if usage != Usage() else "bill",
        service="batch" if re.search(r"\bbat(ch)?\b", meter, re.IGNORECASE) else "standard",
        region=row.text("resource_location", "meter_region", "location"),
        names=_names(row, resource),
    )


def model_of(meter: str) -> str:
    """The model in a meter's name: what is left without direction, place and unit."""
    spaced = re.sub(r"[-_ ]+", " ", meter)
    return re.sub(r"\s+", "-", _NOISE.sub(" ", spaced).strip()).lower()


def _usage(row: Fields, meter: str) -> Usage:
    words = set(re.split(r"[-_ ]+", meter.lower()))
    if not words & {"token", "tokens"}:
        return Usage()
    quantity = row.number("quantity", "usage_quantity") or Decimal(0)
    unit = _UNIT.match(row.text("unit_of_measure"))
    factor = Decimal(1)
    if unit is not None:
        factor = Decimal((unit[1] or "1").replace(",", "")) * {"K": 1000, "M": 1_000_000}.get(unit[2].upper(), 1)
    tokens = max(0, round(quantity * factor))
    if words & {"outp", "output", "opt", "out"}:
        return Usage(output=tokens)
    return Usage(cached=tokens) if words & {"cached", "cchd", "cd"} else Usage(input=tokens)


def _names(row: Fields, resource: str) -> dict[str, str]:
    found = row.names(
        subscription=("subscription_name", "subscription_id", "subscription_guid"),
        resource_group=("resource_group", "resource_group_name"),
        cost_center="cost_center",
    )
    if resource:
        found["resource"] = resource.rsplit("/", 1)[-1]
    for name, value in _tags(row.text("tags")).items():
        if value:
            found[name.lower()] = value
    return found


def _tags(text: str) -> dict[str, str]:
    """Tags as JSON, or as the export writes them: JSON without its braces."""
    try:
        found = json.loads(text if text.startswith("{") else f"{{{text}}}")
    except ValueError:
        return dict(_TAG.findall(text))
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
