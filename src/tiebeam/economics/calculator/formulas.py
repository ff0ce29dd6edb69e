"""The calculator's formulas, each written once: worked out exactly here, live in the spreadsheet.

Prices are per million tokens, in the currency that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache

from tiebeam.economics.workbook import LineCell
from tiebeam.kit.formulas import Exact, prepared, read_formula


def _blend(prefix: str) -> str:
    """EC-09: the mean of the prices, weighted by the parts of input and output."""
    fresh, cached, output = (f"{prefix}{kind}_price" for kind in ("input", "cached", "output"))
    spent = f"((1 - cached_share) * {fresh} + cached_share * {cached}) * input_parts + {output} * output_parts"
    return f"({spent}) / (input_parts + output_parts)"


_METERED = LineCell("metered_per_mtok", "A million tokens at the ratio, served as asked", "money", _blend(""))
_FEES = LineCell(
    "fees_per_mtok", "Fees of the calls for a million tokens", "money", "fee_per_call * 1000000 / per_call"
)
_BILL = (
    LineCell("per_month", "The month's tokens", "money", "tokens_per_month * per_mtok / 1000000"),
    LineCell("cost_per_call", "One call", "money", "per_call * per_mtok / 1000000"),
)
METERED = (
    _METERED,
    _FEES,
    LineCell("per_mtok", "A million tokens", "money", "metered_per_mtok + fees_per_mtok"),
    *_BILL,
)
BATCHED = (
    _METERED,
    LineCell("batched_per_mtok", "A million tokens at the ratio, by the batch service", "money", _blend("batch_")),
    _FEES,
    LineCell(
        "per_mtok",
        "A million tokens",
        "money",
        "(1 - batch_share) * metered_per_mtok + batch_share * batched_per_mtok + fees_per_mtok",
    ),
    *_BILL,
)
"""Where a share of the calls waits for the batch service."""
HOSTED = (
    LineCell("month_per_gpu", "One GPU for a month of 730 hours", "money", "hour_per_gpu * 730"),
    LineCell(
        "output_per_mtok",
        "A million output tokens",
        "money",
        "1000000 * hour_per_gpu / (3600 * tokens_per_s_per_gpu * busy_share)",
    ),
    LineCell(
        "per_mtok",
        "A million tokens, when every hour that is paid is used",
        "money",
        "output_per_mtok * output_parts / (input_parts + output_parts)",
    ),
    LineCell(
        "tokens_per_gpu",
        "Tokens one GPU serves in a month",
        "tokens",
        "tokens_per_s_per_gpu * busy_share * 3600 * 730 * (input_parts + output_parts) / output_parts",
    ),
    LineCell(
        "gpus",
        "GPUs rented: whole copies of the model on whole machines",
        "units",
        "gpus_at_once * max(1, ceil(tokens_per_month / (tokens_per_gpu * gpus_at_once)))",
    ),
    LineCell("per_month", "The month's tokens", "money", "gpus * month_per_gpu"),
    LineCell(
        "used_share",
        "Share of what is rented that the volume uses",
        "share",
        "tokens_per_month / (gpus * tokens_per_gpu)",
    ),
)
CROSSED = (
    LineCell(
        "same_cost_tokens",
        "Tokens that cost as much as one step of GPUs",
        "tokens",
        "month_per_step * 1000000 / per_mtok",
    ),
    LineCell("spare_tokens", "What one step serves beyond those", "tokens", "tokens_per_step - same_cost_tokens"),
    LineCell(
        "cheaper_for_good",
        "Tokens a month from which GPUs are cheaper at any volume; 0: never",
        "tokens",
        "if_positive(spare_tokens, same_cost_tokens * ceil(same_cost_tokens / max(spare_tokens, 1)), 0)",
    ),
)


def worked_out(lines: tuple[LineCell, ...], figures: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Every line by name, those before it at hand for those after it."""
    known: dict[str, Decimal] = dict(figures)
    for line in lines:
        known[line.name] = _ready(line.formula)(known)
    return {line.name: known[line.name] for line in lines}


@cache
def _ready(text: str) -> Callable[[Mapping[str, Decimal]], Decimal]:
    return prepared(read_formula(text), arithmetic=Exact())
